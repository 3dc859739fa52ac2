//! Socket.IO packets (protocol 5), to and from the messages of Engine.IO. Pure: no sockets, no actors.
//!
//! `<type>[<attachments>-][/<namespace>,][<id>][<JSON>]`, then as many binary messages as there are attachments.
//!
//! | type | id | JSON |
//! |---|---|---|
//! | 0 connect | – | an object, which is what the client shows of itself, or nothing |
//! | 1 disconnect | – | – |
//! | 2 event, 5 with attachments | if an answer is wanted | an array that begins with the name |
//! | 3 ack, 6 with attachments | that of the event | an array |
//! | 4 connect error | – | an object; only the server says it |
//!
//! In place of an attachment the JSON has `{"_placeholder":true,"num":<which>}`.
//! A packet that breaks these rules leaves nothing to go on with: who sent it is to be hung up on.

pub mod assembling;
mod halves;
pub mod placeholders;
mod reading;
mod values;
pub mod writing;

use bytes::Bytes;
use bytestring::ByteString;
use serde_json::{Map, Value};

pub use assembling::Assembler;
pub use writing::Written;

/// The namespace that everybody has, and that the wire leaves out.
pub const ROOT: &str = "/";

/// Names that mean something to the emitters of both sides, and that nobody may send (GHSA-cqmj-92xf-r6r9).
pub const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// The largest id an event may have: JavaScript counts no further without leaving some out.
pub const LARGEST_ID: u64 = (1 << 53) - 1;

/// What a client said, whole. Attachments are where the placeholders in `args` say, each in one place.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    Connect {
        namespace: ByteString,
        auth: Option<Map<String, Value>>,
    },
    Disconnect {
        namespace: ByteString,
    },
    /// `ack`: it wants an answer, under this id.
    Event {
        namespace: ByteString,
        name: String,
        args: Vec<Value>,
        attachments: Vec<Bytes>,
        ack: Option<u64>,
    },
    Ack {
        namespace: ByteString,
        id: u64,
        args: Vec<Value>,
        attachments: Vec<Bytes>,
    },
}

/// What one packet of a client may be.
#[derive(Debug, Clone)]
pub struct Limits {
    pub attachments: usize,
    /// Of all attachments of a packet together.
    pub attachment_bytes: usize,
    /// With the query that clients of protocol 3 put behind it.
    pub namespace_bytes: usize,
    /// How deep arrays and objects may lie in each other; no more than 126.
    pub depth: usize,
    /// How many values there may be, those within others counted too.
    pub values: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { attachments: 10, attachment_bytes: 10 << 20, namespace_bytes: 1024, depth: 64, values: 50_000 }
    }
}

/// Why messages are no packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("a packet without a type")]
    Empty,
    #[error("a packet of a type that no client sends")]
    UnknownType,
    #[error("a number of attachments that is none")]
    BadCount,
    #[error("more attachments than a packet may have")]
    TooMany,
    #[error("attachments larger than a packet may have")]
    TooLarge,
    #[error("a namespace that is too long or cannot be shown")]
    BadNamespace,
    #[error("an id where none belongs, or none where one does, or one too large")]
    BadId,
    #[error("JSON that cannot be read")]
    BadJson,
    #[error("JSON too deep")]
    TooDeep,
    #[error("JSON of too many values")]
    TooManyValues,
    #[error("JSON of another kind than the type of the packet asks for")]
    BadPayload,
    #[error("an event without a name")]
    NoName,
    #[error("an event whose name is reserved")]
    ReservedName,
    #[error("placeholders that are not one for each attachment")]
    BadPlaceholder,
    #[error("text where an attachment was to come")]
    AttachmentMissing,
    #[error("an attachment that nobody announced")]
    AttachmentUnannounced,
}

impl Fault {
    /// Stable, for logs and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty_packet",
            Self::UnknownType => "unknown_packet",
            Self::BadCount => "bad_attachment_count",
            Self::TooMany => "too_many_attachments",
            Self::TooLarge => "attachments_too_large",
            Self::BadNamespace => "bad_namespace",
            Self::BadId => "bad_ack_id",
            Self::BadJson => "bad_json",
            Self::TooDeep => "json_too_deep",
            Self::TooManyValues => "too_many_values",
            Self::BadPayload => "bad_payload",
            Self::NoName => "no_event_name",
            Self::ReservedName => "reserved_event_name",
            Self::BadPlaceholder => "bad_placeholder",
            Self::AttachmentMissing => "attachment_missing",
            Self::AttachmentUnannounced => "attachment_unannounced",
        }
    }
}
