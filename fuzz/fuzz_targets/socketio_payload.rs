//! Fuzzes the readers of what Socket.IO clients send, over polling. What must hold stands in `fuzz/targets.rs`.
#![no_main]

#[expect(dead_code, reason = "the other targets have programs of their own")]
#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::socketio::read_payload(input));
