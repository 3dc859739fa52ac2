//! How the broker is: counts and conditions that everyone may read without asking an actor.
//!
//! Readiness follows from here: it is never green while messages do not flow.

mod counts;
mod figures;
mod histogram;
mod queues;
mod tally;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

use arc_swap::ArcSwapOption;
use dashmap::DashMap;

pub use counts::Counts;
pub use figures::Figures;
pub use histogram::{Histogram, Spread};
pub use queues::{Queued, Queues};
pub use tally::{Census, Tally};

type OnFatal = dyn Fn(&str) + Send + Sync;

/// Through which door and over which transport a client came.
pub type Way = (&'static str, &'static str);

/// Counts one client until it is dropped.
pub struct Counted {
    vitals: Arc<Vitals>,
    way: Way,
}

impl Counted {
    pub fn new(vitals: &Arc<Vitals>, way: Way) -> Self {
        vitals.sessions.fetch_add(1, Relaxed);
        vitals.connections.add(way);
        Self { vitals: vitals.clone(), way }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.vitals.connections.remove(self.way);
        self.vitals.sessions.fetch_sub(1, Relaxed);
    }
}

/// Shared by all actors of one broker.
pub struct Vitals {
    /// Why nothing can be stored at the moment.
    store_down: ArcSwapOption<String>,
    draining: AtomicBool,
    given_up: DashMap<&'static str, ()>,
    restarts: Tally,
    actors: Census<&'static str>,
    connections: Census<Way>,
    pub sessions: AtomicI64,
    pub bridge_dropped: AtomicU64,
    pub counts: Counts,
    pub queues: Queues,
    on_fatal: Box<OnFatal>,
}

impl Vitals {
    /// `on_fatal` is called when the process must not go on, with the reason.
    pub fn new(on_fatal: impl Fn(&str) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            store_down: ArcSwapOption::empty(),
            draining: AtomicBool::new(false),
            given_up: DashMap::new(),
            restarts: Tally::default(),
            actors: Census::default(),
            connections: Census::default(),
            sessions: AtomicI64::new(0),
            bridge_dropped: AtomicU64::new(0),
            counts: Counts::default(),
            queues: Queues::default(),
            on_fatal: Box::new(on_fatal),
        })
    }

    /// Why the broker is not ready; empty when it is.
    pub fn unready(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.draining() {
            reasons.push("draining".to_owned());
        }
        if let Some(reason) = self.store_down.load().as_deref() {
            reasons.push(format!("store: {reason}"));
        }
        reasons.extend(self.given_up.iter().map(|kind| format!("{} is out of order", kind.key())));
        reasons
    }

    pub fn draining(&self) -> bool {
        self.draining.load(Relaxed)
    }

    pub fn drain(&self) {
        self.draining.store(true, Relaxed);
    }

    pub fn store_is_down(&self) -> bool {
        self.store_down.load().is_some()
    }

    /// Notes that the store refuses; says so once per outage.
    pub fn store_failed(&self, reason: &str) {
        if self.store_down.swap(Some(Arc::new(reason.to_owned()))).is_none() {
            log::error!("the store refuses writes: {reason}");
        }
    }

    pub fn store_works(&self) {
        if self.store_down.load().is_some() && self.store_down.swap(None).is_some() {
            log::warn!("the store takes writes again");
        }
    }

    /// The process must stop: what is on disk is unknown.
    pub fn fatal(&self, reason: &str) {
        self.store_failed(reason);
        (self.on_fatal)(reason);
    }

    pub fn actor_started(&self, kind: &'static str) {
        self.actors.add(kind);
    }

    pub fn actor_ended(&self, kind: &'static str) {
        self.actors.remove(kind);
    }

    pub fn actor_restarted(&self, kind: &'static str) {
        self.restarts.count(kind);
    }

    pub fn give_up(&self, kind: &'static str) {
        self.given_up.insert(kind, ());
    }

    pub fn restarts_of(&self, kind: &str) -> u64 {
        self.restarts.of(kind)
    }

    /// How many actors of each kind live now.
    pub fn actors(&self) -> Vec<(&'static str, i64)> {
        let mut actors = self.actors.all();
        actors.retain(|(_, count)| *count != 0);
        actors
    }

    /// How often an actor of each kind there ever was had to be started again.
    pub fn restarts(&self) -> Vec<(&'static str, u64)> {
        self.actors.all().into_iter().map(|(kind, _)| (kind, self.restarts.of(kind))).collect()
    }

    /// How many clients came each way and are here now.
    pub fn connections(&self) -> Vec<(Way, i64)> {
        self.connections.all()
    }
}
