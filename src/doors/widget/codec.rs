//! Widget frames to what they ask for. Pure: no sockets, no actors.
//!
//! Seed 004, "Client → Server", and our opt-in extras:
//!
//! | type | fields |
//! |---|---|
//! | `message` | `content`, `role` (`USER`, `ASSISTANT`, `AGENT`, any case), `tempId`? |
//! | `typing` | `isTyping` |
//! | `agent_joined` | its fields are ignored: the token says who |
//! | `ping` | |
//! | `history` | `before`?, `limit`? |
//! | `read`, `delivered` | `seq` |
//! | `refresh`, `auth` | `token`; `auth` also `since`?, `epoch`? |
//!
//! Binary frames are read as text, as the original did.

use recado_actors::id::{ClientId, Epoch, Seq};
use recado_actors::message::client::Resume;
use recado_actors::message::room::Role;
use serde_json::{Map, Value};

/// What a frame asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    Ping,
    Post { content: String, role: Role, temp_id: Option<ClientId> },
    Typing { is_typing: bool },
    AgentJoined,
    History { before: Option<Seq>, limit: Option<usize> },
    Delivered { seq: Seq },
    Read { seq: Seq },
    Refresh { token: String },
    Auth { token: String, resume: Option<Resume> },
}

/// What was wrong with a frame. `error` is the original's text where it had one.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub error: &'static str,
    pub code: &'static str,
    pub message: Option<&'static str>,
    pub temp_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    Asked(Asked),
    Refused(Fault),
    /// The original takes it without a word.
    Ignored,
}

const UNREADABLE: &str = "Failed to process message";

fn refused(error: &'static str, code: &'static str, message: Option<&'static str>) -> Heard {
    Heard::Refused(Fault { error, code, message, temp_id: None })
}

/// Reads one frame.
pub fn read(bytes: &[u8]) -> Heard {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return refused(UNREADABLE, "bad_json", None);
    };
    let Value::Object(frame) = value else {
        return refused(UNREADABLE, "not_an_object", None);
    };
    match frame.get("type").and_then(Value::as_str) {
        Some("message") => message(&frame),
        Some("typing") => match frame.get("isTyping") {
            Some(Value::Bool(is_typing)) => Heard::Asked(Asked::Typing { is_typing: *is_typing }),
            _ => Heard::Ignored,
        },
        Some("agent_joined") => Heard::Asked(Asked::AgentJoined),
        Some("ping") => Heard::Asked(Asked::Ping),
        Some("history") => history(&frame),
        Some("delivered") => with_seq(&frame, |seq| Asked::Delivered { seq }),
        Some("read") => with_seq(&frame, |seq| Asked::Read { seq }),
        Some("refresh") => with_token(&frame, |token| Asked::Refresh { token }),
        Some("auth") => with_token(&frame, |token| Asked::Auth { token, resume: resume(&frame) }),
        _ => refused("Unknown message type", "unknown_type", None),
    }
}

fn message(frame: &Map<String, Value>) -> Heard {
    let temp_id = match frame.get("tempId") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => match ClientId::parse(text) {
            Ok(id) => Some(id),
            Err(_) => return refused(UNREADABLE, "bad_temp_id", Some("tempId must be 1 to 128 characters")),
        },
        Some(_) => return refused(UNREADABLE, "bad_temp_id", Some("tempId must be a string")),
    };
    let fault = |error, code, message| {
        let temp_id = temp_id.as_ref().map(|id: &ClientId| id.as_str().to_owned());
        Heard::Refused(Fault { error, code, message, temp_id })
    };
    let content = frame.get("content").and_then(Value::as_str).filter(|content| !content.is_empty());
    let role = frame.get("role").and_then(Value::as_str).filter(|role| !role.is_empty());
    let (Some(content), Some(role)) = (content, role) else {
        return fault("Missing content or role", "missing_field", None);
    };
    let Some(role) = parse_role(role) else {
        return fault(
            "Failed to send message",
            "unknown_role",
            Some("role must be USER, ASSISTANT or AGENT"),
        );
    };
    Heard::Asked(Asked::Post { content: content.to_owned(), role, temp_id })
}

fn parse_role(text: &str) -> Option<Role> {
    [Role::User, Role::Assistant, Role::Agent]
        .into_iter()
        .find(|role| text.eq_ignore_ascii_case(role.as_str()))
}

fn history(frame: &Map<String, Value>) -> Heard {
    let bad = || refused(UNREADABLE, "bad_field", Some("before and limit must be whole numbers"));
    let number = |name: &str| match frame.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or(()),
    };
    let (Ok(before), Ok(limit)) = (number("before"), number("limit")) else { return bad() };
    let limit = limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    Heard::Asked(Asked::History { before: before.map(Seq), limit })
}

fn with_seq(frame: &Map<String, Value>, asked: impl FnOnce(Seq) -> Asked) -> Heard {
    match frame.get("seq").and_then(Value::as_u64) {
        Some(seq) => Heard::Asked(asked(Seq(seq))),
        None => refused(UNREADABLE, "bad_field", Some("seq must be a whole number")),
    }
}

fn with_token(frame: &Map<String, Value>, asked: impl FnOnce(String) -> Asked) -> Heard {
    match frame.get("token").and_then(Value::as_str) {
        Some(token) => Heard::Asked(asked(token.to_owned())),
        None => refused(UNREADABLE, "bad_field", Some("token must be a string")),
    }
}

fn resume(frame: &Map<String, Value>) -> Option<Resume> {
    let since = frame.get("since")?.as_u64()?;
    Some(resume_at(since, frame.get("epoch").and_then(Value::as_str)))
}

/// A client that names an epoch we cannot read names one we do not have.
pub fn resume_at(since: u64, epoch: Option<&str>) -> Resume {
    let epoch = epoch.filter(|epoch| !epoch.is_empty());
    Resume { since: Seq(since), epoch: epoch.map(|epoch| epoch.parse().unwrap_or(Epoch(0))) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked(text: &str) -> Asked {
        match read(text.as_bytes()) {
            Heard::Asked(asked) => asked,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn fault(text: &str) -> (&'static str, &'static str) {
        match read(text.as_bytes()) {
            Heard::Refused(fault) => (fault.error, fault.code),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_frames_of_the_seed_are_understood() {
        let post = Asked::Post { content: "Hello!".into(), role: Role::User, temp_id: None };
        assert_eq!(asked(r#"{"type":"message","content":"Hello!","role":"USER"}"#), post);
        assert_eq!(asked(r#"{"type":"message","content":"Hello!","role":"user","tempId":null}"#), post);
        assert_eq!(asked(r#"{"type":"typing","isTyping":true}"#), Asked::Typing { is_typing: true });
        assert_eq!(asked(r#"{"type":"agent_joined","agentId":"u","agentName":"J"}"#), Asked::AgentJoined);
        assert_eq!(asked(r#"{"type":"ping"}"#), Asked::Ping);
        assert_eq!(read(br#"{"type":"typing","isTyping":"yes"}"#), Heard::Ignored);
    }

    #[test]
    fn bad_frames_get_the_original_texts_and_stable_codes() {
        for (frame, expected) in [
            ("not json", ("Failed to process message", "bad_json")),
            ("null", ("Failed to process message", "not_an_object")),
            ("[1]", ("Failed to process message", "not_an_object")),
            ("{}", ("Unknown message type", "unknown_type")),
            (r#"{"type":7}"#, ("Unknown message type", "unknown_type")),
            (r#"{"type":"shout"}"#, ("Unknown message type", "unknown_type")),
            (r#"{"type":"message","role":"USER"}"#, ("Missing content or role", "missing_field")),
            (
                r#"{"type":"message","content":"","role":"USER"}"#,
                ("Missing content or role", "missing_field"),
            ),
            (r#"{"type":"message","content":"x"}"#, ("Missing content or role", "missing_field")),
            (r#"{"type":"message","content":7,"role":"USER"}"#, ("Missing content or role", "missing_field")),
            (
                r#"{"type":"message","content":"x","role":"ADMIN"}"#,
                ("Failed to send message", "unknown_role"),
            ),
            (
                r#"{"type":"message","content":"x","role":"USER","tempId":7}"#,
                ("Failed to process message", "bad_temp_id"),
            ),
            (r#"{"type":"read"}"#, ("Failed to process message", "bad_field")),
            (r#"{"type":"read","seq":-1}"#, ("Failed to process message", "bad_field")),
            (r#"{"type":"history","limit":"all"}"#, ("Failed to process message", "bad_field")),
            (r#"{"type":"refresh"}"#, ("Failed to process message", "bad_field")),
        ] {
            assert_eq!(fault(frame), expected, "{frame}");
        }
    }

    #[test]
    fn an_epoch_that_cannot_be_read_is_not_taken_for_none() {
        assert_eq!(resume_at(3, Some("zz")).epoch, Some(Epoch(0)));
        assert_eq!(resume_at(3, Some("")).epoch, None);
        assert_eq!(resume_at(3, Some("ff")).epoch, Some(Epoch(255)));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            read(&bytes);
        }

        #[test]
        fn any_text_is_kept_as_it_came(content in "\\PC{1,40}") {
            let frame = serde_json::json!({"type": "message", "content": content, "role": "agent"}).to_string();
            prop_assert_eq!(asked(&frame), Asked::Post { content, role: Role::Agent, temp_id: None });
        }
    }
}
