//! Frames against the samples of seed 004, key by key and in its order.

use std::sync::Arc;

use recado_actors::id::{Epoch, RoomId, UserId};
use recado_actors::message::presence::Status;
use recado_actors::message::room::{Moved, Role};

use super::*;

const AT: Timestamp = Timestamp(1_705_314_600_000);

fn room() -> RoomId {
    RoomId::chat("chat_123").unwrap()
}

fn message() -> Message {
    let sender = Sender {
        id: "user_123".into(),
        name: Some("John Doe".into()),
        email: None,
        avatar: None,
        more: serde_json::Map::new(),
    };
    let id = MessageId::parse("msg_123").unwrap();
    Message::text(id, "Hello!".into(), Role::User, sender, "2024-01-15T10:30:00.000Z".into())
}

fn say(extras: bool, event: &RoomEvent) -> Option<String> {
    let dialect = WidgetDialect { extras, heartbeat: Duration::from_secs(30) };
    let lines = dialect.event(event);
    lines.first().map(|line| String::from_utf8(line.frame.packet().to_vec()).unwrap())
}

fn goodbye(extras: bool, farewell: Farewell) -> Vec<u8> {
    let dialect = WidgetDialect { extras, heartbeat: Duration::from_secs(30) };
    dialect.farewell(farewell).iter().flat_map(|frame| frame.wire().to_vec()).collect()
}

#[test]
fn those_with_extras_are_told_when_a_flood_may_return() {
    let close = b"\x88\x13\x11\x4dToo many messages";
    assert_eq!(goodbye(false, Farewell::Flooding), close);
    let both = goodbye(true, Farewell::Flooding);
    let told = both.strip_suffix(close).unwrap();
    let told: Value = serde_json::from_slice(&told[2..]).unwrap();
    assert_eq!(told, json!({ "type": "goodbye", "reason": "flooding", "retryAfterMs": 10_000 }));
}

fn entry(body: EntryBody) -> RoomEvent {
    let entry = Arc::new(Entry { seq: Seq(7), at: AT, by: None, client_id: None, body });
    RoomEvent::EntryAdded { room: RoomId::chat("chat_1").unwrap(), epoch: Epoch(1), entry }
}

#[test]
fn a_message_is_told_as_the_seed_has_it() {
    let posted = entry(EntryBody::MessagePosted { message: message() });
    let plain = r#"{"type":"message","data":{"id":"msg_123","content":"Hello!","role":"user","timestamp":"2024-01-15T10:30:00.000Z","sender":{"id":"user_123","name":"John Doe","email":null,"avatar":null}},"timestamp":"2024-01-15T10:30:00.000Z"}"#;
    assert_eq!(say(false, &posted).as_deref(), Some(plain));
    assert_eq!(say(true, &posted).unwrap(), plain.replace(r#"null}},"#, r#"null},"seq":7},"#));
}

#[test]
fn an_edit_carries_when_it_was_made() {
    let edited = Message { updated_at: Some("2024-01-15T10:31:00.000Z".into()), ..message() };
    let told = say(false, &entry(EntryBody::MessageEdited { message: edited })).unwrap();
    assert!(told.starts_with(r#"{"type":"message_updated","data":{"id":"msg_123""#), "{told}");
    assert!(told.contains(r#""updatedAt":"2024-01-15T10:31:00.000Z","sender""#), "{told}");
}

#[test]
fn typing_and_agents_are_told_as_the_seed_has_it() {
    let user = UserId::parse("user_123").unwrap();
    let typing =
        RoomEvent::TypingChanged { room: room(), user: user.clone(), name: None, is_typing: true, at: AT };
    assert_eq!(
        say(false, &typing).as_deref(),
        Some(
            r#"{"type":"typing","data":{"isTyping":true,"userId":"user_123"},"timestamp":"2024-01-15T10:30:00.000Z"}"#
        )
    );
    let joined = entry(EntryBody::AgentJoined { agent: user, name: "Ana".into() });
    assert_eq!(
        say(false, &joined).as_deref(),
        Some(
            r#"{"type":"agent_joined","data":{"agentId":"user_123","agentName":"Ana","timestamp":"2024-01-15T10:30:00.000Z"},"timestamp":"2024-01-15T10:30:00.000Z"}"#
        )
    );
}

#[test]
fn a_deleted_content_leaves_stock_clients_too() {
    let deleted = Message { content: String::new(), deleted: true, ..message() };
    let gone = entry(EntryBody::MessageDeleted { message: deleted });
    let plain = say(false, &gone).unwrap();
    assert!(
        plain.starts_with(r#"{"type":"message_updated""#) && plain.contains(r#""content":"""#),
        "{plain}"
    );
    assert!(!plain.contains("deleted"));
    assert!(
        say(true, &gone).unwrap().starts_with(r#"{"type":"message_deleted","data":{"id":"msg_123","seq":7}"#)
    );
}

#[test]
fn stock_clients_never_see_what_they_did_not_ask_for() {
    let user = UserId::parse("u").unwrap();
    let to = Watermark { delivered: Seq(2), read: Seq(1) };
    let moved = Moved { from: Watermark::default(), to, over: Arc::default() };
    let receipt = RoomEvent::ReceiptMoved { room: room(), user: user.clone(), moved, at: AT };
    let (status, between) = (Status::Offline, false);
    let presence = RoomEvent::PresenceChanged { room: room(), user, status, between, at: AT };
    for event in [receipt, presence, entry(EntryBody::RoomClosed), entry(EntryBody::RoomReopened)] {
        assert_eq!(say(false, &event), None);
        assert!(say(true, &event).is_some());
    }
}
