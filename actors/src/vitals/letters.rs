//! How telling the webhooks goes: attempts by result as they happen, what is pending as it was last counted.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use crate::clock::Timestamp;
use crate::ports::letters::Tally;

#[derive(Debug, Default)]
pub struct LetterCounts {
    pub taken: AtomicU64,
    /// Attempts that failed, the last of a dead letter among them.
    pub failed: AtomicU64,
    pub died: AtomicU64,
    pending: AtomicU64,
    /// When the oldest pending entry was committed, in milliseconds; 0: nothing is pending.
    since: AtomicI64,
}

impl LetterCounts {
    pub(crate) fn tell(&self, tallies: &[Tally]) {
        self.pending.store(tallies.iter().map(|tally| tally.pending).sum(), Relaxed);
        let since = tallies.iter().filter_map(|tally| tally.since).min();
        self.since.store(since.unwrap_or_default().0, Relaxed);
    }

    pub fn pending(&self) -> u64 {
        self.pending.load(Relaxed)
    }

    /// How long the oldest has been pending, in milliseconds.
    pub fn oldest_ms(&self, now: Timestamp) -> u64 {
        match self.since.load(Relaxed) {
            0 => 0,
            since => u64::try_from(now.0.saturating_sub(since)).unwrap_or(0),
        }
    }
}
