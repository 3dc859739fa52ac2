//! What clients of the collab dialect ask for (seed 000, PROTOCOLS sections 2.1 and 2.4). Pure: no sockets, no actors.
//!
//! | from the client | fields |
//! |---|---|
//! | `message` | an object of any shape, with attachments |
//! | `document:join` | `documentId`, `userInfo` |
//! | `document:leave` | `documentId` |
//! | `cursor:update` | `documentId`, `cursor` |
//! | `document:update` | `documentId`, `operation`, `content`, `metadata` |
//! | `operation:apply` | `documentId`, `operation` |
//! | `ping` | none |

use recado_actors::id::{RoomId, RoomKind};
use serde_json::{Map, Value};

/// The room of everybody at this door; no document is called so.
pub const EVERYBODY: &str = "*";

#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    Relay,
    Join { document: RoomId, about: Map<String, Value> },
    Leave { document: RoomId },
    Point { document: RoomId, cursor: Value },
    Update { document: RoomId, fields: Map<String, Value> },
    Operate { document: RoomId, fields: Map<String, Value> },
    Ping,
}

/// Why nothing is done about an event, in the words its sender hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// It names no document, or carries attachments where none belong.
    Request,
    /// An update of which the same is true: the original's own word.
    Update,
}

/// None: no event of ours, which the originals took without a word.
pub fn read(name: &str, args: &mut [Value], attachments: usize) -> Option<Result<Asked, Broken>> {
    let broken = match name {
        "message" => return Some(Ok(Asked::Relay)),
        "ping" => return Some(Ok(Asked::Ping)),
        "document:update" => Broken::Update,
        "document:join" | "document:leave" | "cursor:update" | "operation:apply" => Broken::Request,
        _ => return None,
    };
    let fields = args.first_mut().and_then(Value::as_object_mut).map(std::mem::take).unwrap_or_default();
    let document = document(fields.get("documentId")).filter(|_| attachments == 0);
    Some(document.map(|document| about(name, document, fields)).ok_or(broken))
}

fn about(name: &str, document: RoomId, mut fields: Map<String, Value>) -> Asked {
    match name {
        "document:join" => {
            let about = fields.remove("userInfo").and_then(object).unwrap_or_default();
            Asked::Join { document, about }
        }
        "document:leave" => Asked::Leave { document },
        "cursor:update" => Asked::Point { document, cursor: fields.remove("cursor").unwrap_or_default() },
        "document:update" => {
            fields.retain(|name, _| matches!(name.as_str(), "operation" | "content" | "metadata"));
            Asked::Update { document, fields }
        }
        _ => {
            fields.retain(|name, _| name == "operation");
            Asked::Operate { document, fields }
        }
    }
}

fn object(value: Value) -> Option<Map<String, Value>> {
    if let Value::Object(fields) = value { Some(fields) } else { None }
}

/// The room of a document, which has a name or a number.
fn document(id: Option<&Value>) -> Option<RoomId> {
    match id? {
        Value::String(name) => room(name),
        Value::Number(number) => room(&number.to_string()),
        _ => None,
    }
}

/// None: no document can be called so.
pub fn room(name: &str) -> Option<RoomId> {
    RoomId::new(RoomKind::Doc, name).ok().filter(|_| name != EVERYBODY)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(name: &str, args: Value) -> Option<Result<Asked, Broken>> {
        read(name, &mut args.as_array().unwrap().clone(), 0)
    }

    fn fields(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn what_clients_say_is_understood() {
        let document = room("d1").unwrap();
        assert_eq!(asked("message", json!([])), Some(Ok(Asked::Relay)));
        assert_eq!(asked("ping", json!([])), Some(Ok(Asked::Ping)));
        assert_eq!(
            asked("document:join", json!([{ "documentId": "d1", "userInfo": { "name": "Ana" } }])),
            Some(Ok(Asked::Join { document: document.clone(), about: fields(json!({ "name": "Ana" })) }))
        );
        assert_eq!(
            asked("cursor:update", json!([{ "documentId": "d1", "cursor": { "x": 1 } }])),
            Some(Ok(Asked::Point { document: document.clone(), cursor: json!({ "x": 1 }) }))
        );
        assert_eq!(
            asked("document:update", json!([{ "documentId": "d1", "content": "oi", "version": 9 }])),
            Some(Ok(Asked::Update { document, fields: fields(json!({ "content": "oi" })) }))
        );
        assert_eq!(
            asked("document:leave", json!([{ "documentId": 7 }])),
            Some(Ok(Asked::Leave { document: room("7").unwrap() }))
        );
    }

    #[test]
    fn what_names_no_document_is_refused_and_what_is_no_event_of_ours_is_nothing() {
        for args in [
            json!([]),
            json!([null]),
            json!(["d1"]),
            json!([{ "documentId": "" }]),
            json!([{ "documentId": "*" }]),
        ] {
            assert_eq!(asked("document:join", args.clone()), Some(Err(Broken::Request)), "{args}");
            assert_eq!(asked("document:update", args), Some(Err(Broken::Update)));
        }
        let mut with_bytes =
            vec![json!({ "documentId": "d1", "cursor": { "_placeholder": true, "num": 0 } })];
        assert_eq!(read("cursor:update", &mut with_bytes, 1), Some(Err(Broken::Request)));
        assert_eq!(asked("documents:join", json!([{ "documentId": "d1" }])), None);
    }
}
