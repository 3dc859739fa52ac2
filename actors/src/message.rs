//! The vocabulary of the broker: what actors say to each other, by subject. No logic.

pub mod client;
pub mod cluster;
pub mod entry;
pub mod presence;
pub mod receipt;
pub mod room;
