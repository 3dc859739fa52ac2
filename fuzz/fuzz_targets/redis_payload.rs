//! Fuzzes the reader of what is published in a chat's channel. What must hold stands in `fuzz/targets.rs`.
#![no_main]

#[expect(dead_code, reason = "the other targets have programs of their own")]
#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::redis_payload(input));
