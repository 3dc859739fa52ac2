//! What is said in a chat: the exact frames, who may speak as whom, and the order in which it is heard.
//!
//! Keys are compared all at once: a stock client is shown nothing that the original did not show.

use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::house::House;
use crate::person::Person;
use crate::shape::{MESSAGE, is_iso, keys};
use crate::tokens::{claims, claims_with, sign};

const ROLES: [(&str, &str); 9] = [
    ("USER", "user"),
    ("user", "user"),
    ("uSeR", "user"),
    ("AGENT", "agent"),
    ("agent", "agent"),
    ("Agent", "agent"),
    ("ASSISTANT", "assistant"),
    ("assistant", "assistant"),
    ("aSSISTANT", "assistant"),
];

fn say(content: &str, role: &str) -> Value {
    json!({ "type": "message", "content": content, "role": role })
}

/// Someone whose token says this of being authenticated; a null is silence.
async fn with_authenticated(house: &House, user: &str, authenticated: Value) -> Person {
    let claims = claims_with(user, "chat_1", json!({ "isAuthenticated": authenticated }));
    house.enters(&sign(&claims), "").await
}

#[actix_web::test]
async fn a_message_has_exactly_the_keys_of_the_original() {
    let house = House::start().await;
    let whole = json!({ "name": "Ann Lee", "email": "ann@example.com", "avatar": "https://a.example/a.png" });
    let mut ann = house.enters(&sign(&claims_with("ann", "chat_1", whole.clone())), "").await;
    let mut eve = house.enters(&sign(&claims_with("eve", "chat_1", json!({ "name": null }))), "").await;
    ann.posts("hello").await;
    eve.hears_message("hello").await;
    let frame = ann.hears("message").await;
    assert_eq!(keys(&frame), MESSAGE);
    assert!(is_iso(&frame["timestamp"]) && is_iso(&frame["data"]["timestamp"]), "{frame}");
    assert!(frame["data"]["id"].as_str().is_some_and(|id| !id.is_empty()), "{frame}");
    assert_eq!((&frame["data"]["content"], &frame["data"]["role"]), (&json!("hello"), &json!("user")));
    let sender = &frame["data"]["sender"];
    assert_eq!(sender["id"], "ann");
    for part in ["name", "email", "avatar"] {
        assert_eq!(sender[part], whole[part]);
    }

    eve.posts("who, me?").await;
    ann.hears_message("who, me?").await;
    let frame = eve.hears("message").await;
    assert_eq!(keys(&frame), MESSAGE);
    assert_eq!(frame["data"]["sender"]["email"], Value::Null);
    for person in [ann, eve] {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn the_other_frames_have_exactly_the_keys_of_the_original() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    let mut bob = house.widget("bob", "chat_1").await;
    ann.settles().await;
    bob.sends(json!({ "type": "ping" })).await;
    assert_eq!(bob.hears_next().await, json!({ "type": "pong" }));

    bob.sends(json!({ "type": "typing", "isTyping": true })).await;
    let typing = ann.hears("typing").await;
    assert_eq!(keys(&typing), "data.isTyping data.userId timestamp type");
    assert!(is_iso(&typing["timestamp"]), "{typing}");

    bob.sends(json!({ "type": "agent_joined" })).await;
    let joined = ann.hears("agent_joined").await;
    assert_eq!(keys(&joined), "data.agentId data.agentName data.timestamp timestamp type");
    assert!(is_iso(&joined["timestamp"]) && is_iso(&joined["data"]["timestamp"]), "{joined}");
    bob.hears("agent_joined").await;

    bob.sends(json!({ "type": "shout" })).await;
    let error = bob.hears("error").await;
    assert_eq!(error, json!({ "type": "error", "error": "Unknown message type", "code": "unknown_type" }));
    for person in [ann, bob] {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn a_stock_client_sees_nothing_of_what_others_have_beyond_the_original() {
    let house = House::with(&[("RECADO_ROOMS__PRESENCE_GRACE_MS", "50")]).await;
    let mut ann = house.widget("ann", "chat_1").await;
    let mut eve = house.widget_with_extras("eve", "chat_1").await;
    eve.settles().await;

    let mut bob = house.widget_with_extras("bob", "chat_1").await;
    bob.posts_safely("one", "t1").await;
    bob.sends(json!({ "type": "read", "seq": 1 })).await;
    while eve.hears_among_others("receipt").await["data"]["userId"] != "bob" {}
    bob.leaves().await;
    while eve.hears_among_others("presence").await["data"] != json!({ "userId": "bob", "online": false }) {}
    for turn in ["close", "reopen"] {
        let (status, _) = house.internal(Method::POST, &format!("/chats/chat_1/{turn}"), Value::Null).await;
        assert_eq!(status, 200);
    }
    eve.hears_among_others("chat_reopened").await;
    eve.posts("two").await;

    for content in ["one", "two"] {
        let frame = ann.hears("message").await;
        assert_eq!((&frame["data"]["content"], keys(&frame).as_str()), (&json!(content), MESSAGE));
    }
    ann.hears_nothing_more().await;
    for person in [ann, eve] {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn roles_are_understood_in_any_case_and_told_in_lower_case() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    for authenticated in [Value::Null, json!(true)] {
        let mut bob = with_authenticated(&house, "bob", authenticated).await;
        for (role, told) in ROLES {
            bob.sends(say(role, role)).await;
            assert_eq!(ann.hears_message(role).await["role"], told);
            assert_eq!(bob.hears_message(role).await["role"], told);
        }
        bob.leaves().await;
    }
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn who_is_not_authenticated_speaks_as_a_user_only() {
    let house = House::start().await;
    let mut bob = house.widget("bob", "chat_1").await;
    let mut ann = with_authenticated(&house, "ann", json!(false)).await;
    let refused = json!({
        "type": "error", "error": "Authentication required for agent messages", "code": "not_an_agent",
    });
    for (role, told) in ROLES {
        ann.sends(say(role, role)).await;
        if told == "user" {
            assert_eq!(bob.hears_message(role).await["role"], "user");
            ann.hears_message(role).await;
        } else {
            assert_eq!(ann.hears_next().await, refused, "{role}");
        }
    }
    ann.sends(json!({ "type": "agent_joined", "agentId": "ann", "agentName": "Ann" })).await;
    assert_eq!(ann.hears_next().await, refused);
    ann.posts("only me").await;
    bob.hears_message("only me").await;
    ann.hears_message("only me").await;
    for person in [ann, bob] {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn the_token_says_which_agent_joined_whatever_the_client_says() {
    let house = House::start().await;
    let mut ann = house.visitor("ann", "chat_1").await;
    let lie = json!({ "type": "agent_joined", "agentId": "root", "agentName": "The Boss" });
    for (names, expected) in [
        (json!({ "name": "Bob Roe", "email": "bob@example.com" }), "Bob Roe"),
        (json!({ "name": null, "email": "bob@example.com" }), "bob@example.com"),
        (json!({ "name": "", "email": "bob@example.com" }), "bob@example.com"),
        (json!({ "name": null }), "Agent"),
    ] {
        let mut bob = house.enters(&sign(&claims_with("bob", "chat_1", names)), "").await;
        for asked in [&lie, &json!({ "type": "agent_joined", "agentId": 7, "agentName": ["x"] })] {
            bob.sends(asked.clone()).await;
            for person in [&mut ann, &mut bob] {
                let joined = person.hears("agent_joined").await;
                assert_eq!(joined["data"]["agentId"], "bob");
                assert_eq!(joined["data"]["agentName"], expected);
            }
        }
        bob.leaves().await;
    }
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn typing_that_is_neither_true_nor_false_is_taken_without_a_word() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    let mut bob = house.widget("bob", "chat_1").await;
    bob.settles().await;
    for is_typing in [json!("true"), json!(1), json!(null), json!([true]), json!({})] {
        ann.sends(json!({ "type": "typing", "isTyping": is_typing })).await;
    }
    ann.sends(json!({ "type": "typing" })).await;
    ann.hears_nothing_more().await;
    ann.sends(json!({ "type": "typing", "isTyping": true, "userId": "eve" })).await;
    assert_eq!(bob.hears("typing").await["data"], json!({ "userId": "ann", "isTyping": true }));
    ann.sends(json!({ "type": "typing", "isTyping": false })).await;
    assert_eq!(bob.hears("typing").await["data"], json!({ "userId": "ann", "isTyping": false }));
    ann.hears_nothing_more().await;
    for person in [ann, bob] {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn binary_frames_are_read_as_text() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    ann.sends_raw(Message::binary(json!({ "type": "ping" }).to_string())).await;
    ann.hears("pong").await;
    ann.sends_raw(Message::binary(say("ação 😀", "USER").to_string())).await;
    ann.hears_message("ação 😀").await;
    ann.sends_raw(Message::binary(b"\xff\xfe{}".to_vec())).await;
    assert_eq!(ann.hears("error").await["error"], "Failed to process message");
    ann.hears_nothing_more().await;
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn frames_of_one_connection_are_served_one_after_the_other() {
    const MANY: usize = 200;
    let house = House::with(&[("RECADO_SERVER__WORKERS", "2")]).await;
    let mut bob = house.widget("bob", "chat_1").await;
    let mut ann = house.enters(&sign(&claims("ann", "chat_1")), "").await;
    for number in 0..MANY {
        ann.posts(&number.to_string()).await;
        ann.sends(json!({ "type": format!("question {number}") })).await;
        ann.sends(json!({ "type": if number % 2 == 0 { "ping" } else { "neither" } })).await;
    }
    let (mut messages, mut answers) = (Vec::new(), Vec::new());
    for _ in 0..MANY * 3 {
        let frame = ann.hears_next().await;
        match frame["type"].as_str() {
            Some("message") => messages.push(frame["data"]["content"].clone()),
            _ => answers.push(frame["type"].clone()),
        }
    }
    let numbers: Vec<_> = (0..MANY).map(|number| number.to_string()).collect();
    assert_eq!(messages, numbers);
    let expected = (0..MANY).flat_map(|number| ["error", if number % 2 == 0 { "pong" } else { "error" }]);
    assert_eq!(answers, expected.collect::<Vec<_>>());
    for number in &numbers {
        bob.hears_message(number).await;
    }
    for mut person in [ann, bob] {
        person.hears_nothing_more().await;
        person.leaves().await;
    }
    house.ends().await;
}
