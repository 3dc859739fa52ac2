//! The rooms dialect over the wire: one public room, and whatever its original said, in the same words.

use reqwest::Method;
use serde_json::{Value, json};

use crate::guests::Caller;
use crate::house::{House, UNLIMITED};
use crate::next_backend::Next;
use crate::redis_server::Redis;

pub const MOUNT: &str = "/rooms/socket.io/";
pub const OPEN: [(&str, &str); 3] = [
    ("RECADO_DOORS__ROOMS__ENABLED", "true"),
    ("RECADO_DOORS__ROOMS__ANONYMOUS", "true"),
    ("RECADO_SERVER__NODE", "host-1"),
];

async fn registered(house: &House) -> Caller {
    let mut caller = Caller::enters(house, MOUNT, Value::Null).await;
    caller.says("registrar", json!([])).await;
    assert_eq!(caller.hears("registrado").await, json!([{ "room": "roomChatTest" }]));
    caller
}

fn ana_says(message: &str) -> Value {
    json!([{ "nickname": "Ana", "message": message }])
}

fn told(message: &str) -> Value {
    json!([{ "nickname": "Ana", "message": message, "server": "host-1" }])
}

#[actix_web::test]
async fn what_is_said_in_the_room_is_heard_by_all_in_it_the_sender_too_with_the_server_that_took_it() {
    let house = House::with(&OPEN).await;
    let (mut ana, mut bob) = (registered(&house).await, registered(&house).await);
    ana.says("messages", ana_says("oi")).await;
    for caller in [&mut ana, &mut bob] {
        assert_eq!(
            caller.hears_packet().await,
            r#"42["messages",{"nickname":"Ana","message":"oi","server":"host-1"}]"#
        );
    }
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_is_not_registered_hears_only_itself() {
    let house = House::with(&OPEN).await;
    let (mut ana, mut bob) = (Caller::enters(&house, MOUNT, Value::Null).await, registered(&house).await);
    ana.says("messages", ana_says("nobody?")).await;
    assert_eq!(ana.hears("messages").await, told("nobody?"));
    ana.says("registrar", json!([])).await;
    ana.hears("registrado").await;
    ana.says("messages", ana_says("all")).await;
    assert_eq!(bob.hears("messages").await, told("all"));
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn registering_is_answered_each_time_and_changes_nothing_the_second() {
    let house = House::with(&OPEN).await;
    let mut ana = registered(&house).await;
    ana.says("registrar", json!([{ "whatever": 1 }])).await;
    assert_eq!(ana.hears("registrado").await, json!([{ "room": "roomChatTest" }]));
    ana.says("messages", ana_says("once")).await;
    ana.says("messages", ana_says("twice")).await;
    assert_eq!(ana.hears("messages").await, told("once"));
    assert_eq!(ana.hears("messages").await, told("twice"));
    ana.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn nothing_said_is_an_exception_and_what_has_no_text_is_heard_by_its_sender() {
    let house = House::with(&OPEN).await;
    let mut ana = registered(&house).await;
    for nothing in [json!([]), json!([null])] {
        ana.says("messages", nothing).await;
        assert_eq!(
            ana.hears_packet().await,
            r#"42["exception",{"status":"error","message":"Internal server error","cause":{"pattern":"messages","data":null}}]"#
        );
    }
    for odd in [json!(["a text"]), json!([[1]]), json!([{ "message": 7 }]), json!([{}, {}])] {
        ana.says("messages", odd).await;
        assert_eq!(ana.hears("messages").await, json!([{ "server": "host-1" }]));
    }
    ana.says("mensagens", json!([{}])).await;
    ana.says("messages", ana_says("still here")).await;
    assert_eq!(ana.hears("messages").await, told("still here"));
    ana.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn what_cannot_be_posted_is_an_exception_with_the_reason() {
    let mut settings = OPEN.to_vec();
    settings.push(("RECADO_LIMITS__MAX_CONTENT_CHARS", "5"));
    let house = House::with(&settings).await;
    let mut ana = registered(&house).await;
    for (said, why) in [
        (json!({ "message": "sixsix" }), "content has more than 5 characters"),
        (json!({ "message": "ok", "nickname": "sixsix" }), "content has more than 5 characters"),
        (json!({ "message": " " }), "content is empty"),
    ] {
        ana.says("messages", json!([said])).await;
        let cause = json!({ "pattern": "messages", "data": said });
        let exception = json!([{ "status": "error", "message": why, "cause": cause }]);
        assert_eq!(ana.hears("exception").await, exception);
    }
    ana.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn nothing_is_ever_acknowledged() {
    let house = House::with(&OPEN).await;
    let mut ana = registered(&house).await;
    ana.says_packet(r#"420["registrar"]"#).await;
    ana.hears("registrado").await;
    ana.says_packet(r#"421["messages",{"nickname":"Ana","message":"oi"}]"#).await;
    ana.hears("messages").await;
    ana.says("registrar", json!([])).await;
    ana.hears("registrado").await;
    ana.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_widget_and_the_room_hear_each_other_in_their_own_words() {
    let house = House::with(&OPEN).await;
    let mut ana = registered(&house).await;
    let mut bob = house.widget("bob", "roomChatTest").await;
    bob.settles().await;
    ana.says("messages", ana_says("oi")).await;
    assert_eq!(ana.hears("messages").await, told("oi"));
    let heard = bob.hears("message").await["data"].clone();
    assert_eq!((&heard["content"], &heard["sender"]["name"]), (&json!("oi"), &json!("Ana")));
    bob.posts("hello").await;
    let told = json!([{ "nickname": "bob", "message": "hello", "server": "host-1" }]);
    assert_eq!(ana.hears("messages").await, told);
    assert_eq!(bob.hears("message").await["data"]["content"], "hello");
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn whatever_two_say_at_once_is_heard_by_all_in_one_order() {
    let house = House::with(&OPEN).await;
    let (mut ana, mut bob) = (registered(&house).await, registered(&house).await);
    for number in 0..100 {
        ana.says("messages", ana_says(&format!("a{number}"))).await;
        bob.says("messages", ana_says(&format!("b{number}"))).await;
    }
    let mut orders = Vec::new();
    for caller in [&mut ana, &mut bob] {
        let mut order = Vec::new();
        for _ in 0..200 {
            order.push(caller.hears("messages").await[0]["message"].clone());
        }
        orders.push(order);
    }
    assert_eq!(orders[0], orders[1]);
    let of_ana = orders[0].iter().filter(|said| said.as_str().is_some_and(|said| said.starts_with('a')));
    assert!(of_ana.eq((0..100).map(|number| format!("a{number}")).collect::<Vec<_>>().iter()));
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn what_was_said_survives_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}/recado.db", folder.path().display());
    let mut settings = OPEN.to_vec();
    settings.push(("RECADO_STORE__URL", &store));
    let house = House::with(&settings).await;
    let mut ana = registered(&house).await;
    ana.says("messages", ana_says("remember")).await;
    ana.hears("messages").await;
    ana.leaves().await;
    house.ends().await;
    let house = House::with(&settings).await;
    let mut bob = house.widget_since("bob", "roomChatTest", 0, "").await;
    let heard = bob.hears("message").await["data"].clone();
    assert_eq!((&heard["content"], &heard["sender"]["server"]), (&json!("remember"), &json!("host-1")));
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_room_that_cannot_be_kept_is_an_exception_and_comes_back() {
    let house = House::with(&OPEN).await;
    let mut ana = registered(&house).await;
    assert_eq!(house.internal(Method::POST, "/chats/roomChatTest/close", json!({})).await.0, 200);
    ana.says("messages", ana_says("oi")).await;
    assert_eq!(ana.hears("exception").await[0]["message"], "the room is closed");
    assert_eq!(house.internal(Method::POST, "/chats/roomChatTest/reopen", json!({})).await.0, 200);
    ana.says("messages", ana_says("oi")).await;
    assert_eq!(ana.hears("messages").await, told("oi"));
    ana.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_flood_is_told_so_and_hung_up_on() {
    let mut settings = OPEN.to_vec();
    settings.extend(UNLIMITED);
    settings.extend([("RECADO_LIMITS__CONNECTION_RATE", "1"), ("RECADO_LIMITS__CONNECTION_BURST", "20")]);
    settings.push(("RECADO_LIMITS__FLOOD_REFUSALS", "3"));
    let house = House::with(&settings).await;
    let mut ana = registered(&house).await;
    ana.says("messages", ana_says("spam")).await;
    assert_eq!(ana.hears("messages").await, told("spam"));
    ana.says("messages", ana_says("spam")).await;
    assert_eq!(ana.hears("exception").await[0]["message"], "too many requests");
    for _ in 0..5 {
        ana.says("messages", ana_says("spam")).await;
    }
    ana.ends().await;
    house.ends().await;
}

#[actix_web::test]
async fn on_two_nodes_each_word_names_the_node_that_took_it() {
    let Some(redis) = Redis::starts().await else { return };
    let second = [OPEN[0], OPEN[1], ("RECADO_SERVER__NODE", "host-2")];
    let houses = [redis.house_with(&OPEN).await, redis.house_with(&second).await];
    let (mut ana, mut bob) = (registered(&houses[0]).await, registered(&houses[1]).await);
    redis.is_followed("roomChatTest", 2).await;
    ana.says("messages", ana_says("oi")).await;
    for caller in [&mut ana, &mut bob] {
        assert_eq!(caller.hears("messages").await, told("oi"));
    }
    bob.says("messages", json!([{ "nickname": "Bob", "message": "hello" }])).await;
    for caller in [&mut ana, &mut bob] {
        let told = json!([{ "nickname": "Bob", "message": "hello", "server": "host-2" }]);
        assert_eq!(caller.hears("messages").await, told);
    }
    ana.leaves().await;
    bob.leaves().await;
    for house in houses {
        house.ends().await;
    }
}

#[actix_web::test]
async fn where_next_keeps_the_record_the_room_goes_by_its_nicknames_all_the_same() {
    let Some(mut next) = Next::starts().await else { return };
    let house = next.house(&OPEN).await;
    let mut ana = registered(&house).await;
    ana.says("messages", ana_says("oi")).await;
    assert_eq!(ana.hears("messages").await, told("oi"));
    assert_eq!(next.stored().await[0]["content"], "oi");
    ana.leaves().await;
    house.ends().await;
}
