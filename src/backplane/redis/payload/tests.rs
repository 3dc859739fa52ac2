//! What Next and other nodes publish, and what they never should.

use proptest::prelude::*;
use recado_actors::message::room::EntryBody;
use serde_json::{Value, json};

use super::*;

const NOW: Timestamp = Timestamp(7);
const MOST: usize = 100_000;

fn read(payload: &Value) -> Result<News, Unread> {
    super::read(payload.to_string().as_bytes(), MOST, NOW)
}

fn relayed(payload: &Value) -> (Option<String>, String, EntryBody) {
    match read(payload) {
        Ok(News::EntryRelayed { by, client_id, body }) => {
            (by.map(|by| by.to_string()), client_id.as_str().to_owned(), *body)
        }
        other => panic!("{other:?}"),
    }
}

fn message(kind: &str, more: &Value) -> Value {
    let sender = json!({ "id": "ann", "name": "Ann", "email": null, "avatar": null, "team": "blue" });
    let mut data =
        json!({ "id": "m1", "content": "hello", "role": "user", "timestamp": "T1", "sender": sender });
    for (key, value) in more.as_object().unwrap() {
        data[key] = value.clone();
    }
    json!({ "type": kind, "data": data, "timestamp": "T2" })
}

#[test]
fn a_message_is_known_by_its_own_id() {
    let (by, client_id, body) = relayed(&message("message", &json!({})));
    assert_eq!((by.as_deref(), client_id.as_str()), (Some("ann"), "m1"));
    let EntryBody::MessagePosted { message } = body else { panic!("{body:?}") };
    assert_eq!((message.content.as_str(), message.created_at.as_str()), ("hello", "T1"));
    assert_eq!((message.sender.name.as_deref(), &message.sender.more["team"]), (Some("Ann"), &json!("blue")));
}

#[test]
fn a_message_is_lost_over_no_detail() {
    let odd = message("message", &json!({ "id": 7, "role": "ASSISTANT", "sender": null, "timestamp": null }));
    let (by, client_id, body) = relayed(&odd);
    assert_eq!((by.as_deref(), client_id.as_str()), (Some("unknown"), "7"));
    let told = body.message().unwrap();
    assert_eq!((told.role, told.created_at.as_str()), (Role::Assistant, "T2"));
}

#[test]
fn an_edit_is_known_by_its_message_and_time_and_without_one_by_what_it_says() {
    let edit = |more: Value| relayed(&message("message_updated", &more));
    let (_, first, body) = edit(json!({ "updatedAt": "U1" }));
    assert!(
        matches!(&body, EntryBody::MessageEdited { message } if message.updated_at.as_deref() == Some("U1"))
    );
    assert_eq!(edit(json!({ "updatedAt": "U1", "content": "again" })).1, first);
    assert_ne!(edit(json!({ "updatedAt": "U2" })).1, first);
    assert_ne!(edit(json!({ "updatedAt": "U1", "id": "m2" })).1, first);
    let (_, bare, body) = edit(json!({}));
    assert_eq!(body.message().unwrap().updated_at.as_deref(), Some("T2"));
    assert_eq!(edit(json!({})).1, bare);
    assert_ne!(edit(json!({ "content": "other" })).1, bare);
    // It must be the same in every version, or an upgrade would repeat what a store holds.
    assert_eq!(first, "edit_etgYb5P6HpKEQczUx3PbfNOrQccqSj5OvLwb76r5IYc");
}

#[test]
fn an_edit_that_leaves_nothing_is_a_deletion() {
    let (_, _, body) = relayed(&message("message_updated", &json!({ "content": "", "updatedAt": "U1" })));
    assert!(
        matches!(body, EntryBody::MessageDeleted { message } if message.deleted && message.content.is_empty())
    );
}

#[test]
fn an_agent_is_known_by_name_and_time() {
    let joined = |data: Value| relayed(&json!({ "type": "agent_joined", "data": data, "timestamp": "T2" }));
    let (by, first, body) = joined(json!({ "agentId": "bob", "agentName": "Bob", "timestamp": "T1" }));
    assert_eq!(by.as_deref(), Some("bob"));
    assert!(matches!(body, EntryBody::AgentJoined { name, .. } if name == "Bob"));
    assert_ne!(joined(json!({ "agentId": "bob", "agentName": "Bob" })).1, first);
    let (_, _, body) = joined(json!({ "agentId": "bob", "agentName": "" }));
    assert!(matches!(body, EntryBody::AgentJoined { name, .. } if name == "Agent"));
}

#[test]
fn typing_is_a_signal() {
    let typing = json!({ "type": "typing", "data": { "userId": "ann", "isTyping": true }, "timestamp": "T" });
    assert!(
        matches!(read(&typing), Ok(News::TypingChanged { user, is_typing: true, at: NOW, .. }) if user.as_str() == "ann")
    );
}

#[test]
fn what_does_not_travel_is_refused() {
    for kind in ["connected", "pong", "error", "notice", "receipt", "", "MESSAGE"] {
        assert_eq!(read(&message(kind, &json!({}))).unwrap_err(), Unread::OtherType, "{kind}");
    }
    for wrong in
        [json!({ "id": "" }), json!({ "id": "a\nb" }), json!({ "id": null }), json!({ "role": "king" })]
    {
        assert_eq!(read(&message("message", &wrong)).unwrap_err(), Unread::Malformed, "{wrong}");
    }
    let deep = format!(r#"{{"type":"message","data":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    for garbage in ["", "null", "[]", "{}", "\u{0}", r#"{"type":7}"#, r#"{"type":"message"}"#, &deep] {
        assert!(super::read(garbage.as_bytes(), MOST, NOW).is_err(), "{garbage:.40}");
    }
    assert_eq!(super::read(&[b' '; MOST + 1], MOST, NOW).unwrap_err(), Unread::TooLarge);
}

proptest! {
    #[test]
    fn nothing_makes_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = super::read(&bytes, MOST, NOW);
    }

    #[test]
    fn no_shape_of_a_message_makes_it_fail(kind in "message|message_updated|agent_joined|typing", key in "id|role|content|sender|agentId|userId|isTyping|timestamp", text in ".{0,300}", number in any::<f64>()) {
        for value in [json!(text), json!(number), json!(null), json!([text]), json!({ "id": text })] {
            let _ = read(&message(&kind, &json!({ key.as_str(): value })));
        }
    }
}

#[test]
fn what_our_nodes_say_reads_back_and_what_came_from_elsewhere_is_not_said_again() {
    use recado_actors::id::{Epoch, GroupId, NodeId, Seq};
    use recado_actors::message::room::{Entry, Role};
    let sender = Sender { id: "7".into(), name: None, email: None, avatar: None, more: Map::new() };
    let message = Message::text(MessageId::numbered(9), "olá".into(), Role::User, sender, "T1".into());
    let body = EntryBody::MessagePosted { message };
    let (by, client_id) = (UserId::parse("7").ok(), ClientId::parse("c").unwrap());
    let entry = Entry {
        seq: Seq(3),
        at: NOW,
        by: by.clone(),
        client_id: Some(client_id.clone()),
        body: body.clone(),
    };
    let users = [UserId::parse("8").unwrap()].into();
    let group = GroupId::new(1).unwrap();
    let news = [
        (News::EntryAdded { epoch: Epoch(7), entry: entry.into() }, Some(false)),
        (News::GroupChanged { group, users, epoch: Epoch(7), from: Seq(2) }, Some(false)),
        (
            News::PresenceChanged { user: by.clone().unwrap(), status: Default::default(), at: NOW },
            Some(true),
        ),
        (News::EntryRelayed { by, client_id, body: Box::new(body) }, None),
    ];
    for (news, signal) in news {
        let told = RoomNews { from: NodeId::parse("a").unwrap(), room: group.room(), news };
        let payload = own(&told);
        assert_eq!(payload.as_ref().map(|(_, signal)| *signal), signal);
        let Some((payload, _)) = payload else { continue };
        let heard = read_own(&payload, MOST).unwrap();
        // All but the client id, which stays at home.
        assert_eq!(own(&heard).map(|(again, _)| again), Some(payload.clone()));
        assert!(read_own(&payload, payload.len() - 1).is_err() && read_own(&payload[1..], MOST).is_err());
    }
}
