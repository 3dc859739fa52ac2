//! Ports for brokers that are killed and must come back on the same one.
//!
//! They lie below the range the kernel gives to outgoing connections: while a broker is dead, a client that connects
//! to its port from that very port would reach itself and keep the port from the broker.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

const LOWEST: u16 = 20_000;
const SPAN: u16 = 12_000;

/// Tests of one process run side by side, and each needs its own.
static TAKEN: AtomicU16 = AtomicU16::new(0);

pub fn free() -> u16 {
    // Test processes that run at the same time begin their search apart.
    let start = u16::try_from(std::process::id() % u32::from(SPAN)).unwrap();
    for _ in 0..SPAN {
        let offset = TAKEN.fetch_add(1, Ordering::Relaxed) % SPAN;
        let port = LOWEST + (start + offset) % SPAN;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no free port from {LOWEST} on");
}
