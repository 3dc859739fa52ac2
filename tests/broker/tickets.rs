//! Tickets: what a backend hands to a browser in a token's stead, good for one connection.
//!
//! They are taken wherever a token is, and used up wherever they were shown first.

use std::time::Duration;

use recado::auth::{Grant, Tickets, wall_clock};
use reqwest::Method;
use serde_json::{Value, json};

use crate::entering::{PLACES, Place};
use crate::house::House;
use crate::person::Person;
use crate::shape::{is_iso, keys};
use crate::tokens::SECRET;

async fn ticket_for(house: &House, asked: Value) -> String {
    let (status, body) = house.internal(Method::POST, "/tickets", asked).await;
    assert_eq!((status, keys(&body).as_str()), (201, "expiresAt ticket"), "{body}");
    assert!(is_iso(&body["expiresAt"]), "{body}");
    let ticket = body["ticket"].as_str().expect("a ticket").to_owned();
    assert!(ticket.starts_with("tkt_"), "{ticket}");
    ticket
}

fn ann() -> Value {
    json!({ "userId": "ann", "chatId": "chat_1", "name": "Ann Lee" })
}

async fn is_turned_away(mut person: Person, reason: &str) {
    assert_eq!(person.is_closed().await, (4002, reason.to_owned()));
    person.leaves().await;
}

#[actix_web::test]
async fn a_ticket_opens_the_door_once_from_each_of_its_places() {
    let house = House::start().await;
    for place in PLACES {
        let ticket = ticket_for(&house, ann()).await;
        let mut person = place.enters(&house, &ticket).await;
        assert_eq!(person.welcome["chatId"], "chat_1", "{place:?}");
        person.posts("hello").await;
        let sender = person.hears_message("hello").await["sender"].clone();
        assert_eq!((&sender["id"], &sender["name"]), (&json!("ann"), &json!("Ann Lee")));

        for again in [place, Place::Query("/?")] {
            is_turned_away(again.shows(&house, &ticket).await, "Invalid token").await;
        }
        person.hears_nothing_more().await;
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn of_many_who_show_one_ticket_at_once_one_comes_in() {
    let house = House::with(&[("RECADO_SERVER__WORKERS", "2")]).await;
    let ticket = ticket_for(&house, ann()).await;
    let rush = (0..8).map(|_| Place::Query("/?").shows(&house, &ticket));
    let (mut inside, mut outside) = (0, 0);
    for mut person in futures_util::future::join_all(rush).await {
        match person.hears_or_is_closed().await {
            Ok(frame) => {
                assert_eq!(frame["type"], "connected");
                inside += 1;
            }
            Err(goodbye) => {
                assert_eq!(goodbye, (4002, "Invalid token".to_owned()));
                outside += 1;
            }
        }
        person.leaves().await;
    }
    assert_eq!((inside, outside), (1, 7));
    house.ends().await;
}

#[actix_web::test]
async fn a_ticket_says_who_may_speak_as_an_agent() {
    let house = House::start().await;
    let say = json!({ "type": "message", "content": "hello", "role": "AGENT" });
    for (authenticated, may) in [(json!(false), false), (json!(true), true), (Value::Null, true)] {
        let mut asked = ann();
        asked["isAuthenticated"] = authenticated;
        let ticket = ticket_for(&house, asked).await;
        let mut person = Place::Query("/?").enters(&house, &ticket).await;
        person.sends(say.clone()).await;
        if may {
            person.hears_message("hello").await;
        } else {
            assert_eq!(person.hears("error").await["code"], "not_an_agent");
        }
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn a_ticket_that_waited_too_long_or_was_touched_opens_nothing() {
    let house = House::start().await;
    let minute = Duration::from_secs(60);
    let grant = Grant { user_id: "ann".into(), chat_id: Some("chat_1".into()), ..Grant::default() };
    let issuer = |secret: &str| Tickets::new(secret.as_bytes(), minute, minute);
    let (lapsed, _) = issuer(SECRET).issue(grant.clone(), wall_clock() - 61).expect("a ticket");
    is_turned_away(Place::Query("/?").shows(&house, &lapsed).await, "Token expired").await;
    let (foreign, _) = issuer("somebody else's secret").issue(grant, wall_clock()).expect("a ticket");
    let good = ticket_for(&house, ann()).await;
    let bare = good.trim_start_matches("tkt_").to_owned();
    let cut = good[..good.len() - 4].to_owned();
    for wrong in [foreign, bare, cut, format!("tkt_{good}"), "tkt_".to_owned(), "tkt_hello".to_owned()] {
        is_turned_away(Place::Bearer.shows(&house, &wrong).await, "Invalid token").await;
    }
    // Whatever others tried, the good one is still good.
    Place::Bearer.enters(&house, &good).await.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_ticket_opens_a_door_but_does_not_keep_one_open() {
    let house = House::start().await;
    let mut person = house.widget("ann", "chat_1").await;
    let ticket = ticket_for(&house, ann()).await;
    person.sends(json!({ "type": "refresh", "token": ticket })).await;
    let refused = person.hears("error").await;
    assert_eq!((&refused["error"], &refused["code"]), (&json!("Invalid token"), &json!("invalid_token")));
    person.hears_nothing_more().await;
    person.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_session_that_a_ticket_opened_ends_when_the_ticket_said() {
    let house = House::start().await;
    let mut asked = ann();
    let ends = recado_actors::clock::Timestamp::from_secs(wall_clock() + 2);
    asked["sessionExpiresAt"] = json!(ends.to_string());
    let ticket = ticket_for(&house, asked).await;
    let mut person = Place::Query("/?").enters(&house, &ticket).await;
    assert_eq!(person.is_closed().await, (4003, "Token expired".to_owned()));
    person.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn tickets_are_made_only_for_somebody_and_for_so_long() {
    let house = House::with(&[("RECADO_AUTH__TICKET_SECONDS", "30")]).await;
    for (asked, code) in [
        (json!({ "userId": "ann" }), "invalid_body"),
        (json!({ "chatId": "chat_1" }), "invalid_body"),
        (json!({ "userId": "", "chatId": "chat_1" }), "invalid_body"),
        (json!({ "userId": 7, "chatId": "chat_1" }), "invalid_body"),
        (json!({ "userId": "ann", "chatId": "chat_1", "ttl": 0 }), "invalid_ticket"),
        (json!({ "userId": "ann", "chatId": "chat_1", "ttl": 31 }), "invalid_ticket"),
        (json!({ "userId": "ann", "chatId": "chat_1", "ttl": "30" }), "invalid_body"),
        (json!({ "userId": "ann", "chatId": "chat_1", "admin": true }), "invalid_body"),
    ] {
        let (status, body) = house.internal(Method::POST, "/tickets", asked.clone()).await;
        assert_eq!((status, &body["code"]), (422, &json!(code)), "{asked}");
    }
    house.ends().await;
}
