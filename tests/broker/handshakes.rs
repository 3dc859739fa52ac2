//! Who gets as far as a socket: the form of the request, its time, and how many there may be.
//!
//! A refusal is an HTTP answer that says why, as problem details, and costs nobody else a place.

use serde_json::{Value, json};

use crate::house::{House, SOON};
use crate::person::Person;
use crate::raw_socket::{Heard, RawSocket, handshake, handshake_with, header};
use crate::tokens::{claims, sign};

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const VERSION: &str = "Sec-WebSocket-Version: 13";

/// The status, the head and the problem with which this request is refused.
async fn refusal(house: &House, request: &str) -> (u16, String, Value) {
    let mut socket = RawSocket::dials(house.address()).await;
    socket.sends(request.as_bytes()).await;
    let (head, body) = socket.hears_answer().await;
    assert_eq!(socket.hears().await, Heard::Gone);
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    assert_eq!(header(&head, "content-type"), Some("application/problem+json"), "{head}");
    (status, head, serde_json::from_str(&body).expect("a problem is JSON"))
}

fn entering(user: &str) -> String {
    handshake(&format!("/?token={}", sign(&claims(user, "chat_1"))))
}

/// Lets this one in as soon as there is a place.
async fn enters_when_there_is_room(house: &House, user: &str) -> Person {
    let url = house.ws_url(&format!("/?token={}", sign(&claims(user, "chat_1"))));
    let tried = tokio::time::timeout(SOON, async {
        loop {
            if let Ok(person) = Person::try_connect(&url, &[]).await {
                return person;
            }
            tokio::task::yield_now().await;
        }
    });
    let mut person = tried.await.expect("the place is given back");
    person.is_welcomed().await;
    person
}

#[actix_web::test]
async fn a_handshake_of_a_wrong_form_is_told_so() {
    let house = House::start().await;
    for (what, request) in [
        ("no version", handshake_with("/", &[KEY])),
        ("another version", handshake_with("/", &["Sec-WebSocket-Version: 12", KEY])),
        ("no key", handshake_with("/", &[VERSION])),
        ("a short key", handshake_with("/", &[VERSION, "Sec-WebSocket-Key: c2hvcnQ="])),
        ("another method", handshake("/").replacen("GET", "POST", 1)),
    ] {
        let (status, _, problem) = refusal(&house, &request).await;
        assert_eq!((status, &problem["code"]), (400, &json!("bad_handshake")), "{what}");
        assert_eq!(problem["status"], 400);
        assert!(problem["detail"].is_string(), "{what}: {problem}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn half_a_request_is_not_waited_for() {
    let house = House::with(&[("RECADO_SERVER__HEADER_TIMEOUT_MS", "2000")]).await;
    let mut waiting = Vec::new();
    for said in ["", "GET /he", "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: webso"] {
        let mut eve = RawSocket::dials(house.address()).await;
        eve.sends(said.as_bytes()).await;
        waiting.push(eve);
    }
    for eve in &mut waiting {
        eve.is_hung_up_on().await;
    }
    let ann = house.widget("ann", "chat_1").await;
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_plain_request_for_an_unknown_path_is_not_found() {
    let house = House::start().await;
    for path in ["/chat", "/ws", "/socket", "/any/path?token=x"] {
        let (status, body) = house.get(path).await;
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((status, body), (404, json!({ "error": "Not found" })), "{path}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn there_are_only_so_many_places_and_they_are_given_back() {
    let house = House::with(&[("RECADO_LIMITS__MAX_CONNECTIONS", "2")]).await;
    let ann = house.widget("ann", "chat_1").await;
    let mut bob = house.widget("bob", "chat_1").await;
    let (status, head, problem) = refusal(&house, &entering("eve")).await;
    assert_eq!(
        (status, &problem["code"], &problem["retry"]),
        (503, &json!("connections_full"), &json!(true))
    );
    let wait = header(&head, "retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
    assert!(wait.is_some_and(|seconds| seconds > 0), "{head}");

    ann.drops();
    let mut eve = enters_when_there_is_room(&house, "eve").await;
    assert_eq!(refusal(&house, &entering("zoe")).await.0, 503);
    bob.settles().await;
    eve.posts("in the end").await;
    bob.hears_message("in the end").await;
    for person in [bob, eve] {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn one_address_has_only_so_many_places() {
    let house = House::with(&[
        ("RECADO_LIMITS__MAX_CONNECTIONS_PER_ADDRESS", "1"),
        ("RECADO_SERVER__TRUSTED_PROXIES", "127.0.0.0/8"),
        ("RECADO_SERVER__CLIENT_ADDRESS_HEADER", "Fly-Client-IP"),
    ])
    .await;
    let path = |user: &str| format!("/?token={}", sign(&claims(user, "chat_1")));
    let mut ann = house.connects_with(&path("ann"), &[("Fly-Client-IP", "203.0.113.1")]).await;
    ann.is_welcomed().await;
    let mut bob = house.connects_with(&path("bob"), &[("Fly-Client-IP", "203.0.113.2")]).await;
    bob.is_welcomed().await;

    let again = handshake_with(&path("eve"), &[VERSION, KEY, "Fly-Client-IP: 203.0.113.1"]);
    let (status, head, problem) = refusal(&house, &again).await;
    assert_eq!((status, &problem["code"]), (503, &json!("address_full")));
    assert!(header(&head, "retry-after").is_some(), "{head}");
    for person in [ann, bob] {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn a_client_that_names_its_own_address_is_not_believed() {
    let house = House::with(&[
        ("RECADO_LIMITS__MAX_CONNECTIONS_PER_ADDRESS", "1"),
        ("RECADO_SERVER__CLIENT_ADDRESS_HEADER", "Fly-Client-IP"),
    ])
    .await;
    let ann = house.widget("ann", "chat_1").await;
    let request = handshake_with("/", &[VERSION, KEY, "Fly-Client-IP: 203.0.113.2"]);
    assert_eq!(refusal(&house, &request).await.2["code"], "address_full");
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn nobody_new_is_let_in_while_the_house_is_draining() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    house.broker().vitals().drain();
    let (status, head, problem) = refusal(&house, &entering("bob")).await;
    assert_eq!((status, &problem["code"], &problem["retry"]), (503, &json!("draining"), &json!(true)));
    assert!(header(&head, "retry-after").is_some(), "{head}");
    ann.hears_nothing_more().await;
    ann.leaves().await;
    house.ends().await;
}
