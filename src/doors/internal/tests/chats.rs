//! Stories of reading chats, closing them and looking who is in them.
//!
//! Pages are whole or say that there is more.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::people::{Listener, Shorthand};
use super::stage::Stage;

const CHAT: &str = "/internal/chats/chat_1";

async fn posts(next: &Stage, count: u32) {
    for n in 1..=count {
        let said = json!({"content": format!("m{n}"), "userId": "u", "role": "user"});
        next.post(&format!("{CHAT}/messages"), said).await.good(201);
    }
}

fn numbers(page: &Value) -> Vec<u64> {
    page["entries"].as_array().unwrap().iter().map(|entry| entry["seq"].as_u64().unwrap()).collect()
}

#[actix_web::test]
async fn entries_are_read_in_both_directions() {
    let next = Stage::new().await;
    posts(&next, 5).await;
    let cases: [(&str, &[u64], bool); 9] = [
        ("", &[1, 2, 3, 4, 5], false),
        ("?after=0&limit=2", &[1, 2], true),
        ("?after=3", &[4, 5], false),
        ("?after=5", &[], false),
        ("?after=18446744073709551615", &[], false),
        ("?before=3", &[1, 2], false),
        ("?before=18446744073709551615&limit=2", &[4, 5], true),
        ("?before=0", &[], false),
        ("?limit=1", &[5], true),
    ];
    for (query, expected, more) in cases {
        let page = next.get(&format!("{CHAT}/entries{query}")).await.good(200);
        assert_eq!((numbers(&page).as_slice(), &page["more"]), (expected, &json!(more)), "{query}");
        assert_eq!(
            (&page["head"], &page["epoch"], &page["closed"]),
            (&json!(5), &json!("7"), &json!(false)),
            "{query}"
        );
    }
}

#[actix_web::test]
async fn a_page_is_a_hundred_unless_told_and_never_more_than_is_allowed() {
    let next = Stage::new().await;
    posts(&next, 120).await;
    let page = next.get(&format!("{CHAT}/entries?after=0")).await.good(200);
    assert_eq!((numbers(&page).len(), &page["more"]), (100, &json!(true)));
    for query in [
        "limit=0",
        "limit=301",
        "limit=x",
        "limit=-1",
        "after=1&before=2",
        "after=1&after=2",
        "older=1",
        "after=",
    ] {
        let answer = next.get(&format!("{CHAT}/entries?{query}")).await;
        assert_eq!(answer.problem(422), "invalid_query", "{query}");
    }
}

#[actix_web::test]
async fn a_chat_nobody_wrote_in_is_empty() {
    let next = Stage::new().await;
    let page = next.get(&format!("{CHAT}/entries")).await.good(200);
    assert_eq!(page, json!({"epoch": "7", "head": 0, "closed": false, "entries": [], "more": false}));
    assert!(next.broker.rooms().is_empty(), "reading opens no room");
}

#[actix_web::test]
async fn closing_shuts_all_but_the_system_out_until_reopened() {
    let next = Stage::new().await;
    let ann = Listener::in_chat(&next.broker, "ann", "chat_1").await;
    let say = async |role: &str| {
        next.post(&format!("{CHAT}/messages"), json!({"content": "x", "userId": "u", "role": role})).await
    };
    let turn = async |verb: &str| next.post(&format!("{CHAT}/{verb}"), json!({})).await.good(200);
    assert_eq!(turn("reopen").await, json!({"closed": false, "already": true, "seq": 0, "epoch": "7"}));
    assert_eq!(turn("close").await, json!({"closed": true, "already": false, "seq": 1, "epoch": "7"}));
    assert_eq!(turn("close").await, json!({"closed": true, "already": true, "seq": 1, "epoch": "7"}));
    ann.hears("1 turned").await;
    assert_eq!(say("agent").await.problem(409), "room_closed");
    assert_eq!(say("system").await.good(201)["seq"], 2);
    assert_eq!(next.get(&format!("{CHAT}/entries")).await.good(200)["closed"], true);
    assert_eq!(turn("reopen").await, json!({"closed": false, "already": false, "seq": 3, "epoch": "7"}));
    assert_eq!(say("agent").await.good(201)["seq"], 4);
}

#[actix_web::test]
async fn a_chat_closed_by_many_at_once_is_closed_once() {
    let next = Stage::new().await;
    let path = format!("{CHAT}/close");
    let answers = join_all((0..16).map(|_| next.post(&path, json!({})))).await;
    let first = answers
        .into_iter()
        .map(|answer| answer.good(200))
        .filter(|closing| closing["already"] == false)
        .count();
    assert_eq!((first, &next.get(&format!("{CHAT}/entries")).await.good(200)["head"]), (1, &json!(1)));
}

#[actix_web::test]
async fn members_are_users_with_their_sessions() {
    let next = Stage::new().await;
    assert_eq!(next.get(&format!("{CHAT}/members")).await.good(200), json!({"members": [], "sessions": 0}));
    let _bob = Listener::in_chat(&next.broker, "bob", "chat_1").await;
    let _ann = Listener::in_chat(&next.broker, "ann", "chat_1").await;
    let _again = Listener::in_chat(&next.broker, "ann", "chat_1").await;
    let _elsewhere = Listener::in_chat(&next.broker, "eve", "chat_2").await;
    let since = "2025-01-01T00:00:00.000Z";
    let ann = json!({"userId": "ann", "sessions": 2, "online": true, "since": since});
    let bob = json!({"userId": "bob", "sessions": 1, "online": true, "since": since});
    let members = next.get(&format!("{CHAT}/members")).await.good(200);
    assert_eq!(members, json!({"members": [ann, bob], "sessions": 3}));
}
