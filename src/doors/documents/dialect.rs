//! How providers are told goodbye. Pure.
//!
//! Since y-websocket 3.1 codes from 4400 to 4499 tell a provider that to come again is of no use; all others let it.

use std::time::Duration;

use recado_actors::dialect::{Dialect, Frame, Line};
use recado_actors::message::room::RoomEvent;
use recado_actors::refusal::Farewell;

use super::codec::denied;
use crate::doors::socket::frame;

pub const NAME: &str = "documents";

pub struct DocumentsDialect {
    pub heartbeat: Duration,
}

impl Dialect for DocumentsDialect {
    fn name(&self) -> &'static str {
        NAME
    }

    fn door(&self) -> &'static str {
        NAME
    }

    /// What documents say does not come from rooms.
    fn event(&self, _event: &RoomEvent) -> Vec<Line> {
        Vec::new()
    }

    fn farewell(&self, farewell: Farewell) -> Vec<Frame> {
        let Some((code, reason)) = close_reason(farewell) else { return Vec::new() };
        let told = matches!(code, 4401 | 4403).then(|| denied(reason));
        told.into_iter().chain([frame::close(code, reason)]).collect()
    }

    fn ping(&self) -> Frame {
        frame::ping()
    }

    fn heartbeat(&self) -> Duration {
        self.heartbeat
    }
}

/// None: hang up without a word.
fn close_reason(farewell: Farewell) -> Option<(u16, &'static str)> {
    match farewell {
        Farewell::TokenMissing => Some((4401, "Missing authentication token")),
        Farewell::TokenExpired | Farewell::SessionExpired => Some((4401, "Token expired")),
        Farewell::TokenInvalid => Some((4401, "Invalid token")),
        Farewell::TokenIncomplete => Some((4401, "Invalid token payload: it names no user")),
        Farewell::Banned => Some((4403, "This token does not open the document")),
        Farewell::Disconnected => Some((4403, "Disconnected")),
        Farewell::Malformed | Farewell::NotText => Some((4400, "Not a message of the y-websocket protocol")),
        Farewell::TooBig => Some((4413, "The document or the change is too big")),
        // The same bytes sent more slowly may do.
        Farewell::Flooding => Some((1008, "Too many messages")),
        Farewell::TooFragmented => Some((1008, "Too many or too slow fragments")),
        Farewell::ShuttingDown { .. } => Some((1012, "Server shutting down")),
        Farewell::TryLater => Some((1013, "Try again later")),
        Farewell::Internal => Some((1011, "Internal server error")),
        Farewell::ByClient(code) => Some((code, "")),
        Farewell::TooSlow | Farewell::NoHeartbeat => None,
    }
}
