//! The entries of one room in memory, and which client ids they answer.
//!
//! Numbers are places in a list that only grows, so they are contiguous from 1.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::REMEMBERED_MS;
use super::numbers::Numbers;
use crate::clock::Timestamp;
use crate::id::{ClientId, MessageId, Seq, UserId};
use crate::message::room::{Entry, EntryBody, Message};
use crate::ports::search::{Found, Search};
use crate::ports::{Draft, Place, Stretch};

type DraftKey = (Option<UserId>, ClientId);

#[derive(Default)]
pub(super) struct RoomEntries {
    entries: Vec<Arc<Entry>>,
    closed: bool,
    /// Places of the entries that carry a message, oldest first.
    carriers: HashMap<MessageId, Vec<usize>>,
    answered: HashMap<DraftKey, usize>,
    /// The keys of `answered`, oldest first.
    ageing: VecDeque<(Timestamp, DraftKey)>,
}

impl RoomEntries {
    pub(super) fn head(&self) -> (Seq, bool) {
        (seq_of(self.entries.len()), self.closed)
    }

    /// When the last of them was committed.
    pub(super) fn last_at(&self) -> Option<Timestamp> {
        self.entries.last().map(|entry| entry.at)
    }

    /// Numbers the draft, or answers the entry its client id already made.
    pub(super) fn add(&mut self, mut draft: Draft, at: Timestamp, numbers: &Numbers) -> (Arc<Entry>, bool) {
        self.forget_keys(at);
        if let Some(first) = draft.on_record().and_then(|id| self.posted(id)) {
            return (first, true);
        }
        let key = (draft.by.clone(), draft.client_id.clone());
        if let Some(first) = self.answered.get(&key).and_then(|place| self.entries.get(*place)) {
            return (first.clone(), true);
        }
        let place = self.entries.len();
        let seq = seq_of(place).next();
        if draft.is_numbered() {
            draft.take_number(numbers.give(Place { room: draft.room.clone(), seq }));
        }
        let entry =
            Arc::new(Entry { seq, at, by: draft.by, client_id: Some(draft.client_id), body: draft.body });
        self.entries.push(entry.clone());
        self.answered.insert(key.clone(), place);
        self.ageing.push_back((at, key));
        self.take_note(&entry.body, place);
        (self.entries.get(place).cloned().unwrap_or(entry), false)
    }

    fn posted(&self, id: &MessageId) -> Option<Arc<Entry>> {
        let mut carriers = self.carriers.get(id)?.iter().filter_map(|place| self.entries.get(*place));
        carriers.find(|entry| matches!(entry.body, EntryBody::MessagePosted { .. })).cloned()
    }

    fn take_note(&mut self, body: &EntryBody, place: usize) {
        if let Some(message) = body.message() {
            self.carriers.entry(message.id.clone()).or_default().push(place);
        }
        match body {
            EntryBody::MessageDeleted { message } => self.withdraw(&message.id),
            EntryBody::RoomClosed => self.closed = true,
            EntryBody::RoomReopened => self.closed = false,
            EntryBody::MessagePosted { .. }
            | EntryBody::MessageEdited { .. }
            | EntryBody::AgentJoined { .. }
            | EntryBody::EventPublished { .. } => {}
        }
    }

    fn withdraw(&mut self, id: &MessageId) {
        for place in self.carriers.get(id).into_iter().flatten() {
            let Some(entry) = self.entries.get_mut(*place) else { continue };
            let entry = Arc::make_mut(entry);
            if let EntryBody::MessagePosted { message }
            | EntryBody::MessageEdited { message }
            | EntryBody::MessageDeleted { message } = &mut entry.body
            {
                message.withdraw();
            }
        }
    }

    fn forget_keys(&mut self, now: Timestamp) {
        while self.ageing.front().is_some_and(|(at, _)| at.plus_ms(REMEMBERED_MS) <= now) {
            if let Some((_, key)) = self.ageing.pop_front() {
                self.answered.remove(&key);
            }
        }
    }

    pub(super) fn read(&self, stretch: Stretch, limit: usize) -> (Vec<Arc<Entry>>, bool) {
        let end = self.entries.len();
        let (from, to) = match stretch {
            Stretch::After(seq) => {
                let from = places_up_to(seq).min(end);
                (from, from.saturating_add(limit).min(end))
            }
            Stretch::Before(seq) => {
                let to = places_up_to(seq).saturating_sub(1).min(end);
                (to.saturating_sub(limit), to)
            }
        };
        let more = match stretch {
            Stretch::After(_) => to < end,
            Stretch::Before(_) => from > 0,
        };
        (self.entries.get(from..to).unwrap_or_default().to_vec(), more)
    }

    /// Messages before this number, newest first.
    fn posted_before(&self, before: Seq) -> impl Iterator<Item = &Arc<Entry>> {
        let end = places_up_to(before).saturating_sub(1).min(self.entries.len());
        let older = self.entries.get(..end).unwrap_or_default();
        older.iter().rev().filter(|entry| matches!(entry.body, EntryBody::MessagePosted { .. }))
    }

    pub(super) fn search(&self, before: Seq, mut search: Search) -> Found {
        if !search.text().is_empty() {
            let _ = self.posted_before(before).all(|entry| search.look(self.as_it_stands(entry)));
        }
        search.end()
    }

    pub(super) fn count_posted(&self) -> u64 {
        u64::try_from(self.posted_before(Seq(u64::MAX)).count()).unwrap_or(u64::MAX)
    }

    pub(super) fn count_unread(&self, after: Seq, user: &UserId) -> u64 {
        let news = self.posted_before(Seq(u64::MAX)).take_while(|entry| entry.seq > after);
        let others = news.filter(|entry| entry.by.as_ref() != Some(user));
        let unread = others.filter(|entry| {
            let message = entry.body.message().and_then(|message| self.newest(&message.id));
            message.is_none_or(|message| !message.deleted)
        });
        u64::try_from(unread.count()).unwrap_or(u64::MAX)
    }

    pub(super) fn nth_newest(&self, newer: u64) -> Option<Seq> {
        let newer = usize::try_from(newer).ok()?;
        self.posted_before(Seq(u64::MAX)).nth(newer).map(|entry| entry.seq)
    }

    pub(super) fn messages(&self, before: Seq, limit: usize) -> (Vec<Arc<Entry>>, bool) {
        let mut posted = self.posted_before(before);
        let mut page: Vec<_> = posted.by_ref().take(limit).map(|entry| self.as_it_stands(entry)).collect();
        page.reverse();
        (page, posted.next().is_some())
    }

    fn as_it_stands(&self, posted: &Arc<Entry>) -> Arc<Entry> {
        let Some(message) = posted.body.message().and_then(|m| self.newest(&m.id)) else {
            return posted.clone();
        };
        let body = EntryBody::MessagePosted { message: message.clone() };
        Arc::new(Entry { body, ..Entry::clone(posted) })
    }

    fn newest(&self, id: &MessageId) -> Option<&Message> {
        self.entries.get(*self.carriers.get(id)?.last()?)?.body.message()
    }

    pub(super) fn find(&self, id: &MessageId) -> Option<Arc<Entry>> {
        self.entries.get(*self.carriers.get(id)?.last()?).cloned()
    }
}

fn seq_of(count: usize) -> Seq {
    Seq(u64::try_from(count).unwrap_or(u64::MAX))
}

fn places_up_to(seq: Seq) -> usize {
    usize::try_from(seq.0).unwrap_or(usize::MAX)
}
