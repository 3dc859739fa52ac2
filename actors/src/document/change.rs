//! A change of a document as a client sends it: what it brings, and whether it hangs together with what is known. Pure.
//!
//! Nothing declares more than it holds, and each client is told of once and in order. Yjs update format, version 1.

mod fitting;

use std::collections::HashSet;

use super::block::{Block, LAST_CLOCK};
use super::deletions::Deletions;
use super::lib0::Lib0;

/// What one client has written in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub client: u64,
    pub clock: u64,
    pub blocks: Vec<Block>,
}

/// What a change brings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub runs: Vec<Run>,
    pub deleted: Deletions,
}

impl Change {
    /// None: it is no change that a client of today writes.
    pub fn read(update: &[u8]) -> Option<Self> {
        let mut read = Lib0::new(update);
        let (mut runs, mut clients) = (Vec::new(), HashSet::new());
        for _ in 0..read.count(5)? {
            let run = Run::read(&mut read)?;
            clients.insert(run.client).then(|| runs.push(run))?;
        }
        let deleted = Deletions::read(&mut read)?;
        read.is_empty().then_some(Self { runs, deleted })
    }

    pub fn is_nothing(&self) -> bool {
        self.runs.is_empty() && self.deleted.is_empty()
    }
}

impl Run {
    fn read(read: &mut Lib0<'_>) -> Option<Self> {
        // A block takes two bytes at least.
        let count = read.count(2).filter(|count| *count > 0)?;
        let (client, clock) = (read.number()?, read.number()?);
        let (mut end, mut blocks) = (clock, Vec::new());
        for _ in 0..count {
            let block = Block::read(read)?;
            end = end.checked_add(block.length()).filter(|end| *end <= LAST_CLOCK)?;
            blocks.push(block);
        }
        Some(Self { client, clock, blocks })
    }
}

#[cfg(test)]
mod tests;
