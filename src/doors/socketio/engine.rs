//! Engine.IO: messages between one client and this server, over polling or a WebSocket.

pub mod packet;
pub mod payload;
pub mod payload3;
