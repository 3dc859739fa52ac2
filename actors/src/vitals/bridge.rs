//! How the way to other nodes is: up or down and why, and what went over it.
//!
//! It alone says so in the log, once per change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use arc_swap::ArcSwapOption;

/// A node that is alone has none of this: nothing is down, nothing is counted.
#[derive(Default)]
pub struct BridgeVitals {
    down: ArcSwapOption<String>,
    in_use: AtomicBool,
    required: AtomicBool,
    /// The present condition stands in the log.
    told: AtomicBool,
    probe_micros: AtomicU64,
    /// Payloads the backplane took.
    pub published: AtomicU64,
    /// Payloads of others that were understood.
    pub received: AtomicU64,
    /// News that was lost on its way out or in: a queue was full, or it came to nothing in the end.
    pub dropped: AtomicU64,
    /// Payloads that were not understood.
    pub ignored: AtomicU64,
    /// Times the connection that listens was made again.
    pub reconnects: AtomicU64,
}

impl BridgeVitals {
    /// There is a backplane, not heard of yet; a node that requires it is not ready without.
    pub fn expect(&self, required: bool) {
        self.in_use.store(true, Relaxed);
        self.required.store(required, Relaxed);
        self.down.store(Some(Arc::new("not connected yet".to_owned())));
    }

    /// Whether there is a backplane at all.
    pub fn in_use(&self) -> bool {
        self.in_use.load(Relaxed)
    }

    pub fn is_required(&self) -> bool {
        self.required.load(Relaxed)
    }

    /// Why nothing travels; none while it does.
    pub fn down(&self) -> Option<String> {
        self.down.load().as_deref().cloned()
    }

    pub fn is_up(&self) -> bool {
        self.in_use() && self.down.load().is_none()
    }

    /// How long the last probe travelled.
    pub fn probe(&self) -> Duration {
        Duration::from_micros(self.probe_micros.load(Relaxed))
    }

    pub fn drop_one(&self) {
        self.drop_many(1);
    }

    pub fn drop_many(&self, count: u64) {
        self.dropped.fetch_add(count, Relaxed);
    }

    pub fn failed(&self, reason: &str) {
        self.down.store(Some(Arc::new(reason.to_owned())));
        if !self.told.swap(true, Relaxed) {
            log::error!("the bridge to other nodes is down: {reason}");
        }
    }

    /// A probe came through.
    pub fn works(&self, travelled: Duration) {
        self.probe_micros.store(u64::try_from(travelled.as_micros()).unwrap_or(u64::MAX), Relaxed);
        if self.down.load().is_none() || self.down.swap(None).is_none() {
            return;
        }
        if self.told.swap(false, Relaxed) {
            log::warn!("the bridge to other nodes is up again");
        } else {
            log::info!("the bridge to other nodes is up");
        }
    }
}
