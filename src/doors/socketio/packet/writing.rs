//! Packets as they are written: once, and shared by all who get them, over whatever transport. Pure.
//!
//! Only this module names the Socket.IO crates, which find the attachments in a value of any type.

use bytes::Bytes;
use bytestring::ByteString;
use recado_actors::dialect::Frame;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use socketioxide_core::Value as Found;
use socketioxide_core::parser::Parse;
use socketioxide_parser_common::CommonParser;

use super::{LARGEST_ID, ROOT};
use crate::doors::socket::frame;
use crate::doors::socketio::engine::packet::{Message, Packet, Protocol};

/// A packet as messages of Engine.IO: a text and its attachments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// With the type of Engine.IO in front, as text frames and polling payloads have it.
    pub text: ByteString,
    pub attachments: Vec<Bytes>,
}

impl Written {
    /// As finished frames of a WebSocket, in order, to be shared by all who get them.
    pub fn frames(&self, protocol: Protocol) -> impl Iterator<Item = Frame> {
        let attachments = self.attachments.iter().map(move |bytes| {
            match Packet::Message(Message::Binary(bytes.clone())).frame(protocol) {
                Message::Binary(bytes) => frame::binary(&bytes),
                Message::Text(text) => frame::text(&text),
            }
        });
        std::iter::once(frame::text(&self.text)).chain(attachments)
    }
}

/// Takes all `Bytes` out of a tuple of any types, and puts placeholders there.
/// What is no tuple is one argument. Fails if it cannot be JSON.
pub fn unpacked<T: Serialize + ?Sized>(args: &T) -> serde_json::Result<(Box<RawValue>, Vec<Bytes>)> {
    let failed = |why: &str| <serde_json::Error as serde::ser::Error>::custom(why);
    match CommonParser.encode_value(args, None).map_err(|error| failed(&error.to_string()))? {
        Found::Str(text, attachments) => {
            Ok((RawValue::from_string(text.into())?, attachments.unwrap_or_default().into()))
        }
        Found::Bytes(_) => Err(failed("a parser that writes bytes")),
    }
}

/// The answer to a connect: the client's id there and, where it may come back to what it missed, its secret.
pub fn connected(namespace: &str, sid: &str, pid: Option<&str>) -> Written {
    #[derive(Serialize)]
    struct Connected<'a> {
        sid: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        pid: Option<&'a str>,
    }
    with_json(head('0', 0, namespace, None), &Connected { sid, pid })
}

/// The answer to a connect that is refused. `extra` is the error's `data`.
pub fn refused(namespace: &str, message: &str, extra: Option<&Value>) -> Written {
    #[derive(Serialize)]
    struct Refused<'a> {
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<&'a Value>,
    }
    with_json(head('4', 0, namespace, None), &Refused { message, data: extra })
}

/// A client of protocol 3 is connected without being told who it is.
pub fn connected_v3(namespace: &str) -> Written {
    bare(head('0', 0, namespace, None))
}

/// A client of protocol 3 is refused with a text.
pub fn refused_v3(namespace: &str, message: &str) -> Written {
    with_json(head('4', 0, namespace, None), message)
}

/// After this a client does not come back by itself.
pub fn disconnected(namespace: &str) -> Written {
    bare(head('1', 0, namespace, None))
}

/// An event; with an id, one that wants an answer. `args` is whatever becomes an array (a tuple, a slice, a list), with
/// placeholders for its attachments. None if it does not become one.
pub fn event<T: Serialize + ?Sized>(
    namespace: &str,
    name: &str,
    args: &T,
    attachments: &[Bytes],
    ack: Option<u64>,
) -> Option<Written> {
    let kind = if attachments.is_empty() { '2' } else { '5' };
    let mut text = head(kind, attachments.len(), namespace, ack);
    text.push(b'[');
    serde_json::to_writer(&mut text, name).ok()?;
    let start = text.len();
    serde_json::to_writer(&mut text, args).ok()?;
    // What follows the name is written as an array of its own, whose beginning becomes a comma.
    let first = text.get_mut(start).filter(|first| **first == b'[')?;
    *first = b',';
    if text.get(start..) == Some(b",]") {
        text.remove(start);
    }
    finished(text, attachments)
}

/// The answer to an event. None if `args` does not become an array.
pub fn ack<T: Serialize + ?Sized>(
    namespace: &str,
    id: u64,
    args: &T,
    attachments: &[Bytes],
) -> Option<Written> {
    let kind = if attachments.is_empty() { '3' } else { '6' };
    let mut text = head(kind, attachments.len(), namespace, Some(id));
    let start = text.len();
    serde_json::to_writer(&mut text, args).ok()?;
    text.get(start).filter(|first| **first == b'[')?;
    finished(text, attachments)
}

fn head(kind: char, attachments: usize, namespace: &str, id: Option<u64>) -> Vec<u8> {
    let mut head = String::with_capacity(128);
    head.push('4');
    head.push(kind);
    if attachments > 0 {
        head.push_str(&attachments.to_string());
        head.push('-');
    }
    if namespace != ROOT {
        head.push_str(namespace);
        head.push(',');
    }
    if let Some(id) = id {
        debug_assert!(id <= LARGEST_ID, "an id that clients cannot count to");
        head.push_str(&id.to_string());
    }
    head.into_bytes()
}

fn with_json(mut text: Vec<u8>, json: &(impl Serialize + ?Sized)) -> Written {
    let written = serde_json::to_writer(&mut text, json);
    debug_assert!(written.is_ok(), "texts and JSON are JSON");
    bare(text)
}

fn bare(text: Vec<u8>) -> Written {
    let text = finished(text, &[]);
    debug_assert!(text.is_some(), "JSON is UTF-8");
    text.unwrap_or(Written { text: ByteString::new(), attachments: Vec::new() })
}

fn finished(text: Vec<u8>, attachments: &[Bytes]) -> Option<Written> {
    Some(Written { text: text.try_into().ok()?, attachments: attachments.to_vec() })
}

#[cfg(test)]
mod tests;
