//! Every port in memory: what `store = "memory:"` runs on, and the double that tests use.
//!
//! It keeps the same promises as the durable stores except surviving the process, and it can be told to fail.

mod aging;
mod book;
mod catalogue;
mod documents;
mod entries;
mod exchange;
mod files;
mod letters;
mod numbers;
mod people;
mod registry;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use dashmap::DashMap;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use self::book::Pages;
use self::catalogue::Cards;
use self::documents::Papers;
use self::entries::RoomEntries;
pub use self::exchange::{MemoryBackplane, MemoryExchange};
pub use self::files::MemoryFiles;
use self::letters::Desks;
use self::numbers::Numbers;
use self::people::Town;
use super::search::{Found, Search};
use super::{Appended, Draft, Log, LogError, Page, Place, Receipts, Stretch};
use crate::clock::Timestamp;
use crate::id::{Epoch, MessageId, RoomId, Seq, UserId};
use crate::message::receipt::{Receipt, Watermark};
use crate::message::room::{Entry, Head};

/// How long a client id, an answered key and the like are recognised, in milliseconds.
pub(crate) const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1000;

/// Log, receipts, book and directory of one process. Clones share what they hold.
#[derive(Clone)]
pub struct MemoryStore(Arc<Shelves>);

struct Shelves {
    epoch: Epoch,
    rooms: DashMap<RoomId, RoomEntries>,
    marks: DashMap<RoomId, BTreeMap<UserId, Watermark>>,
    pages: Pages,
    cards: Cards,
    desks: Desks,
    papers: Papers,
    town: Town,
    numbers: Numbers,
    fault: ArcSwapOption<LogError>,
    held: watch::Sender<bool>,
}

impl MemoryStore {
    pub fn new(epoch: Epoch) -> Self {
        Self(Arc::new(Shelves {
            epoch,
            rooms: DashMap::new(),
            marks: DashMap::new(),
            pages: Pages::default(),
            cards: Cards::default(),
            desks: Desks::default(),
            papers: Papers::default(),
            town: Town::default(),
            numbers: Numbers::default(),
            fault: ArcSwapOption::empty(),
            held: watch::Sender::new(false),
        }))
    }

    /// From now on every call answers this error; none heals it.
    pub fn break_with(&self, fault: Option<LogError>) {
        self.0.fault.store(fault.map(Arc::new));
    }

    /// While held, appends wait and have not happened.
    pub fn hold(&self, held: bool) {
        self.0.held.send_replace(held);
    }

    /// Does an append wait?
    pub fn is_awaited(&self) -> bool {
        self.0.held.receiver_count() > 0
    }

    /// A call that waits for nothing, once it is polled.
    fn at_once<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shelves) -> T + Send + 'static,
    ) -> BoxFuture<'static, Result<T, LogError>> {
        let shelves = self.0.clone();
        async move { shelves.sound().map(|()| work(&shelves)) }.boxed()
    }
}

impl Shelves {
    fn sound(&self) -> Result<(), LogError> {
        self.fault.load().as_deref().map_or(Ok(()), |fault| Err(fault.clone()))
    }

    /// Rooms are taken one after the other, each under its own guard, so a reader of a room
    /// sees all of the batch in it or nothing.
    fn append(&self, batch: Vec<Draft>, at: Timestamp) -> Vec<Appended> {
        let mut by_room: HashMap<RoomId, Vec<(usize, Draft)>> = HashMap::new();
        for (place, draft) in batch.into_iter().enumerate() {
            by_room.entry(draft.room.clone()).or_default().push((place, draft));
        }
        let mut answers = BTreeMap::new();
        for (room, drafts) in by_room {
            let mut entries = self.rooms.entry(room.clone()).or_default();
            for (place, draft) in drafts {
                let (entry, duplicate) = entries.add(draft, at, &self.numbers);
                if !duplicate {
                    self.desks.owe(&room, entry.seq, at);
                }
                answers.insert(place, Appended { epoch: self.epoch, entry, duplicate });
            }
        }
        answers.into_values().collect()
    }

    fn page(&self, room: &RoomId, read: impl FnOnce(&RoomEntries) -> (Vec<Arc<Entry>>, bool)) -> Page {
        let (entries, more) = self.rooms.get(room).map_or_else(Default::default, |found| read(&found));
        Page { epoch: self.epoch, entries, more }
    }

    fn save(&self, batch: Vec<Receipt>) {
        for Receipt { room, user, mark } in batch {
            let mut users = self.marks.entry(room).or_default();
            let kept = users.entry(user).or_default();
            kept.read = kept.read.max(mark.read);
            kept.delivered = kept.delivered.max(mark.delivered).max(kept.read);
        }
    }

    fn load(&self, room: &RoomId) -> Vec<Receipt> {
        let Some(users) = self.marks.get(room) else { return Vec::new() };
        users
            .iter()
            .map(|(user, mark)| Receipt { room: room.clone(), user: user.clone(), mark: *mark })
            .collect()
    }
}

impl Log for MemoryStore {
    fn append(
        &self,
        batch: Vec<Draft>,
        at: Timestamp,
    ) -> BoxFuture<'static, Result<Vec<Appended>, LogError>> {
        let shelves = self.0.clone();
        let mut held = self.0.held.subscribe();
        async move {
            // The sender lives in `shelves`, so this can only end by being released.
            let _ = held.wait_for(|held| !held).await;
            shelves.sound().map(|()| shelves.append(batch, at))
        }
        .boxed()
    }

    fn head(&self, room: &RoomId) -> BoxFuture<'static, Result<Head, LogError>> {
        let room = room.clone();
        self.at_once(move |shelves| {
            let (seq, closed) = shelves.rooms.get(&room).map_or((Seq::START, false), |found| found.head());
            Head { epoch: shelves.epoch, seq, closed }
        })
    }

    fn read(
        &self,
        room: &RoomId,
        stretch: Stretch,
        limit: usize,
    ) -> BoxFuture<'static, Result<Page, LogError>> {
        let room = room.clone();
        self.at_once(move |shelves| shelves.page(&room, |entries| entries.read(stretch, limit)))
    }

    fn messages(
        &self,
        room: &RoomId,
        before: Seq,
        limit: usize,
    ) -> BoxFuture<'static, Result<Page, LogError>> {
        let room = room.clone();
        self.at_once(move |shelves| shelves.page(&room, |entries| entries.messages(before, limit)))
    }

    fn count_posted(&self, room: &RoomId) -> BoxFuture<'static, Result<u64, LogError>> {
        let room = room.clone();
        self.at_once(move |shelves| shelves.rooms.get(&room).map_or(0, |entries| entries.count_posted()))
    }

    fn count_unread(
        &self,
        room: &RoomId,
        after: Seq,
        user: &UserId,
    ) -> BoxFuture<'static, Result<u64, LogError>> {
        let (room, user) = (room.clone(), user.clone());
        self.at_once(move |shelves| {
            shelves.rooms.get(&room).map_or(0, |entries| entries.count_unread(after, &user))
        })
    }

    fn nth_newest(&self, room: &RoomId, newer: u64) -> BoxFuture<'static, Result<Option<Seq>, LogError>> {
        let room = room.clone();
        self.at_once(move |shelves| shelves.rooms.get(&room)?.nth_newest(newer))
    }

    fn find(
        &self,
        room: &RoomId,
        message: &MessageId,
    ) -> BoxFuture<'static, Result<Option<Arc<Entry>>, LogError>> {
        let (room, message) = (room.clone(), message.clone());
        self.at_once(move |shelves| shelves.rooms.get(&room)?.find(&message))
    }

    fn place_of(&self, message: &MessageId) -> BoxFuture<'static, Result<Option<Place>, LogError>> {
        let number = message.number();
        self.at_once(move |shelves| shelves.numbers.place(number?))
    }

    fn search(
        &self,
        room: &RoomId,
        text: &str,
        before: Seq,
        limit: usize,
    ) -> BoxFuture<'static, Result<Found, LogError>> {
        let (room, search) = (room.clone(), Search::new(text, limit));
        self.at_once(move |shelves| {
            shelves.rooms.get(&room).map(|entries| entries.search(before, search)).unwrap_or_default()
        })
    }

    fn probe(&self) -> BoxFuture<'static, Result<(), LogError>> {
        self.at_once(|_| ())
    }
}

impl Receipts for MemoryStore {
    fn save(&self, batch: Vec<Receipt>) -> BoxFuture<'static, Result<(), LogError>> {
        self.at_once(move |shelves| shelves.save(batch))
    }

    fn load(&self, room: &RoomId) -> BoxFuture<'static, Result<Vec<Receipt>, LogError>> {
        let room = room.clone();
        self.at_once(move |shelves| shelves.load(&room))
    }
}
