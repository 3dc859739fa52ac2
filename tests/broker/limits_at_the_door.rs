//! How many may come at once: a herd is let in one by one, and whoever shows forged tokens is not listened to.
//!
//! Whoever is sent away is told when to come again.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep};

use crate::house::{House, SOON};
use crate::person::Person;
use crate::raw_socket::{Heard, RawSocket, handshake, header};
use crate::tokens::{INTERNAL, claims, sign};

/// The status of the answer and, if it is a refusal, its code and after how many seconds to come again.
async fn knocks(house: &House, request: &str) -> (u16, String, u64) {
    let mut socket = RawSocket::dials(house.address()).await;
    socket.sends(request.as_bytes()).await;
    let (head, body) = socket.hears_answer().await;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    if status == 101 {
        return (status, String::new(), 0);
    }
    assert_eq!(socket.hears().await, Heard::Gone);
    let wait = header(&head, "retry-after").and_then(|seconds| seconds.parse().ok()).expect("a time");
    let problem: Value = serde_json::from_str(&body).expect("a problem is JSON");
    (status, problem["code"].as_str().expect("a code").to_owned(), wait)
}

fn path(user: &str) -> String {
    format!("/?token={}", sign(&claims(user, "chat_1")))
}

fn admission<'a>(rate: &'a str, burst: &'a str, wait_ms: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("RECADO_LIMITS__CONNECTS_PER_SECOND", rate),
        ("RECADO_LIMITS__CONNECTS_BURST", burst),
        ("RECADO_LIMITS__CONNECT_WAIT_MS", wait_ms),
    ]
}

fn refused(house: &House, code: &str) -> u64 {
    house.broker().vitals().counts.connects.of(code)
}

#[actix_web::test]
async fn a_herd_of_three_hundred_is_let_in_one_by_one() {
    let house = House::with(&admission("100", "200", "60000")).await;
    let before = Instant::now();
    let herd = join_all((0..300).map(async |number| {
        // Each has a chat of its own, so that only coming in is what takes time.
        house.widget(&format!("user_{number}"), &format!("chat_{number}")).await
    }));
    let herd = herd.await;
    assert!(before.elapsed() >= Duration::from_millis(990), "in {:?}", before.elapsed());
    assert_eq!((herd.len(), refused(&house, "connecting_too_fast")), (300, 0));
    join_all(herd.into_iter().map(Person::leaves)).await;
    house.ends().await;
}

#[actix_web::test]
async fn past_the_longest_wait_each_is_told_another_time_to_come() {
    let house = House::with(&admission("1", "1", "0")).await;
    let requests: Vec<_> = (0..6).map(|number| handshake(&path(&format!("user_{number}")))).collect();
    let answers = join_all(requests.iter().map(|request| knocks(&house, request))).await;
    // One is let in, and on a slow day another who came a second later.
    let told: Vec<_> = answers.into_iter().filter(|(status, ..)| *status != 101).collect();
    assert!(told.iter().all(|(status, code, _)| (*status, code.as_str()) == (503, "connecting_too_fast")));
    let times: BTreeSet<_> = told.iter().map(|(.., wait)| *wait).collect();
    assert!(times.len() >= 2 && times.iter().all(|wait| (1..=7).contains(wait)), "{times:?}");
    assert_eq!(refused(&house, "connecting_too_fast"), u64::try_from(told.len()).expect("a few"));

    // Time is what was told, and what must be true.
    sleep(Duration::from_secs(times.first().copied().expect("a time"))).await;
    house.widget("bob", "chat_1").await.leaves().await;
    house.ends().await;
}

/// Waits until so many have a place.
async fn there_are(house: &House, connections: u64) {
    let counted = async {
        loop {
            let health: Value = serde_json::from_str(&house.get("/health").await.1).expect("JSON");
            if health["connections"]["total"] == connections {
                return;
            }
        }
    };
    tokio::time::timeout(SOON, counted).await.expect("they come in time");
}

#[actix_web::test]
async fn those_who_wait_hold_a_place_and_a_drain_ends_their_wait() {
    let settings = admission("1", "1", "3600000");
    let house = House::with(&[&settings[..], &[("RECADO_LIMITS__MAX_CONNECTIONS", "11")]].concat()).await;
    let ann = house.widget("ann", "chat_1").await;
    let mut waiting = Vec::new();
    for place in 1..=10 {
        let mut socket = RawSocket::dials(house.address()).await;
        socket.sends(handshake(&path(&format!("user_{place}"))).as_bytes()).await;
        there_are(&house, 1 + place).await;
        waiting.push(socket);
    }
    assert_eq!(knocks(&house, &handshake(&path("max"))).await.1, "connections_full");
    house.broker().vitals().drain();
    // Its turn would have been ten seconds after the first.
    let (head, body) = waiting.pop().expect("the last").hears_answer().await;
    assert!(head.starts_with("HTTP/1.1 503 ") && body.contains("draining"), "{head}{body}");
    drop(waiting);
    ann.leaves().await;
    house.ends().await;
}

/// Shows forged tokens, from wherever it likes to say, until it is not listened to any more: how many.
async fn guesses_until_sent_away(house: &House) -> usize {
    for number in 0..100 {
        let made_up = format!("203.0.113.{number}");
        let headers = [("X-Forwarded-For", made_up.as_str()), ("Fly-Client-IP", made_up.as_str())];
        match Person::try_connect(&house.ws_url("/?token=a.b.c"), &headers).await {
            Ok(mut eve) => assert_eq!(eve.is_closed().await, (4002, "Invalid token".to_owned())),
            Err(_) => return number,
        }
    }
    panic!("listened to for ever");
}

#[actix_web::test]
async fn whoever_shows_forged_tokens_is_sent_away_for_a_while() {
    let house = House::with(&[("RECADO_LIMITS__AUTH_FAILURE_RATE", "20")]).await;
    let expired = json!({ "userId": "ann", "chatId": "chat_1", "exp": 1 });
    for _ in 0..30 {
        // An honest client whose token ended is no forger.
        let mut ann = house.connects(&format!("/?token={}", sign(&expired))).await;
        assert_eq!(ann.is_closed().await, (4002, "Token expired".to_owned()));
    }
    assert!(guesses_until_sent_away(&house).await >= 20);
    let (status, code, wait) = knocks(&house, &handshake(&path("ann"))).await;
    assert_eq!((status, code.as_str()), (429, "too_many_failures"));
    assert!((1..=3).contains(&wait), "{wait}");
    assert_eq!(refused(&house, "too_many_failures"), 2);
    // Time is what was told, and what must be true.
    sleep(Duration::from_secs(wait)).await;
    house.widget("ann", "chat_1").await.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_guesses_the_internal_secret_locks_out_only_guesses() {
    let house = House::with(&[("RECADO_LIMITS__AUTH_FAILURE_RATE", "3")]).await;
    let with = async |secret: &str| {
        let request = house.request(Method::GET, "/internal/bans").header("X-Internal-Secret", secret);
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.headers().contains_key("retry-after"))
    };
    for _ in 0..3 {
        assert_eq!(with("a guess").await, (401, false));
    }
    assert_eq!(with("another guess").await, (429, true));
    assert_eq!(with(INTERNAL).await, (200, false));
    house.ends().await;
}
