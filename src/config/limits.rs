//! `[limits]`: how much, how many and how long, for everything a client can make grow.
//!
//! It guarantees that a message that may come in could also go out, and that every command can be paid for.

use std::time::Duration;

use recado_actors::limiter::{Costs, Rate, RateLimits};
use recado_actors::supervisor::RestartLimits;
use serde::Deserialize;

use super::errors::Contradictions;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub max_connections: usize,
    pub max_connections_per_address: usize,
    pub max_message_bytes: usize,
    pub max_content_chars: usize,
    pub recall_ms: u64,
    pub max_fragments: usize,
    pub fragments_ms: u64,
    pub frame_ms: u64,
    pub outlet_bytes: usize,
    pub outlet_soft_bytes: usize,
    pub slow_reader_ms: u64,
    pub auth_timeout_ms: u64,
    pub tcp_user_timeout_ms: u64,
    pub body_bytes: usize,
    pub posted_bytes: usize,
    pub history_page: usize,
    pub pending_entries: usize,
    pub posts_in_hand: u64,
    pub rooms_per_session: usize,
    pub command_timeout_ms: u64,
    pub restarts: usize,
    pub restart_window_ms: u64,
    pub connection_rate: u64,
    pub connection_burst: u64,
    pub user_rate: u64,
    pub user_burst: u64,
    pub address_rate: u64,
    pub address_burst: u64,
    pub room_rate: u64,
    pub room_burst: u64,
    pub cost_message: u64,
    pub cost_agent: u64,
    pub cost_history: u64,
    pub cost_typing: u64,
    pub cost_receipt: u64,
    pub cost_other: u64,
    pub buckets: usize,
    pub flood_refusals: u64,
    pub auth_failure_rate: u64,
    pub connects_per_second: u64,
    pub connects_burst: u64,
    pub connect_wait_ms: u64,
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
        self.check_bursts(found);
    }

    /// What costs more than can be saved up could never be asked for.
    fn check_bursts(&self, found: &mut Contradictions) {
        let Some((dearest, cost)) = self.named_costs().into_iter().max_by_key(|(_, cost)| *cost) else {
            return;
        };
        let scopes: [(&'static [&'static str], u64, u64); 4] = [
            (&["limits.connection_burst"], self.connection_rate, self.connection_burst),
            (&["limits.user_burst"], self.user_rate, self.user_burst),
            (&["limits.address_burst"], self.address_rate, self.address_burst),
            (&["limits.room_burst"], self.room_rate, self.room_burst),
        ];
        for (paths, rate, burst) in scopes {
            if rate > 0 && burst < cost {
                let text =
                    format!("{burst} is less than limits.{dearest}, which is {cost} and could never be paid");
                found.against(paths, text);
            }
        }
    }

    fn named_costs(&self) -> [(&'static str, u64); 6] {
        [
            ("cost_message", self.cost_message),
            ("cost_agent", self.cost_agent),
            ("cost_history", self.cost_history),
            ("cost_typing", self.cost_typing),
            ("cost_receipt", self.cost_receipt),
            ("cost_other", self.cost_other),
        ]
    }

    pub fn restarts(&self) -> RestartLimits {
        RestartLimits { most: self.restarts, window: Duration::from_millis(self.restart_window_ms) }
    }

    /// As the broker takes them.
    pub fn rates(&self) -> RateLimits {
        RateLimits {
            connection: Rate::per_second(self.connection_rate, self.connection_burst),
            user: Rate::per_second(self.user_rate, self.user_burst),
            address: Rate::per_second(self.address_rate, self.address_burst),
            room: Rate::per_second(self.room_rate, self.room_burst),
            costs: Costs {
                message: self.cost_message,
                agent: self.cost_agent,
                history: self.cost_history,
                typing: self.cost_typing,
                receipt: self.cost_receipt,
                other: self.cost_other,
            },
            buckets: self.buckets,
            flood_refusals: self.flood_refusals,
        }
    }
}
