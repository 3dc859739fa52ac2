//! Socket.IO: the doors that stock `socket.io-client`s come in by.
//!
//! Below is Engine.IO (`engine`), which moves messages over polling or a WebSocket; `packet` gives them their meaning,
//! `connection` keeps who is in which namespace, and a dialect (`talk`) says what becomes of it.

pub mod chat;
pub mod collab;
pub mod connection;
pub mod engine;
pub mod guest;
pub mod packet;
pub mod peer;
mod proof;
pub mod recovery;
pub mod rooms;
pub mod talk;
pub mod tells;
