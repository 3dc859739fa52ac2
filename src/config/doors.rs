//! `[doors.*]`: which protocols are served, and what each one's original let its operator choose.
//!
//! It guarantees that a door this version does not have is refused rather than silently shut.

use serde::Deserialize;

use super::backplane::Backplane;
use super::errors::Contradictions;
use super::limits::Limits;

/// Largest message where the originals left nothing to choose: what a stock server of their time takes, in bytes.
pub const CLASSIC_BYTES: usize = 1_000_000;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Doors {
    pub widget: Widget,
    pub chat: Chat,
    pub events: Events,
    pub rooms: RoomsDoor,
    pub collab: Collab,
    pub documents: Documents,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widget {
    pub enabled: bool,
    /// 0: none of its own.
    pub port: u16,
    pub heartbeat_ms: u64,
    pub first_frame_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chat {
    pub enabled: bool,
    /// 0: none of its own.
    pub port: u16,
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
pub struct RoomsDoor {
    pub enabled: bool,
    /// 0: none of its own.
    pub port: u16,
    pub anonymous: bool,
    pub recovery_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collab {
    pub enabled: bool,
    /// 0: none of its own.
    pub port: u16,
    pub anonymous: bool,
    pub heartbeat_ms: u64,
    pub timeout_ms: u64,
    pub max_connections: usize,
    pub recovery_ms: u64,
    pub cluster: bool,
    pub monitoring: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    pub enabled: bool,
    pub open_to_all_users: bool,
    pub heartbeat_ms: u64,
    pub max_bytes: usize,
    pub max_change_bytes: usize,
    pub max_members: usize,
    pub max_open: usize,
    pub compact_changes: usize,
    pub compact_bytes: usize,
}

impl Documents {
    fn contradictions(&self, limits: &Limits, backplane: &Backplane, found: &mut Contradictions) {
        let Self { max_bytes, max_change_bytes, .. } = self;
        if !self.enabled {
            return;
        }
        if max_bytes.saturating_mul(2) > limits.outlet_bytes {
            let text = format!(
                "{max_bytes} is more than half of limits.outlet_bytes: who opens a document is told it whole"
            );
            found.against(&["doors.documents.max_bytes", "limits.outlet_bytes"], text);
        }
        if max_change_bytes > max_bytes {
            let text =
                format!("{max_change_bytes} is more than doors.documents.max_bytes, which is {max_bytes}");
            found.against(&["doors.documents.max_change_bytes", "doors.documents.max_bytes"], text);
        }
        if backplane.address().is_some() {
            let text = "is true, but a document lives on one node, and with a backplane there may be others";
            found.against(&["doors.documents.enabled"], text);
        }
    }
}

impl Doors {
    pub(super) fn contradictions(&self, limits: &Limits, backplane: &Backplane, found: &mut Contradictions) {
        const LATER: &str = "is true, but this door comes with a later version; this one has doors.widget, \
                             doors.chat, doors.rooms, doors.collab and doors.documents";
        self.documents.contradictions(limits, backplane, found);
        self.check_posts(limits, found);
        if self.events.enabled {
            found.against(&["doors.events.enabled"], LATER);
        }
    }

    /// What a door takes must also come through by polling.
    fn check_posts(&self, limits: &Limits, found: &mut Contradictions) {
        let posted = limits.posted_bytes;
        let doors = [
            ("doors.chat", self.chat.enabled, self.chat.max_message_bytes),
            ("doors.rooms", self.rooms.enabled, CLASSIC_BYTES),
            ("doors.collab", self.collab.enabled, CLASSIC_BYTES),
        ];
        let largest = doors.into_iter().filter(|(_, enabled, _)| *enabled).max_by_key(|(_, _, most)| *most);
        if let Some((door, _, most)) = largest.filter(|(_, _, most)| *most > posted) {
            let text = format!("{posted} is less than the {most} bytes that one post at {door} may have");
            found.against(&["limits.posted_bytes", "doors.chat.max_message_bytes"], text);
        }
    }
}
