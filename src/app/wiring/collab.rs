//! From settings to the door of the collab dialect.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use recado_actors::broker::Broker;
use recado_actors::dialect::Dialect;
use recado_actors::id::{RoomId, RoomKind};

use super::Doorway;
use super::recovering::{Log, recovery};
use crate::auth::Verifier;
use crate::config::{CLASSIC_BYTES, Collab, Config};
use crate::doors::socket::gate::Gate;
use crate::doors::socketio::collab::dialect::{COLLAB, CollabDialect};
use crate::doors::socketio::collab::{self, Backing, CollabDoor, CollabTalks, EVERYBODY, Figures};
use crate::doors::socketio::connection::SocketIo;
use crate::doors::socketio::engine::mount::Mount;
use crate::doors::socketio::engine::rules::Rules;
use crate::doors::socketio::packet::Limits;
use crate::doors::socketio::tells::OverEngine;

/// What the original left as a stock server has it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(45);

pub(super) fn dialects(config: &Config) -> Vec<Arc<dyn Dialect>> {
    let collab = &config.doors.collab;
    let spoken = [(false, collab.enabled), (true, collab.enabled && collab.recovery_ms > 0)];
    let dialect = |recovers| -> Arc<dyn Dialect> { Arc::new(OverEngine(CollabDialect { recovers })) };
    spoken.into_iter().filter(|(_, is)| *is).map(|(recovers, _)| dialect(recovers)).collect()
}

pub(super) fn door(
    config: &Config,
    broker: &Broker,
    verifier: &Arc<Verifier>,
    gate: &Arc<Gate>,
) -> anyhow::Result<Option<Doorway>> {
    let collab = &config.doors.collab;
    if !collab.enabled {
        return Ok(None);
    }
    let everybody = RoomId::new(RoomKind::Doc, EVERYBODY).context("the room of the collab dialect")?;
    let (log, mounted) = (Log { room: everybody.clone(), at_once: true }, mounted(collab));
    let rules = Arc::new(collab::Rules {
        verifier: verifier.clone(),
        strangers: collab.anonymous,
        everybody,
        figures: Figures::new(collab.monitoring),
        recovery: recovery(config, broker, log, collab.recovery_ms, &mounted),
    });
    let limits = Limits { attachment_bytes: CLASSIC_BYTES, ..Limits::default() };
    let talks = Arc::new(CollabTalks(rules.clone()));
    let riders = Box::new(SocketIo { talks, connect_timeout: CONNECT_TIMEOUT, limits: limits.into() });
    let mount = Mount::limited(mounted, COLLAB, riders, collab.max_connections);
    let backing = Arc::new(Backing { rules, broker: broker.clone(), gate: gate.clone() });
    let (shared, alone) = (CollabDoor::below_collab(&mount, &backing), CollabDoor::at_root(&mount, &backing));
    Ok(Some(Doorway { name: "collab", shared, alone }))
}

fn mounted(collab: &Collab) -> Rules {
    Rules {
        ping_interval: Duration::from_millis(collab.heartbeat_ms),
        ping_timeout: Duration::from_millis(collab.timeout_ms),
        upgrade_timeout: Duration::from_secs(10),
        connect_timeout: CONNECT_TIMEOUT,
        max_payload: CLASSIC_BYTES,
        v3: false,
    }
}
