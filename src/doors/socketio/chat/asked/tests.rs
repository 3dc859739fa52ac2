//! Every event as stock clients send it, Flutter's nulls included, and every text for one that cannot be meant.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn heard(name: &str, argument: Value) -> Heard {
    read(name, &[argument])
}

fn asked(name: &str, argument: Value) -> Asked {
    match heard(name, argument) {
        Heard::Asked(asked) => asked,
        other => panic!("{name}: {other:?}"),
    }
}

fn letter(content: &str) -> Letter {
    Letter { group: 7, kind: MessageKind::Text, content: content.into(), reply_to: None, file: None }
}

#[test]
fn a_message_is_read_as_the_app_sends_it() {
    let plain =
        json!({ "groupId": 7, "content": " oi ", "type": "text", "replyToId": null, "tempId": "1733" });
    assert_eq!(asked("send_message", plain), Asked::Send(letter("oi")));
    let reply =
        json!({ "groupId": "7", "content": "oi", "replyToId": "12", "fileUrl": null, "fileSize": null });
    assert_eq!(asked("send_message", reply), Asked::Send(Letter { reply_to: Some(12), ..letter("oi") }));
    let image = json!({ "groupId": 7, "content": null, "type": "image", "fileUrl": "/uploads/chat/a.png", "fileName": "a.png", "fileSize": 9 });
    let file = Attachment { url: "/uploads/chat/a.png".into(), name: Some("a.png".into()), size: Some(9) };
    assert_eq!(
        asked("send_message", image),
        Asked::Send(Letter { kind: MessageKind::Image, file: Some(file), ..letter("") })
    );
}

#[test]
fn what_cannot_be_meant_gets_the_original_s_text() {
    for (name, argument, text) in [
        ("send_message", json!({ "content": "x" }), texts::GROUP_NEEDED),
        ("send_message", json!({ "groupId": 0, "content": "x" }), texts::GROUP_NEEDED),
        ("send_message", json!({ "groupId": 1.5, "content": "x" }), texts::GROUP_NEEDED),
        ("send_message", json!({ "groupId": 7 }), texts::CONTENT_NEEDED),
        ("send_message", json!({ "groupId": 7, "content": 3 }), texts::CONTENT_NEEDED),
        ("send_message", json!({ "groupId": 7, "content": "  " }), texts::TEXT_EMPTY),
        ("send_message", json!({ "groupId": 7, "content": "x", "type": "sticker" }), texts::KIND_UNKNOWN),
        ("send_message", json!({ "groupId": 7, "content": "x", "type": "video" }), texts::FILE_NEEDED),
        ("send_message", json!({ "groupId": 7, "content": "x", "replyToId": "y" }), texts::REPLY_UNKNOWN),
        ("send_message", json!("oi"), texts::GROUP_NEEDED),
        ("join_group", json!({ "groupId": null }), texts::GROUP_NEEDED),
        ("leave_group", json!({}), texts::GROUP_NEEDED),
        ("get_online_users", json!([]), texts::GROUP_NEEDED),
        ("edit_message", json!({ "messageId": 3 }), texts::MESSAGE_AND_CONTENT_NEEDED),
        ("edit_message", json!({ "content": "x" }), texts::MESSAGE_AND_CONTENT_NEEDED),
        ("delete_message", json!({ "messageId": -1 }), texts::MESSAGE_NEEDED),
        ("recall_message", json!(null), texts::MESSAGE_NEEDED),
        ("upload_file", json!({ "groupId": 7, "fileName": "a", "fileSize": 1 }), texts::FILE_INCOMPLETE),
    ] {
        assert_eq!(heard(name, argument.clone()), Heard::Refused(text), "{name} {argument}");
    }
}

#[test]
fn what_is_said_of_a_file_is_short_and_nothing_a_client_would_run() {
    let sent =
        |url: &str, name: &str| json!({ "groupId": 7, "type": "file", "fileUrl": url, "fileName": name });
    let long = format!("https://a.example/{}", "x".repeat(2048));
    for wrong in ["javascript:alert(1)", " javascript:x", "data:text/html,x", "x", "  ", "é", long.as_str()]
    {
        assert_eq!(heard("send_message", sent(wrong, "a")), Heard::Refused(texts::ADDRESS_WRONG), "{wrong}");
    }
    for url in ["/uploads/chat/a.png", "https://a.example/a.png", "HTTP://a.example"] {
        let Asked::Send(letter) = asked("send_message", sent(url, &format!("../{}.png", "x".repeat(5000))))
        else {
            panic!("a message");
        };
        let file = letter.file.unwrap();
        let name = file.name.unwrap();
        assert_eq!((file.url.as_str(), name.chars().count()), (url, 180));
        assert!(name.starts_with('x') && name.ends_with(".png"), "{name}");
    }
}

#[test]
fn signals_are_understood_or_ignored() {
    let both = json!({ "messageIds": [3, "4", null, "x", -1], "groupId": 99 });
    assert_eq!(asked("message_read", both.clone()), Asked::Read { messages: vec![3, 4] });
    assert_eq!(asked("message_delivered", both), Asked::Delivered { messages: vec![3, 4] });
    assert_eq!(asked("typing_stop", json!({ "groupId": 7 })), Asked::Typing { group: 7, is_typing: false });
    assert_eq!(asked("update_status", json!({ "status": "busy" })), Asked::SetStatus(Status::Busy));
    for (name, argument) in [
        ("message_read", json!({ "messageIds": "3" })),
        ("message_read", json!({ "messageIds": vec![1; 1001] })),
        ("typing_start", json!({})),
        ("update_status", json!({ "status": "asleep" })),
        ("shout", json!({ "groupId": 7 })),
    ] {
        assert_eq!(heard(name, argument), Heard::Ignored, "{name}");
    }
}

#[test]
fn the_client_s_own_id_is_given_back_as_it_came() {
    let said = |id: Value| [json!({ "tempId": id })];
    assert_eq!(temp_id(&said(json!("1733"))), Some(&json!("1733")));
    assert_eq!(temp_id(&said(json!(1733))), Some(&json!(1733)));
    for id in [json!(null), json!(""), json!("x".repeat(129)), json!({}), json!([1])] {
        assert_eq!(temp_id(&said(id)), None);
    }
}

proptest! {
    #[test]
    fn any_fields_never_panic(name in prop::sample::select(vec!["send_message", "edit_message", "upload_file", "message_read", "update_status"]),
                              field in "groupId|content|type|messageIds|file|status", text in "\\PC{0,20}", number in any::<f64>()) {
        heard(name, json!({ &field: text }));
        heard(name, json!({ field: number }));
    }
}
