//! Bans, used tickets and answered keys in memory.
//!
//! A ticket is spent and a key is answered by one atomic step each, however many race for it.

use dashmap::DashMap;
use futures_util::future::BoxFuture;

use super::aging::Aging;
use super::{MemoryStore, REMEMBERED_MS};
use crate::clock::Timestamp;
use crate::id::{RoomId, UserId};
use crate::ports::{Ban, Book, KeyedAnswer, LogError};

type Banned = (Option<UserId>, Option<String>, Option<RoomId>);

#[derive(Default)]
pub(super) struct Pages {
    bans: DashMap<Banned, Option<Timestamp>>,
    spent: Aging<()>,
    answers: Aging<KeyedAnswer>,
}

impl Book for MemoryStore {
    fn bans(&self) -> BoxFuture<'static, Result<Vec<Ban>, LogError>> {
        self.at_once(|shelves| {
            let ban = |user, token_id, room, until| Ban { user, token_id, room, until };
            let each = shelves.pages.bans.iter().map(|found| (found.key().clone(), *found.value()));
            each.map(|((user, token, room), until)| ban(user, token, room, until)).collect()
        })
    }

    fn add_ban(&self, ban: Ban) -> BoxFuture<'static, Result<(), LogError>> {
        self.at_once(move |shelves| {
            shelves.pages.bans.insert((ban.user, ban.token_id, ban.room), ban.until);
        })
    }

    fn lift_ban(&self, ban: Ban) -> BoxFuture<'static, Result<usize, LogError>> {
        self.at_once(move |shelves| {
            usize::from(shelves.pages.bans.remove(&(ban.user, ban.token_id, ban.room)).is_some())
        })
    }

    fn spend_ticket(
        &self,
        id: String,
        ends: Timestamp,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<bool, LogError>> {
        // One that has ended would be forgotten at once and could be spent again.
        self.at_once(move |shelves| ends >= now && shelves.pages.spent.keep_first(id, (), ends, now).1)
    }

    fn keyed_answer(
        &self,
        key: String,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<KeyedAnswer>, LogError>> {
        self.at_once(move |shelves| shelves.pages.answers.get(&key, now))
    }

    fn remember_answer(&self, answer: KeyedAnswer) -> BoxFuture<'static, Result<KeyedAnswer, LogError>> {
        self.at_once(move |shelves| {
            let (key, at) = (answer.key.clone(), answer.at);
            shelves.pages.answers.keep_first(key, answer, at.plus_ms(REMEMBERED_MS), at).0
        })
    }
}
