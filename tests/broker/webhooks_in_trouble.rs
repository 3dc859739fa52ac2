//! Receivers that are broken, slow, gone or treacherous, and what becomes of what they are owed.
//!
//! Nothing is lost: it comes again under the same id, or it is listed as dead and can be sent again.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::house::House;
use crate::receivers::{KEY, Receiver, content_of};

/// Short waits, many of them.
const PATIENT: (&str, &str) = ("RECADO_WEBHOOKS__RETRY_SECONDS", "1,1,1,1,1,1,1,1,1,1");
const ONE_RETRY: (&str, &str) = ("RECADO_WEBHOOKS__RETRY_SECONDS", "1");

/// Fails once in this way, then is well again: the same letter comes twice and the room goes on.
async fn comes_again_after(mode: Value) {
    let Some(mut app) = Receiver::starts().await else { return };
    app.turns(mode.clone()).await;
    let house = House::telling(&[&app], &[PATIENT, ("RECADO_WEBHOOKS__TIMEOUT_MS", "3000")]).await;
    house.posts("chat_1", "one").await;
    let first = app.is_told_of("one").await;
    house.posts("chat_1", "two").await;
    app.turns(json!({ "mode": "ok" })).await;
    let mut again = app.is_told().await;
    while content_of(&again) == "one" && again["event"] == first["event"] {
        assert_eq!(again["id"], first["id"], "{mode}");
        again = app.is_told().await;
    }
    assert_eq!(content_of(&again), "two", "{mode}");
    let stands = house.endpoint_stands("all was taken", |first| first["pending"] == 0).await;
    assert!(stands["lastError"].is_string() && stands["dead"] == 0, "{stands}");
    assert!(!stands.to_string().contains("token"), "{stands}");
    house.ends().await;
}

#[actix_web::test]
async fn after_a_500_it_comes_again_under_the_same_id() {
    comes_again_after(json!({ "mode": "status", "status": 500 })).await;
}

#[actix_web::test]
async fn an_answer_cut_in_the_middle_is_no_receipt() {
    comes_again_after(json!({ "mode": "cut" })).await;
}

#[actix_web::test]
async fn no_answer_in_time_is_no_receipt() {
    comes_again_after(json!({ "mode": "hang" })).await;
}

#[actix_web::test]
async fn a_receiver_that_asks_for_a_rest_gets_it() {
    let Some(mut app) = Receiver::starts().await else { return };
    app.turns(json!({ "mode": "status", "status": 503, "headers": { "retry-after": "3" } })).await;
    let house = House::telling(&[&app], &[PATIENT]).await;
    house.posts("chat_1", "one").await;
    let first = app.is_told_of("one").await;
    house.endpoint_stands("the failure is written down", |first| first["lastError"].is_string()).await;
    app.turns(json!({ "mode": "ok" })).await;
    house.posts("chat_2", "two").await;
    let (one, other) = (app.is_told().await, app.is_told().await);
    for told in [one, other] {
        let waited = told["sent"].as_u64().zip(first["sent"].as_u64()).map(|(then, before)| then - before);
        assert!(waited.is_some_and(|waited| waited >= 2), "{waited:?}: {told}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn an_endless_answer_costs_nothing_and_counts_by_its_status() {
    let Some(mut app) = Receiver::starts().await else { return };
    app.turns(json!({ "mode": "flood" })).await;
    let house = House::telling(&[&app], &[]).await;
    house.posts("chat_1", "one").await;
    house.posts("chat_1", "two").await;
    app.is_told_of("one").await;
    app.is_told_of("two").await;
    house.endpoint_stands("both were taken", |first| first["pending"] == 0).await;
    house.ends().await;
}

#[actix_web::test]
async fn who_was_dead_for_a_while_misses_nothing() {
    let Some(app) = Receiver::starts().await else { return };
    let house = House::telling(&[&app], &[PATIENT]).await;
    let port = app.dies();
    for n in 1..=3 {
        house.posts("chat_1", &format!("m{n}")).await;
    }
    house.endpoint_stands("it was missed", |first| first["lastError"].is_string()).await;
    let Some(mut back) = Receiver::knowing(KEY, port).await else { return };
    assert_eq!(back.port(), port);
    for n in 1..=3 {
        back.is_told_of(&format!("m{n}")).await;
    }
    house.endpoint_stands("all was taken", |first| first["pending"] == 0).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_410_disables_until_it_is_enabled_again() {
    let Some(mut app) = Receiver::starts().await else { return };
    app.turns(json!({ "mode": "status", "status": 410 })).await;
    let house = House::telling(&[&app], &[]).await;
    house.posts("chat_1", "one").await;
    let first = app.is_told_of("one").await;
    let disabled = house.endpoint_stands("it is disabled", |first| first["disabled"] == true).await;
    app.turns(json!({ "mode": "ok" })).await;
    house.posts("chat_2", "two").await;
    house.endpoint_stands("both wait", |first| first["pending"] == 2).await;
    assert_eq!(disabled["lastError"], "it answered 410");
    let enabled = house.internal(Method::POST, "/webhooks/0/enable", Value::Null).await;
    assert_eq!(enabled, (200, json!({ "enabled": true })));
    let told = [app.is_told().await, app.is_told().await];
    assert!(told.iter().any(|told| told["id"] == first["id"]), "{told:?}");
    house.endpoint_stands("all was taken", |first| first["pending"] == 0).await;
    house.ends().await;
}

#[actix_web::test]
async fn what_fails_too_often_is_listed_and_sent_again_when_told() {
    let Some(mut app) = Receiver::starts().await else { return };
    app.turns(json!({ "mode": "status", "status": 500 })).await;
    let house = House::telling(&[&app], &[ONE_RETRY]).await;
    for content in ["one", "two", "three"] {
        house.posts("chat_1", content).await;
    }
    house.endpoint_stands("all are dead", |first| first["dead"] == 3 && first["pending"] == 0).await;
    let dead = house.dead_letters().await;
    assert_eq!(
        dead.iter().map(|letter| letter["seq"].as_u64()).collect::<Vec<_>>(),
        [Some(1), Some(2), Some(3)]
    );
    assert_eq!((&dead[0]["attempts"], &dead[0]["error"]), (&json!(2), &json!("it answered 500")));
    app.turns(json!({ "mode": "ok" })).await;
    let one = format!("/webhooks/dead/{}/replay", dead[1]["id"]);
    assert_eq!(house.internal(Method::POST, &one, Value::Null).await, (200, json!({ "replayed": 1 })));
    app.is_told_of("two").await;
    house.endpoint_stands("it was taken", |first| first["dead"] == 2 && first["pending"] == 0).await;
    let all = house.internal(Method::POST, "/webhooks/dead/replay", json!({ "endpoint": 0 })).await;
    assert_eq!(all, (200, json!({ "replayed": 2 })));
    app.is_told_of("one").await;
    app.is_told_of("three").await;
    house.endpoint_stands("nothing is left", |first| first["dead"] == 0 && first["pending"] == 0).await;
    assert_eq!(house.internal(Method::POST, &one, Value::Null).await.1["code"], "unknown_dead_letter");
    house.ends().await;
}

#[actix_web::test]
async fn a_redirect_leads_nowhere() {
    let Some(mut app) = Receiver::starts().await else { return };
    let canary = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let inward = format!("http://{}/latest/meta-data", canary.local_addr().expect("an address"));
    app.turns(json!({ "mode": "status", "status": 302, "headers": { "location": inward } })).await;
    let house = House::telling(&[&app], &[ONE_RETRY]).await;
    house.posts("chat_1", "one").await;
    house.endpoint_stands("it is dead", |first| first["dead"] == 1).await;
    assert_eq!(house.dead_letters().await[0]["error"], "it answered 302");
    let nobody = std::future::poll_fn(|ctx| std::task::Poll::Ready(canary.poll_accept(ctx).is_pending()));
    assert!(nobody.await, "somebody followed the redirect");
    house.ends().await;
}

#[actix_web::test]
async fn a_name_that_leads_inward_is_never_called() {
    let canary = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = canary.local_addr().expect("an address").port();
    let settings = [ONE_RETRY, ("RECADO_WEBHOOKS__ALLOWED_NETWORKS", "10.9.9.9")];
    for scheme in ["https", "http"] {
        let house = House::telling_urls(&format!("{scheme}://localhost:{port}/"), &settings).await;
        house.posts("chat_1", "one").await;
        let stands = house.endpoint_stands("it is dead", |first| first["dead"] == 1).await;
        let why = stands["lastError"].as_str().unwrap_or_default();
        assert!(why.contains("is not a public address"), "{why}");
        let nobody = std::future::poll_fn(|ctx| std::task::Poll::Ready(canary.poll_accept(ctx).is_pending()));
        assert!(nobody.await, "somebody called");
        house.ends().await;
    }
}

#[actix_web::test]
async fn a_courier_that_dies_loses_nothing() {
    let Some(mut app) = Receiver::starts().await else { return };
    app.turns(json!({ "mode": "hang" })).await;
    let house = House::telling(&[&app], &[("RECADO_WEBHOOKS__TIMEOUT_MS", "60000")]).await;
    house.posts("chat_1", "one").await;
    let first = app.is_told_of("one").await;
    app.turns(json!({ "mode": "ok" })).await;
    house.dies("courier").await;
    assert_eq!(app.is_told_of("one").await["id"], first["id"]);
    house.posts("chat_1", "two").await;
    app.is_told_of("two").await;
    house.ends().await;
}

#[actix_web::test]
async fn without_webhooks_there_is_nothing_to_list_or_enable() {
    let house = House::start().await;
    assert_eq!(house.endpoints().await, Vec::<Value>::new());
    assert_eq!(house.dead_letters().await, Vec::<Value>::new());
    for (path, body, status, code) in [
        ("/webhooks/0/enable", Value::Null, 404, "unknown_endpoint"),
        ("/webhooks/x/enable", Value::Null, 422, "invalid_path"),
        ("/webhooks/dead/replay", json!({ "endpoint": 0 }), 404, "unknown_endpoint"),
        ("/webhooks/dead/replay", json!({}), 422, "invalid_body"),
        ("/webhooks/dead/7/replay", Value::Null, 404, "unknown_dead_letter"),
    ] {
        let (answered, problem) = house.internal(Method::POST, path, body).await;
        assert_eq!((answered, &problem["code"]), (status, &json!(code)), "{path}");
    }
    let (status, problem) = house.internal(Method::GET, "/webhooks/dead?limit=0", Value::Null).await;
    assert_eq!((status, &problem["code"]), (422, &json!("invalid_query")));
    house.ends().await;
}
