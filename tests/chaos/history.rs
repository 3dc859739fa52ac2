//! What clients tried and what they saw in one room, as plain values.
//!
//! Times are microseconds on one monotonic clock and come from whoever recorded them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

pub type Micros = u64;

/// One thing a client asked to have posted, however often it had to ask.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub client_id: String,
    pub sender: String,
    /// When it was first sent.
    pub started_at: Micros,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Acknowledged, with this id and number.
    Ok { id: String, seq: u64, acked_at: Micros },
    /// Refused for good: it must never appear.
    Fail,
    /// No answer: it may appear, once.
    Unknown,
}

/// A numbered entry as somebody saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub epoch: Arc<str>,
    pub seq: u64,
    pub id: String,
    pub hash: u64,
    /// The client id that the content of a posted message carries; none for any other entry.
    pub client_id: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Receipt {
    pub user: String,
    pub delivered: u64,
    pub read: u64,
}

/// One client as a reader: everything it was told, as it arrived.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    pub name: String,
    /// The number it had when it joined first.
    pub after: u64,
    /// It was waited for until it had the head; then nothing may be missing.
    pub caught_up: bool,
    pub deliveries: Vec<Seen>,
    pub receipts: Vec<Receipt>,
    /// Resets that nobody expected, in words.
    pub resets: Vec<String>,
}

/// Everything about one room.
#[derive(Debug, Clone, Default)]
pub struct RoomHistory {
    pub room: String,
    /// Per sender in program order.
    pub attempts: Vec<Attempt>,
    pub readers: Vec<Reader>,
    /// The log as it stood in the end.
    pub log: Vec<Seen>,
}

/// Two entries with one fingerprint are the same entry.
pub fn fingerprint(id: &str, sender: &str, content: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (id, sender, content).hash(&mut hasher);
    hasher.finish()
}
