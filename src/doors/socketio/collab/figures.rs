//! The door's own figures, told with every message where the operator wants that, as the original did.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

#[derive(Default)]
pub struct Figures {
    /// Tell them.
    told: bool,
    clients: AtomicU64,
    messages: AtomicU64,
    errors: AtomicU64,
}

impl Figures {
    pub fn new(told: bool) -> Self {
        Self { told, ..Self::default() }
    }

    pub fn came(&self) {
        self.clients.fetch_add(1, Relaxed);
    }

    pub fn went(&self) {
        self.clients.fetch_sub(1, Relaxed);
    }

    /// Something was relayed, or could not be, and that took so long.
    pub fn relayed(&self, done: bool, took: Duration) {
        let messages = self.messages.fetch_add(1, Relaxed).saturating_add(1);
        let errors = self.errors.fetch_add(u64::from(!done), Relaxed).saturating_add(u64::from(!done));
        if self.told {
            let clients = self.clients.load(Relaxed);
            log::info!(clients, messages, errors, latency_us:% = took.as_micros(); "collab");
        }
    }
}
