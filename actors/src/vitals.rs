//! How the broker is: counts and conditions that everyone may read without asking an actor.
//!
//! Readiness follows from here: it is never green while messages do not flow.

mod bridge;
mod counts;
mod figures;
mod histogram;
mod letters;
mod queues;
mod tally;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed, Ordering::SeqCst};

use arc_swap::ArcSwapOption;
use dashmap::DashMap;
use tokio::sync::Notify;

pub use bridge::BridgeVitals;
pub use counts::Counts;
pub use figures::Figures;
pub use histogram::{Histogram, Spread};
pub use letters::LetterCounts;
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

/// Counts one call from outside that changes something, until it is answered.
pub struct Call(Arc<Vitals>);

impl Drop for Call {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, SeqCst);
    }
}

/// Shared by all actors of one broker.
pub struct Vitals {
    /// Why nothing can be stored at the moment.
    store_down: ArcSwapOption<String>,
    draining: AtomicBool,
    drained: Notify,
    given_up: DashMap<&'static str, ()>,
    restarts: Tally,
    actors: Census<&'static str>,
    connections: Census<Way>,
    pub sessions: AtomicI64,
    /// How the way to other nodes is.
    pub bridge: Arc<BridgeVitals>,
    calls: AtomicI64,
    pub counts: Counts,
    pub letters: LetterCounts,
    pub queues: Queues,
    on_fatal: Box<OnFatal>,
}

impl Vitals {
    /// `on_fatal` is called when the process must not go on, with the reason.
    pub fn new(on_fatal: impl Fn(&str) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            store_down: ArcSwapOption::empty(),
            draining: AtomicBool::new(false),
            drained: Notify::new(),
            given_up: DashMap::new(),
            restarts: Tally::default(),
            actors: Census::default(),
            connections: Census::default(),
            sessions: AtomicI64::new(0),
            bridge: Arc::default(),
            calls: AtomicI64::new(0),
            counts: Counts::default(),
            letters: LetterCounts::default(),
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
        if let Some(reason) = self.bridge.down().filter(|_| self.bridge.is_required()) {
            reasons.push(format!("bridge: {reason}"));
        }
        reasons.extend(self.given_up.iter().map(|kind| format!("{} is out of order", kind.key())));
        reasons
    }

    /// Something does not work, whether or not this node can do without it.
    pub fn degraded(&self) -> bool {
        self.bridge.down().is_some() || !self.unready().is_empty()
    }

    pub fn draining(&self) -> bool {
        self.draining.load(SeqCst)
    }

    pub fn drain(&self) {
        self.draining.store(true, SeqCst);
        self.drained.notify_waiters();
    }

    /// Ends when the broker is to take nobody new any more.
    pub async fn until_draining(&self) {
        let told = self.drained.notified();
        // Asked after it listens: a drain in between is seen by one of both.
        if !self.draining.load(SeqCst) {
            told.await;
        }
    }

    /// Takes a call, unless the broker is draining: the drain waits for every call that was taken.
    pub fn take_call(self: &Arc<Self>) -> Option<Call> {
        // Counted first: one that comes in while the drain begins is either refused or waited for.
        self.calls.fetch_add(1, SeqCst);
        let call = Call(self.clone());
        (!self.draining()).then_some(call)
    }

    pub fn sessions(&self) -> u32 {
        u32::try_from(self.sessions.load(Relaxed).max(0)).unwrap_or(u32::MAX)
    }

    /// Has everyone left, and was every call answered?
    pub fn is_empty(&self) -> bool {
        self.sessions.load(Relaxed) <= 0 && self.calls.load(SeqCst) <= 0
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
