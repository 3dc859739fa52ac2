//! Words against those of seed 003, frame by frame.

use std::sync::Arc;

use recado_actors::dialect::Dialect;
use recado_actors::id::{Epoch, MessageId, Seq};
use recado_actors::message::receipt::Watermark;
use recado_actors::message::room::{Role, Sender};

use super::*;
use crate::doors::socketio::tells::OverEngine;

const AT: Timestamp = Timestamp(1_705_314_600_000);

fn room() -> RoomId {
    RoomId::parse("group:5").unwrap()
}

fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

fn message() -> Message {
    let more = serde_json::Map::new();
    let sender = Sender { id: "7".into(), name: Some("Ana".into()), email: None, avatar: None, more };
    Message::text(MessageId::numbered(12), "oi".into(), Role::User, sender, AT.to_string())
}

fn entry(body: EntryBody) -> RoomEvent {
    let entry = Entry { seq: Seq(3), at: AT, by: Some(user("7")), client_id: None, body };
    RoomEvent::EntryAdded { room: room(), epoch: Epoch(1), entry: Arc::new(entry) }
}

fn said(event: &RoomEvent) -> Vec<(String, Hearers)> {
    let text = |line: Line| (String::from_utf8(line.frame.packet().to_vec()).unwrap(), line.to);
    ChatDialect.event(event).into_iter().map(text).collect()
}

#[test]
fn a_message_is_new_to_all_but_the_socket_it_came_from() {
    let told = said(&entry(EntryBody::MessagePosted { message: message() }));
    let words = r#"42["new_message",{"id":12,"content":"oi","type":"text","senderId":7,"senderName":"Ana","groupId":5,"replyToId":null,"fileUrl":null,"fileName":null,"fileSize":null,"status":"sent","createdAt":"2024-01-15T10:30:00.000Z","timestamp":1705314600000,"isEdited":false,"isDeleted":false}]"#;
    assert_eq!(told, [(words.to_owned(), Hearers::Others)]);
}

#[test]
fn a_recall_is_told_as_one_and_a_deletion_as_one() {
    let mut gone = message();
    gone.withdraw();
    gone.updated_at = Some(AT.to_string());
    let deleted = said(&entry(EntryBody::MessageDeleted { message: gone.clone() }));
    assert!(deleted[0].0.starts_with(r#"42["message_deleted",{"deletedAt":"#), "{deleted:?}");
    gone.recalled = true;
    let recalled = said(&entry(EntryBody::MessageDeleted { message: gone }));
    assert!(recalled[0].0.starts_with(r#"42["message_recalled",{"#), "{recalled:?}");
}

#[test]
fn a_receipt_names_what_it_newly_covers() {
    let over = [(10, 1), (11, 2), (12, 3)].map(|(id, seq)| Receipted {
        id: MessageId::numbered(id),
        seq: Seq(seq),
        sender: user("7"),
    });
    let mark = |delivered, read| Watermark { delivered: Seq(delivered), read: Seq(read) };
    let moved = Moved { from: mark(1, 0), to: mark(3, 1), over: over.into() };
    let told = said(&RoomEvent::ReceiptMoved { room: room(), user: user("8"), moved, at: AT });
    let names: Vec<_> = told
        .iter()
        .map(|(text, to)| {
            let event: serde_json::Value = serde_json::from_str(&text[2..]).unwrap();
            (event[0].as_str().unwrap().to_owned(), event[1]["messageId"].as_u64().unwrap(), to.clone())
        })
        .collect();
    let only = || Hearers::Only(user("7"));
    assert_eq!(
        names,
        [
            ("message_read".to_owned(), 10, Hearers::Everyone),
            ("message_read_by_recipient".to_owned(), 10, only()),
            ("message_delivered".to_owned(), 11, only()),
            ("message_delivered".to_owned(), 12, only()),
        ]
    );
}

#[test]
fn only_whoever_shares_a_group_of_two_is_told_of_presence() {
    let presence = |between| RoomEvent::PresenceChanged {
        room: room(),
        user: user("8"),
        status: recado_actors::message::presence::Status::Away,
        between,
        at: AT,
    };
    assert_eq!(said(&presence(false)), []);
    let words = r#"42["contact_status_changed",{"status":"away","timestamp":1705314600000,"userId":8}]"#;
    assert_eq!(said(&presence(true)), [(words.to_owned(), Hearers::AllBut(user("8")))]);
}

#[test]
fn who_goes_for_a_restart_is_told_so_and_then_hung_up_on() {
    let words = OverEngine(ChatDialect).farewell(Farewell::ShuttingDown { retry_ms: 5, at: AT });
    let first = String::from_utf8(words[0].packet().to_vec()).unwrap();
    assert!(first.contains("server_shutdown") && first.contains("Servidor reiniciando"), "{first}");
    assert_eq!(words.len(), 2);
    assert_eq!(OverEngine(ChatDialect).farewell(Farewell::Banned).len(), 1);
}
