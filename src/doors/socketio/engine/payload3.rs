//! Polling payloads of protocol 3, in which every packet follows its length. Pure.
//!
//! | shape | one packet |
//! |---|---|
//! | text | its length in UTF-16 units in decimal, `:`, the packet; binary as `b4` and base64 |
//! | bytes | 0 for text or 1 for binary, its length in bytes as one byte a decimal, 0xFF, the packet |

use std::iter::FusedIterator;

use bytes::{Buf, Bytes};
use bytestring::ByteString;

use super::packet::{Fault, MESSAGE_BYTE, Packet, Protocol, in_base64, read_binary, read_text};

const COLON: char = ':';
const TEXT: u8 = 0;
const BINARY: u8 = 1;
const LENGTH_ENDS: u8 = 0xFF;
/// No length of ours has more digits.
const MOST_DIGITS: usize = 10;

/// How a payload is written. Text, unless it carries binary to a client that did not ask for base64 (`b64=1`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    Bytes,
}

impl Shape {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=UTF-8",
            Self::Bytes => "application/octet-stream",
        }
    }
}

#[derive(Debug)]
enum Rest {
    Text(ByteString),
    Bytes(Bytes),
}

/// The packets of a payload, in order; nothing follows a fault.
#[derive(Debug)]
pub struct Packets {
    rest: Option<Rest>,
    left: usize,
}

/// Reads a payload, of which at most so many packets are taken. An empty one is a fault.
pub fn read(shape: Shape, payload: Bytes, most: usize) -> Result<Packets, Fault> {
    let rest = match shape {
        Shape::Text => Rest::Text(ByteString::try_from(payload).map_err(|_| Fault::NotText)?),
        Shape::Bytes => Rest::Bytes(payload),
    };
    Ok(Packets { rest: Some(rest), left: most })
}

impl Iterator for Packets {
    type Item = Result<Packet, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let Some(left) = self.left.checked_sub(1) else { return Some(Err(Fault::TooMany)) };
        self.left = left;
        let taken = match rest {
            Rest::Text(text) => take_text(&text),
            Rest::Bytes(bytes) => take_bytes(bytes),
        };
        Some(taken.map(|(packet, rest)| {
            self.rest = rest;
            packet
        }))
    }
}

impl FusedIterator for Packets {}

fn take_text(text: &ByteString) -> Result<(Packet, Option<Rest>), Fault> {
    let (digits, rest) = text.split_once(COLON).ok_or(Fault::BadLength)?;
    let digits = digits.bytes().map(|digit| digit.wrapping_sub(b'0'));
    let end = utf16_end(rest, length(digits)?).ok_or(Fault::BadLength)?;
    let (packet, after) = rest.split_at_checked(end).ok_or(Fault::BadLength)?;
    let packet = read_text(Protocol::V3, text.slice_ref(packet))?;
    Ok((packet, (!after.is_empty()).then(|| Rest::Text(text.slice_ref(after)))))
}

fn take_bytes(mut bytes: Bytes) -> Result<(Packet, Option<Rest>), Fault> {
    let header = bytes.iter().take(MOST_DIGITS + 2).position(|byte| *byte == LENGTH_ENDS);
    let header = bytes.split_to(header.ok_or(Fault::BadLength)?);
    let (kind, digits) = header.split_first().ok_or(Fault::BadLength)?;
    let length = length(digits.iter().copied())?;
    bytes.advance(1);
    if length > bytes.len() {
        return Err(Fault::BadLength);
    }
    let packet = bytes.split_to(length);
    let packet = match *kind {
        TEXT => read_text(Protocol::V3, ByteString::try_from(packet).map_err(|_| Fault::NotText)?),
        BINARY => read_binary(Protocol::V3, packet),
        _ => Err(Fault::UnknownType),
    }?;
    Ok((packet, (!bytes.is_empty()).then_some(Rest::Bytes(bytes))))
}

/// The number that these digits, from 0 to 9, are.
fn length(digits: impl ExactSizeIterator<Item = u8>) -> Result<usize, Fault> {
    if digits.len() == 0 || digits.len() > MOST_DIGITS {
        return Err(Fault::BadLength);
    }
    let mut length: usize = 0;
    for digit in digits {
        let larger = length.checked_mul(10).and_then(|tens| tens.checked_add(digit.into()));
        length = larger.filter(|_| digit < 10).ok_or(Fault::BadLength)?;
    }
    Ok(length)
}

/// Where so many UTF-16 units end; none in the middle of a character, and none past the end.
fn utf16_end(text: &str, units: usize) -> Option<usize> {
    let mut left = units;
    let mut chars = text.chars();
    while left > 0 {
        left = left.checked_sub(chars.next()?.len_utf16())?;
    }
    Some(text.len() - chars.as_str().len())
}

/// Adds a packet that is text already, as `Packet::text` has it.
pub fn add_text(shape: Shape, payload: &mut Vec<u8>, packet: &str) {
    match shape {
        Shape::Text => {
            payload.extend_from_slice(packet.encode_utf16().count().to_string().as_bytes());
            payload.push(b':');
        }
        Shape::Bytes => add_header(payload, TEXT, packet.len()),
    }
    payload.extend_from_slice(packet.as_bytes());
}

/// Adds a binary message, which comes without its type.
pub fn add_binary(shape: Shape, payload: &mut Vec<u8>, bytes: &[u8]) {
    match shape {
        Shape::Text => add_text(shape, payload, &in_base64(Protocol::V3, bytes)),
        Shape::Bytes => {
            add_header(payload, BINARY, bytes.len() + 1);
            payload.push(MESSAGE_BYTE);
            payload.extend_from_slice(bytes);
        }
    }
}

fn add_header(payload: &mut Vec<u8>, kind: u8, length: usize) {
    payload.push(kind);
    payload.extend(length.to_string().bytes().map(|digit| digit.wrapping_sub(b'0')));
    payload.push(LENGTH_ENDS);
}

#[cfg(test)]
mod tests;
