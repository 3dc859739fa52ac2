//! What is owed to webhook endpoints, and who carries it there.
//!
//! A letter is an entry that an endpoint has not taken yet. It is owed from the very transaction that stored the
//! entry, and until it was taken or given up; its content is always the log's, so what was withdrawn is not told.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::LogError;
use crate::clock::Timestamp;
use crate::id::{Epoch, RoomId, Seq};
use crate::message::room::Entry;

/// An endpoint's lasting name, which gives nothing of its address away.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(Arc<str>);

impl EndpointId {
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An endpoint the settings name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub id: EndpointId,
    /// All of its address that may be shown.
    pub host: String,
}

/// One entry for one endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    pub endpoint: EndpointId,
    pub room: RoomId,
    pub epoch: Epoch,
    pub entry: Arc<Entry>,
    /// How often it failed so far.
    pub attempts: u32,
    /// The dead letter this is, when one is sent again.
    pub dead: Option<u64>,
}

/// What may be sent to an endpoint now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Due {
    /// The longest due first. Of a room, at most the next that is owed and the first dead one to be sent again.
    pub letters: Vec<Letter>,
    /// When the next of the others falls due.
    pub next: Option<Timestamp>,
}

/// What became of a letter that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Taken,
    /// It failed and is sent again at this time.
    Later {
        at: Timestamp,
        why: String,
    },
    /// It failed too often: it is put aside and the room goes on.
    Dead {
        why: String,
    },
    /// The endpoint wants nothing any more: it is disabled, and everything owed to it waits.
    Gone,
}

/// A letter that was sent, and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub endpoint: EndpointId,
    pub room: RoomId,
    pub seq: Seq,
    /// How often it failed, this time included.
    pub attempts: u32,
    pub dead: Option<u64>,
    pub outcome: Outcome,
}

/// How an endpoint stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    pub endpoint: EndpointId,
    pub disabled: bool,
    pub pending: u64,
    /// When the oldest of what is pending was committed.
    pub since: Option<Timestamp>,
    pub dead: u64,
    /// The last failure, and when it was.
    pub failure: Option<(String, Timestamp)>,
}

/// A letter that failed too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Later ones have higher numbers; none is used twice.
    pub id: u64,
    pub endpoint: EndpointId,
    pub room: RoomId,
    pub epoch: Epoch,
    pub seq: Seq,
    pub attempts: u32,
    pub died: Timestamp,
    pub why: String,
    /// It is on its way again.
    pub replaying: bool,
}

/// Which dead letters to send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    One(u64),
    AllOf(EndpointId),
}

/// The books of what is owed. `Log::append` of the same store writes into them, in its own transaction.
pub trait Letters: Send + Sync + 'static {
    /// From now on every entry is owed to exactly these; drops what was owed to others and tells how much that was.
    fn owe(&self, endpoints: Vec<EndpointId>) -> BoxFuture<'static, Result<u64, LogError>>;

    /// At most `limit` letters, none for a room of `busy`. Nothing is due to a disabled endpoint.
    fn due(
        &self,
        endpoint: &EndpointId,
        busy: Vec<RoomId>,
        now: Timestamp,
        limit: usize,
    ) -> BoxFuture<'static, Result<Due, LogError>>;

    /// Writes outcomes down, all or nothing. The same outcome twice changes nothing.
    fn settle(&self, batch: Vec<Settled>, now: Timestamp) -> BoxFuture<'static, Result<(), LogError>>;

    /// Sends to it again, beginning now with everything that waits; false if nothing was ever owed to it.
    fn enable(&self, endpoint: &EndpointId, now: Timestamp) -> BoxFuture<'static, Result<bool, LogError>>;

    fn tallies(&self) -> BoxFuture<'static, Result<Vec<Tally>, LogError>>;

    /// Dead letters after this number, oldest first.
    fn dead(&self, after: u64, limit: usize) -> BoxFuture<'static, Result<Vec<DeadLetter>, LogError>>;

    /// Makes dead letters due again, with all their attempts before them; how many.
    fn replay(&self, which: Replay, now: Timestamp) -> BoxFuture<'static, Result<u64, LogError>>;

    /// Forgets dead letters that died before this; how many.
    fn forget_dead(&self, before: Timestamp) -> BoxFuture<'static, Result<u64, LogError>>;
}

/// What an endpoint answered to one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reception {
    Taken,
    /// It asks never to be told again.
    Gone,
    Failed {
        why: String,
        /// It asks for nothing more before this is over.
        rest: Option<Duration>,
    },
}

/// Carries a letter to its endpoint, once.
pub trait Carrier: Send + Sync + 'static {
    /// Ends in bounded time. The letter's id is the same at every attempt.
    fn carry(&self, letter: Letter) -> BoxFuture<'static, Reception>;
}

/// All that telling endpoints takes.
#[derive(Clone)]
pub struct Webhooks {
    pub endpoints: Vec<Endpoint>,
    pub letters: Arc<dyn Letters>,
    pub carrier: Arc<dyn Carrier>,
}
