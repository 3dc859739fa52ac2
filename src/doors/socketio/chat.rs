//! The chat dialect: groups and direct chats for stock Socket.IO clients (seed 003).

pub mod asked;
pub mod texts;
