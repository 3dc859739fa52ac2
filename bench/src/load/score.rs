//! What all clients of a fan-out count into, and the figures that come of it.
//!
//! Figures are differences of two marks, so warming up and hanging up never count.

use super::progress::Progress;
use crate::gauge;
use anyhow::{Result, anyhow, ensure};
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

pub struct Score {
    pub progress: RefCell<Progress>,
    pub room_for_more: Notify,
    /// How a frame begins that counts as a delivery.
    pub heading: &'static [u8],
    deliveries: Cell<usize>,
    bytes: Cell<usize>,
}

impl Score {
    pub fn new(heading: &'static [u8], progress: Progress) -> Self {
        Self {
            progress: RefCell::new(progress),
            room_for_more: Notify::new(),
            heading,
            deliveries: Cell::new(0),
            bytes: Cell::new(0),
        }
    }

    /// A listener that had heard `before` messages has heard `more`, in so many bytes of frames.
    pub fn count(&self, before: usize, more: usize, bytes: usize) -> Result<()> {
        self.deliveries.set(self.deliveries.get() + more);
        self.bytes.set(self.bytes.get() + bytes);
        if more > 0 && self.progress.borrow_mut().heard(before, more)? {
            self.room_for_more.notify_one();
        }
        Ok(())
    }

    /// Frames that are no deliveries are expected, but a refused message would leave fewer in flight than are reported.
    pub fn overhear(&self, payload: &[u8]) -> Result<()> {
        let complaint = payload.starts_with(br#"{"type":"error""#);
        ensure!(!complaint, "the server complained: {}", String::from_utf8_lossy(payload));
        Ok(())
    }

    pub fn stalled(&self, patience: Duration) -> anyhow::Error {
        let progress = self.progress.borrow();
        let (next, sent) = (progress.done() + 1, progress.sent());
        anyhow!("message {next} of {sent} has not reached everybody within {patience:?}")
    }

    pub fn mark(&self, server: Option<u32>) -> Result<Mark> {
        Ok(Mark {
            at: Instant::now(),
            server_cpu: server.map(gauge::cpu_millis).transpose()?,
            load_cpu: gauge::cpu_millis(std::process::id())?,
            messages: self.progress.borrow().done(),
            deliveries: self.deliveries.get(),
            bytes: self.bytes.get(),
        })
    }
}

/// Where everything stood at one moment.
pub struct Mark {
    at: Instant,
    server_cpu: Option<usize>,
    load_cpu: usize,
    messages: usize,
    deliveries: usize,
    bytes: usize,
}

#[derive(Serialize)]
pub struct Figures {
    millis: usize,
    messages: usize,
    deliveries: usize,
    deliveries_per_second: usize,
    /// The figure of merit.
    deliveries_per_cpu_second: Option<usize>,
    bytes_per_delivery: usize,
    last_delivery_p50_us: usize,
    last_delivery_p99_us: usize,
    server_cpu_millis: Option<usize>,
    /// Near `millis`, the load was the slower of the two: then only the figure of merit says something.
    load_cpu_millis: usize,
}

impl Figures {
    pub fn between(from: &Mark, to: &Mark, progress: &mut Progress) -> Result<Self> {
        let millis = usize::try_from((to.at - from.at).as_millis())?.max(1);
        let deliveries = to.deliveries - from.deliveries;
        ensure!(to.messages > from.messages, "no message reached everybody within the measured {millis} ms");
        let server_cpu_millis = to.server_cpu.zip(from.server_cpu).map(|(to, from)| to - from);
        Ok(Self {
            millis,
            messages: to.messages - from.messages,
            deliveries,
            deliveries_per_second: deliveries * 1000 / millis,
            deliveries_per_cpu_second: server_cpu_millis.map(|cpu| deliveries * 1000 / cpu.max(1)),
            bytes_per_delivery: (to.bytes - from.bytes) / deliveries.max(1),
            last_delivery_p50_us: usize::try_from(progress.lag_at(50).as_micros())?,
            last_delivery_p99_us: usize::try_from(progress.lag_at(99).as_micros())?,
            server_cpu_millis,
            load_cpu_millis: to.load_cpu - from.load_cpu,
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} deliveries per second", self.deliveries_per_second)?;
        if let Some(merit) = self.deliveries_per_cpu_second {
            write!(out, ", {merit} per second of the server's processor time")?;
        }
        let (half, nearly) = (self.last_delivery_p50_us, self.last_delivery_p99_us);
        write!(out, "; the last client hears after {half} µs (p50), {nearly} µs (p99)")
    }
}
