//! From settings to the door of the rooms dialect.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use recado_actors::broker::Broker;
use recado_actors::dialect::Dialect;
use recado_actors::id::RoomId;

use super::Doorway;
use super::recovering::{Log, recovery};
use crate::auth::Verifier;
use crate::config::{CLASSIC_BYTES, Config};
use crate::doors::socketio::connection::SocketIo;
use crate::doors::socketio::engine::mount::Mount;
use crate::doors::socketio::engine::rules::Rules;
use crate::doors::socketio::packet::Limits;
use crate::doors::socketio::rooms::dialect::{ROOMS, RoomsDialect};
use crate::doors::socketio::rooms::{self, ROOM, RoomsDoor, RoomsTalks};
use crate::doors::socketio::tells::OverEngine;

/// The original left nothing to choose: what a stock server of its time goes by.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(45);

pub(super) fn dialect(config: &Config) -> Option<Arc<dyn Dialect>> {
    let recovers = config.doors.rooms.recovery_ms > 0;
    let dialect = RoomsDialect { server: config.server.node_name(), recovers };
    config.doors.rooms.enabled.then(|| -> Arc<dyn Dialect> { Arc::new(OverEngine(dialect)) })
}

pub(super) fn door(
    config: &Config,
    broker: &Broker,
    verifier: &Arc<Verifier>,
) -> anyhow::Result<Option<Doorway>> {
    if !config.doors.rooms.enabled {
        return Ok(None);
    }
    let (mounted, window_ms) = (mounted(), config.doors.rooms.recovery_ms);
    let room = RoomId::chat(ROOM).context("the room of the rooms dialect")?;
    let log = Log { room: room.clone(), at_once: false };
    let talks = RoomsTalks(Arc::new(rooms::Rules {
        verifier: verifier.clone(),
        strangers: config.doors.rooms.anonymous || config.is_ephemeral(),
        room,
        server: config.server.node_name(),
        posts_in_hand: config.limits.posts_in_hand,
        recovery: recovery(config, broker, log, window_ms, &mounted),
    }));
    let limits = Limits { attachment_bytes: CLASSIC_BYTES, ..Limits::default() };
    let riders = SocketIo { talks: Arc::new(talks), connect_timeout: CONNECT_TIMEOUT, limits: limits.into() };
    let mount = Mount::new(mounted, ROOMS, Box::new(riders));
    let (shared, alone) = (RoomsDoor::below_rooms(&mount), RoomsDoor::at_root(&mount));
    Ok(Some(Doorway { name: "rooms", shared, alone }))
}

fn mounted() -> Rules {
    Rules {
        ping_interval: Duration::from_secs(25),
        ping_timeout: Duration::from_secs(20),
        upgrade_timeout: Duration::from_secs(10),
        connect_timeout: CONNECT_TIMEOUT,
        max_payload: CLASSIC_BYTES,
        v3: false,
    }
}
