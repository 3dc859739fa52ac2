//! Engine.IO over polling, to the letter: statuses, bodies, and what ends a session.

use std::time::Duration;

use reqwest::Method;
use tokio::time::timeout;

use crate::echoing::{CALM, HASTY, Poller, asks, echoing, told};

#[actix_web::test]
async fn an_opening_says_all_that_stock_clients_go_by() {
    let house = echoing(&CALM).await;
    let poller = Poller::opens(&house).await;
    assert_eq!(poller.sid.len(), 20);
    assert_eq!(poller.opening["upgrades"], serde_json::json!(["websocket"]));
    assert_eq!(poller.opening["pingInterval"], 25_000);
    assert_eq!(poller.opening["pingTimeout"], 20_000);
    assert_eq!(poller.opening["maxPayload"], 1_000_000);
    poller.posts("1").await;
    house.ends().await;
}

#[actix_web::test]
async fn whatever_is_no_handshake_is_refused_in_the_words_of_stock_servers() {
    let house = echoing(&CALM).await;
    for (method, query, expected) in [
        (Method::GET, "?EIO=4&transport=abc", r#"{"code":0,"message":"Transport unknown"}"#),
        (Method::GET, "?EIO=4", r#"{"code":0,"message":"Transport unknown"}"#),
        (Method::GET, "?EIO=4&transport=polling&sid=abc", r#"{"code":1,"message":"Session ID unknown"}"#),
        (Method::POST, "?EIO=4&transport=polling", r#"{"code":2,"message":"Bad handshake method"}"#),
        (Method::PUT, "?EIO=4&transport=polling", r#"{"code":2,"message":"Bad handshake method"}"#),
        (Method::GET, "?EIO=4&transport=websocket", r#"{"code":3,"message":"Bad request"}"#),
        (Method::GET, "?EIO=abc&transport=polling", r#"{"code":5,"message":"Unsupported protocol version"}"#),
        (Method::GET, "?transport=polling", r#"{"code":5,"message":"Unsupported protocol version"}"#),
    ] {
        assert_eq!(told(asks(&house, method, query).await).await, (400, expected.to_owned()), "{query}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn messages_come_back_each_in_its_own_kind() {
    let house = echoing(&CALM).await;
    let poller = Poller::opens(&house).await;
    assert_eq!(poller.posts("4hello\x1ebAQIDBA==\x1e4").await, (200, "ok".to_owned()));
    assert_eq!(poller.polls().await, (200, "4hello\x1ebAQIDBA==\x1e4".to_owned()));
    poller.posts("1").await;
    house.ends().await;
}

#[actix_web::test]
async fn a_poll_waits_until_there_is_something_to_tell() {
    let house = echoing(&CALM).await;
    let poller = Poller::opens(&house).await;
    let (polled, posted) = tokio::join!(poller.polls(), poller.posts("4late"));
    assert_eq!((polled.1.as_str(), posted.1.as_str()), ("4late", "ok"));
    poller.posts("1").await;
    house.ends().await;
}

#[actix_web::test]
async fn what_cannot_be_read_ends_the_session_and_its_poll() {
    let house = echoing(&CALM).await;
    for body in ["abc", "", "4a\x1e", "2", "5", "b!!"] {
        let poller = Poller::opens(&house).await;
        let (posted, _) = poller.posts(body).await;
        assert!(posted == 400 || matches!(body, "2" | "5"), "{body}");
        poller_is_gone(&poller).await;
    }
    house.ends().await;
}

/// At once, or when it has fetched its `1`.
async fn poller_is_gone(poller: &Poller<'_>) {
    if poller.polls().await != (200, "1".to_owned()) {
        poller.is_unknown().await;
    }
}

#[actix_web::test]
async fn a_second_poll_at_once_ends_the_session() {
    let house = echoing(&CALM).await;
    let poller = Poller::opens(&house).await;
    let (first, second) = tokio::join!(poller.polls(), poller.polls());
    let mut both = [first, second];
    both.sort();
    assert_eq!(both[0], (200, "1".to_owned()));
    assert_eq!(both[1], (400, r#"{"code":3,"message":"Bad request"}"#.to_owned()));
    poller.is_unknown().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_body_beyond_the_limit_is_refused_and_costs_nothing_else() {
    let house = echoing(&CALM).await;
    let poller = Poller::opens(&house).await;
    assert_eq!(poller.posts(format!("4{}", "x".repeat(1_000_000))).await.0, 413);
    assert_eq!(poller.posts("4still here").await.0, 200);
    assert_eq!(poller.polls().await.1, "4still here");
    poller.posts("1").await;
    house.ends().await;
}

#[actix_web::test]
async fn bytes_are_not_what_this_protocol_posts() {
    let house = echoing(&CALM).await;
    let poller = Poller::opens(&house).await;
    let request = house.request(Method::POST, &format!("/engine.io/{}", poller.query()));
    let request = request.header("content-type", "application/octet-stream").body("4x");
    assert_eq!(request.send().await.expect("an answer").status(), 400);
    poller.is_unknown().await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_says_goodbye_has_its_poll_back_and_is_forgotten() {
    let house = echoing(&CALM).await;
    let poller = Poller::opens(&house).await;
    let (polled, posted) = tokio::join!(poller.polls(), poller.posts("1"));
    assert_eq!(polled, (200, "6".to_owned()));
    assert_eq!(posted, (200, "ok".to_owned()));
    poller.is_unknown().await;
    assert_eq!(poller.posts("4too late").await.0, 400);
    house.ends().await;
}

#[actix_web::test]
async fn a_poll_that_is_given_up_ends_the_session_at_once() {
    let house = echoing(&CALM).await;
    let poller = Poller::opens(&house).await;
    // Long enough for it to wait there, and nobody answers it in that time.
    assert!(timeout(Duration::from_millis(300), poller.polls()).await.is_err());
    house.until("its session ends", |broker| engines(broker) == 0).await;
    poller.is_unknown().await;
    house.ends().await;
}

fn engines(broker: &recado_actors::broker::Broker) -> usize {
    broker.vitals().actors().iter().filter(|(kind, _)| *kind == "engine").count()
}

#[actix_web::test]
async fn whoever_answers_heartbeats_stays_and_whoever_does_not_is_let_go() {
    let house = echoing(&HASTY).await;
    let poller = Poller::opens(&house).await;
    assert_eq!(poller.polls().await, (200, "2".to_owned()));
    assert_eq!(poller.posts("3").await.0, 200);
    assert_eq!(poller.polls().await, (200, "2".to_owned()));
    // This one is not answered.
    assert_eq!(poller.polls().await, (200, "1".to_owned()));
    poller.is_unknown().await;
    house.ends().await;
}

#[actix_web::test]
async fn browsers_are_told_that_their_own_page_may_read_and_never_that_all_may() {
    let house = echoing(&CALM).await;
    let asked = |origin: &'static str| {
        house.request(Method::OPTIONS, "/engine.io/?EIO=4&transport=polling").header("origin", origin)
    };
    let ours = asked("http://localhost:5173").header("access-control-request-headers", "x-a").send().await;
    let ours = ours.expect("an answer");
    assert_eq!(ours.status(), 204);
    assert_eq!(ours.headers()["access-control-allow-origin"], "http://localhost:5173");
    assert_eq!(ours.headers()["access-control-allow-credentials"], "true");
    assert_eq!(ours.headers()["access-control-allow-headers"], "x-a");
    let other = asked("https://elsewhere.example").send().await.expect("an answer");
    assert!(!other.headers().contains_key("access-control-allow-origin"));
    let refused = house.request(Method::GET, "/engine.io/?EIO=4&transport=polling");
    let refused = refused.header("origin", "https://elsewhere.example").send().await.expect("an answer");
    assert_eq!(told(refused).await, (403, r#"{"code":4,"message":"Forbidden"}"#.to_owned()));
    house.ends().await;
}
