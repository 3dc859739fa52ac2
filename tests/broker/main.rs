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
mod catching_up;
mod cluster;
mod dying;
mod entering;
mod flat_memory;
mod handshakes;
mod history;
mod origins;
mod presence;
mod receipts;
mod refreshing;
mod returning;
mod sockets;
mod speaking;
mod store_trouble;
mod talking;
mod tokens_refused;
mod workers;
