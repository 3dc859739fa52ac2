//! Engine.IO by WebSocket, from the first or after polling.

use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::error::Error;

use crate::echoing::{CALM, HASTY, Poller, Talker, echoing};
use crate::house::House;

#[actix_web::test]
async fn a_session_by_websocket_echoes_both_kinds_and_has_nothing_to_upgrade_to() {
    let house = echoing(&CALM).await;
    let (mut talker, opening) = Talker::opens(&house).await;
    assert_eq!(opening["upgrades"], serde_json::json!([]));
    talker.says("4hello").await;
    assert_eq!(talker.hears().await, "4hello");
    talker.sends(&[1, 2, 3]).await;
    assert_eq!(talker.next().await, Message::binary(vec![1, 2, 3]));
    talker.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_websocket_that_answers_heartbeats_stays_and_one_that_does_not_is_let_go() {
    let house = echoing(&HASTY).await;
    let (mut talker, _) = Talker::opens(&house).await;
    for _ in 0..2 {
        assert_eq!(talker.hears().await, "2");
        talker.says("3").await;
    }
    assert_eq!(talker.hears().await, "2");
    assert_eq!(talker.ends().await, None);
    house.ends().await;
}

#[actix_web::test]
async fn what_is_no_packet_or_too_big_ends_a_websocket() {
    let house = echoing(&CALM).await;
    let long = format!("4{}", "x".repeat(1_000_001));
    for (said, code) in [("abc", 1002), ("", 1002), ("2", 1002), ("1", 1000), (long.as_str(), 1009)] {
        let (mut talker, _) = Talker::opens(&house).await;
        talker.says(said).await;
        assert_eq!(talker.ends().await, Some(code), "{said:.9}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn an_upgrade_that_cannot_be_is_refused_with_the_message_alone() {
    let house = echoing(&CALM).await;
    for (query, message) in [
        ("?EIO=4&transport=abc", "Transport unknown"),
        ("?EIO=4", "Transport unknown"),
        ("?EIO=7&transport=websocket", "Unsupported protocol version"),
        ("?EIO=4&transport=websocket&sid=abcdefghijklmnopqrst", "Session ID unknown"),
    ] {
        assert_eq!(refused(&house, query).await, (400, message.to_owned()));
    }
    house.ends().await;
}

async fn refused(house: &House, query: &str) -> (u16, String) {
    let url = house.ws_url(&format!("/engine.io/{query}"));
    let Err(Error::Http(answer)) = tokio_tungstenite::connect_async(url).await else {
        panic!("{query} was let in")
    };
    let body = answer.body().clone().unwrap_or_default();
    (answer.status().as_u16(), String::from_utf8(body).expect("text"))
}

/// Goes from polling to this WebSocket.
async fn upgrades(poller: &Poller<'_>) -> Talker {
    let mut talker = poller.tries_a_socket().await;
    talker.says("2probe").await;
    assert_eq!(talker.hears().await, "3probe");
    talker.says("5").await;
    talker
}

#[actix_web::test]
async fn a_session_goes_from_polling_to_a_websocket_and_nothing_else_may_speak_for_it() {
    let house = echoing(&CALM).await;
    let poller = Poller::opens(&house).await;
    let mut talker = upgrades(&poller).await;
    let denied = (400, r#"{"code":3,"message":"Bad request"}"#.to_owned());
    assert_eq!(poller.polls().await, denied);
    assert_eq!(poller.posts("4by the back door").await, denied);
    // Opened and closed, as stock servers do it: a client may be unable to bear an answer without a socket.
    assert_eq!(poller.tries_a_socket().await.ends().await, Some(1002));
    talker.says("4hello").await;
    assert_eq!(talker.hears().await, "4hello");
    talker.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn what_was_not_polled_before_the_upgrade_is_told_after_it_in_order() {
    let house = echoing(&CALM).await;
    let poller = Poller::opens(&house).await;
    let mut talker = poller.tries_a_socket().await;
    let (polled, ()) = tokio::join!(poller.polls(), talker.says("2probe"));
    assert_eq!(polled, (200, "6".to_owned()));
    assert_eq!(talker.hears().await, "3probe");
    assert_eq!(poller.posts("4one\x1ebAQID\x1e4two").await.0, 200);
    talker.says("5").await;
    talker.says("4three").await;
    assert_eq!(talker.hears().await, "4one");
    assert_eq!(talker.next().await, Message::binary(vec![1, 2, 3]));
    assert_eq!(talker.hears().await, "4two");
    assert_eq!(talker.hears().await, "4three");
    talker.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_websocket_that_only_tries_costs_the_session_nothing_when_it_goes() {
    let house = echoing(&CALM).await;
    let poller = Poller::opens(&house).await;
    for said in ["4not yet", "5", "abc"] {
        let mut talker = poller.tries_a_socket().await;
        talker.says(said).await;
        assert_eq!(talker.ends().await, Some(1002), "{said}");
    }
    assert_eq!(poller.posts("4still polling").await.0, 200);
    assert_eq!(poller.polls().await.1, "4still polling");
    poller.posts("1").await;
    house.ends().await;
}

#[actix_web::test]
async fn of_two_websockets_that_try_the_second_is_closed_and_the_first_goes_on() {
    let house = echoing(&CALM).await;
    let poller = Poller::opens(&house).await;
    let mut talker = poller.tries_a_socket().await;
    assert_eq!(poller.tries_a_socket().await.ends().await, Some(1002));
    talker.says("2probe").await;
    assert_eq!(talker.hears().await, "3probe");
    talker.says("5").await;
    talker.says("4hello").await;
    assert_eq!(talker.hears().await, "4hello");
    talker.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_websocket_that_tries_for_too_long_is_closed_alone() {
    let mut settings = CALM.to_vec();
    settings.push(("RECADO_DOORS__CHAT__UPGRADE_TIMEOUT_MS", "100"));
    let house = echoing(&settings).await;
    let poller = Poller::opens(&house).await;
    let talker = poller.tries_a_socket().await;
    assert!(talker.ends().await.is_some());
    assert_eq!(poller.posts("4hello").await.0, 200);
    assert_eq!(poller.polls().await.1, "4hello");
    poller.posts("1").await;
    house.ends().await;
}

#[actix_web::test]
async fn many_sessions_upgrade_on_whichever_worker_their_websocket_comes_to() {
    let mut settings = CALM.to_vec();
    settings.push(("RECADO_SERVER__WORKERS", "3"));
    let house = echoing(&settings).await;
    for _ in 0..12 {
        let poller = Poller::opens(&house).await;
        let mut talker = upgrades(&poller).await;
        talker.says("4hello").await;
        assert_eq!(talker.hears().await, "4hello");
        talker.leaves().await;
    }
    house.ends().await;
}
