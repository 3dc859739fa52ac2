//! Temporary.
#[path = "broker/house.rs"] mod house;
#[path = "broker/person.rs"] mod person;
#[path = "broker/programs.rs"] mod programs;
#[path = "broker/raw_socket.rs"] mod raw_socket;
#[path = "broker/tokens.rs"] mod tokens;
#[path = "broker/flat_memory.rs"] mod flat_memory;
#[path = "broker/handshakes.rs"] mod handshakes;
#[path = "broker/origins.rs"] mod origins;
#[path = "broker/sockets.rs"] mod sockets;
#[path = "broker/slow_readers.rs"] mod slow_readers;
#[path = "broker/minutes.rs"] mod minutes;
