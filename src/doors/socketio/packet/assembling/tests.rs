//! Texts and attachments in every order that a client may get wrong.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::doors::socketio::engine::packet::{Packet, Protocol, read_text};
use crate::doors::socketio::packet::writing::{self, Written};

const TWO: &str = r#"52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;

fn assembler() -> Assembler {
    Assembler::new(Arc::new(Limits { attachment_bytes: 100, ..Limits::default() }))
}

fn text(text: &str) -> Message {
    Message::Text(text.into())
}

fn binary(bytes: &'static [u8]) -> Message {
    Message::Binary(Bytes::from_static(bytes))
}

#[test]
fn a_packet_is_whole_with_its_last_attachment() {
    let mut assembler = assembler();
    assert_eq!(assembler.hear(text(TWO)), Ok(None));
    assert!(assembler.is_waiting());
    assert_eq!(assembler.hear(binary(b"one")), Ok(None));
    let heard = assembler.hear(binary(b"")).unwrap().unwrap();
    let expected = [Bytes::from_static(b"one"), Bytes::new()];
    assert!(matches!(heard, Heard::Event { attachments, .. } if attachments == expected));
    assert!(!assembler.is_waiting());
    assert!(assembler.hear(text(r#"2["b"]"#)).unwrap().is_some());
}

#[test]
fn text_before_the_last_attachment_is_a_fault() {
    let mut assembler = assembler();
    assert_eq!(assembler.hear(text(TWO)), Ok(None));
    assert_eq!(assembler.hear(binary(b"one")), Ok(None));
    assert_eq!(assembler.hear(text(r#"2["b"]"#)), Err(Fault::AttachmentMissing));
}

#[test]
fn an_attachment_that_nobody_announced_is_a_fault() {
    assert_eq!(assembler().hear(binary(b"one")), Err(Fault::AttachmentUnannounced));
    let mut assembler = assembler();
    assert!(assembler.hear(text(r#"50-["a"]"#)).unwrap().is_some());
    assert_eq!(assembler.hear(binary(b"one")), Err(Fault::AttachmentUnannounced));
}

#[test]
fn attachments_are_limited_together() {
    let mut assembler = assembler();
    assert_eq!(assembler.hear(text(TWO)), Ok(None));
    assert_eq!(assembler.hear(binary(&[7; 60])), Ok(None));
    assert_eq!(assembler.hear(binary(&[7; 41])), Err(Fault::TooLarge));
    assert!(!assembler.is_waiting(), "what was too large is kept");
}

#[test]
fn what_waits_does_not_hold_on_to_the_buffer_it_came_in() {
    let buffer = Bytes::from(vec![7; 1000]);
    let mut assembler = assembler();
    assert_eq!(assembler.hear(text(TWO)), Ok(None));
    assert_eq!(assembler.hear(Message::Binary(buffer.slice(..10))), Ok(None));
    assert!(buffer.is_unique());
}

/// What a server writes is what a client would: hears it as such.
fn heard(written: &Written) -> Result<Option<Heard>, Fault> {
    let mut assembler = Assembler::new(Arc::new(Limits::default()));
    let Ok(Packet::Message(message)) = read_text(Protocol::V4, written.text.clone()) else {
        panic!("{written:?} is no message");
    };
    let mut heard = assembler.hear(message);
    for attachment in &written.attachments {
        assert_eq!(heard, Ok(None));
        heard = assembler.hear(Message::Binary(attachment.clone()));
    }
    heard
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,3}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_heard_the_same(
        namespace in "/([a-zé]{1,5})?",
        name in "\\PC{0,12}",
        values in prop::collection::vec(any_value(), 0..4),
        blobs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..4),
        ack in prop::option::of(0..super::super::LARGEST_ID),
    ) {
        let attachments: Vec<Bytes> = blobs.into_iter().map(Bytes::from).collect();
        let mut args = values;
        args.extend((0..attachments.len()).map(|num| json!({"in": {"_placeholder": true, "num": num}})));
        let written = writing::event(&namespace, &name, &args, &attachments, ack).unwrap();
        let (namespace, id) = (namespace.into(), ack);
        let event = Heard::Event { namespace, name, args: args.clone(), attachments: attachments.clone(), ack };
        prop_assert_eq!(heard(&written), Ok(Some(event)));
        if let Some(id) = id {
            let written = writing::ack("/a", id, &args, &attachments).unwrap();
            let ack = Heard::Ack { namespace: "/a".into(), id, args: args.clone(), attachments: attachments.clone() };
            prop_assert_eq!(heard(&written), Ok(Some(ack)));
        }
    }
}
