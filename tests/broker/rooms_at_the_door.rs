//! Who is let in at the door of the rooms dialect, and what it says to those who speak plain HTTP.

use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use crate::guests::Caller;
use crate::house::House;
use crate::rooms::{MOUNT, OPEN};
use crate::tokens::{claims, claims_with, sign};

const CLOSED: [(&str, &str); 1] = [("RECADO_DOORS__ROOMS__ENABLED", "true")];

#[actix_web::test]
async fn the_handshake_is_the_one_of_a_stock_server() {
    let house = House::with(&OPEN).await;
    let caller = Caller::arrives(&house, MOUNT).await;
    let Value::Object(mut opening) = caller.opening.clone() else { panic!("no object") };
    opening.remove("sid");
    let rest = json!({ "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000, "maxPayload": 1000000 });
    assert_eq!(Value::Object(opening), rest);
    caller.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn strangers_are_let_in_only_where_the_operator_says_so() {
    let house = House::with(&CLOSED).await;
    let late = sign(&claims_with("ana", "c", json!({ "exp": 1 })));
    let nobody = sign(&claims_with("ana", "c", json!({ "userId": null })));
    let mut caller = Caller::arrives(&house, MOUNT).await;
    for (shown, told) in [
        (Value::Null, "Token required"),
        (json!({ "token": "" }), "Token required"),
        (json!({ "token": "made.up.entirely" }), "Invalid token"),
        (json!({ "token": late }), "Token expired"),
        (json!({ "token": nobody }), "Token names no user"),
    ] {
        caller.joins(shown).await;
        assert_eq!(caller.is_rejected().await, json!({ "message": told }));
    }
    caller.joins(json!({ "token": sign(&claims("ana", "c")) })).await;
    assert!(caller.hears_packet().await.starts_with("40{"));
    caller.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_bad_token_is_no_better_than_none_where_strangers_may_come() {
    let house = House::with(&OPEN).await;
    let mut caller = Caller::arrives(&house, MOUNT).await;
    caller.joins(json!({ "token": "made.up.entirely" })).await;
    assert_eq!(caller.is_rejected().await, json!({ "message": "Invalid token" }));
    caller.says_packet("40/other").await;
    assert_eq!(caller.hears_packet().await, r#"44/other,{"message":"Invalid namespace"}"#);
    caller.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_is_banned_from_the_room_is_not_let_in() {
    let house = House::with(&CLOSED).await;
    let ban = json!({ "userId": "eve", "chatId": "roomChatTest" });
    assert_eq!(house.internal(Method::POST, "/bans", ban).await.0, 201);
    let mut eve = Caller::arrives(&house, MOUNT).await;
    eve.joins(json!({ "token": sign(&claims("eve", "c")) })).await;
    assert_eq!(eve.is_rejected().await, json!({ "message": "Not admitted" }));
    eve.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn programs_are_greeted_and_browsers_get_a_page_that_loads_nothing_from_elsewhere() {
    let house = House::with(&OPEN).await;
    let answer = house.request(Method::GET, "/rooms/").send().await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(answer.text().await.expect("a body"), "Hello World!");
    let page = house.request(Method::GET, "/rooms/").header(ACCEPT, "text/html,*/*").send();
    let page = page.await.expect("an answer");
    assert!(page.headers()["content-security-policy"].to_str().expect("text").contains("default-src 'self'"));
    let text = page.text().await.expect("a body");
    assert!(text.contains("rooms.js") && !text.contains("http"), "{text}");
    for file in ["rooms.js", "rooms.css"] {
        assert_eq!(house.get(&format!("/rooms/{file}")).await.0, 200, "{file}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn any_other_path_is_answered_as_nest_answers_it() {
    let house = House::with(&OPEN).await;
    for (method, path) in [(Method::GET, "/rooms/x"), (Method::POST, "/rooms/x/y"), (Method::POST, "/rooms/")]
    {
        let answer = house.request(method.clone(), path).send().await.expect("an answer");
        assert_eq!(answer.status(), 404);
        let message = format!("Cannot {method} {path}");
        let body = json!({ "message": message, "error": "Not Found", "statusCode": 404 });
        assert_eq!(answer.json::<Value>().await.expect("JSON"), body);
    }
    house.ends().await;
}

#[actix_web::test]
async fn a_door_that_is_not_enabled_is_not_there() {
    let house = House::start().await;
    assert_eq!(house.get("/rooms/").await.0, 404);
    assert_eq!(house.get("/rooms/socket.io/?EIO=4&transport=polling").await.0, 404);
    house.ends().await;
}
