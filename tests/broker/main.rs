//! Stories: people, rooms, and what they hear, told over the wire through the same start as production.
//!
//! Each story boots an app of its own on a free port and ends it; what is left behind then fails the story.

mod house;
mod minutes;
mod person;
mod programs;
mod shape;
mod raw_socket;
mod tokens;

mod flat_memory;
mod handshakes;
mod origins;
mod sockets;
mod talking;
mod entering;
mod tokens_refused;
mod speaking;
mod bad_frames;
mod returning;
mod receipts;
mod presence;
mod history;
mod refreshing;
mod dying;
mod workers;
mod cluster;
mod store_trouble;
mod catching_up;
