//! What receivers of webhooks are told: every entry, signed, in order, and nobody waits for another.
//!
//! The receivers are real processes that verify with the reference library.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::House;
use crate::receivers::{KEY, OLDER_KEY, Receiver, content_of};
use crate::shape::is_iso;

#[actix_web::test]
async fn every_entry_reaches_the_receiver_as_the_internal_api_shows_it() {
    let Some(mut app) = Receiver::starts().await else { return };
    let house = House::telling(&[&app], &[]).await;
    let mut ann = house.widget("ann", "chat_1").await;
    let sent = ann.posts_safely("hello", "t1").await;
    let message = format!("/chats/chat_1/messages/{}", sent["id"].as_str().expect("an id"));
    house.internal(Method::PATCH, &message, json!({ "content": "hello!" })).await;
    house.internal(Method::POST, "/chats/chat_1/close", Value::Null).await;
    house.internal(Method::POST, "/chats/chat_1/reopen", Value::Null).await;
    let (_, shown) = house.internal(Method::GET, "/chats/chat_1/entries", Value::Null).await;
    for (n, kind) in
        ["message.posted", "message.edited", "room.closed", "room.reopened"].into_iter().enumerate()
    {
        let event = app.is_told().await["event"].clone();
        assert_eq!((&event["type"], is_iso(&event["timestamp"])), (&json!(kind), true), "{event}");
        let entry = &shown["entries"][n];
        let data = json!({ "room": "chat:chat_1", "epoch": shown["epoch"], "seq": n + 1, "entry": entry });
        assert_eq!(event["data"], data);
    }
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn what_was_withdrawn_before_it_was_told_is_not_told() {
    let Some(mut app) = Receiver::starts().await else { return };
    app.turns(json!({ "mode": "hang" })).await;
    let house = House::telling(&[&app], &[("RECADO_WEBHOOKS__TIMEOUT_MS", "60000")]).await;
    house.posts("chat_1", "first").await;
    app.is_told_of("first").await;
    let body = json!({ "userId": "shop", "role": "system", "content": "secret" });
    let (_, posted) = house.internal(Method::POST, "/chats/chat_1/messages", body).await;
    let path = format!("/chats/chat_1/messages/{}", posted["id"].as_str().expect("an id"));
    assert_eq!(house.internal(Method::DELETE, &path, Value::Null).await.0, 200);
    app.turns(json!({ "mode": "ok" })).await;
    app.releases().await;
    assert_eq!(content_of(&app.is_told().await), "");
    assert_eq!(app.is_told().await["event"]["type"], "message.deleted");
    house.ends().await;
}

#[actix_web::test]
async fn a_room_is_told_in_order_and_others_do_not_wait_for_it() {
    let Some(mut app) = Receiver::starts().await else { return };
    app.turns(json!({ "mode": "hang", "only": "chat:slow" })).await;
    let house = House::telling(&[&app], &[("RECADO_WEBHOOKS__TIMEOUT_MS", "60000")]).await;
    house.posts("slow", "s1").await;
    app.is_told_of("s1").await;
    house.posts("slow", "s2").await;
    for n in 1..=20 {
        house.posts("brisk", &format!("b{n}")).await;
    }
    for n in 1..=20 {
        app.is_told_of(&format!("b{n}")).await;
    }
    app.turns(json!({ "mode": "ok" })).await;
    app.releases().await;
    app.is_told_of("s2").await;
    house.ends().await;
}

#[actix_web::test]
async fn a_slow_endpoint_delays_no_other() {
    let (Some(mut slow), Some(mut brisk)) = (Receiver::starts().await, Receiver::starts().await) else {
        return;
    };
    slow.turns(json!({ "mode": "hang" })).await;
    let settings = [("RECADO_WEBHOOKS__CONCURRENCY", "2"), ("RECADO_WEBHOOKS__TIMEOUT_MS", "60000")];
    let house = House::telling(&[&slow, &brisk], &settings).await;
    for n in 0..40 {
        house.posts(&format!("chat_{n}"), "hello").await;
        brisk.is_told_of("hello").await;
    }
    let endpoints = house.endpoints().await;
    assert_eq!((&endpoints[0]["pending"], &endpoints[0]["dead"]), (&json!(40), &json!(0)));
    house.endpoint_stands("both hands are full", |first| first["pending"] == 40).await;
    house.ends().await;
}

#[actix_web::test]
async fn while_keys_are_changed_receivers_may_know_either() {
    let Some(mut newer) = Receiver::knowing(KEY, 0).await else { return };
    let Some(mut older) = Receiver::knowing(OLDER_KEY, 0).await else { return };
    let both = format!("{KEY},{OLDER_KEY}");
    let house = House::telling(&[&newer, &older], &[("RECADO_WEBHOOKS__SECRETS", &both)]).await;
    house.posts("chat_1", "hello").await;
    let (one, other) = (newer.is_told_of("hello").await, older.is_told_of("hello").await);
    assert_eq!((&one["signatures"], &other["signatures"]), (&json!(2), &json!(2)));
    assert_ne!(one["id"], other["id"], "each endpoint has ids of its own");
    house.ends().await;
}

#[actix_web::test]
async fn next_names_the_people_while_our_log_is_the_record() {
    let Some(mut app) = Receiver::starts().await else { return };
    let Some(mut next) = crate::next_backend::Next::starts().await else { return };
    let url = app.url();
    let settings = [
        ("RECADO_BACKEND__MODE", "notify"),
        ("RECADO_WEBHOOKS__URLS", url.as_str()),
        ("RECADO_WEBHOOKS__ALLOWED_NETWORKS", "127.0.0.1"),
        ("WEBHOOK_SECRET", KEY),
    ];
    let house = next.house(&settings).await;
    let mut ann = crate::next_backend::settled(&house, "ann", "chat_1").await;
    ann.posts("hello").await;
    ann.hears_message("hello").await;
    app.is_told_of("hello").await;
    assert_eq!(next.stored().await, Vec::<Value>::new(), "nothing was posted to the application");
    crate::next_backend::end(house, [ann]).await;
}
