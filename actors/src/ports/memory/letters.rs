//! What is owed to endpoints, in memory: how far each has come in each room.
//!
//! Whoever needs a room and a desk takes the room first, so nobody waits in a circle.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use dashmap::DashMap;
use futures_util::future::BoxFuture;

use super::entries::RoomEntries;
use super::{MemoryStore, Shelves};
use crate::clock::Timestamp;
use crate::id::{RoomId, Seq};
use crate::ports::letters::{DeadLetter, Due, EndpointId, Letter, Letters, Outcome, Replay, Settled, Tally};
use crate::ports::{LogError, Stretch};

/// Everything of a room after `done` is owed.
struct Lane {
    done: Seq,
    since: Timestamp,
    attempts: u32,
    due: Timestamp,
}

struct Corpse {
    letter: DeadLetter,
    /// Set while it is on its way again.
    due: Option<Timestamp>,
}

#[derive(Default)]
struct Desk {
    disabled: bool,
    failure: Option<(String, Timestamp)>,
    lanes: BTreeMap<RoomId, Lane>,
    dead: BTreeMap<u64, Corpse>,
}

#[derive(Default)]
pub(super) struct Desks {
    by_endpoint: DashMap<EndpointId, Desk>,
    last_dead: AtomicU64,
}

impl Desks {
    /// The room has this entry now.
    pub(super) fn owe(&self, room: &RoomId, seq: Seq, at: Timestamp) {
        for mut desk in self.by_endpoint.iter_mut() {
            let done = Seq(seq.0.saturating_sub(1));
            desk.lanes.entry(room.clone()).or_insert(Lane { done, since: at, attempts: 0, due: at });
        }
    }

    fn settle(&self, settled: Settled, entries: &RoomEntries, epoch: crate::id::Epoch, now: Timestamp) {
        let Some(mut desk) = self.by_endpoint.get_mut(&settled.endpoint) else { return };
        match &settled.outcome {
            Outcome::Later { why, .. } | Outcome::Dead { why } => desk.failure = Some((why.clone(), now)),
            Outcome::Gone => {
                desk.disabled = true;
                desk.failure = Some(("it answered 410".to_owned(), now));
            }
            Outcome::Taken => {}
        }
        match settled.dead {
            Some(id) => desk.settle_again(id, settled),
            None => {
                if let Some(why) = desk.settle_next(&settled, entries, now) {
                    let id = self.last_dead.fetch_add(1, Relaxed).saturating_add(1);
                    let Settled { endpoint, room, seq, attempts, .. } = settled;
                    let replaying = false;
                    let letter =
                        DeadLetter { id, endpoint, room, epoch, seq, attempts, died: now, why, replaying };
                    desk.dead.insert(id, Corpse { letter, due: None });
                }
            }
        }
    }
}

impl Desk {
    /// The first of a lane; why it died, if it did.
    fn settle_next(&mut self, settled: &Settled, entries: &RoomEntries, now: Timestamp) -> Option<String> {
        let lane = self.lanes.get_mut(&settled.room)?;
        if lane.done.next() != settled.seq {
            return None;
        }
        let died = match &settled.outcome {
            Outcome::Later { at, .. } => {
                (lane.attempts, lane.due) = (settled.attempts, *at);
                return None;
            }
            Outcome::Gone => return None,
            Outcome::Taken => None,
            Outcome::Dead { why } => Some(why.clone()),
        };
        match entries.read(Stretch::After(settled.seq), 1).0.first() {
            Some(next) => *lane = Lane { done: settled.seq, since: next.at, attempts: 0, due: now },
            None => _ = self.lanes.remove(&settled.room),
        }
        died
    }

    fn settle_again(&mut self, id: u64, settled: Settled) {
        let Some(corpse) = self.dead.get_mut(&id) else { return };
        match settled.outcome {
            Outcome::Taken => _ = self.dead.remove(&id),
            Outcome::Later { at, .. } => {
                corpse.due = Some(at);
                corpse.letter.attempts = settled.attempts;
            }
            Outcome::Dead { why } => {
                corpse.due = None;
                corpse.letter.attempts = settled.attempts;
                corpse.letter.why = why;
            }
            Outcome::Gone => {}
        }
    }

    /// What could go next, one per room: when it is due, its room and number, its failures, and the dead letter it is.
    fn candidates(&self, busy: &HashSet<RoomId>) -> Vec<(Timestamp, RoomId, Seq, u32, Option<u64>)> {
        let mut replaying = busy.clone();
        let mut found = Vec::new();
        for (id, corpse) in &self.dead {
            let DeadLetter { room, seq, attempts, .. } = &corpse.letter;
            if let Some(due) = corpse.due
                && replaying.insert(room.clone())
            {
                found.push((due, room.clone(), *seq, *attempts, Some(*id)));
            }
        }
        let free = self.lanes.iter().filter(|(room, _)| !busy.contains(room));
        found
            .extend(free.map(|(room, lane)| (lane.due, room.clone(), lane.done.next(), lane.attempts, None)));
        found.sort_by_key(|(due, ..)| *due);
        found
    }
}

impl Shelves {
    fn due(&self, endpoint: &EndpointId, busy: &HashSet<RoomId>, now: Timestamp, limit: usize) -> Due {
        let candidates = match self.desks.by_endpoint.get(endpoint) {
            Some(desk) if !desk.disabled => desk.candidates(busy),
            _ => return Due::default(),
        };
        let next = candidates.iter().map(|(due, ..)| *due).find(|due| *due > now);
        let ready = candidates.into_iter().filter(|(due, ..)| *due <= now).take(limit);
        let letters = ready.filter_map(|(_, room, seq, attempts, dead)| {
            let before = Seq(seq.0.saturating_sub(1));
            let entry = self.rooms.get(&room)?.read(Stretch::After(before), 1).0.pop()?;
            Some(Letter { endpoint: endpoint.clone(), room, epoch: self.epoch, entry, attempts, dead })
        });
        Due { letters: letters.collect(), next }
    }

    fn tally(&self, endpoint: &EndpointId) -> Option<Tally> {
        let (lanes, mut tally) = {
            let desk = self.desks.by_endpoint.get(endpoint)?;
            let lanes: Vec<_> = desk.lanes.iter().map(|(room, lane)| (room.clone(), lane.done)).collect();
            let replaying = desk.dead.values().filter(|corpse| corpse.due.is_some()).count();
            let tally = Tally {
                endpoint: endpoint.clone(),
                disabled: desk.disabled,
                pending: u64::try_from(replaying).unwrap_or(u64::MAX),
                since: desk.lanes.values().map(|lane| lane.since).min(),
                dead: u64::try_from(desk.dead.len().saturating_sub(replaying)).unwrap_or(u64::MAX),
                failure: desk.failure.clone(),
            };
            (lanes, tally)
        };
        for (room, done) in lanes {
            let head = self.rooms.get(&room).map_or(done, |entries| entries.head().0);
            tally.pending = tally.pending.saturating_add(head.0.saturating_sub(done.0));
        }
        Some(tally)
    }

    fn owe_to(&self, endpoints: Vec<EndpointId>) -> u64 {
        let known: Vec<_> = self.desks.by_endpoint.iter().map(|desk| desk.key().clone()).collect();
        let mut dropped: u64 = 0;
        for stranger in known.iter().filter(|known| !endpoints.contains(known)) {
            let tally = self.tally(stranger);
            dropped =
                dropped.saturating_add(tally.map_or(0, |tally| tally.pending.saturating_add(tally.dead)));
            self.desks.by_endpoint.remove(stranger);
        }
        for endpoint in endpoints {
            self.desks.by_endpoint.entry(endpoint).or_default();
        }
        dropped
    }

    fn enable(&self, endpoint: &EndpointId, now: Timestamp) -> bool {
        let Some(mut desk) = self.desks.by_endpoint.get_mut(endpoint) else { return false };
        desk.disabled = false;
        desk.lanes.values_mut().for_each(|lane| lane.due = now);
        desk.dead.values_mut().filter_map(|corpse| corpse.due.as_mut()).for_each(|due| *due = now);
        true
    }

    fn replay(&self, which: &Replay, now: Timestamp) -> u64 {
        let mut replayed: u64 = 0;
        for mut desk in self.desks.by_endpoint.iter_mut() {
            for (id, corpse) in &mut desk.dead {
                let meant = match which {
                    Replay::One(one) => one == id,
                    Replay::AllOf(endpoint) => *endpoint == corpse.letter.endpoint,
                };
                if meant && corpse.due.is_none() {
                    corpse.due = Some(now);
                    corpse.letter.attempts = 0;
                    replayed = replayed.saturating_add(1);
                }
            }
        }
        replayed
    }

    fn dead(&self, after: u64, limit: usize) -> Vec<DeadLetter> {
        let mut found: Vec<DeadLetter> = Vec::new();
        for desk in &self.desks.by_endpoint {
            let late = desk.dead.range(after.saturating_add(1)..);
            found.extend(
                late.map(|(_, corpse)| DeadLetter {
                    replaying: corpse.due.is_some(),
                    ..corpse.letter.clone()
                }),
            );
        }
        found.sort_by_key(|letter| letter.id);
        found.truncate(limit);
        found
    }

    fn forget_dead(&self, before: Timestamp) -> u64 {
        let mut forgotten: usize = 0;
        for mut desk in self.desks.by_endpoint.iter_mut() {
            let had = desk.dead.len();
            desk.dead.retain(|_, corpse| corpse.due.is_some() || corpse.letter.died >= before);
            forgotten = forgotten.saturating_add(had.saturating_sub(desk.dead.len()));
        }
        u64::try_from(forgotten).unwrap_or(u64::MAX)
    }
}

impl Letters for MemoryStore {
    fn owe(&self, endpoints: Vec<EndpointId>) -> BoxFuture<'static, Result<u64, LogError>> {
        self.at_once(move |shelves| shelves.owe_to(endpoints))
    }

    fn due(
        &self,
        endpoint: &EndpointId,
        busy: Vec<RoomId>,
        now: Timestamp,
        limit: usize,
    ) -> BoxFuture<'static, Result<Due, LogError>> {
        let (endpoint, busy) = (endpoint.clone(), busy.into_iter().collect());
        self.at_once(move |shelves| shelves.due(&endpoint, &busy, now, limit))
    }

    fn settle(&self, batch: Vec<Settled>, now: Timestamp) -> BoxFuture<'static, Result<(), LogError>> {
        self.at_once(move |shelves| {
            for settled in batch {
                if let Some(entries) = shelves.rooms.get(&settled.room) {
                    shelves.desks.settle(settled, &entries, shelves.epoch, now);
                }
            }
        })
    }

    fn enable(&self, endpoint: &EndpointId, now: Timestamp) -> BoxFuture<'static, Result<bool, LogError>> {
        let endpoint = endpoint.clone();
        self.at_once(move |shelves| shelves.enable(&endpoint, now))
    }

    fn tallies(&self) -> BoxFuture<'static, Result<Vec<Tally>, LogError>> {
        self.at_once(|shelves| {
            let known: Vec<_> = shelves.desks.by_endpoint.iter().map(|desk| desk.key().clone()).collect();
            known.iter().filter_map(|endpoint| shelves.tally(endpoint)).collect()
        })
    }

    fn dead(&self, after: u64, limit: usize) -> BoxFuture<'static, Result<Vec<DeadLetter>, LogError>> {
        self.at_once(move |shelves| shelves.dead(after, limit))
    }

    fn replay(&self, which: Replay, now: Timestamp) -> BoxFuture<'static, Result<u64, LogError>> {
        self.at_once(move |shelves| shelves.replay(&which, now))
    }

    fn forget_dead(&self, before: Timestamp) -> BoxFuture<'static, Result<u64, LogError>> {
        self.at_once(move |shelves| shelves.forget_dead(before))
    }
}
