//! Socket.IO: the doors that stock `socket.io-client`s come in by.
//!
//! Below is Engine.IO (`engine`), which moves messages over polling or a WebSocket; `packet` gives them their meaning.

pub mod engine;
pub mod packet;
