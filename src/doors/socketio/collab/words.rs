//! What is kept of the events that clients of the collab dialect relay, and how each is told to the others. Pure.
//!
//! Who said it and when is never the client's own word: both are put there as it is told, from what is kept with it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use recado_actors::id::RoomId;
use recado_actors::message::room::{Entry, EntryBody, Published};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::doors::socketio::packet::ROOT;
use crate::doors::socketio::packet::placeholders;
use crate::doors::socketio::packet::writing::{self, Written};
use crate::doors::socketio::recovery::offset::Placed;

pub const MESSAGE: &str = "message";
pub const UPDATED: &str = "document:updated";
pub const OPERATION: &str = "operation:received";

const PAYLOAD: &str = "payload";
const ATTACHMENTS: &str = "attachments";

/// What is kept of a `message`. Attachments lie beside what they belong to, as base64.
pub fn kept(args: Vec<Value>, attachments: &[Bytes]) -> Published {
    let payload = match args.into_iter().next() {
        None | Some(Value::Null) => Map::new(),
        Some(bytes) if placeholders::attachment(&bytes, attachments).is_some() => held(bytes),
        Some(Value::Object(fields)) => fields,
        Some(other) => held(other),
    };
    let mut fields = Map::from_iter([(PAYLOAD.to_owned(), Value::Object(payload))]);
    if !attachments.is_empty() {
        let texts = attachments.iter().map(|bytes| Value::String(STANDARD.encode(bytes)));
        fields.insert(ATTACHMENTS.to_owned(), texts.collect());
    }
    Published::new(MESSAGE, Value::Object(fields))
}

/// The original would take a text apart into its characters, which nobody meant.
fn held(value: Value) -> Map<String, Value> {
    Map::from_iter([("data".to_owned(), value)])
}

/// What an entry says to the others in a room, and where that stands, for those who may return there; none if it is
/// nothing of this dialect.
pub fn told(room: &RoomId, entry: &Entry, event: &Published, offset: Option<String>) -> Option<Written> {
    let empty = Map::new();
    let fields = |of: &Value, name: &str| of.get(name).and_then(Value::as_object).cloned();
    match event.name.as_str() {
        MESSAGE => {
            let payload = event.fields.get(PAYLOAD).and_then(Value::as_object).unwrap_or(&empty);
            let attachments = attachments(event.fields.get(ATTACHMENTS))?;
            let said = Signed { fields: payload, entry, version: None };
            writing::event(ROOT, MESSAGE, &Placed { said, offset }, &attachments, None)
        }
        UPDATED => {
            let metadata = fields(&event.fields, "metadata").unwrap_or_default();
            let metadata = Signed { fields: &metadata, entry, version: Some(entry.seq.0) };
            let (operation, content) = (event.fields.get("operation"), event.fields.get("content"));
            let update = Update { document_id: room.local(), operation, content, metadata };
            writing::event(ROOT, UPDATED, &[update], &[], None)
        }
        OPERATION => {
            let operation = event.fields.as_object().unwrap_or(&empty);
            writing::event(ROOT, OPERATION, &[Signed { fields: operation, entry, version: None }], &[], None)
        }
        _ => None,
    }
}

fn attachments(kept: Option<&Value>) -> Option<Vec<Bytes>> {
    let kept = kept.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    kept.iter().map(|text| STANDARD.decode(text.as_str()?).ok().map(Bytes::from)).collect()
}

/// Whatever a client said, and behind it who it is and when that was.
struct Signed<'a> {
    fields: &'a Map<String, Value>,
    entry: &'a Entry,
    version: Option<u64>,
}

impl Serialize for Signed<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let ours = |name: &str| {
            matches!(name, "userId" | "timestamp") || (name == "version" && self.version.is_some())
        };
        let mut signed = to.serialize_map(None)?;
        for (name, value) in self.fields.iter().filter(|(name, _)| !ours(name)) {
            signed.serialize_entry(name, value)?;
        }
        if let Some(user) = &self.entry.by {
            signed.serialize_entry("userId", user)?;
        }
        signed.serialize_entry("timestamp", &self.entry.at.to_string())?;
        if let Some(version) = self.version {
            signed.serialize_entry("version", &version)?;
        }
        signed.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Update<'a> {
    document_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a Value>,
    metadata: Signed<'a>,
}

/// A document as this entry left it, if that is an update.
pub fn document(entry: &Entry) -> Option<Value> {
    let EntryBody::EventPublished { event } = &entry.body else { return None };
    let mut document = Map::from_iter([
        ("content".to_owned(), event.fields.get("content").cloned().unwrap_or_default()),
        ("version".to_owned(), entry.seq.0.into()),
        ("lastModified".to_owned(), entry.at.to_string().into()),
    ]);
    if let Some(user) = &entry.by {
        document.insert("lastModifiedBy".to_owned(), user.as_str().into());
    }
    (event.name == UPDATED).then_some(Value::Object(document))
}
