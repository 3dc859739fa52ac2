//! Whether a change hangs together with what is known: every block on what stands before it, nothing in a circle.
//!
//! What is kept can therefore always be told in full, and a client never has to wait for a part of it.

use std::collections::HashMap;

use super::{Block, Change, Run};

/// How far a run has come.
struct Progress<'a> {
    run: &'a Run,
    clock: u64,
    next: usize,
}

impl Change {
    /// `known`: how far a client is known to have written.
    pub fn fits(&self, known: impl Fn(u64) -> u64) -> bool {
        let has_holes = |run: &Run| run.blocks.iter().any(|block| matches!(block, Block::Skipped(_)));
        if self.runs.iter().any(|run| run.clock > known(run.client) || has_holes(run)) {
            return false;
        }
        let mut runs: Vec<_> =
            self.runs.iter().map(|run| Progress { run, clock: run.clock, next: 0 }).collect();
        let mut told: HashMap<u64, u64> = HashMap::new();
        // Which runs wait for a client to come on.
        let mut waiting: HashMap<u64, Vec<usize>> = HashMap::new();
        let mut ready: Vec<usize> = (0..runs.len()).collect();
        while let Some(at) = ready.pop() {
            let Some(progress) = runs.get_mut(at) else { continue };
            let before = progress.clock;
            let stopped = progress.go_on(|client| known(client).max(told.get(&client).copied().unwrap_or(0)));
            if progress.clock > before {
                told.insert(progress.run.client, progress.clock);
                ready.extend(waiting.remove(&progress.run.client).unwrap_or_default());
            }
            if let Some(client) = stopped {
                waiting.entry(client).or_default().push(at);
            }
        }
        let reached = |client| known(client).max(told.get(&client).copied().unwrap_or(0));
        waiting.is_empty() && self.deleted.needs().all(|(client, end)| end <= reached(client))
    }
}

impl Progress<'_> {
    /// As far as it goes; the client it waits for.
    fn go_on(&mut self, reached: impl Fn(u64) -> u64) -> Option<u64> {
        let own = self.run.client;
        while let Some(block) = self.run.blocks.get(self.next) {
            let here = |client| if client == own { self.clock.max(reached(own)) } else { reached(client) };
            let missing = block.needs().into_iter().find(|(client, clock)| *clock >= here(*client));
            if let Some((client, _)) = missing {
                return Some(client);
            }
            self.clock = self.clock.saturating_add(block.length());
            self.next = self.next.saturating_add(1);
        }
        None
    }
}
