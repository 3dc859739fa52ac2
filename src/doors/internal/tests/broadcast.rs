//! Stories of notices to one chat and to everybody.
//!
//! The number in the answer is the number of those who were there.

use serde_json::json;

use super::people::{Listener, Shorthand};
use super::stage::Stage;

const BROADCAST: &str = "/internal/broadcast";

#[actix_web::test]
async fn a_notice_to_a_chat_reaches_those_in_it() {
    let next = Stage::new().await;
    let ann = Listener::in_chat(&next.broker, "ann", "chat_1").await;
    let bob = Listener::in_chat(&next.broker, "bob", "chat_2").await;
    let told = json!({"message": "back soon", "level": "warning", "chatId": "chat_1"});
    assert_eq!(next.post(BROADCAST, told).await.good(200), json!({"deliveredTo": 1}));
    ann.hears("Warning back soon").await;
    let everyone = next.post(BROADCAST, json!({"message": "hello all"})).await.good(200);
    assert_eq!(everyone, json!({"deliveredTo": 2}));
    ann.hears("Info hello all").await;
    bob.hears("Info hello all").await;
}

#[actix_web::test]
async fn a_notice_to_an_empty_chat_reaches_nobody_and_opens_nothing() {
    let next = Stage::new().await;
    let told = json!({"message": "anybody?", "chatId": "chat_9"});
    assert_eq!(next.post(BROADCAST, told).await.good(200), json!({"deliveredTo": 0}));
    assert!(next.broker.rooms().is_empty());
}

#[actix_web::test]
async fn a_notice_must_say_something_at_a_level_there_is() {
    let next = Stage::new().await;
    assert_eq!(next.post(BROADCAST, json!({"message": " "})).await.problem(422), "empty_content");
    assert_eq!(
        next.post(BROADCAST, json!({"message": "x".repeat(4001)})).await.problem(422),
        "content_too_long"
    );
    for level in [json!("loud"), json!(3), json!(null)] {
        let answer = next.post(BROADCAST, json!({"message": "x", "level": level})).await;
        assert!(answer.body()["detail"].as_str().unwrap().starts_with("level: "), "{}", answer.text);
        assert_eq!(answer.problem(422), "invalid_body");
    }
}
