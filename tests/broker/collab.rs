//! The collab relay over the wire: what one client says all others hear, and never its sender.

use recado::auth::wall_clock;
use recado_actors::id::Epoch;
use recado_actors::ports::LogError;
use recado_actors::ports::memory::MemoryStore;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::guests::Caller;
use crate::house::House;
use crate::person::Person;
use crate::store_trouble::{furnished, is_ready};
use crate::tokens::{claims_with, sign};

pub const MOUNT: &str = "/collab/socket.io/";
pub const OPEN: [(&str, &str); 1] = [("RECADO_DOORS__COLLAB__ENABLED", "true")];

/// A token as this product makes it: the user is called `id`.
pub fn token(user: &str) -> String {
    sign(&json!({ "id": user, "exp": wall_clock() + 3600 }))
}

/// Someone who has been let in, and hears the others.
pub async fn comes(house: &House, user: &str) -> Caller {
    let mut caller = Caller::enters(house, MOUNT, json!({ "token": token(user) })).await;
    // Served only when it has its seat.
    caller.says("ping", json!([])).await;
    caller.hears("pong").await;
    caller
}

/// Two who know of each other: the first has heard the second come.
pub async fn two(house: &House) -> (Caller, Caller) {
    let mut ana = comes(house, "ana").await;
    let bob = comes(house, "bob").await;
    assert_eq!(ana.hears("user:connected").await[0]["userId"], "bob");
    (ana, bob)
}

#[actix_web::test]
async fn what_is_said_is_heard_by_the_others_with_who_said_it_and_when() {
    let house = House::with(&OPEN).await;
    let (mut ana, mut bob) = two(&house).await;
    let said = json!({ "type": "edit", "documentId": "d1", "text": "oi", "userId": "eve", "timestamp": 1 });
    ana.says("message", json!([said, "no more than one"])).await;
    let heard = bob.hears("message").await;
    let at = heard[0]["timestamp"].as_str().expect("a time");
    assert!(at.len() == 24 && at.ends_with('Z'), "{at}");
    assert_eq!(
        heard,
        json!([{ "type": "edit", "documentId": "d1", "text": "oi", "userId": "ana", "timestamp": at }])
    );
    // The sender hears nothing before this.
    bob.says("message", json!([{ "n": 1 }])).await;
    assert_eq!(ana.hears("message").await[0]["n"], 1);
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn what_is_no_object_is_carried_in_one_and_nothing_is_an_empty_one() {
    let house = House::with(&OPEN).await;
    let (mut ana, mut bob) = two(&house).await;
    for odd in [json!("a text"), json!(7), json!(false), json!([1, 2])] {
        ana.says("message", json!([odd])).await;
        assert_eq!(bob.hears("message").await[0]["data"], odd);
    }
    for nothing in [json!([]), json!([null]), json!([{}])] {
        ana.says("message", nothing).await;
        let heard = bob.hears("message").await;
        let names: Vec<_> = heard[0].as_object().expect("an object").keys().collect();
        assert_eq!(names, ["timestamp", "userId"]);
    }
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn attachments_are_relayed_in_their_places() {
    let house = House::with(&OPEN).await;
    let (mut ana, mut bob) = two(&house).await;
    ana.says_packet(
        r#"452-["message",{"b":{"_placeholder":true,"num":1},"a":[{"_placeholder":true,"num":0}]}]"#,
    )
    .await;
    ana.sends(&[1, 2]).await;
    ana.sends(&[3]).await;
    let packet = bob.hears_packet().await;
    let told = r#"452-["message",{"a":[{"_placeholder":true,"num":0}],"b":{"_placeholder":true,"num":1},"userId":"ana","#;
    assert!(packet.starts_with(told), "{packet}");
    assert_eq!(bob.next().await, Message::binary(vec![1, 2]));
    assert_eq!(bob.next().await, Message::binary(vec![3]));
    ana.says_packet(r#"451-["message",{"_placeholder":true,"num":0}]"#).await;
    ana.sends(&[4]).await;
    assert!(bob.hears_packet().await.starts_with(r#"451-["message",{"data":{"_placeholder":true,"num":0},"#));
    assert_eq!(bob.next().await, Message::binary(vec![4]));
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn whatever_two_say_at_once_is_heard_by_a_third_in_the_order_of_each() {
    let house = House::with(&OPEN).await;
    let (mut ana, mut bob) = two(&house).await;
    let (mut eva, mut ida) = (comes(&house, "eva").await, comes(&house, "ida").await);
    assert_eq!(eva.hears("user:connected").await[0]["userId"], "ida");
    for number in 0..100 {
        ana.says("message", json!([{ "n": number }])).await;
        bob.says("message", json!([{ "n": number }])).await;
    }
    let mut orders = Vec::new();
    for caller in [&mut eva, &mut ida] {
        let mut order = Vec::new();
        for _ in 0..200 {
            let heard = caller.hears("message").await;
            order.push((heard[0]["userId"].clone(), heard[0]["n"].clone()));
        }
        orders.push(order);
    }
    assert_eq!(orders[0], orders[1]);
    for user in ["ana", "bob"] {
        let own = orders[0].iter().filter(|(by, _)| by == user).map(|(_, number)| number.clone());
        assert!(own.eq((0..100).map(Value::from)), "{user}");
    }
    for caller in [ana, bob, eva, ida] {
        caller.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn whoever_shows_no_good_token_hears_the_one_word_of_the_original() {
    let house = House::with(&OPEN).await;
    let mut caller = Caller::arrives(&house, MOUNT).await;
    let now = wall_clock();
    for shown in [
        Value::Null,
        json!({}),
        json!({ "token": 7 }),
        json!({ "token": "made.up.entirely" }),
        json!({ "token": sign(&json!({ "id": "ana", "exp": now - 1 })) }),
        json!({ "token": sign(&json!({ "id": "ana", "exp": now + 3600, "nbf": now + 1800 })) }),
        json!({ "token": sign(&json!({ "exp": now + 3600 })) }),
        json!({ "token": sign(&json!({ "id": "visitor", "isAuthenticated": false, "exp": now + 3600 })) }),
    ] {
        caller.joins(shown.clone()).await;
        assert_eq!(caller.is_rejected().await, json!({ "message": "Authentication error" }), "{shown}");
    }
    caller.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_user_may_be_called_by_any_of_three_claims() {
    let house = House::with(&OPEN).await;
    let mut bob = comes(&house, "bob").await;
    for (name, more) in
        [("a", json!({ "id": "a" })), ("b", json!({ "userId": "b" })), ("c", json!({ "sub": "c" }))]
    {
        let mut changes = json!({ "userId": null });
        changes.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        let token = sign(&claims_with("nobody", "c", changes));
        let caller = Caller::enters(&house, MOUNT, json!({ "token": token })).await;
        assert_eq!(bob.hears("user:connected").await[0]["userId"], name);
        caller.leaves().await;
        assert_eq!(bob.hears("user:disconnected").await, json!([{ "userId": name }]));
    }
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn strangers_come_in_only_where_the_operator_says_so() {
    let mut settings = OPEN.to_vec();
    settings.push(("RECADO_DOORS__COLLAB__ANONYMOUS", "true"));
    let house = House::with(&settings).await;
    let mut bob = comes(&house, "bob").await;
    let stranger = Caller::enters(&house, MOUNT, Value::Null).await;
    let told = bob.hears("user:connected").await;
    assert_eq!(told[0]["isAuthenticated"], false);
    assert!(told[0]["userId"].as_str().expect("a name").starts_with("anonymous_"));
    stranger.leaves().await;
    let mut forger = Caller::arrives(&house, MOUNT).await;
    forger.joins(json!({ "token": "made.up.entirely" })).await;
    assert_eq!(forger.is_rejected().await, json!({ "message": "Authentication error" }));
    forger.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn what_cannot_be_stored_is_told_its_sender_alone() {
    let store = MemoryStore::new(Epoch(7));
    let house = furnished(&store, &OPEN).await;
    let (mut ana, mut bob) = two(&house).await;
    store.break_with(Some(LogError::Full("full".into())));
    ana.says("message", json!([{ "n": 1 }])).await;
    assert_eq!(ana.hears("error").await, json!([{ "message": "Error processing message" }]));
    store.break_with(None);
    is_ready(&house, true).await;
    ana.says("message", json!([{ "n": 2 }])).await;
    assert_eq!(bob.hears("message").await[0]["n"], 2);
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn past_the_most_there_may_be_a_client_is_told_to_come_again_and_comes_when_one_has_left() {
    let mut settings = OPEN.to_vec();
    settings.push(("RECADO_DOORS__COLLAB__MAX_CONNECTIONS", "2"));
    let house = House::with(&settings).await;
    let (ana, bob) = two(&house).await;
    let query = format!("{MOUNT}?EIO=4&transport=polling");
    let answer = house.request(Method::GET, &query).send().await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (503, &"5".parse().expect("a value"))
    );
    let body = json!({ "code": 4, "message": "too many connections at this door" });
    assert_eq!(answer.json::<Value>().await.expect("JSON"), body);
    let url = house.ws_url(&format!("{MOUNT}?EIO=4&transport=websocket"));
    assert_eq!(Person::refused(&url, &[]).await.0, 503);
    ana.leaves().await;
    house.is_down_to(1).await;
    let ida = comes(&house, "ida").await;
    bob.leaves().await;
    ida.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn the_handshake_goes_by_the_original_s_variables() {
    let mut settings = OPEN.to_vec();
    settings.extend([("WS_HEARTBEAT_INTERVAL", "12000"), ("WS_CONNECTION_TIMEOUT", "3000")]);
    let house = House::with(&settings).await;
    let caller = Caller::arrives(&house, MOUNT).await;
    let told =
        (&caller.opening["pingInterval"], &caller.opening["pingTimeout"], &caller.opening["maxPayload"]);
    assert_eq!(told, (&json!(12000), &json!(3000), &json!(1_000_000)));
    caller.leaves().await;
    house.ends().await;
}
