//! Fuzzes the readers of what providers of documents send. What must hold stands in `fuzz/targets/documents.rs`.
#![no_main]

#[expect(dead_code, reason = "the other targets have programs of their own")]
#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::documents::message(input));
