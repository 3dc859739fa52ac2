//! Engine.IO packets, protocol 4 and 3, as one WebSocket frame or one part of a polling payload carries them.
//! Pure: no sockets, no actors.
//!
//! | type | as text |
//! |---|---|
//! | open | `0` and JSON; only the server says it |
//! | close | `1` |
//! | ping, pong | `2`, `3`, and while a transport is tried `probe` |
//! | message | `4` and the text; binary is `b` (protocol 3: `b4`) and base64 |
//! | upgrade, noop | `5`, `6` |
//!
//! A binary frame of a WebSocket is a message as it is; in protocol 3 the type, as a byte, comes first.
//! Only this module names `engineioxide-core`, which knows all types; messages, which are nearly everything that comes,
//! take a way of their own that copies nothing.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use bytestring::ByteString;
use engineioxide_core::{Packet as Foreign, PacketParseError, ProtocolVersion, Str};
use serde::Serialize;

/// The type of a message, where protocol 3 says it as a byte.
pub(super) const MESSAGE_BYTE: u8 = 4;

/// What `EIO` in the query says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    V3,
    V4,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    Open(Open),
    Close,
    Ping(ByteString),
    Pong(ByteString),
    Message(Message),
    Upgrade,
    Noop,
}

/// What is said between client and server; also one WebSocket frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    Text(ByteString),
    Binary(Bytes),
}

/// The server's first packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    pub sid: String,
    /// May the client go on to a WebSocket?
    pub upgrades: bool,
    pub ping_interval: Duration,
    pub ping_timeout: Duration,
    /// Bytes of the largest message, and of the largest polling payload, that a client may send.
    pub max_payload: u64,
}

/// Why bytes are no packet, or no payload. None of them leaves anything to go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("a packet without a type")]
    Empty,
    #[error("a packet of a type that no client sends")]
    UnknownType,
    #[error("text that is not UTF-8")]
    NotText,
    #[error("a binary message that is not base64")]
    NotBase64,
    #[error("a packet whose length is not what was announced")]
    BadLength,
    #[error("too many packets in one payload")]
    TooMany,
}

impl Fault {
    /// Stable, for logs and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty_packet",
            Self::UnknownType => "unknown_packet",
            Self::NotText => "not_utf8",
            Self::NotBase64 => "not_base64",
            Self::BadLength => "bad_length",
            Self::TooMany => "too_many_packets",
        }
    }
}

/// Reads a text frame, or one part of a polling payload.
pub fn read_text(protocol: Protocol, text: ByteString) -> Result<Packet, Fault> {
    let mut chars = text.chars();
    if chars.next() == Some('4') {
        let said = text.slice_ref(chars.as_str());
        return Ok(Packet::Message(Message::Text(said)));
    }
    let known = match protocol {
        Protocol::V3 => ProtocolVersion::V3,
        Protocol::V4 => ProtocolVersion::V4,
    };
    let rest = text.slice_ref(chars.as_str());
    match Foreign::parse(known, Str::copy_from_slice(&text)) {
        Ok(Foreign::Close) => Ok(Packet::Close),
        Ok(Foreign::Ping | Foreign::PingUpgrade) => Ok(Packet::Ping(rest)),
        Ok(Foreign::Pong | Foreign::PongUpgrade) => Ok(Packet::Pong(rest)),
        Ok(Foreign::Binary(bytes) | Foreign::BinaryV3(bytes)) => Ok(Packet::Message(Message::Binary(bytes))),
        Ok(Foreign::Upgrade) => Ok(Packet::Upgrade),
        Ok(Foreign::Noop) => Ok(Packet::Noop),
        Ok(Foreign::Open(_) | Foreign::Message(_)) => Err(Fault::UnknownType),
        Err(PacketParseError::InvalidPacketType(None)) => Err(Fault::Empty),
        Err(PacketParseError::Base64Decode(_)) => Err(Fault::NotBase64),
        Err(_) => Err(Fault::UnknownType),
    }
}

/// Reads a binary frame, or in protocol 3 a binary part of a polling payload.
pub fn read_binary(protocol: Protocol, mut bytes: Bytes) -> Result<Packet, Fault> {
    if protocol == Protocol::V3 {
        match bytes.split_to(bytes.len().min(1)).first() {
            Some(&MESSAGE_BYTE) => {}
            Some(_) => return Err(Fault::UnknownType),
            None => return Err(Fault::Empty),
        }
    }
    Ok(Packet::Message(Message::Binary(bytes)))
}

impl Packet {
    /// As one WebSocket frame.
    pub fn frame(&self, protocol: Protocol) -> Message {
        match self {
            Self::Message(Message::Binary(bytes)) => Message::Binary(match protocol {
                Protocol::V3 => [&[MESSAGE_BYTE], bytes.as_ref()].concat().into(),
                Protocol::V4 => bytes.clone(),
            }),
            _ => Message::Text(self.text(protocol)),
        }
    }

    /// As text, binary as base64.
    pub fn text(&self, protocol: Protocol) -> ByteString {
        match self {
            Self::Open(open) => open.text().into(),
            Self::Close => ByteString::from_static("1"),
            Self::Ping(said) if said.is_empty() => ByteString::from_static("2"),
            Self::Ping(said) => format!("2{said}").into(),
            Self::Pong(said) if said.is_empty() => ByteString::from_static("3"),
            Self::Pong(said) => format!("3{said}").into(),
            Self::Message(Message::Text(said)) => ["4", said.as_ref()].concat().into(),
            Self::Message(Message::Binary(bytes)) => in_base64(protocol, bytes).into(),
            Self::Upgrade => ByteString::from_static("5"),
            Self::Noop => ByteString::from_static("6"),
        }
    }
}

/// A binary message as text.
pub(super) fn in_base64(protocol: Protocol, bytes: &[u8]) -> String {
    let sign = match protocol {
        Protocol::V3 => "b4",
        Protocol::V4 => "b",
    };
    let mut text = String::with_capacity(sign.len() + bytes.len().div_ceil(3) * 4);
    text.push_str(sign);
    STANDARD.encode_string(bytes, &mut text);
    text
}

impl Open {
    fn text(&self) -> String {
        let upgrades: &[&str] = if self.upgrades { &["websocket"] } else { &[] };
        let written = serde_json::to_string(&Opening {
            sid: &self.sid,
            upgrades,
            ping_interval: millis(self.ping_interval),
            ping_timeout: millis(self.ping_timeout),
            max_payload: self.max_payload,
        });
        debug_assert!(written.is_ok(), "strings and numbers are JSON");
        format!("0{}", written.unwrap_or_default())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opening<'a> {
    sid: &'a str,
    upgrades: &'a [&'a str],
    ping_interval: u64,
    ping_timeout: u64,
    max_payload: u64,
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(super) mod tests;
