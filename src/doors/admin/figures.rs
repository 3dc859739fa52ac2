//! One look at the node, as the page reads it.
//!
//! Counts are since the start: the page takes two looks and shows the difference, so that looking costs the node
//! nothing between looks and several may look at once.

use std::sync::atomic::Ordering::Relaxed;

use recado_actors::vitals::{Figures, Queued, Spread};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::AdminDoor;
use crate::telemetry::process::{Usage, memory_limit};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Look {
    node: String,
    version: &'static str,
    /// ISO 8601.
    at: String,
    started: String,
    /// Seconds.
    uptime: f64,
    /// Why it is not ready; empty when it is.
    unready: Vec<String>,
    draining: bool,
    connections: Connections,
    rooms: u64,
    accepted: u64,
    delivered: u64,
    duplicates: u64,
    /// From a client's post to its being durable.
    ack: Buckets,
    /// From durable to written to the sockets.
    delivery: Buckets,
    queued: Waiting,
    actors: Tally,
    restarts: Tally,
    panics: u64,
    refusals: Tally,
    disconnects: Tally,
    store: Store,
    bridge: Bridge,
    process: Process,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Connections {
    clients: u64,
    /// Clients, and those who are not let in yet.
    sockets: usize,
    limit: usize,
    by_door: Vec<Way>,
}

#[derive(Serialize)]
struct Way {
    door: &'static str,
    transport: &'static str,
    count: u64,
}

/// Nanoseconds. There is one count more than there are bounds.
#[derive(Serialize)]
struct Buckets {
    bounds: Vec<u64>,
    counts: Vec<u64>,
}

/// Bytes, and clients whose socket takes nothing.
#[derive(Serialize)]
struct Waiting {
    bytes: usize,
    largest: usize,
    slow: usize,
}

#[derive(Serialize)]
struct Store {
    kind: &'static str,
    down: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bridge {
    in_use: bool,
    /// Why nothing travels; none while it does.
    down: Option<String>,
    /// How long the last probe travelled, in milliseconds.
    probe_ms: u128,
    dropped: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Process {
    cpu_seconds: Option<f64>,
    cores: usize,
    memory: Option<u64>,
    memory_limit: Option<u64>,
    open_files: Option<usize>,
    max_files: Option<u64>,
    log_lines_dropped: u64,
}

/// Counts by name.
struct Tally(Vec<(&'static str, u64)>);

impl Serialize for Tally {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, count) in &self.0 {
            map.serialize_entry(name, count)?;
        }
        map.end()
    }
}

impl From<Spread> for Buckets {
    fn from(spread: Spread) -> Self {
        let (bounds, counts): (Vec<_>, Vec<_>) = spread.buckets().unzip();
        Self { bounds: bounds.into_iter().flatten().collect(), counts }
    }
}

impl From<Queued> for Waiting {
    fn from(queued: Queued) -> Self {
        Self { bytes: queued.bytes, largest: queued.largest, slow: queued.slow }
    }
}

pub(super) fn look(door: &AdminDoor) -> Look {
    let broker = &door.broker;
    let (figures, now) = (broker.vitals().figures(), broker.clock().now());
    let uptime = u64::try_from(now.0 - door.started.0).unwrap_or(0);
    Look {
        node: door.node.clone(),
        version: env!("CARGO_PKG_VERSION"),
        at: now.to_string(),
        started: door.started.to_string(),
        uptime: std::time::Duration::from_millis(uptime).as_secs_f64(),
        connections: connections(door, &figures),
        unready: figures.unready,
        draining: figures.draining,
        rooms: figures.rooms,
        accepted: figures.accepted,
        delivered: figures.delivered,
        duplicates: figures.duplicates,
        ack: figures.ack.into(),
        delivery: figures.delivery.into(),
        queued: figures.queued.into(),
        actors: Tally(figures.actors),
        restarts: Tally(figures.restarts),
        panics: figures.panics,
        refusals: Tally(figures.refusals),
        disconnects: Tally(figures.disconnects),
        store: Store { kind: door.store, down: broker.vitals().store_is_down() },
        bridge: bridge(door),
        process: process(),
    }
}

fn connections(door: &AdminDoor, figures: &Figures) -> Connections {
    let ways = figures.connections_by_door.iter();
    Connections {
        clients: figures.connections,
        sockets: door.gate.connections(),
        limit: door.sockets_limit,
        by_door: ways.map(|((door, transport), count)| Way { door, transport, count: *count }).collect(),
    }
}

fn bridge(door: &AdminDoor) -> Bridge {
    let bridge = &door.broker.vitals().bridge;
    Bridge {
        in_use: door.broker.ports().backplane.is_some(),
        down: bridge.down(),
        probe_ms: bridge.probe().as_millis(),
        dropped: bridge.dropped.load(Relaxed),
    }
}

fn process() -> Process {
    let usage = Usage::read();
    Process {
        cpu_seconds: usage.cpu_seconds,
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        memory: usage.resident_bytes,
        memory_limit: memory_limit(),
        open_files: usage.open_fds,
        max_files: usage.max_fds,
        log_lines_dropped: crate::telemetry::lines_dropped(),
    }
}
