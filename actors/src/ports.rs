//! What the broker asks of the world. Each port has an implementation in memory and, outside this crate, real ones.
//!
//! Every implementation of a port passes the same contract suite; an error here never reaches a client as it is.

pub mod documents;
pub mod files;
pub mod letters;
pub mod memory;
pub mod people;
pub mod search;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::id::{ClientId, Epoch, MessageId, RoomId, RoomKind, Seq, UserId};
use crate::message::cluster::RoomNews;
use crate::message::receipt::Receipt;
use crate::message::room::{Entry, EntryBody, Head, Role, Sender};
use crate::ports::search::Found;

/// Why the log could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// ENOSPC or a quota: nothing was written; it may work again when space returns.
    #[error("no space left: {0}")]
    Full(String),
    /// An I/O or connection error: nothing was acknowledged; it may work again.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A failed fsync or a damaged file: what the disk holds is unknown, so the process must stop.
    #[error("cannot be trusted any more: {0}")]
    Untrusted(String),
}

/// An entry that has no number yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub room: RoomId,
    pub by: Option<UserId>,
    /// Unique per (room, `by`): the same one again gets the first answer.
    pub client_id: ClientId,
    pub body: EntryBody,
}

impl Draft {
    /// The message it posts, if that is known by the id its record gave it: such a one is posted once in its room,
    /// whoever brings it, and whoever brings it again gets the first answer.
    pub fn on_record(&self) -> Option<&MessageId> {
        let EntryBody::MessagePosted { message } = &self.body else { return None };
        if self.is_numbered() {
            return None;
        }
        (message.id.as_str() == self.client_id.as_str()).then_some(&message.id)
    }

    /// A message in a group: the store names it by the next number of all messages in groups, whatever it was
    /// called before. A retry is known by its client id alone and gets the first number.
    pub fn is_numbered(&self) -> bool {
        matches!(self.body, EntryBody::MessagePosted { .. }) && self.room.kind() == RoomKind::Group
    }

    /// Names the message.
    pub fn take_number(&mut self, number: u64) {
        if let EntryBody::MessagePosted { message } = &mut self.body {
            message.id = MessageId::numbered(number);
        }
    }
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Appended {
    pub epoch: Epoch,
    pub entry: Arc<Entry>,
    /// The client id was known: this is the first answer, nothing was added.
    pub duplicate: bool,
}

/// Which stretch of a room's log to read. Entries always come oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch {
    /// The first `limit` entries after this number.
    After(Seq),
    /// The last `limit` entries before this number.
    Before(Seq),
}

/// Where an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub room: RoomId,
    pub seq: Seq,
}

/// A stretch of a room's log.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub epoch: Epoch,
    pub entries: Vec<Arc<Entry>>,
    /// The log goes on in the direction of reading.
    pub more: bool,
}

/// The numbered history of every room.
pub trait Log: Send + Sync + 'static {
    /// Adds a batch in one transaction, in order, durable when it answers. All or nothing:
    /// on an error nothing of the batch is stored. A `MessageDeleted` also withdraws the content
    /// from every earlier entry of that message. A [`Draft::is_numbered`] gets its number: from 1, in order, none
    /// of them twice.
    fn append(&self, batch: Vec<Draft>, at: Timestamp)
    -> BoxFuture<'static, Result<Vec<Appended>, LogError>>;

    /// Where a room stands; a room never written to is at [`Seq::START`] in the log's current epoch.
    fn head(&self, room: &RoomId) -> BoxFuture<'static, Result<Head, LogError>>;

    /// Reads at most `limit` entries.
    fn read(
        &self,
        room: &RoomId,
        stretch: Stretch,
        limit: usize,
    ) -> BoxFuture<'static, Result<Page, LogError>>;

    /// Like [`Log::read`], but only `MessagePosted` entries, each with its message as it stands today
    /// (edited or withdrawn).
    fn messages(
        &self,
        room: &RoomId,
        before: Seq,
        limit: usize,
    ) -> BoxFuture<'static, Result<Page, LogError>>;

    /// How many messages were ever posted, deleted ones among them.
    fn count_posted(&self, room: &RoomId) -> BoxFuture<'static, Result<u64, LogError>>;

    /// How many messages of others were posted after this number and are there still.
    fn count_unread(
        &self,
        room: &RoomId,
        after: Seq,
        user: &UserId,
    ) -> BoxFuture<'static, Result<u64, LogError>>;

    /// Where the message is that has this many newer ones.
    fn nth_newest(&self, room: &RoomId, newer: u64) -> BoxFuture<'static, Result<Option<Seq>, LogError>>;

    /// The newest entry that carries this message: how it stands today.
    fn find(
        &self,
        room: &RoomId,
        message: &MessageId,
    ) -> BoxFuture<'static, Result<Option<Arc<Entry>>, LogError>>;

    /// Where a message that has a number was posted; none for what is named otherwise.
    fn place_of(&self, message: &MessageId) -> BoxFuture<'static, Result<Option<Place>, LogError>>;

    /// The newest messages of a room before this one that say this somewhere; case and accents make no difference.
    fn search(
        &self,
        room: &RoomId,
        text: &str,
        before: Seq,
        limit: usize,
    ) -> BoxFuture<'static, Result<Found, LogError>>;

    /// A write that leaves nothing behind: can the log be written to again?
    fn probe(&self) -> BoxFuture<'static, Result<(), LogError>>;
}

/// The receipts of every room.
pub trait Receipts: Send + Sync + 'static {
    /// Stores watermarks, each merged by the greater with what is there.
    fn save(&self, batch: Vec<Receipt>) -> BoxFuture<'static, Result<(), LogError>>;
    fn load(&self, room: &RoomId) -> BoxFuture<'static, Result<Vec<Receipt>, LogError>>;
}

/// Who may not come in: every field that is set must match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ban {
    pub user: Option<UserId>,
    pub token_id: Option<String>,
    pub room: Option<RoomId>,
    pub until: Option<Timestamp>,
}

/// Answers an idempotency key once and remembers what it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedAnswer {
    pub key: String,
    /// SHA-256 of the request it was given for, as hex.
    pub request: String,
    pub status: u16,
    pub body: String,
    pub at: Timestamp,
}

/// What the broker must remember about users beside their messages.
pub trait Book: Send + Sync + 'static {
    fn bans(&self) -> BoxFuture<'static, Result<Vec<Ban>, LogError>>;
    fn add_ban(&self, ban: Ban) -> BoxFuture<'static, Result<(), LogError>>;
    /// Lifts bans on exactly this user, token and room; tells how many.
    fn lift_ban(&self, ban: Ban) -> BoxFuture<'static, Result<usize, LogError>>;
    /// Marks a one-use ticket as used; false if it was already. Forgets those that ended before `now`.
    fn spend_ticket(
        &self,
        id: String,
        ends: Timestamp,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<bool, LogError>>;
    /// The answer given for this key within its life.
    fn keyed_answer(
        &self,
        key: String,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<KeyedAnswer>, LogError>>;
    /// Remembers an answer for 24 hours; the first one stored for a key stays and is returned.
    fn remember_answer(&self, answer: KeyedAnswer) -> BoxFuture<'static, Result<KeyedAnswer, LogError>>;
}

/// Why the other nodes could not be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackplaneError {
    #[error("not reachable: {0}")]
    Unreachable(String),
}

/// News between nodes: at most once, never the only copy.
pub trait Backplane: Send + Sync + 'static {
    fn publish(&self, news: RoomNews) -> BoxFuture<'static, Result<(), BackplaneError>>;
    /// From now on hear news of this room.
    fn watch(&self, room: &RoomId) -> BoxFuture<'static, Result<(), BackplaneError>>;
    fn unwatch(&self, room: &RoomId) -> BoxFuture<'static, Result<(), BackplaneError>>;
    /// All news of watched rooms, of other nodes and of this one, from now on.
    fn news(&self) -> BoxStream<'static, RoomNews>;
}

/// Why the system of record did not take a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// It answered, and the answer was no; `detail` is fit for the sender's eyes.
    #[error("{detail}")]
    Refused { detail: String },
    /// It did not answer, or not in time. Whether it took the message is unknown.
    #[error("unreachable: {0}")]
    Unreachable(String),
}

/// A message for the system of record.
#[derive(Debug, Clone)]
pub struct Submission {
    pub room: RoomId,
    pub user: UserId,
    pub content: String,
    pub role: Role,
}

/// A message as the system of record took it.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    pub id: MessageId,
    pub content: String,
    pub role: Role,
    pub created_at: String,
    pub sender: Sender,
}

/// A user as the backend knows them.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    pub id: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub image: Option<Value>,
}

/// The application behind us, when it is the system of record.
pub trait Backend: Send + Sync + 'static {
    fn submit(&self, submission: Submission) -> BoxFuture<'static, Result<Accepted, BackendError>>;
    fn profile(&self, user: &UserId) -> BoxFuture<'static, Result<Profile, BackendError>>;
}

/// Everything the broker was given by the world.
#[derive(Clone)]
pub struct Ports {
    pub log: Arc<dyn Log>,
    pub receipts: Arc<dyn Receipts>,
    pub book: Arc<dyn Book>,
    pub people: Arc<dyn people::People>,
    /// None: this node is alone.
    pub backplane: Option<Arc<dyn Backplane>>,
    /// None: our own log is the system of record, and knows what users are called from their tokens only.
    pub backend: Option<Arc<dyn Backend>>,
    /// None: nobody is told of entries but those in the rooms.
    pub webhooks: Option<letters::Webhooks>,
}
