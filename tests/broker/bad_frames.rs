//! Frames that make no sense: each gets the original's text and a stable code, and the connection is kept.
//!
//! Nobody else hears of any of them, and none of them is stored.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::House;
use crate::person::Person;

const UNREADABLE: &str = "Failed to process message";
const UNKNOWN: &str = "Unknown message type";
const INCOMPLETE: &str = "Missing content or role";
const UNSENT: &str = "Failed to send message";

/// Sends this and hears exactly this error; the connection is kept.
async fn is_told(person: &mut Person, text: &str, error: &str, code: &str) {
    let mut heard = person.is_refused(text).await;
    // A detail for developers may follow; its words are no part of the contract.
    heard.as_object_mut().expect("a frame").remove("message");
    assert_eq!(heard, json!({ "type": "error", "error": error, "code": code }), "{text}");
    person.hears_nothing_more().await;
}

impl Person {
    /// Sends this and hears an error, whose detail is a text if there is one.
    async fn is_refused(&mut self, text: &str) -> Value {
        self.sends_text(text).await;
        let heard = self.hears("error").await;
        assert!(heard.get("message").is_none_or(Value::is_string), "{heard}");
        heard
    }
}

/// Nothing came of it in this chat: bob hears what is said next, and it is the first entry.
async fn nothing_came_of_it(house: House, mut ann: Person, mut bob: Person) {
    ann.posts("now in earnest").await;
    bob.hears_message("now in earnest").await;
    bob.hears_nothing_more().await;
    let (status, log) = house.internal(Method::GET, "/chats/chat_1/entries", Value::Null).await;
    assert_eq!((status, &log["head"], log["entries"].as_array().map(Vec::len)), (200, &json!(1), Some(1)));
    for person in [ann, bob] {
        person.leaves().await;
    }
    house.ends().await;
}

async fn two_in_a_chat() -> (House, Person, Person) {
    let house = House::start().await;
    let ann = house.widget("ann", "chat_1").await;
    let mut bob = house.widget("bob", "chat_1").await;
    bob.settles().await;
    (house, ann, bob)
}

#[actix_web::test]
async fn what_is_no_json_object_cannot_be_processed() {
    let (house, mut ann, bob) = two_in_a_chat().await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let bottomless = format!(r#"{{"type":"ping","x":{deep}}}"#);
    for text in [
        "",
        " ",
        "hello",
        "{",
        r#"{"type":"ping""#,
        "{'type':'ping'}",
        r#"{"type":"ping"} {}"#,
        &deep,
        &bottomless,
    ] {
        is_told(&mut ann, text, UNREADABLE, "bad_json").await;
    }
    for text in ["null", "7", "true", r#""ping""#, "[]", r#"[{"type":"ping"}]"#] {
        is_told(&mut ann, text, UNREADABLE, "not_an_object").await;
    }
    nothing_came_of_it(house, ann, bob).await;
}

#[actix_web::test]
async fn types_that_nobody_knows_are_named_so() {
    let (house, mut ann, bob) = two_in_a_chat().await;
    for kind in [
        json!("shout"),
        json!(""),
        json!("PING"),
        json!("Message"),
        json!(7),
        json!(null),
        json!(true),
        json!(["ping"]),
        json!({ "type": "ping" }),
        json!("connected"),
        json!("message_updated"),
        json!("__proto__"),
    ] {
        let text = json!({ "type": kind, "content": "hello", "role": "USER" }).to_string();
        is_told(&mut ann, &text, UNKNOWN, "unknown_type").await;
    }
    is_told(&mut ann, "{}", UNKNOWN, "unknown_type").await;
    nothing_came_of_it(house, ann, bob).await;
}

#[actix_web::test]
async fn a_message_needs_content_and_role() {
    let (house, mut ann, bob) = two_in_a_chat().await;
    for fields in [
        json!({}),
        json!({ "content": "hello" }),
        json!({ "role": "USER" }),
        json!({ "content": "", "role": "USER" }),
        json!({ "content": "hello", "role": "" }),
        json!({ "content": null, "role": "USER" }),
        json!({ "content": "hello", "role": null }),
        json!({ "content": 7, "role": "USER" }),
        json!({ "content": ["hello"], "role": "USER" }),
        json!({ "content": { "text": "hello" }, "role": "USER" }),
        json!({ "content": "hello", "role": 7 }),
        json!({ "content": "hello", "role": ["USER"] }),
    ] {
        let mut frame = fields;
        frame["type"] = json!("message");
        is_told(&mut ann, &frame.to_string(), INCOMPLETE, "missing_field").await;
    }
    nothing_came_of_it(house, ann, bob).await;
}

#[actix_web::test]
async fn a_role_that_nobody_has_sends_nothing() {
    let (house, mut ann, bob) = two_in_a_chat().await;
    for role in ["ADMIN", "SYSTEM", "BOT", "USER ", "ÚSER", "AGENT\u{0}"] {
        let text = json!({ "type": "message", "content": "hello", "role": role }).to_string();
        is_told(&mut ann, &text, UNSENT, "unknown_role").await;
    }
    nothing_came_of_it(house, ann, bob).await;
}

#[actix_web::test]
async fn blank_content_is_not_sent() {
    let (house, mut ann, bob) = two_in_a_chat().await;
    for content in [" ", "\n", "\t \r\n", "\u{a0}\u{2003}", "\u{3000}"] {
        let text = json!({ "type": "message", "content": content, "role": "USER" }).to_string();
        is_told(&mut ann, &text, UNSENT, "empty_content").await;
    }
    nothing_came_of_it(house, ann, bob).await;
}

#[actix_web::test]
async fn content_may_have_4000_characters_and_no_more_whatever_their_bytes() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    for letter in ["a", "ã", "☃", "😀", "\"", "\u{1}"] {
        let longest = letter.repeat(4000);
        ann.posts(&longest).await;
        ann.hears_message(&longest).await;
        let too_long = json!({ "type": "message", "content": letter.repeat(4001), "role": "USER" });
        let refused = ann.is_refused(&too_long.to_string()).await;
        assert_eq!((&refused["error"], &refused["code"]), (&json!(UNSENT), &json!("content_too_long")));
        assert!(refused["message"].as_str().is_some_and(|detail| detail.contains("4000")), "{refused}");
        assert_eq!(refused.get("retry"), None);
        ann.hears_nothing_more().await;
    }
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn an_error_about_a_message_names_the_client_s_own_id() {
    let (house, mut ann, bob) = two_in_a_chat().await;
    for (fields, error) in [
        (json!({ "content": "hello" }), INCOMPLETE),
        (json!({ "content": "hello", "role": "ADMIN" }), UNSENT),
        (json!({ "content": " ", "role": "USER" }), UNSENT),
        (json!({ "content": "x".repeat(4001), "role": "USER" }), UNSENT),
    ] {
        let mut frame = fields;
        frame["type"] = json!("message");
        frame["tempId"] = json!("t1");
        let refused = ann.is_refused(&frame.to_string()).await;
        assert_eq!((&refused["error"], &refused["tempId"]), (&json!(error), &json!("t1")));
    }
    for temp_id in [json!(7), json!(""), json!("x".repeat(129)), json!(["t1"])] {
        let frame = json!({ "type": "message", "content": "hello", "role": "USER", "tempId": temp_id });
        is_told(&mut ann, &frame.to_string(), UNREADABLE, "bad_temp_id").await;
    }
    nothing_came_of_it(house, ann, bob).await;
}

#[actix_web::test]
async fn fields_of_the_extras_are_checked_before_anything_is_done() {
    let (house, mut ann, bob) = two_in_a_chat().await;
    for frame in [
        json!({ "type": "read" }),
        json!({ "type": "read", "seq": -1 }),
        json!({ "type": "read", "seq": "1" }),
        json!({ "type": "delivered", "seq": 1.5 }),
        json!({ "type": "delivered", "seq": null }),
        json!({ "type": "history", "limit": "all" }),
        json!({ "type": "history", "before": -1 }),
        json!({ "type": "history", "before": [1] }),
        json!({ "type": "refresh" }),
        json!({ "type": "refresh", "token": 7 }),
        json!({ "type": "auth" }),
    ] {
        is_told(&mut ann, &frame.to_string(), UNREADABLE, "bad_field").await;
    }
    nothing_came_of_it(house, ann, bob).await;
}

#[actix_web::test]
async fn a_thousand_bad_frames_cost_their_sender_nothing_but_the_answers() {
    let (house, mut ann, bob) = two_in_a_chat().await;
    for number in 0..1000 {
        ann.sends_text(&format!("nonsense {number}")).await;
    }
    for _ in 0..1000 {
        assert_eq!(ann.hears("error").await["code"], "bad_json");
    }
    ann.hears_nothing_more().await;
    nothing_came_of_it(house, ann, bob).await;
}
