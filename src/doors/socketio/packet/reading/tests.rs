//! What is read, what is refused, and what the crate that knows the protocol thinks of both.

use proptest::prelude::*;
use serde_json::json;
use socketioxide_core::Str;
use socketioxide_core::Value as Payload;
use socketioxide_core::packet::{Packet, PacketData};
use socketioxide_core::parser::{Parse, ParseConfig, ParseError, ParserState};
use socketioxide_parser_common::CommonParser;

use super::*;

fn limits() -> Limits {
    Limits { depth: 8, namespace_bytes: 16, ..Limits::default() }
}

fn heard(text: &str) -> Heard {
    read(text, &limits()).unwrap().0
}

fn event(namespace: &'static str, name: &str, args: Value, ack: Option<u64>) -> Heard {
    let args = serde_json::from_value(args).unwrap();
    Heard::Event { namespace: namespace.into(), name: name.to_owned(), args, attachments: Vec::new(), ack }
}

fn ack(namespace: &'static str, id: u64, args: Value) -> Heard {
    let args = serde_json::from_value(args).unwrap();
    Heard::Ack { namespace: namespace.into(), id, args, attachments: Vec::new() }
}

fn connect(namespace: &'static str, auth: Value) -> Heard {
    Heard::Connect { namespace: namespace.into(), auth: serde_json::from_value(auth).unwrap() }
}

#[test]
fn every_type_is_read_as_the_protocol_says() {
    for (text, expected) in [
        ("0", connect("/", json!(null))),
        (r#"0{"token":"abc"}"#, connect("/", json!({"token": "abc"}))),
        (r#"0/admin™,{"a":{}}"#, connect("/admin™", json!({"a": {}}))),
        ("0/admin", connect("/admin", json!(null))),
        ("0/chat?token=abc", connect("/chat?token=abc", json!(null))),
        ("1", Heard::Disconnect { namespace: "/".into() }),
        ("1/admin,", Heard::Disconnect { namespace: "/admin".into() }),
        (r#"2["hello",1,null]"#, event("/", "hello", json!([1, null]), None)),
        (r#"20["hello"]"#, event("/", "hello", json!([]), Some(0))),
        (r#"2/admin,456["a",{"b":"c"}]"#, event("/admin", "a", json!([{"b": "c"}]), Some(456))),
        (r#"2["project:delete, \"123\""]"#, event("/", "project:delete, \"123\"", json!([]), None)),
        (r#"2["a\u00e9"]"#, event("/", "aé", json!([]), None)),
        (r#"2["a","cut \ud83d"]"#, event("/", "a", json!(["cut \u{FFFD}"]), None)),
        (r"2[5,6]", event("/", "5", json!([6]), None)),
        (r#"2[""]"#, event("/", "", json!([]), None)),
        ("3456[]", ack("/", 456, json!([]))),
        (r#"3/admin,0["a"]"#, ack("/admin", 0, json!(["a"]))),
        ("39007199254740991[]", ack("/", LARGEST_ID, json!([]))),
        (r#"50-["a"]"#, event("/", "a", json!([]), None)),
    ] {
        assert_eq!(heard(text), expected, "{text}");
    }
}

#[test]
fn names_that_only_look_reserved_are_names() {
    for name in ["error", "message", "connected", "ping", "pong", "__proto__", "Connect"] {
        assert_eq!(heard(&format!("2[\"{name}\"]")), event("/", name, json!([]), None));
    }
}

#[test]
fn attachments_are_announced_before_they_come() {
    let text = r#"52-/a,7["b",{"_placeholder":true,"num":1},[{"x":{"_placeholder":true,"num":0}}]]"#;
    let (heard, attachments) = read(text, &limits()).unwrap();
    assert_eq!(attachments, 2);
    assert!(matches!(heard, Heard::Event { ack: Some(7), args, .. } if args.len() == 2));
    let (_, attachments) = read(r#"61-3[{"_placeholder":true,"num":0}]"#, &limits()).unwrap();
    assert_eq!(attachments, 1);
}

const FAULTY: &[(&str, Fault)] = &[
    ("", Fault::Empty),
    ("4\"no\"", Fault::UnknownType),
    ("7", Fault::UnknownType),
    ("é", Fault::UnknownType),
    ("-1", Fault::UnknownType),
    (r#"5["a"]"#, Fault::BadCount),
    (r#"5-["a"]"#, Fault::BadCount),
    (r#"51["a"]"#, Fault::BadCount),
    (r#"5+1-["a"]"#, Fault::BadCount),
    (r#"511-["a"]"#, Fault::TooMany),
    (r#"599999999999999999999999-["a"]"#, Fault::TooMany),
    ("0/a\u{1e}b,", Fault::BadNamespace),
    ("01{}", Fault::BadId),
    ("11", Fault::BadId),
    ("3[]", Fault::BadId),
    ("39007199254740992[]", Fault::BadId),
    (r#"2123456789012345678901234567890["a"]"#, Fault::BadId),
    (r#"2["a""#, Fault::BadJson),
    (r#"2["a"]x"#, Fault::BadJson),
    (r#"2["a",1e999]"#, Fault::BadJson),
    ("0{", Fault::BadJson),
    (r#"0{"a":[[[[[[[[1]]]]]]]]}"#, Fault::TooDeep),
    (r#"2{"a":"\ud83d"}"#, Fault::BadPayload),
    ("0[]", Fault::BadPayload),
    ("0null", Fault::BadPayload),
    ("0\"token\"", Fault::BadPayload),
    ("1{}", Fault::BadPayload),
    ("2", Fault::BadPayload),
    ("2{}", Fault::BadPayload),
    ("2\"a\"", Fault::BadPayload),
    ("31", Fault::BadPayload),
    ("31{}", Fault::BadPayload),
    ("2[]", Fault::NoName),
    ("2[null]", Fault::NoName),
    (r#"2[{"a":1}]"#, Fault::NoName),
    (r#"2["connect"]"#, Fault::ReservedName),
    (r#"2["conn\u0065ct"]"#, Fault::ReservedName),
    (r#"51-["disconnect",{"_placeholder":true,"num":0}]"#, Fault::ReservedName),
    (r#"51-["a"]"#, Fault::BadPlaceholder),
    (r#"51-["a",{"_placeholder":true}]"#, Fault::BadPlaceholder),
    (r#"51-["a",{"_placeholder":true,"num":1}]"#, Fault::BadPlaceholder),
    (r#"51-["a",{"_placeholder":true,"num":-1}]"#, Fault::BadPlaceholder),
    (r#"51-["a",{"_placeholder":true,"num":"0"}]"#, Fault::BadPlaceholder),
    (r#"51-[{"_placeholder":true,"num":0}]"#, Fault::NoName),
    (r#"52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]"#, Fault::BadPlaceholder),
];

#[test]
fn a_packet_that_breaks_a_rule_is_told_which() {
    for (text, fault) in FAULTY {
        assert_eq!(read(text, &limits()), Err(*fault), "{text}");
    }
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    let refused = |text: String| read(&text, &limits()).unwrap_err();
    assert_eq!(refused(format!("0/{}", "n".repeat(16))), Fault::BadNamespace);
    assert_eq!(refused(format!("2[\"a\",{}{}]", "[".repeat(8), "]".repeat(8))), Fault::TooDeep);
    assert_eq!(refused(format!("2[\"a\"{}]", ",1".repeat(50_000))), Fault::TooManyValues);
    assert!(read(&format!("0/{}", "n".repeat(15)), &limits()).is_ok());
    assert!(read(&format!("2[\"a\",{}{}]", "[".repeat(7), "]".repeat(7)), &limits()).is_ok());
}

#[test]
fn what_looks_like_a_placeholder_without_attachments_is_only_said() {
    let said = json!([{"_placeholder": true, "num": 7}]);
    assert_eq!(heard(r#"2["a",{"_placeholder":true,"num":7}]"#), event("/", "a", said, None));
}

/// A packet as the crate reads it, and how many attachments it waits for; none if it refuses.
fn judged(text: &str) -> Option<(Packet, usize)> {
    let state = ParserState::default();
    match CommonParser.decode_str(&ParseConfig::default(), &state, Str::copy_from_slice(text)) {
        Ok(packet) => Some((packet, 0)),
        Err(ParseError::NeedsMoreBinaryData) => {
            let count = state.incoming_binary_cnt.load(std::sync::atomic::Ordering::Relaxed);
            state.partial_bin_packet.lock().unwrap().take().map(|half| (half.packet, count))
        }
        Err(_) => None,
    }
}

fn json_of(payload: &Payload) -> Value {
    serde_json::from_str(payload.as_str().unwrap()).unwrap()
}

/// The same in the crate's words.
fn agree(ours: &Heard, theirs: &Packet) -> bool {
    let small = |id: i64| u64::try_from(id).unwrap();
    match (ours, &theirs.inner) {
        (Heard::Connect { namespace, auth }, PacketData::Connect(shown)) => {
            **namespace == *theirs.ns && auth.clone().map(Value::Object) == shown.as_ref().map(json_of)
        }
        (Heard::Disconnect { namespace }, PacketData::Disconnect) => **namespace == *theirs.ns,
        (
            Heard::Event { namespace, name, args, ack, .. },
            PacketData::Event(said, id) | PacketData::BinaryEvent(said, id),
        ) => {
            let said: Vec<Value> = serde_json::from_value(json_of(said)).unwrap();
            let (first, rest) = said.split_first().unwrap();
            let is_name = first.as_str().map_or_else(|| first.to_string(), str::to_owned) == *name;
            **namespace == *theirs.ns && is_name && rest == args && *ack == id.map(small)
        }
        (
            Heard::Ack { namespace, id, args, .. },
            PacketData::EventAck(said, same) | PacketData::BinaryAck(said, same),
        ) => **namespace == *theirs.ns && *id == small(*same) && json_of(said) == json!(args),
        _ => false,
    }
}

fn almost_packet() -> impl Strategy<Value = String> {
    let json = prop_oneof![
        Just(String::new()),
        r#"\[("[a-z]{1,3}"|[0-9]|\{"a":\[\]\})(,("[a-zé]{0,3}"|null|[0-9]{1,3})){0,3}\]"#,
        r#"\{("a":[0-9])?\}"#,
        r#"\["a"(,\{"_placeholder":true,"num":[0-2]\}){0,3}\]"#,
        r#"[\[\]{}",:a0-9]{0,8}"#,
    ];
    let head = r"[0-7]([0-9]{1,2}-)?(/[a-z]{0,3},?)?([0-9]{0,3}|[0-9]{14,22})?";
    (head, json).prop_map(|(head, json)| head + &json)
}

proptest! {
    #[test]
    fn what_is_read_is_what_the_crate_reads(text in almost_packet()) {
        let theirs = judged(&text);
        match read(&text, &limits()) {
            Ok((ours, attachments)) => {
                let (theirs, announced) = theirs.unwrap();
                prop_assert_eq!(attachments, announced);
                prop_assert!(agree(&ours, &theirs), "{:?} is not {:?}", ours, theirs);
            }
            // It looks at none of these.
            Err(
                Fault::BadJson
                | Fault::BadPayload
                | Fault::NoName
                | Fault::BadId
                | Fault::BadNamespace
                | Fault::BadPlaceholder
                | Fault::TooMany,
            ) => {}
            Err(fault) => prop_assert!(theirs.is_none(), "{:?} is {:?}", theirs, fault),
        }
    }

    #[test]
    fn any_text_is_a_packet_or_a_fault(text in "[0-6]?\\PC{0,60}", junk in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = read(&text, &limits());
        let _ = read(&String::from_utf8_lossy(&junk), &limits());
    }
}
