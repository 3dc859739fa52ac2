//! The directory of people, each call as one piece of work for the writer or a reader.
//!
//! Whatever decides something is one transaction of the only writer, so of two who race one comes first.

mod groups;
mod members;
mod rows;
mod users;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use recado_actors::clock::Timestamp;
use recado_actors::id::{GroupId, UserId};
use recado_actors::ports::LogError;
use recado_actors::ports::people::{
    Contact, FoundUser, Group, GroupDraft, GroupMember, MemberDraft, MemberRole, Membership, OwnGroups,
    People, PeopleError, SavedGroup, Seen, Span, User, UserSearch, pair,
};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::SqliteStore;
use super::error::Fault;

type Answer<T, E = LogError> = BoxFuture<'static, Result<T, E>>;

/// A refusal is an answer like any other: it says nothing about the disk.
type Decided<T> = Result<Result<T, PeopleError>, Fault>;

impl SqliteStore {
    /// One transaction, undone if the answer is a refusal.
    fn decide<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Decided<T> + Send + 'static,
    ) -> Answer<T, PeopleError> {
        let decided = self.writer().ask(move |conn| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let decided = work(&tx)?;
            if decided.is_ok() {
                tx.commit()?;
            }
            Ok(decided)
        });
        decided.map(|decided| decided.map_err(PeopleError::from)?).boxed()
    }

    fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Answer<T> {
        // One transaction, so that a page and its count are of the same moment.
        self.reader().ask(move |conn| work(&*conn.transaction()?))
    }
}

impl People for SqliteStore {
    fn save_user(&self, user: User) -> Answer<bool> {
        self.writer().ask(move |conn| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let new = users::save(&tx, &user)?;
            tx.commit()?;
            Ok(new)
        })
    }

    fn meet_users(&self, users: Vec<User>) -> Answer<Vec<User>> {
        self.writer().ask(move |conn| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let met = users.into_iter().map(|user| users::meet(&tx, user)).collect::<Result<_, _>>()?;
            tx.commit()?;
            Ok(met)
        })
    }

    fn user(&self, id: &UserId) -> Answer<Option<User>> {
        let id = id.clone();
        self.look(move |conn| users::user(conn, &id))
    }

    fn search_users(&self, search: UserSearch) -> Answer<Vec<FoundUser>> {
        self.look(move |conn| users::search(conn, &search))
    }

    fn save_group(&self, draft: GroupDraft, at: Timestamp) -> Answer<SavedGroup, PeopleError> {
        self.decide(move |tx| groups::save(tx, &draft, at))
    }

    fn group(&self, id: GroupId) -> Answer<Option<Group>> {
        self.look(move |conn| groups::group(conn, id))
    }

    fn direct_group(&self, one: &UserId, other: &UserId) -> Answer<Option<Group>> {
        let pair = pair(one.clone(), other.clone());
        self.look(move |conn| groups::of_pair(conn, &pair))
    }

    fn groups_of(&self, user: &UserId, span: Span) -> Answer<OwnGroups> {
        let user = user.clone();
        self.look(move |conn| groups::of_user(conn, &user, span))
    }

    fn members(&self, group: GroupId, span: Span) -> Answer<Vec<GroupMember>> {
        self.look(move |conn| members::members(conn, group, span))
    }

    fn membership(&self, group: GroupId, user: &UserId) -> Answer<Option<Membership>> {
        let user = user.clone();
        self.look(move |conn| members::membership(conn, group, &user))
    }

    fn add_member(
        &self,
        group: GroupId,
        member: MemberDraft,
        at: Timestamp,
    ) -> Answer<Membership, PeopleError> {
        self.decide(move |tx| members::add(tx, group, &member, at))
    }

    fn remove_member(&self, group: GroupId, user: &UserId) -> Answer<bool, PeopleError> {
        let user = user.clone();
        self.decide(move |tx| members::remove(tx, group, &user))
    }

    fn change_role(&self, group: GroupId, user: &UserId, role: MemberRole) -> Answer<bool> {
        let user = user.clone();
        self.writer().ask(move |conn| members::change_role(conn, group, &user, role))
    }

    fn mark_seen(&self, seen: Vec<Seen>) -> Answer<()> {
        self.writer().ask(move |conn| members::mark_seen(conn, &seen))
    }

    fn contacts(&self, user: &UserId, span: Span) -> Answer<Vec<Contact>> {
        let user = user.clone();
        self.look(move |conn| members::contacts(conn, &user, span))
    }
}
