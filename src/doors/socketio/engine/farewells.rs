//! How an Engine.IO client is told goodbye: by the close frame of its WebSocket, which polling takes for a `1`. Pure.
//!
//! Stock clients know no reasons: whatever the code, they see a transport that closed, and come back.

use recado_actors::dialect::Frame;
use recado_actors::refusal::Farewell;

use crate::doors::socket::frame;

pub fn last_words(farewell: Farewell) -> Vec<Frame> {
    vec![frame::close(code(farewell), farewell.code())]
}

/// As RFC 6455 section 7.4.1 has them.
fn code(farewell: Farewell) -> u16 {
    match farewell {
        Farewell::ByClient(code) => code,
        Farewell::Disconnected => 1000,
        Farewell::ShuttingDown { .. } => 1001,
        Farewell::Malformed => 1002,
        Farewell::NotText => 1007,
        Farewell::TokenMissing
        | Farewell::TokenExpired
        | Farewell::TokenInvalid
        | Farewell::TokenIncomplete
        | Farewell::SessionExpired
        | Farewell::Banned
        | Farewell::Flooding
        | Farewell::TooFragmented => 1008,
        Farewell::TooBig => 1009,
        Farewell::Internal => 1011,
        Farewell::TooSlow | Farewell::NoHeartbeat | Farewell::TryLater => 1013,
    }
}
