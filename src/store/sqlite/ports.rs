//! The ports of the broker, each call as one piece of work for the writer or a reader.
//!
//! Whatever decides or changes something is done by the writer; readers only ever see what was committed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use recado_actors::clock::Timestamp;
use recado_actors::id::{MessageId, RoomId, Seq, UserId};
use recado_actors::message::receipt::Receipt;
use recado_actors::message::room::{Entry, Head};
use recado_actors::ports::search::{Found, Search};
use recado_actors::ports::{
    Appended, Ban, Book, Draft, KeyedAnswer, Log, LogError, Page, Place, Receipts, Stretch,
};

use super::append::append;
use super::upkeep::checkpoint;
use super::{SqliteStore, book, counting, read, search};

type Answer<T> = BoxFuture<'static, Result<T, LogError>>;

impl Log for SqliteStore {
    fn append(&self, batch: Vec<Draft>, at: Timestamp) -> Answer<Vec<Appended>> {
        let withdrew = self.withdrew();
        self.writer().ask(move |conn| {
            let written = append(conn, batch, at)?;
            withdrew.fetch_or(written.withdrew, Ordering::Relaxed);
            Ok(written.answers)
        })
    }

    fn head(&self, room: &RoomId) -> Answer<Head> {
        let room = room.clone();
        self.reader().ask(move |conn| read::head(conn, &room))
    }

    fn read(&self, room: &RoomId, stretch: Stretch, limit: usize) -> Answer<Page> {
        let room = room.clone();
        self.reader().ask(move |conn| read::read(conn, &room, stretch, limit))
    }

    fn messages(&self, room: &RoomId, before: Seq, limit: usize) -> Answer<Page> {
        let room = room.clone();
        self.reader().ask(move |conn| read::messages(conn, &room, before, limit))
    }

    fn count_posted(&self, room: &RoomId) -> Answer<u64> {
        let room = room.clone();
        self.reader().ask(move |conn| counting::count_posted(conn, &room))
    }

    fn count_unread(&self, room: &RoomId, after: Seq, user: &UserId) -> Answer<u64> {
        let (room, user) = (room.clone(), user.clone());
        self.reader().ask(move |conn| counting::count_unread(conn, &room, after, &user))
    }

    fn nth_newest(&self, room: &RoomId, newer: u64) -> Answer<Option<Seq>> {
        let room = room.clone();
        self.reader().ask(move |conn| counting::nth_newest(conn, &room, newer))
    }

    fn find(&self, room: &RoomId, message: &MessageId) -> Answer<Option<Arc<Entry>>> {
        let (room, message) = (room.clone(), message.clone());
        self.reader().ask(move |conn| read::find(conn, &room, &message))
    }

    fn place_of(&self, message: &MessageId) -> Answer<Option<Place>> {
        let Some(number) = message.number() else { return ready(Ok(None)).boxed() };
        self.reader().ask(move |conn| read::place_of(conn, number))
    }

    fn search(&self, room: &RoomId, text: &str, before: Seq, limit: usize) -> Answer<Found> {
        let (room, search) = (room.clone(), Search::new(text, limit));
        self.reader().ask(move |conn| search::search(conn, &room, search, before))
    }

    fn probe(&self) -> Answer<()> {
        self.writer().ask(|conn| {
            conn.execute(
                "INSERT INTO meta (key, value) VALUES ('probed', 1)
                 ON CONFLICT (key) DO UPDATE SET value = value + 1",
                [],
            )?;
            // The write may have fitted where an earlier one was undone: the file itself must be able to grow.
            checkpoint(conn)
        })
    }
}

impl Receipts for SqliteStore {
    fn save(&self, batch: Vec<Receipt>) -> Answer<()> {
        self.writer().ask(move |conn| book::save_receipts(conn, &batch))
    }

    fn load(&self, room: &RoomId) -> Answer<Vec<Receipt>> {
        let room = room.clone();
        self.reader().ask(move |conn| book::load_receipts(conn, &room))
    }
}

impl Book for SqliteStore {
    fn bans(&self) -> Answer<Vec<Ban>> {
        self.reader().ask(|conn| book::bans(conn))
    }

    fn add_ban(&self, ban: Ban) -> Answer<()> {
        self.writer().ask(move |conn| book::add_ban(conn, &ban))
    }

    fn lift_ban(&self, ban: Ban) -> Answer<usize> {
        self.writer().ask(move |conn| book::lift_ban(conn, &ban))
    }

    fn spend_ticket(&self, id: String, ends: Timestamp, now: Timestamp) -> Answer<bool> {
        self.writer().ask(move |conn| book::spend_ticket(conn, &id, ends, now))
    }

    fn keyed_answer(&self, key: String, now: Timestamp) -> Answer<Option<KeyedAnswer>> {
        self.reader().ask(move |conn| book::keyed_answer(conn, &key, now))
    }

    fn remember_answer(&self, answer: KeyedAnswer) -> Answer<KeyedAnswer> {
        self.writer().ask(move |conn| book::remember_answer(conn, &answer))
    }
}
