//! Stories: people, rooms, and what they hear, told over the wire through the same start as production.
//!
//! Each story boots an app of its own on a free port and ends it; what is left behind then fails the story.

mod house;
mod minutes;
mod person;
mod programs;
mod raw_socket;
mod shape;
mod tokens;

mod bad_frames;
mod bans;
mod catching_up;
mod cluster;
mod dying;
mod giving_up;
mod entering;
mod flat_memory;
mod handshakes;
mod health;
mod history;
mod internal_api;
mod origins;
mod own_faults;
mod presence;
mod problems;
mod receipts;
mod refreshing;
mod returning;
mod sockets;
mod speaking;
mod store_trouble;
mod talking;
mod tickets;
mod tokens_refused;
mod workers;
