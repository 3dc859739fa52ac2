//! The backplane the configuration names, wired to the rest of the broker.
//!
//! It alone gives it its words: those of a stock widget, made by the same encoder.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use recado_actors::id::RoomId;
use recado_actors::ports::Ports;

use super::Birth;
use crate::backplane::redis::{RedisBackplane, RedisSettings, Running, Surroundings};
use crate::config::Config;
use crate::doors::widget::dialect::WidgetDialect;

/// None: this node is alone.
pub(super) async fn backplane(
    config: &Config,
    ports: &mut Ports,
    birth: &Birth,
) -> anyhow::Result<Option<Running>> {
    let backplane = &config.backplane;
    let Some(address) = backplane.address() else { return Ok(None) };
    let settings = RedisSettings {
        address: address.expose().to_owned(),
        prefix: backplane.prefix.clone(),
        probe: Duration::from_millis(backplane.probe_ms),
        ping: Duration::from_millis(backplane.ping_ms),
        queue_bytes: backplane.queue_bytes,
        payload_bytes: config.limits.body_bytes,
        required: backplane.required,
    };
    let epoch = ports.log.head(&RoomId::nodes()).await.context("the epoch of the store")?.epoch;
    let around = Surroundings {
        node: birth.node.clone(),
        clock: birth.clock.clone(),
        epoch,
        vitals: birth.vitals.bridge.clone(),
        dialect: Arc::new(WidgetDialect {
            extras: false,
            heartbeat: Duration::from_millis(config.doors.widget.heartbeat_ms),
        }),
    };
    let (redis, running) = RedisBackplane::start(&settings, around)?;
    ports.backplane = Some(Arc::new(redis));
    Ok(Some(running))
}
