//! Engine.IO: messages between one client and this server, over polling or a WebSocket.
//!
//! A session is one actor on one thread (`session`), found by its secret id (`registry`); requests and sockets of any
//! thread come to it. Everything outward goes through its outlet, whose wire may change (`line`).

mod capacity;
pub(super) mod cors;
mod denied;
pub mod farewells;
mod heartbeat;
mod life;
mod line;
pub mod mount;
pub mod mounted;
pub mod packet;
pub mod payload;
pub mod payload3;
mod polled;
mod registry;
mod requests;
pub mod rider;
mod riding;
pub mod rules;
mod session;
pub mod sid;
mod wish;
