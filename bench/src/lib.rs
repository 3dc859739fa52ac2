//! The measuring kit: load for WebSocket servers and what it says about them.
//!
//! One thread and no framework, so that a figure says something about the server alone. It knows a server only by
//! its wire.

pub mod frame;
pub mod gauge;
pub mod handshake;
pub mod load;
pub mod reader;
