//! What is written is what the crate that knows the protocol writes.

use proptest::prelude::*;
use serde_json::json;
use socketioxide_core::Str;
use socketioxide_core::packet::Packet as Foreign;

use super::*;
use crate::doors::socketio::packet::placeholders::placeholder;

fn plain(text: &str) -> Written {
    Written { text: text.into(), attachments: Vec::new() }
}

#[test]
fn every_type_is_written_as_the_protocol_says() {
    let pair = ("b", 1);
    let none: [u8; 0] = [];
    for (written, text) in [
        (connected("/", "abc", None), r#"40{"sid":"abc"}"#),
        (connected("/admin", "abc", Some("def")), r#"40/admin,{"sid":"abc","pid":"def"}"#),
        (refused("/foo", "Invalid namespace", None), r#"44/foo,{"message":"Invalid namespace"}"#),
        (refused("/", "no", Some(&json!({"code": 1}))), r#"44{"message":"no","data":{"code":1}}"#),
        (connected_v3("/"), "40"),
        (connected_v3("/a"), "40/a,"),
        (refused_v3("/", "Token inválido"), r#"44"Token inválido""#),
        (disconnected("/"), "41"),
        (disconnected("/admin"), "41/admin,"),
        (event("/", "a", &pair, &[], None).unwrap(), r#"42["a","b",1]"#),
        (event("/", "a\"", &none, &[], None).unwrap(), r#"42["a\""]"#),
        (event("/n", "a", &(&none, ()), &[], Some(0)).unwrap(), r#"42/n,0["a",[],null]"#),
        (ack("/", 0, &none, &[]).unwrap(), "430[]"),
        (ack("/n", 12, &[pair], &[]).unwrap(), r#"43/n,12[["b",1]]"#),
    ] {
        assert_eq!(written, plain(text));
    }
}

#[test]
fn attachments_are_announced_and_follow() {
    let attachments = [Bytes::from_static(b"one"), Bytes::from_static(b"two")];
    let args = (placeholder(1), placeholder(0));
    let places = r#"{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}"#;
    let written = event("/", "a", &args, &attachments, Some(7)).unwrap();
    assert_eq!(written.text, format!("452-7[\"a\",{places}]"));
    assert_eq!(written.attachments, attachments);
    assert_eq!(ack("/n", 7, &args, &attachments).unwrap().text, format!("462-/n,7[{places}]"));
}

#[test]
fn what_is_no_array_is_not_written() {
    assert_eq!(event("/", "a", "b", &[], None), None);
    assert_eq!(event("/", "a", &json!({}), &[], None), None);
    assert_eq!(ack("/", 1, &1, &[]), None);
}

#[test]
fn frames_carry_the_packet_and_its_attachments() {
    let written = Written { text: "452-x".into(), attachments: vec![Bytes::from_static(&[1, 2])] };
    let wires = |protocol| written.frames(protocol).map(|frame| frame.wire().to_vec()).collect::<Vec<_>>();
    assert_eq!(wires(Protocol::V4), [b"\x81\x05452-x".to_vec(), b"\x82\x02\x01\x02".to_vec()]);
    assert_eq!(wires(Protocol::V3), [b"\x81\x05452-x".to_vec(), b"\x82\x03\x04\x01\x02".to_vec()]);
}

#[test]
fn bytes_anywhere_in_a_value_become_attachments() {
    #[derive(Serialize)]
    struct File {
        name: &'static str,
        content: Bytes,
    }
    let file = File { name: "a.png", content: Bytes::from_static(b"png") };
    let (args, attachments) = unpacked(&("x", vec![file], Bytes::from_static(b"two"))).unwrap();
    let place = |num| format!(r#"{{"_placeholder":true,"num":{num}}}"#);
    assert_eq!(args.get(), format!(r#"["x",[{{"name":"a.png","content":{}}}],{}]"#, place(0), place(1)));
    assert_eq!(attachments, [Bytes::from_static(b"png"), Bytes::from_static(b"two")]);
    let written = event("/", "up", &args, &attachments, None).unwrap();
    assert_eq!(written.text, format!("452-[\"up\",{}", args.get().trim_start_matches('[')));
    assert_eq!(unpacked("alone").unwrap().0.get(), r#"["alone"]"#);
}

/// Behind the type of Engine.IO.
fn written_by_the_crate(packet: Foreign) -> String {
    let written = CommonParser.encode(packet);
    format!("4{}", written.as_str().unwrap())
}

proptest! {
    #[test]
    fn what_is_written_is_what_the_crate_writes(
        namespace in "/([a-zé]{1,5})?",
        name in "\\PC{0,12}",
        word in "\\PC{0,12}",
        number in any::<i64>(),
        blob in prop::collection::vec(any::<u8>(), 0..9),
        ack_id in 0_i64..9_007_199_254_740_991,
    ) {
        let to = || Str::copy_from_slice(&namespace);
        let id = u64::try_from(ack_id).ok();
        let args = (word.as_str(), number);
        let value = || CommonParser.encode_value(&args, Some(&name)).unwrap();
        let ours = event(&namespace, &name, &args, &[], None).unwrap();
        prop_assert_eq!(ours.text, written_by_the_crate(Foreign::event(to(), value())));

        let mut asking = Foreign::event(to(), value());
        asking.inner.set_ack_id(ack_id);
        let ours = event(&namespace, &name, &args, &[], id).unwrap();
        prop_assert_eq!(ours.text, written_by_the_crate(asking));

        let with_blob = (word.as_str(), Bytes::from(blob));
        let (args, attachments) = unpacked(&with_blob).unwrap();
        let value = CommonParser.encode_value(&with_blob, Some(&name)).unwrap();
        let ours = event(&namespace, &name, &args, &attachments, None).unwrap();
        prop_assert_eq!(ours.text, written_by_the_crate(Foreign::event(to(), value)));
        let value = CommonParser.encode_value(&with_blob, None).unwrap();
        let ours = ack(&namespace, id.unwrap(), &args, &attachments).unwrap();
        prop_assert_eq!(ours.text, written_by_the_crate(Foreign::ack(to(), value, ack_id)));

        prop_assert_eq!(disconnected(&namespace).text, written_by_the_crate(Foreign::disconnect(to())));
        prop_assert_eq!(connected_v3(&namespace).text, written_by_the_crate(Foreign::connect(to(), None)));
        let error = written_by_the_crate(Foreign::connect_error(to(), word.clone()));
        prop_assert_eq!(refused(&namespace, &word, None).text, error);
    }
}
