//! Stories of requests that are sent again under the same key.
//!
//! Whatever races, breaks or is lost on the way: one entry, and one answer.

use std::collections::HashSet;
use std::time::Duration;

use actix_web::http::Method;
use futures_util::future::join_all;
use recado_actors::id::{RoomId, Seq, UserId};
use recado_actors::message::room::NewEntry;
use recado_actors::ports::{Log, LogError, Stretch};
use serde_json::{Value, json};

use super::people::Shorthand;
use super::stage::Stage;
use crate::doors::internal::idempotency::Keyed;

const CHAT: &str = "/internal/chats/chat_1/messages";

fn said(content: &str) -> Value {
    json!({"content": content, "userId": "bob", "role": "user"})
}

async fn head(next: &Stage) -> Value {
    next.get("/internal/chats/chat_1/entries").await.good(200)["head"].clone()
}

#[actix_web::test]
async fn the_same_request_again_gets_the_same_answer() {
    let next = Stage::new().await;
    let first = next.keyed("key-1", CHAT, &said("x")).await;
    let second = next.keyed("key-1", CHAT, &said("x")).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, None));
    assert_eq!((second.status, second.header("idempotency-replayed")), (201, Some("true")));
    assert_eq!(first.text, second.text);
    assert_eq!(head(&next).await, 1);
}

#[actix_web::test]
async fn sixty_four_racing_requests_are_one_entry_and_one_answer() {
    let next = Stage::new().await;
    let body = said("once");
    let answers = join_all((0..64).map(|_| next.keyed("race", CHAT, &body))).await;
    let different: HashSet<(u16, String)> =
        answers.iter().map(|answer| (answer.status, answer.text.clone())).collect();
    assert_eq!(different.len(), 1, "{different:?}");
    assert_eq!(answers.first().unwrap().body()["duplicate"], false);
    let did_it = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count();
    assert_eq!((did_it, head(&next).await), (1, json!(1)));
}

#[actix_web::test]
async fn racing_requests_that_differ_are_told_that_the_key_is_taken() {
    let next = Stage::new().await;
    let bodies: Vec<Value> = (0..16).map(|n| said(&format!("text {n}"))).collect();
    let answers = join_all(bodies.iter().map(|body| next.keyed("race", CHAT, body))).await;
    let (good, bad): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((good.len(), head(&next).await), (1, json!(1)));
    for answer in bad {
        assert_eq!(answer.problem(422), "idempotency_key_reused");
    }
}

#[actix_web::test]
async fn a_key_is_for_one_request_only() {
    let next = Stage::new().await;
    next.keyed("key", CHAT, &said("x")).await.good(201);
    assert_eq!(next.keyed("key", CHAT, &said("y")).await.problem(422), "idempotency_key_reused");
    assert_eq!(head(&next).await, 1);
}

#[actix_web::test]
async fn every_chat_has_keys_of_its_own() {
    let next = Stage::new().await;
    next.keyed("key", CHAT, &said("x")).await.good(201);
    let other = next.keyed("key", "/internal/chats/chat_2/messages", &said("x")).await;
    assert_eq!(other.header("idempotency-replayed"), None);
    assert_eq!(other.good(201)["seq"], 1);
}

#[actix_web::test]
async fn a_key_is_one_line_of_visible_letters() {
    let next = Stage::new().await;
    for key in ["", "a b", "schlüssel", &"k".repeat(256)] {
        assert_eq!(
            next.keyed(key, CHAT, &said("x")).await.problem(400),
            "invalid_idempotency_key",
            "{key:?}"
        );
    }
    let twice = next.request(Method::POST, CHAT).append_header(("Idempotency-Key", "a"));
    let twice = twice.append_header(("Idempotency-Key", "a")).set_json(said("x"));
    assert_eq!(next.send(twice).await.problem(400), "invalid_idempotency_key");
    next.keyed(&"~".repeat(255), CHAT, &said("x")).await.good(201);
}

#[actix_web::test]
async fn a_refusal_is_not_remembered() {
    let next = Stage::new().await;
    next.store.break_with(Some(LogError::Unavailable("gone".to_owned())));
    assert_eq!(next.keyed("key", CHAT, &said("x")).await.problem(503), "store_down");
    next.store.break_with(None);
    let answer = next.keyed("key", CHAT, &said("x")).await;
    assert_eq!(answer.header("idempotency-replayed"), None);
    answer.good(201);

    next.post("/internal/chats/chat_1/close", json!({})).await.good(200);
    assert_eq!(next.keyed("late", CHAT, &said("x")).await.problem(409), "room_closed");
    next.post("/internal/chats/chat_1/reopen", json!({})).await.good(200);
    next.keyed("late", CHAT, &said("x")).await.good(201);
}

#[actix_web::test]
async fn a_key_is_known_for_a_day() {
    let next = Stage::new().await;
    let first = next.keyed("key", CHAT, &said("x")).await.good(201);
    next.passes(Duration::from_secs(60 * 60 * 24 - 1));
    let within = next.keyed("key", CHAT, &said("x")).await;
    assert_eq!(within.header("idempotency-replayed"), Some("true"));
    assert_eq!(within.good(201), first);
    next.passes(Duration::from_secs(60 * 60));
    assert_eq!(next.keyed("key", CHAT, &said("x")).await.good(201)["seq"], 2);
}

#[actix_web::test]
async fn an_answer_that_was_lost_in_a_crash_is_found_in_the_log() {
    let next = Stage::new().await;
    let room = RoomId::chat("chat_1").unwrap();
    let request =
        next.request(Method::POST, CHAT).insert_header(("Idempotency-Key", "key")).to_http_request();
    let client_id = Keyed::of(&request, &room, b"").unwrap().unwrap().client_id();
    let stored = next.post("/internal/chats/elsewhere/messages", said("x")).await.good(201);
    assert_eq!(stored["seq"], 1);
    let page =
        next.store.read(&RoomId::chat("elsewhere").unwrap(), Stretch::After(Seq::START), 1).await.unwrap();
    let body = page.entries.first().unwrap().body.clone();
    let by = Some(UserId::parse("bob").unwrap());
    next.broker.add_entry(&room, &NewEntry::granted(by, client_id, body)).await.unwrap();

    assert_eq!(next.keyed("key", CHAT, &said("y")).await.problem(422), "idempotency_key_reused");
    let again = next.keyed("key", CHAT, &said("x")).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!((again.good(201)["id"].clone(), head(&next).await), (stored["id"].clone(), json!(1)));
}
