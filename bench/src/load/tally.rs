//! What all clients of a run count into, and the figures that come of it.
//!
//! Figures are differences of two marks, so warming up and hanging up never count.

use super::lags::Percentiles;
use crate::gauge;
use anyhow::{Result, ensure};
use clap::Args;
use serde::Serialize;
use std::cell::Cell;
use std::fmt;
use tokio::time::Instant;

/// How long a run is.
#[derive(Args)]
pub struct Span {
    /// Seconds that are measured
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds: u64,
    /// Seconds that come before and do not count
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub warmup: u64,
}

#[derive(Default)]
pub struct Tally {
    /// Sent.
    pub messages: Cell<usize>,
    /// Heard, by anybody.
    pub deliveries: Cell<usize>,
    /// Confirmed to their senders.
    pub answers: Cell<usize>,
    /// In frames heard.
    pub bytes: Cell<usize>,
}

impl Tally {
    pub fn mark(&self, server: Option<u32>) -> Result<Mark> {
        Ok(Mark {
            at: Instant::now(),
            server_cpu: server.map(gauge::cpu_millis).transpose()?,
            server_bytes: server.map(gauge::resident).transpose()?.map(|resident| resident.anonymous),
            load_cpu: gauge::cpu_millis(std::process::id())?,
            messages: self.messages.get(),
            deliveries: self.deliveries.get(),
            answers: self.answers.get(),
            bytes: self.bytes.get(),
        })
    }
}

/// Where everything stood at one moment.
pub struct Mark {
    at: Instant,
    server_cpu: Option<usize>,
    server_bytes: Option<i64>,
    load_cpu: usize,
    messages: usize,
    deliveries: usize,
    answers: usize,
    bytes: usize,
}

#[derive(Serialize)]
pub struct Figures {
    millis: usize,
    messages: usize,
    deliveries: usize,
    answers: usize,
    deliveries_per_second: usize,
    answers_per_second: usize,
    /// The figure of merit.
    deliveries_per_cpu_second: Option<usize>,
    answers_per_cpu_second: Option<usize>,
    bytes_per_delivery: usize,
    server_cpu_millis: Option<usize>,
    /// Heap and stacks of the server at the end.
    server_anonymous_bytes: Option<i64>,
    /// Near `millis`, the load was the slower of the two: then only the figure of merit says something.
    load_cpu_millis: usize,
    /// Each from the moment its message was due.
    latency: Percentiles,
}

impl Figures {
    pub fn between(from: &Mark, to: &Mark, latency: Percentiles) -> Result<Self> {
        let millis = usize::try_from((to.at - from.at).as_millis())?.max(1);
        let (deliveries, answers) = (to.deliveries - from.deliveries, to.answers - from.answers);
        ensure!(deliveries > 0, "nothing was heard within the measured {millis} ms");
        let server_cpu_millis = to.server_cpu.zip(from.server_cpu).map(|(to, from)| to - from);
        let by_cpu = |count: usize| server_cpu_millis.map(|cpu| count * 1000 / cpu.max(1));
        Ok(Self {
            millis,
            messages: to.messages - from.messages,
            deliveries,
            answers,
            deliveries_per_second: deliveries * 1000 / millis,
            answers_per_second: answers * 1000 / millis,
            deliveries_per_cpu_second: by_cpu(deliveries),
            answers_per_cpu_second: by_cpu(answers),
            bytes_per_delivery: (to.bytes - from.bytes) / deliveries,
            server_cpu_millis,
            server_anonymous_bytes: to.server_bytes,
            load_cpu_millis: to.load_cpu - from.load_cpu,
            latency,
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} deliveries per second", self.deliveries_per_second)?;
        if self.answers > 0 {
            write!(out, ", {} answers", self.answers_per_second)?;
        }
        if let Some(merit) = self.deliveries_per_cpu_second {
            write!(out, "; {merit} deliveries per second of the server's processor time")?;
        }
        if let (Some(cpu), Some(bytes)) = (self.server_cpu_millis, self.server_anonymous_bytes) {
            write!(out, " ({cpu} ms of {} ms, {bytes} bytes of heap and stacks)", self.millis)?;
        }
        write!(out, "; {}", self.latency)
    }
}
