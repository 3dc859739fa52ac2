//! From settings to the widget's door.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use recado_actors::broker::Broker;

use super::Doorway;
use crate::auth::{Tickets, Verifier};
use crate::config::Config;
use crate::doors::widget::WidgetDoor;
use crate::doors::widget::dialect::{EXTRAS, PLAIN};

pub(super) fn door(
    config: &Config,
    broker: &Broker,
    verifier: Arc<Verifier>,
    tickets: Option<Arc<Tickets>>,
) -> anyhow::Result<Option<Doorway>> {
    if !config.doors.widget.enabled {
        return Ok(None);
    }
    let dialect = |name| broker.dialects().id(name).context("the widget's dialects are not registered");
    let door = Arc::new(WidgetDoor {
        verifier,
        tickets,
        plain: dialect(PLAIN)?,
        extras: dialect(EXTRAS)?,
        first_frame: Duration::from_millis(config.doors.widget.first_frame_ms),
        announced_frame: Duration::from_millis(config.limits.auth_timeout_ms),
        history_page: config.limits.history_page,
        // A backend that keeps the record is asked in the order of posting, so one at a time.
        posts_in_hand: if broker.ports().backend.is_some() { 1 } else { config.limits.posts_in_hand },
    });
    Ok(Some(Doorway { name: "widget", shared: door.clone(), alone: door }))
}
