//! Stories of a backend that speaks in chats, reads them and decides who may be in them.
//!
//! Each has a broker of its own with every port in memory; nothing waits for the wall clock.

mod access;
mod broadcast;
mod chats;
mod directory;
mod document;
mod errors;
mod idempotency;
mod messages;
mod people;
mod stage;
mod tickets;
