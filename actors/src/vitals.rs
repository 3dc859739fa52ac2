//! How the broker is: counts and conditions that everyone may read without asking an actor.
//!
//! Readiness follows from here: it is never green while messages do not flow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};

use arc_swap::ArcSwapOption;
use dashmap::DashMap;

type OnFatal = dyn Fn(&str) + Send + Sync;

/// Counts one client until it is dropped.
pub struct Counted(Arc<Vitals>);

impl Counted {
    pub fn new(vitals: &Arc<Vitals>) -> Self {
        vitals.sessions.fetch_add(1, Relaxed);
        Self(vitals.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Relaxed);
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
    given_up: DashMap<&'static str, ()>,
    restarts: DashMap<&'static str, u64>,
    actors: DashMap<&'static str, i64>,
    pub sessions: AtomicI64,
    calls: AtomicI64,
    pub accepted: AtomicU64,
    pub duplicates: AtomicU64,
    pub bridge_dropped: AtomicU64,
    on_fatal: Box<OnFatal>,
}

impl Vitals {
    /// `on_fatal` is called when the process must not go on, with the reason.
    pub fn new(on_fatal: impl Fn(&str) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            store_down: ArcSwapOption::empty(),
            draining: AtomicBool::new(false),
            given_up: DashMap::new(),
            restarts: DashMap::new(),
            actors: DashMap::new(),
            sessions: AtomicI64::new(0),
            calls: AtomicI64::new(0),
            accepted: AtomicU64::new(0),
            duplicates: AtomicU64::new(0),
            bridge_dropped: AtomicU64::new(0),
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
        self.draining.load(SeqCst)
    }

    pub fn drain(&self) {
        self.draining.store(true, SeqCst);
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
        *self.actors.entry(kind).or_default() += 1;
    }

    pub fn actor_ended(&self, kind: &'static str) {
        *self.actors.entry(kind).or_default() -= 1;
    }

    pub fn actor_restarted(&self, kind: &'static str) {
        *self.restarts.entry(kind).or_default() += 1;
    }

    pub fn give_up(&self, kind: &'static str) {
        self.given_up.insert(kind, ());
    }

    pub fn restarts_of(&self, kind: &str) -> u64 {
        self.restarts.get(kind).map_or(0, |count| *count)
    }

    /// How many actors of each kind live now.
    pub fn actors(&self) -> Vec<(&'static str, i64)> {
        self.actors.iter().map(|kind| (*kind.key(), *kind.value())).filter(|(_, count)| *count != 0).collect()
    }
}
