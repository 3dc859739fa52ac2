//! What every store promises, told once and run on each of them; then what only a file can show.
//!
//! A store that passes may stand behind the broker.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a story that cannot go on has failed")]

mod book;
mod catalogue;
mod crash;
mod directory;
mod disk_full;
mod documents;
mod every_store;
mod file;
mod files;
mod groups;
mod letters;
mod log;
mod memory;
mod messages;
mod model;
mod numbers;
mod people;
mod race;
mod receipts;
mod search;
mod sqlite;
