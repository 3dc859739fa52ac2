//! The broker in figures at one moment, for whoever shows them to people.
//!
//! Counts only grow: what happened between two looks is the difference of their figures.

use std::sync::atomic::Ordering::Relaxed;

use super::{Queued, Spread, Vitals};

/// One look at the vitals. Everything counted is since the start.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Clients that are let in now.
    pub connections: u64,
    /// The same by door and transport.
    pub connections_by_door: Vec<((&'static str, &'static str), u64)>,
    pub rooms: u64,
    /// Entries that became durable.
    pub accepted: u64,
    /// Entries handed to clients.
    pub delivered: u64,
    pub duplicates: u64,
    /// Nanoseconds from a client's post to its being durable; `time_at(990)` is the 99th percentile.
    pub ack: Spread,
    /// Nanoseconds from durable to written to the sockets of one worker.
    pub delivery: Spread,
    /// What waits for clients, and how many read too slowly.
    pub queued: Queued,
    /// Living actors by kind.
    pub actors: Vec<(&'static str, u64)>,
    /// Actors that were started again, by kind.
    pub restarts: Vec<(&'static str, u64)>,
    pub panics: u64,
    /// What clients were refused, by code.
    pub refusals: Vec<(&'static str, u64)>,
    /// Sockets that ended, by the code of their farewell.
    pub disconnects: Vec<(&'static str, u64)>,
    pub draining: bool,
    /// Why it is not ready; empty when it is.
    pub unready: Vec<String>,
}

impl Vitals {
    pub fn figures(&self) -> Figures {
        let positive = |count: i64| u64::try_from(count).unwrap_or(0);
        let actors: Vec<_> = self.actors().into_iter().map(|(kind, n)| (kind, positive(n))).collect();
        let counts = &self.counts;
        Figures {
            connections: positive(self.sessions.load(Relaxed)),
            connections_by_door: self
                .connections()
                .into_iter()
                .map(|(door, count)| (door, positive(count)))
                .collect(),
            rooms: actors.iter().find(|(kind, _)| *kind == "room").map_or(0, |(_, count)| *count),
            accepted: counts.accepted.total(),
            delivered: counts.delivered.load(Relaxed),
            duplicates: counts.duplicates.load(Relaxed),
            ack: counts.ack.spread(),
            delivery: counts.delivery.spread(),
            queued: self.queues.total(),
            actors,
            restarts: self.restarts(),
            panics: counts.panics.load(Relaxed),
            refusals: counts.refusals.all(),
            disconnects: counts.disconnects.all(),
            draining: self.draining(),
            unready: self.unready(),
        }
    }
}
