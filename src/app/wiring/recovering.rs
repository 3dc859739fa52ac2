//! From settings to how a door lets its clients return.

use std::sync::Arc;
use std::time::Duration;

use recado_actors::broker::Broker;
use recado_actors::id::RoomId;

use crate::auth::Seal;
use crate::config::Config;
use crate::doors::socketio::engine::rules::Rules as Timing;
use crate::doors::socketio::recovery::{Recovery, Rules};

/// The room whose log clients of a door find back in, and whether they hear it from the moment they come.
pub(super) struct Log {
    pub room: RoomId,
    pub at_once: bool,
}

/// None: who comes again is a newcomer.
pub(super) fn recovery(
    config: &Config,
    broker: &Broker,
    log: Log,
    window_ms: u64,
    timing: &Timing,
) -> Option<Arc<Recovery>> {
    let Log { room, at_once } = log;
    let rules = Rules {
        seal: seal(config, &room),
        room,
        at_once,
        window: Duration::from_millis(window_ms),
        unnoticed: timing.ping_interval.saturating_add(timing.ping_timeout),
        alone: broker.ports().backplane.is_none(),
    };
    (window_ms > 0).then(|| Recovery::new(rules))
}

/// By keys of this room's alone, which come from secrets that outlive the process where there are any.
fn seal(config: &Config, room: &RoomId) -> Seal {
    let secrets = match config.auth.jwt_secrets.is_empty() {
        true => &config.internal.secrets,
        false => &config.auth.jwt_secrets,
    };
    let secrets = secrets.iter().map(|secret| secret.expose().as_bytes());
    Seal::new(secrets, &format!("recado connection state 1 {room}"))
}
