//! What happened so far, as numbers that only grow.
//!
//! Nothing here is counted per delivery: what is frequent is added up by whoever does it and told once per turn,
//! announcement or commit.

use std::sync::atomic::AtomicU64;

use super::{Histogram, Tally};

/// What the store is asked for, in one word each.
const STORE_WORK: &[&str] = &[
    "append",
    "keep_answer",
    "people",
    "probe",
    "read",
    "remove_ban",
    "save_ban",
    "save_receipts",
    "spend_ticket",
];

/// Every count of one broker. Names are words of ours, never a user, a room or an address.
pub struct Counts {
    /// Entries that became durable, by their kind.
    pub accepted: Tally,
    /// Retries that were answered with the first answer.
    pub duplicates: AtomicU64,
    /// Entries handed to clients as they came.
    pub delivered: AtomicU64,
    /// Entries handed to clients that came back for them.
    pub recovered: AtomicU64,
    /// How those who came back with a number fared: `ok`, `reset` or `partial_refused`.
    pub recoveries: Tally,
    /// Gaps that were closed, by where the missing came from.
    pub gap_repairs: Tally,
    /// Clients that knocked, by how it went: `ok`, or the code of the problem or farewell.
    pub connects: Tally,
    /// Sockets that ended, by the code of their farewell.
    pub disconnects: Tally,
    /// Tokens that were refused, by reason.
    pub auth_failures: Tally,
    /// What clients were refused, by code.
    pub refusals: Tally,
    /// What was refused for being too much, by whose limit it was.
    pub rate_limited: Tally,
    /// What the store failed at.
    pub store_errors: Tally,
    /// Bytes that sockets took.
    pub outlet_bytes: AtomicU64,
    /// Actors and pumps that ended by a panic.
    pub panics: AtomicU64,
    /// From a client's post to its being durable.
    pub ack: Histogram,
    /// From durable to written to the sockets of one worker.
    pub delivery: Histogram,
    pub commit_size: Histogram,
    pub commit: Histogram,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            accepted: Tally::of_these(&["message"]),
            duplicates: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            recovered: AtomicU64::new(0),
            recoveries: Tally::of_these(&["ok", "reset", "partial_refused"]),
            gap_repairs: Tally::default(),
            connects: Tally::of_these(&["ok"]),
            disconnects: Tally::default(),
            auth_failures: Tally::default(),
            refusals: Tally::default(),
            rate_limited: Tally::default(),
            store_errors: Tally::of_these(STORE_WORK),
            outlet_bytes: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            ack: Histogram::of_times(),
            delivery: Histogram::of_times(),
            commit_size: Histogram::of_sizes(),
            commit: Histogram::of_times(),
        }
    }
}
