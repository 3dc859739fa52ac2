//! A map whose entries end: tickets once used, keys once answered.
//!
//! It is swept as it is written to, so it holds at most what one life plus one sweep interval brings in.

use std::sync::atomic::{AtomicI64, Ordering};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use crate::clock::Timestamp;

const SWEEP_EVERY_MS: i64 = 60_000;

pub(super) struct Aging<V> {
    held: DashMap<String, (Timestamp, V)>,
    sweep_due: AtomicI64,
}

impl<V> Default for Aging<V> {
    fn default() -> Self {
        Self { held: DashMap::new(), sweep_due: AtomicI64::new(i64::MIN) }
    }
}

impl<V: Clone> Aging<V> {
    /// Keeps the first value of a key until it ends; answers the value that is kept and whether it is this one.
    pub(super) fn keep_first(&self, key: String, value: V, ends: Timestamp, now: Timestamp) -> (V, bool) {
        self.sweep(now);
        match self.held.entry(key) {
            Entry::Occupied(mut found) if found.get().0 < now => {
                found.insert((ends, value.clone()));
                (value, true)
            }
            Entry::Occupied(found) => (found.get().1.clone(), false),
            Entry::Vacant(place) => {
                place.insert((ends, value.clone()));
                (value, true)
            }
        }
    }

    pub(super) fn get(&self, key: &str, now: Timestamp) -> Option<V> {
        let found = self.held.get(key)?;
        (found.0 >= now).then(|| found.1.clone())
    }

    fn sweep(&self, now: Timestamp) {
        let due = self.sweep_due.load(Ordering::Relaxed);
        if due > now.0 {
            return;
        }
        let next = now.plus_ms(SWEEP_EVERY_MS).0;
        if self.sweep_due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.held.retain(|_, (ends, _)| *ends >= now);
        }
    }
}
