//! The rooms dialect's events and words (seed 001, PROTOCOLS section 3). Pure: no sockets, no actors.
//!
//! | from the client | fields | to the client |
//! |---|---|---|
//! | `registrar` | none | `registrado` `{room}` |
//! | `messages` | `nickname`, `message` | `messages` `{nickname, message, server}` to all in the room, the sender too |
//! | `messages` before `registrar`, or without a text | | `messages` with what it has, to the sender alone |
//! | `messages` without anything | | `exception` |
//! | whatever cannot be done | | `exception`, with the reason where there is one to tell |
//!
//! Nothing is ever acknowledged, as in the original. Where clients may return, a second argument says where in the room's
//! log that was: of what all in the room hear, and of the first `registrado`.

use recado_actors::dialect::Frame;
use serde::Serialize;
use serde_json::{Value, json};

use crate::doors::socketio::engine::packet::Protocol;
use crate::doors::socketio::packet::ROOT;
use crate::doors::socketio::packet::writing::{self, Written};
use crate::doors::socketio::recovery::offset::Placed;

pub const REGISTER: &str = "registrar";
pub const SAY: &str = "messages";

/// What an event asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Register,
    Say {
        nickname: Option<String>,
        message: Option<String>,
    },
    /// It carries nothing: this is given back with the exception.
    Broken {
        payload: Value,
    },
}

/// None: no event of ours, which the original takes without a word.
pub fn read(name: &str, args: &[Value]) -> Option<Asked> {
    match name {
        REGISTER => Some(Asked::Register),
        SAY => Some(message(args)),
        _ => None,
    }
}

/// More than one argument is an array to the original, and an array has no fields.
fn message(args: &[Value]) -> Asked {
    let text = |field: &str| match args {
        [payload] => payload.get(field).and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    match args {
        [] => Asked::Broken { payload: Value::Null },
        [Value::Null] => Asked::Broken { payload: Value::Null },
        _ => Asked::Say { nickname: text("nickname"), message: text("message") },
    }
}

#[derive(Serialize)]
struct Registered<'a> {
    room: &'a str,
}

#[derive(Serialize)]
struct SaidBy<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    server: &'a str,
}

#[derive(Serialize)]
struct Exception<'a> {
    status: &'static str,
    message: &'a str,
    cause: Cause<'a>,
}

#[derive(Serialize)]
struct Cause<'a> {
    pattern: &'a str,
    data: &'a Value,
}

/// The answer to `registrar`, each time.
pub fn registered(room: &str, offset: Option<String>) -> Option<Written> {
    writing::event(ROOT, "registrado", &Placed { said: Registered { room }, offset }, &[], None)
}

/// What somebody said; `server` is the host name of the node that took it.
pub fn told(
    nickname: Option<&str>,
    message: Option<&str>,
    server: &str,
    offset: Option<String>,
) -> Option<Written> {
    writing::event(ROOT, SAY, &Placed { said: SaidBy { nickname, message, server }, offset }, &[], None)
}

/// The original's word for an event that it could not handle.
pub const BROKEN: &str = "Internal server error";

/// An event called `pattern` was not done; `payload` is what it carried.
pub fn exception(pattern: &str, message: &str, payload: &Value) -> Option<Written> {
    let cause = Cause { pattern, data: payload };
    let exception = Exception { status: "error", message, cause };
    writing::event(ROOT, "exception", &[exception], &[], None)
}

/// What of a message is given back when it could not be taken.
pub fn payload(nickname: Option<&str>, message: &str) -> Value {
    match nickname {
        Some(nickname) => json!({ "nickname": nickname, "message": message }),
        None => json!({ "message": message }),
    }
}

/// As one text frame, which none of these is more than.
pub fn frame(written: &Written) -> Option<Frame> {
    written.frames(Protocol::V4).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &str, args: Value) -> Option<Asked> {
        read(name, args.as_array().unwrap())
    }

    fn say(nickname: Option<&str>, message: Option<&str>) -> Option<Asked> {
        Some(Asked::Say { nickname: nickname.map(str::to_owned), message: message.map(str::to_owned) })
    }

    #[test]
    fn the_page_s_events_are_understood() {
        assert_eq!(asked("registrar", json!([])), Some(Asked::Register));
        assert_eq!(
            asked("messages", json!([{ "nickname": "Ana", "message": "oi" }])),
            say(Some("Ana"), Some("oi"))
        );
        assert_eq!(asked("mensagens", json!([{}])), None);
    }

    #[test]
    fn what_is_no_object_has_no_fields_and_nothing_is_an_exception() {
        for args in
            [json!(["oi"]), json!([{ "message": 7 }]), json!([{ "message": "a" }, { "message": "b" }])]
        {
            assert_eq!(asked("messages", args), say(None, None));
        }
        for args in [json!([]), json!([null])] {
            assert_eq!(asked("messages", args), Some(Asked::Broken { payload: Value::Null }));
        }
    }

    #[test]
    fn what_is_told_is_word_for_word_the_original_s() {
        let words = |written: Option<Written>| written.unwrap().text.to_string();
        assert_eq!(words(registered("roomChatTest", None)), r#"42["registrado",{"room":"roomChatTest"}]"#);
        assert_eq!(
            words(told(Some("Ana"), Some("oi"), "host-1", None)),
            r#"42["messages",{"nickname":"Ana","message":"oi","server":"host-1"}]"#
        );
        assert_eq!(words(told(None, None, "host-1", None)), r#"42["messages",{"server":"host-1"}]"#);
        let placed = told(None, Some("oi"), "host-1", Some("roomChatTest@1-2".to_owned()));
        assert_eq!(words(placed), r#"42["messages",{"message":"oi","server":"host-1"},"roomChatTest@1-2"]"#);
        assert_eq!(
            words(exception("messages", BROKEN, &Value::Null)),
            r#"42["exception",{"status":"error","message":"Internal server error","cause":{"pattern":"messages","data":null}}]"#
        );
    }
}
