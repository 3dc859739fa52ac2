//! Where a room's order stands: what may be announced next, what is missing, what a newcomer lacks.
//!
//! Pure. Entries leave it strictly by number, each once, however they came in.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::id::{Epoch, MessageId, Seq};
use crate::message::room::{Entry, EntryBody, Head};

/// The order of one room, with a short tail of what was announced last.
#[derive(Debug)]
pub struct RoomLog {
    epoch: Epoch,
    announced: Seq,
    closed: bool,
    /// Entries that came before their turn.
    early: BTreeMap<Seq, Arc<Entry>>,
    tail: VecDeque<Arc<Entry>>,
    tail_bytes: usize,
    limits: TailLimits,
}

/// How much of what was announced last is kept at hand.
#[derive(Debug, Clone, Copy)]
pub struct TailLimits {
    pub entries: usize,
    /// Of content, roughly.
    pub bytes: usize,
}

/// What a newcomer who has everything up to some number still lacks.
#[derive(Debug, PartialEq)]
pub enum Missing {
    /// Exactly these, oldest first.
    Entries(Vec<Arc<Entry>>),
    /// More than the tail holds: read the log first.
    BeyondTail,
    /// The number lies ahead of this room: it was never told.
    Ahead,
}

impl RoomLog {
    pub fn new(head: Head, limits: TailLimits) -> Self {
        Self {
            epoch: head.epoch,
            announced: head.seq,
            closed: head.closed,
            early: BTreeMap::new(),
            tail: VecDeque::new(),
            tail_bytes: 0,
            limits,
        }
    }

    pub fn head(&self) -> Head {
        Head { epoch: self.epoch, seq: self.announced, closed: self.closed }
    }

    /// Takes an entry in; true if it was news and not told before.
    pub fn take(&mut self, entry: Arc<Entry>) -> bool {
        entry.seq > self.announced && self.early.insert(entry.seq, entry).is_none()
    }

    /// The next entry in order, if it is here.
    pub fn next_ready(&mut self) -> Option<Arc<Entry>> {
        let entry = self.early.remove(&self.announced.next())?;
        self.announced = entry.seq;
        match entry.body {
            EntryBody::RoomClosed => self.closed = true,
            EntryBody::RoomReopened => self.closed = false,
            EntryBody::MessageDeleted { .. }
            | EntryBody::MessagePosted { .. }
            | EntryBody::MessageEdited { .. }
            | EntryBody::AgentJoined { .. }
            | EntryBody::EventPublished { .. } => {}
        }
        self.remember(entry.clone());
        Some(entry)
    }

    fn remember(&mut self, entry: Arc<Entry>) {
        if let EntryBody::MessageDeleted { message } = &entry.body {
            // A withdrawn content must not go out to newcomers from here; the log has it withdrawn.
            let withdrawn = |kept: &Arc<Entry>| kept.body.message().is_some_and(|m| m.id == message.id);
            if self.tail.iter().any(withdrawn) {
                self.tail.clear();
                self.tail_bytes = 0;
            }
        }
        self.tail_bytes = self.tail_bytes.saturating_add(entry.weight());
        self.tail.push_back(entry);
        while self.tail.len() > self.limits.entries || self.tail_bytes > self.limits.bytes {
            let Some(oldest) = self.tail.pop_front() else { return };
            self.tail_bytes = self.tail_bytes.saturating_sub(oldest.weight());
        }
    }

    /// One of the last entries posted this message; an older one is known to the log alone.
    pub fn posted_lately(&self, id: &MessageId) -> bool {
        let posts = |entry: &Arc<Entry>| match &entry.body {
            EntryBody::MessagePosted { message } => message.id == *id,
            EntryBody::MessageEdited { .. }
            | EntryBody::MessageDeleted { .. }
            | EntryBody::AgentJoined { .. }
            | EntryBody::EventPublished { .. }
            | EntryBody::RoomClosed
            | EntryBody::RoomReopened => false,
        };
        self.tail.iter().rev().any(posts)
    }

    /// What was posted after one number until another; none if more than the tail is to be looked at.
    pub fn posted_between(&self, after: Seq, until: Seq) -> Option<Vec<Arc<Entry>>> {
        let oldest = self.tail.front().map_or(self.announced.next(), |entry| entry.seq);
        let posted = |entry: &&Arc<Entry>| {
            entry.seq > after && entry.seq <= until && matches!(entry.body, EntryBody::MessagePosted { .. })
        };
        (after.next() >= oldest).then(|| self.tail.iter().filter(posted).cloned().collect())
    }

    /// Something later is here, but not the next: the log must be read.
    pub fn has_gap(&self) -> bool {
        self.early.first_key_value().is_some_and(|(seq, _)| *seq > self.announced.next())
    }

    /// What a member who has everything up to `after` lacks.
    pub fn missing(&self, after: Seq) -> Missing {
        if after > self.announced {
            return Missing::Ahead;
        }
        if after == self.announced {
            return Missing::Entries(Vec::new());
        }
        if self.tail.front().is_none_or(|oldest| oldest.seq > after.next()) {
            return Missing::BeyondTail;
        }
        Missing::Entries(self.tail.iter().filter(|entry| entry.seq > after).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Timestamp;

    fn entry(seq: u64) -> Arc<Entry> {
        let body = EntryBody::AgentJoined { agent: crate::id::UserId::parse("a").unwrap(), name: "A".into() };
        Arc::new(Entry { seq: Seq(seq), at: Timestamp(0), by: None, client_id: None, body })
    }

    fn log(at: u64, tail: usize) -> RoomLog {
        RoomLog::new(
            Head { epoch: Epoch(1), seq: Seq(at), closed: false },
            TailLimits { entries: tail, bytes: usize::MAX },
        )
    }

    proptest! {
        #[test]
        fn whatever_the_arrival_order_each_leaves_once_in_order(mut arrivals in prop::collection::vec(1u64..40, 0..200)) {
            arrivals.extend(1..40);
            let mut log = log(0, 8);
            let mut told = Vec::new();
            for seq in arrivals {
                log.take(entry(seq));
                while let Some(next) = log.next_ready() {
                    told.push(next.seq.0);
                }
            }
            prop_assert_eq!(told, (1..40).collect::<Vec<_>>());
            prop_assert!(!log.has_gap());
        }

        #[test]
        fn a_newcomer_gets_exactly_what_it_lacks_or_is_sent_to_the_log(told in 0u64..60, after in 0u64..70, tail in 1usize..20) {
            let mut log = log(0, tail);
            for seq in 1..=told {
                log.take(entry(seq));
                log.next_ready();
            }
            match log.missing(Seq(after)) {
                Missing::Entries(lacks) => {
                    let seqs: Vec<u64> = lacks.iter().map(|e| e.seq.0).collect();
                    prop_assert_eq!(seqs, (after + 1..=told).collect::<Vec<_>>());
                }
                Missing::BeyondTail => prop_assert!(told - after > u64::try_from(tail).unwrap()),
                Missing::Ahead => prop_assert!(after > told),
            }
        }
    }

    #[test]
    fn a_gap_is_seen_and_closes() {
        let mut log = log(5, 4);
        assert!(!log.take(entry(5)));
        assert!(log.take(entry(7)));
        assert!(log.next_ready().is_none());
        assert!(log.has_gap());
        log.take(entry(6));
        assert_eq!(log.next_ready().map(|e| e.seq), Some(Seq(6)));
        assert_eq!(log.next_ready().map(|e| e.seq), Some(Seq(7)));
    }
}
