//! Polling payloads of protocol 4: packets as text, one after the other, with 0x1E between them. Pure.
//!
//! Reading makes one packet at a time, out of the payload's own bytes: however many there are, they take no memory.

use std::iter::FusedIterator;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use bytestring::ByteString;

use super::packet::{Fault, Packet, Protocol, read_text};

const SEPARATOR: u8 = 0x1E;
const SEPARATES: char = '\x1E';

/// The packets of a payload, in order; nothing follows a fault.
#[derive(Debug)]
pub struct Packets {
    rest: Option<ByteString>,
    left: usize,
}

/// Reads a payload, of which at most so many packets are taken. An empty one is a fault.
pub fn read(payload: Bytes, most: usize) -> Result<Packets, Fault> {
    let rest = ByteString::try_from(payload).map_err(|_| Fault::NotText)?;
    Ok(Packets { rest: Some(rest), left: most })
}

impl Iterator for Packets {
    type Item = Result<Packet, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let Some(left) = self.left.checked_sub(1) else { return Some(Err(Fault::TooMany)) };
        self.left = left;
        let (text, after) = match rest.split_once(SEPARATES) {
            Some((text, after)) => (rest.slice_ref(text), Some(rest.slice_ref(after))),
            None => (rest, None),
        };
        let packet = read_text(Protocol::V4, text);
        self.rest = after.filter(|_| packet.is_ok());
        Some(packet)
    }
}

impl FusedIterator for Packets {}

/// Adds a packet that is text already, as `Packet::text` and text frames have it.
pub fn add_text(payload: &mut Vec<u8>, packet: &[u8]) {
    payload.reserve(packet.len() + 1);
    separate(payload);
    payload.extend_from_slice(packet);
}

/// Adds a binary message.
pub fn add_binary(payload: &mut Vec<u8>, bytes: &[u8]) {
    payload.reserve(binary_len(bytes.len()) + 1);
    separate(payload);
    payload.push(b'b');
    let start = payload.len();
    payload.resize(start + encoded_len(bytes.len()), 0);
    let written = STANDARD.encode_slice(bytes, payload.get_mut(start..).unwrap_or_default());
    debug_assert!(written.is_ok(), "the place for base64 was measured");
}

/// How many bytes a binary message of so many takes in a payload.
pub fn binary_len(bytes: usize) -> usize {
    1 + encoded_len(bytes)
}

fn encoded_len(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

fn separate(payload: &mut Vec<u8>) {
    if !payload.is_empty() {
        payload.push(SEPARATOR);
    }
}

#[cfg(test)]
mod tests;
