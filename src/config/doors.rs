//! `[doors.*]`: which protocols are served, and what each one's original let its operator choose.
//!
//! It guarantees that a door this version does not have is refused rather than silently shut.

use serde::Deserialize;

use super::errors::Contradictions;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Doors {
    pub widget: Widget,
    pub chat: Chat,
    pub events: Events,
    pub rooms: Strangers,
    pub collab: Collab,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widget {
    pub enabled: bool,
    pub heartbeat_ms: u64,
    pub first_frame_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chat {
    pub enabled: bool,
    pub known_users_only: bool,
    pub events_per_minute: u32,
    pub pending_messages: usize,
    pub token_seconds: u64,
    pub heartbeat_ms: u64,
    pub timeout_ms: u64,
    pub upgrade_timeout_ms: u64,
    pub connect_timeout_ms: u64,
    pub max_message_bytes: usize,
    pub eio3: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    pub enabled: bool,
    pub anonymous: bool,
    pub heartbeat_ms: u64,
    pub timeout_ms: u64,
    pub max_connections: usize,
    pub max_message_bytes: usize,
}

/// A door whose original left nothing to choose.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strangers {
    pub enabled: bool,
    pub anonymous: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collab {
    pub enabled: bool,
    pub anonymous: bool,
    pub heartbeat_ms: u64,
    pub timeout_ms: u64,
    pub max_connections: usize,
    pub cluster: bool,
    pub monitoring: bool,
}

impl Doors {
    pub(super) fn contradictions(&self, found: &mut Contradictions) {
        const LATER: &str =
            "is true, but this door comes with a later version; this one has doors.widget and doors.chat";
        if self.events.enabled {
            found.against(&["doors.events.enabled"], LATER);
        }
        if self.rooms.enabled {
            found.against(&["doors.rooms.enabled"], LATER);
        }
        if self.collab.enabled {
            found.against(&["doors.collab.enabled"], LATER);
        }
    }
}
