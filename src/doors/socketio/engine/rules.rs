//! What one mount of Engine.IO goes by; stock clients are told most of it in the handshake.

use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Rules {
    /// How often the server asks whether a client is there.
    pub ping_interval: Duration,
    /// How long it waits for the answer.
    pub ping_timeout: Duration,
    /// How long a WebSocket may take to replace polling.
    pub upgrade_timeout: Duration,
    /// Bytes of the largest message and of the largest polling payload that a client may send.
    pub max_payload: usize,
    /// How long a client of Socket.IO may take to join a namespace.
    pub connect_timeout: Duration,
    /// Are clients of protocol 3 served?
    pub v3: bool,
}

impl Rules {
    /// The most packets of one payload. Each is at least a type and a separator.
    pub fn most_packets(&self) -> usize {
        (self.max_payload / 2).clamp(1, 65_536)
    }
}
