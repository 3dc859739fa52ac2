//! What waits for clients, as each worker saw it when it last looked after its sockets.

use dashmap::DashMap;

use crate::id::ShardId;

/// What waits for the clients of one worker, or of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Queued {
    pub bytes: usize,
    /// The most that waits for one client.
    pub largest: usize,
    /// Clients whose socket takes nothing at the moment.
    pub slow: usize,
}

impl Queued {
    /// Adds one client's queue.
    pub fn add(&mut self, bytes: usize, slow: bool) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.largest = self.largest.max(bytes);
        self.slow = self.slow.saturating_add(usize::from(slow));
    }
}

#[derive(Debug, Default)]
pub struct Queues(DashMap<ShardId, Queued>);

impl Queues {
    pub fn tell(&self, shard: ShardId, queued: Queued) {
        self.0.insert(shard, queued);
    }

    pub fn total(&self) -> Queued {
        self.0.iter().fold(Queued::default(), |sum, one| Queued {
            bytes: sum.bytes.saturating_add(one.bytes),
            largest: sum.largest.max(one.largest),
            slow: sum.slow.saturating_add(one.slow),
        })
    }
}
