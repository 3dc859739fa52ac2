//! `[limits]`: how much, how many and how long, for everything a client can make grow.
//!
//! It guarantees that a message that may come in could also go out.

use serde::Deserialize;

use super::errors::Contradictions;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub max_connections: usize,
    pub max_connections_per_address: usize,
    pub max_message_bytes: usize,
    pub max_content_chars: usize,
    pub max_fragments: usize,
    pub fragments_ms: u64,
    pub frame_ms: u64,
    pub outlet_bytes: usize,
    pub outlet_soft_bytes: usize,
    pub slow_reader_ms: u64,
    pub auth_timeout_ms: u64,
    pub tcp_user_timeout_ms: u64,
    pub body_bytes: usize,
    pub history_page: usize,
    pub pending_entries: usize,
    pub posts_in_hand: usize,
    pub command_timeout_ms: u64,
}

impl Limits {
    pub(super) fn contradictions(&self, found: &mut Contradictions) {
        let Self { max_message_bytes, outlet_bytes, outlet_soft_bytes, .. } = self;
        if outlet_soft_bytes > outlet_bytes {
            let text =
                format!("{outlet_soft_bytes} is more than limits.outlet_bytes, which is {outlet_bytes}");
            found.against(&["limits.outlet_soft_bytes", "limits.outlet_bytes"], text);
        }
        if max_message_bytes > outlet_bytes {
            let text =
                format!("{max_message_bytes} is more than limits.outlet_bytes, which is {outlet_bytes}");
            found.against(&["limits.max_message_bytes", "limits.outlet_bytes"], text);
        }
    }
}
