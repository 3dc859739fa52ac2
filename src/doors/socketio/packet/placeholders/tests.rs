//! Attachments found in their places, and put there.

use serde_json::json;

use super::*;

const ATTACHMENTS: [Bytes; 2] = [Bytes::from_static(b"one"), Bytes::from_static(b"two")];

#[test]
fn a_placeholder_is_written_as_clients_read_it() {
    assert_eq!(json!(placeholder(3)), json!({"_placeholder": true, "num": 3}));
}

#[test]
fn an_attachment_is_found_by_its_placeholder() {
    let found = |value| attachment(&value, &ATTACHMENTS).cloned();
    assert_eq!(found(json!({"_placeholder": true, "num": 1})), Some(Bytes::from_static(b"two")));
    assert_eq!(found(json!({"_placeholder": true, "num": 2})), None);
    assert_eq!(found(json!({"_placeholder": "true", "num": 1})), None);
    assert_eq!(found(json!("one")), None);
}

#[test]
fn attachments_are_put_wherever_they_belong() {
    let mut values = [json!(7), json!([placeholder(1), {"a": {"b": placeholder(0)}}]), json!(placeholder(9))];
    let text = |bytes: &Bytes| Value::from(String::from_utf8_lossy(bytes));
    fill(&mut values, &ATTACHMENTS, &mut |bytes| text(bytes));
    assert_eq!(values, [json!(7), json!(["two", {"a": {"b": "one"}}]), json!(placeholder(9))]);
}

#[test]
fn each_attachment_has_one_place() {
    let whole = |value: Value, count| are_whole(&[value], count);
    assert!(whole(json!([placeholder(1), {"a": placeholder(0)}]), 2));
    assert!(!whole(json!([placeholder(1), {"a": placeholder(1)}]), 2));
    assert!(!whole(json!([placeholder(0)]), 2));
    assert!(!whole(json!([placeholder(0), {"_placeholder": true}]), 1));
    assert!(!whole(json!([placeholder(0), placeholder(1)]), 1));
}
