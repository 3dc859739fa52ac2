//! A Next.js application that refuses, fails, hangs or is slow: the sender gets a clear error, and nobody else notices.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::house::{SOON, UNLIMITED};
use crate::next_backend::{Next, end, settled};
use crate::person::Person;
use crate::tokens::INTERNAL;

/// The detail of the one error the sender gets for its message.
async fn is_refused(person: &mut Person) -> Value {
    let error = person.hears("error").await;
    assert_eq!(error["error"], "Failed to send message", "{error}");
    assert!(error["code"].is_string(), "{error}");
    error
}

#[actix_web::test]
async fn an_agent_next_cannot_name_is_not_announced() {
    let Some(mut next) = Next::starts().await else { return };
    let house = next.house(&[]).await;
    let mut ann = settled(&house, "ann", "chat_1").await;
    let mut ghost = settled(&house, "ghost", "chat_1").await;
    for mode in ["ok", "500"] {
        next.turns(json!({ "mode": mode })).await;
        ghost.sends(json!({ "type": "agent_joined" })).await;
        assert_eq!(ghost.hears("error").await["error"], "Failed to fetch agent info", "{mode}");
    }
    next.turns(json!({ "mode": "ok" })).await;
    ghost.posts("never mind").await;
    ann.hears_message("never mind").await;
    end(house, [ann, ghost]).await;
}

#[actix_web::test]
async fn what_next_refuses_the_sender_is_told_and_nobody_else() {
    let Some(mut next) = Next::starts().await else { return };
    let house = next.house(&[]).await;
    let (mut ann, mut bob) = (settled(&house, "ann", "chat_1").await, settled(&house, "bob", "chat_1").await);
    ann.posts("   ").await;
    let blank = r#"API error: 400 - {"error":"Message content is required"}"#;
    assert_eq!(is_refused(&mut ann).await["message"], blank);
    next.turns(json!({ "mode": "500" })).await;
    ann.posts("into the fire").await;
    let broken = r#"API error: 500 - {"error":"Internal server error"}"#;
    assert_eq!(is_refused(&mut ann).await["message"], broken);
    next.turns(json!({ "mode": "ok" })).await;
    ann.posts("at last").await;
    bob.hears_message("at last").await;
    ann.hears_message("at last").await;

    let mut eve = settled(&house, "eve", "missing").await;
    eve.sends(json!({ "type": "message", "content": "hello?", "role": "USER", "tempId": "t1" })).await;
    // With a tempId she is told of everything else too.
    let error = eve.hears_among_others("error").await;
    let missing = r#"API error: 404 - {"error":"Chat not found"}"#;
    assert_eq!((&error["error"], &error["message"]), (&json!("Failed to send message"), &json!(missing)));
    assert_eq!(error["tempId"], "t1");
    end(house, [ann, bob, eve]).await;
}

#[actix_web::test]
async fn a_next_that_never_answers_is_given_up_in_time() {
    let Some(mut next) = Next::starts().await else { return };
    let house = next.house(&[("RECADO_BACKEND__TIMEOUT_MS", "3000")]).await;
    let (mut ann, mut bob) = (settled(&house, "ann", "chat_1").await, settled(&house, "bob", "chat_1").await);
    next.turns(json!({ "mode": "hang" })).await;
    ann.posts("anybody there?").await;
    let error = is_refused(&mut ann).await;
    assert!(error["message"].as_str().is_some_and(|detail| !detail.is_empty()), "{error}");
    assert!(!error.to_string().contains("127.0.0.1"), "it tells where the backend is: {error}");

    next.turns(json!({ "mode": "ok" })).await;
    ann.posts("now?").await;
    bob.hears_message("now?").await;
    end(house, [ann, bob]).await;
}

#[actix_web::test]
async fn a_next_that_keeps_failing_is_left_alone_and_asked_again() {
    let Some(mut next) = Next::starts().await else { return };
    let breaker = [("RECADO_BACKEND__BREAKER_FAILURES", "2"), ("RECADO_BACKEND__BREAKER_OPEN_MS", "5000")];
    let house = next.house(&[&breaker[..], &UNLIMITED].concat()).await;
    let (mut ann, mut bob) = (settled(&house, "ann", "chat_1").await, settled(&house, "bob", "chat_1").await);
    next.turns(json!({ "mode": "500" })).await;
    for _ in 0..2 {
        ann.posts("fails").await;
        assert_eq!(is_refused(&mut ann).await["code"], "backend_failed");
    }
    next.turns(json!({ "mode": "ok" })).await;
    ann.posts("not even tried").await;
    let error = is_refused(&mut ann).await;
    assert_eq!((&error["code"], &error["retry"]), (&json!("backend_down"), &json!(true)));
    assert!(next.stored().await.is_empty());

    let again = tokio::time::timeout(SOON, async {
        loop {
            ann.posts("again").await;
            if ann.hears_next().await["type"] == "message" {
                return;
            }
        }
    });
    again.await.expect("it is asked again");
    bob.hears_message("again").await;
    assert_eq!(next.stored().await.len(), 1);
    end(house, [ann, bob]).await;
}

#[actix_web::test]
async fn a_next_that_refuses_is_not_one_that_fails() {
    let Some(next) = Next::starts().await else { return };
    let house = next.house(&[("RECADO_BACKEND__BREAKER_FAILURES", "1")]).await;
    let mut ann = settled(&house, "ann", "chat_1").await;
    for _ in 0..3 {
        ann.posts("  ").await;
        assert_eq!(is_refused(&mut ann).await["code"], "backend_refused");
    }
    ann.posts("hello").await;
    ann.hears_message("hello").await;
    end(house, [ann]).await;
}

#[actix_web::test]
async fn a_next_that_does_not_know_us_is_a_clear_error() {
    let Some(next) = Next::starts_with("another secret that is long enough for all").await else { return };
    let house = next.house(&[]).await;
    let mut ann = settled(&house, "ann", "chat_1").await;
    ann.posts("hello").await;
    let error = is_refused(&mut ann).await;
    let unknown = r#"API error: 401 - {"error":"Unauthorized - invalid internal secret"}"#;
    assert_eq!(error["message"], unknown);
    assert!(!error.to_string().contains(INTERNAL), "the secret is told");
    end(house, [ann]).await;
}

#[actix_web::test]
async fn while_next_is_slow_one_s_frames_keep_their_order_and_nobody_else_waits() {
    let Some(mut next) = Next::starts().await else { return };
    let house = next.house(&[]).await;
    let (mut ann, mut bob) = (settled(&house, "ann", "chat_1").await, settled(&house, "bob", "chat_1").await);
    next.turns(json!({ "mode": "slow", "ms": 500 })).await;
    for content in ["one", "two", "three"] {
        ann.posts(content).await;
    }
    next.is_asked("/api/chats/chat_1/messages/send").await;
    bob.hears_nothing_more().await;
    bob.posts("mine").await;
    bob.sends(json!({ "type": "typing", "isTyping": true })).await;
    let mut heard = Vec::new();
    while heard.len() < 4 {
        let frame = bob.hears_among_others("message").await;
        heard.push(frame["data"]["content"].as_str().expect("a text").to_owned());
    }
    assert_eq!(heard.last().map(String::as_str), Some("three"), "{heard:?}");
    heard.retain(|content| content != "mine");
    assert_eq!(heard, ["one", "two", "three"]);
    end(house, [ann, bob]).await;
}

#[actix_web::test]
async fn next_is_not_asked_more_at_once_than_the_settings_say() {
    let Some(mut next) = Next::starts().await else { return };
    let house = next.house(&[("RECADO_BACKEND__CONCURRENCY", "1")]).await;
    let (mut ann, mut bob) = (settled(&house, "ann", "chat_1").await, settled(&house, "bob", "chat_2").await);
    next.turns(json!({ "mode": "slow", "ms": 400 })).await;
    let asked = Instant::now();
    ann.posts("first").await;
    bob.posts("second").await;
    ann.hears_message("first").await;
    bob.hears_message("second").await;
    assert!(asked.elapsed() >= Duration::from_millis(790), "after {:?}", asked.elapsed());
    end(house, [ann, bob]).await;
}
