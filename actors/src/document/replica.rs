//! All that was written to a document, block by block, and what of it is deleted: what a client lacks is told from it.
//!
//! Where the blocks go is found out by the clients, from the same bytes: here nothing follows a reference, so nothing
//! that a client makes up can lead astray. Yjs update format, version 1. Pure.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::block::Block;
use super::change::{Change, Run};
use super::deletions::Deletions;
use super::lib0::{Lib0, put_number};

/// Why nothing was made of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is nothing that a client of today writes")]
pub struct Unreadable;

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    News,
    /// It was known.
    Nothing,
    /// It hangs on something that is not known, and was not taken in.
    Unfit,
}

/// What one client has written, from its clock 0 on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Written {
    /// Each with its clock.
    blocks: Vec<(u64, Block)>,
    end: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replica {
    clients: BTreeMap<u64, Written>,
    deleted: Deletions,
}

impl Replica {
    /// Takes a change in.
    pub fn apply(&mut self, update: &[u8]) -> Result<Applied, Unreadable> {
        let change = Change::read(update).ok_or(Unreadable)?;
        if change.is_nothing() {
            return Ok(Applied::Nothing);
        }
        if !change.fits(|client| self.end_of(client)) {
            return Ok(Applied::Unfit);
        }
        let mut news = false;
        for Run { client, clock, blocks } in change.runs {
            news |= self.clients.entry(client).or_default().take(client, clock, blocks);
        }
        news |= self.deleted.add(change.deleted);
        Ok(if news { Applied::News } else { Applied::Nothing })
    }

    fn end_of(&self, client: u64) -> u64 {
        self.clients.get(&client).map_or(0, |written| written.end)
    }

    /// How far it knows the document.
    pub fn state(&self) -> Bytes {
        let mut out = Vec::new();
        put_number(&mut out, count(self.clients.len()));
        for (client, written) in &self.clients {
            put_number(&mut out, *client);
            put_number(&mut out, written.end);
        }
        out.into()
    }

    /// What somebody lacks who knows the document so far.
    pub fn since(&self, state: &[u8]) -> Result<Bytes, Unreadable> {
        read_state(state).map(|known| self.beyond(&known)).ok_or(Unreadable)
    }

    /// All of it.
    pub fn whole(&self) -> Bytes {
        self.beyond(&BTreeMap::new())
    }

    fn beyond(&self, known: &BTreeMap<u64, u64>) -> Bytes {
        let from = |client: &u64| known.get(client).copied().unwrap_or(0);
        // As Yjs has it, the highest first.
        let lacking: Vec<_> =
            self.clients.iter().rev().filter(|(client, written)| from(client) < written.end).collect();
        let mut out = Vec::new();
        put_number(&mut out, count(lacking.len()));
        for (client, written) in lacking {
            written.write(*client, from(client), &mut out);
        }
        self.deleted.write(&mut out);
        out.into()
    }

    /// Forgets what deleted items said.
    pub fn collect(&mut self) {
        for (client, written) in &mut self.clients {
            written.empty(*client, self.deleted.of(*client));
        }
    }
}

impl Written {
    /// Takes in what goes on beyond its end; was there anything?
    fn take(&mut self, client: u64, mut clock: u64, blocks: Vec<Block>) -> bool {
        let before = self.end;
        for mut block in blocks {
            let length = block.length();
            let known = self.end.saturating_sub(clock);
            if known == 0 {
                self.push(client, block);
            } else if known < length
                && let Some(news) = block.cut((client, clock), known)
            {
                self.push(client, news);
            }
            clock = clock.saturating_add(length);
        }
        self.end > before
    }

    fn push(&mut self, client: u64, block: Block) {
        let length = block.length();
        let apart = match self.blocks.last_mut() {
            Some((clock, last)) => last.join((client, *clock), block),
            None => Some(block),
        };
        self.blocks.extend(apart.map(|block| (self.end, block)));
        self.end = self.end.saturating_add(length);
    }

    fn write(&self, client: u64, from: u64, out: &mut Vec<u8>) {
        let at = self.blocks.partition_point(|(clock, _)| *clock <= from).saturating_sub(1);
        let mut rest = self.blocks.iter().skip(at);
        put_number(out, count(rest.len()));
        put_number(out, client);
        put_number(out, from);
        if let Some((clock, first)) = rest.next() {
            let mut first = first.clone();
            let behind = first.cut((client, *clock), from.saturating_sub(*clock));
            behind.unwrap_or(first).write(out);
        }
        rest.for_each(|(_, block)| block.write(out));
    }

    /// Empties what is deleted, which is sorted, and joins what can be joined then.
    fn empty(&mut self, client: u64, deleted: &[(u64, u64)]) {
        let mut deleted = deleted.iter().copied().peekable();
        let blocks = std::mem::take(&mut self.blocks);
        self.end = 0;
        for (_, mut block) in blocks {
            loop {
                let clock = self.end;
                while deleted.next_if(|(_, end)| *end <= clock).is_some() {}
                let (start, end) = deleted.peek().copied().unwrap_or((u64::MAX, u64::MAX));
                let is_deleted = start <= clock;
                let until = if is_deleted { end } else { start };
                let behind = block.cut((client, clock), until.saturating_sub(clock));
                if is_deleted {
                    block.empty();
                }
                self.push(client, block);
                let Some(behind) = behind else { break };
                block = behind;
            }
        }
    }
}

fn count(some: usize) -> u64 {
    u64::try_from(some).unwrap_or_default()
}

/// How far somebody knows a document.
fn read_state(state: &[u8]) -> Option<BTreeMap<u64, u64>> {
    let mut read = Lib0::new(state);
    let pairs = (0..read.count(2)?).map(|_| Some((read.number()?, read.number()?)));
    let known = pairs.collect::<Option<_>>()?;
    read.is_empty().then_some(known)
}

#[cfg(test)]
mod tests;
