//! Temporary.
#[path = "broker/command_line.rs"]
mod command_line;
#[path = "broker/flat_memory.rs"]
mod flat_memory;
#[path = "broker/handshakes.rs"]
mod handshakes;
#[path = "broker/house.rs"]
mod house;
#[path = "broker/minutes.rs"]
mod minutes;
#[path = "broker/next_backend.rs"]
mod next_backend;
#[path = "broker/origins.rs"]
mod origins;
#[path = "broker/person.rs"]
mod person;
#[path = "broker/programs.rs"]
mod programs;
#[path = "broker/raw_socket.rs"]
mod raw_socket;
#[path = "broker/slow_readers.rs"]
mod slow_readers;
#[path = "broker/sockets.rs"]
mod sockets;
#[path = "broker/stock_client.rs"]
mod stock_client;
#[path = "broker/tokens.rs"]
mod tokens;
