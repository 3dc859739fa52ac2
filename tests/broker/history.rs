//! History by pages: messages as they stand today, oldest first.
//!
//! Edits are folded in, withdrawn contents are blank, and paging meets every message once.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::House;
use crate::person::Person;

async fn asks(person: &mut Person, question: Value) -> Value {
    person.sends(question).await;
    person.hears_among_others("history").await["data"].clone()
}

fn seqs(page: &Value) -> Vec<u64> {
    let messages = page["messages"].as_array().expect("a list");
    messages.iter().map(|message| message["seq"].as_u64().expect("a number")).collect()
}

#[actix_web::test]
async fn paging_backward_meets_every_message_once() {
    let house = House::start().await;
    house.has_a_past("chat_1", 450, |n| format!("past {n}")).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;

    let page = asks(&mut ann, json!({ "type": "history" })).await;
    assert_eq!((seqs(&page), &page["more"]), ((401..=450).collect(), &json!(true)));
    assert_eq!(page["epoch"], ann.epoch());
    let page = asks(&mut ann, json!({ "type": "history", "before": 401, "limit": 1000 })).await;
    assert_eq!((seqs(&page), &page["more"]), ((201..=400).collect(), &json!(true)));
    let page = asks(&mut ann, json!({ "type": "history", "before": 201, "limit": 200 })).await;
    assert_eq!((seqs(&page), &page["more"]), ((1..=200).collect(), &json!(false)));
    let page = asks(&mut ann, json!({ "type": "history", "before": 1 })).await;
    assert_eq!((seqs(&page), &page["more"]), (vec![], &json!(false)));

    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn an_empty_chat_has_an_empty_history() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    let page = asks(&mut ann, json!({ "type": "history" })).await;
    assert_eq!((seqs(&page), &page["more"]), (vec![], &json!(false)));
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn history_shows_messages_as_they_stand_today() {
    let house = House::start().await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let kept = ann.posts_safely("kept", "t1").await;
    let edited = ann.posts_safely("edited", "t2").await;
    let withdrawn = ann.posts_safely("withdrawn", "t3").await;
    let path = |of: &Value| format!("/chats/chat_1/messages/{}", of["id"].as_str().expect("an id"));
    let answer = house.internal(Method::PATCH, &path(&edited), json!({ "content": "better" })).await;
    assert!(answer.0 < 300, "{answer:?}");
    let answer = house.internal(Method::DELETE, &path(&withdrawn), Value::Null).await;
    assert!(answer.0 < 300, "{answer:?}");
    ann.hears_up_to(5).await;

    let page = asks(&mut ann, json!({ "type": "history" })).await;
    assert_eq!(seqs(&page), [1, 2, 3]);
    let [first, second, third] = [0, 1, 2].map(|n| page["messages"][n].clone());
    assert_eq!((&first["id"], &first["content"]), (&kept["id"], &json!("kept")));
    assert_eq!((&first["role"], &first["sender"]["id"]), (&json!("user"), &json!("ann")));
    assert!(first["timestamp"].is_string() && first.get("updatedAt").is_none());
    assert_eq!((&second["id"], &second["content"]), (&edited["id"], &json!("better")));
    assert!(second["updatedAt"].is_string() && second.get("deleted").is_none());
    assert_eq!((&third["id"], &third["content"]), (&withdrawn["id"], &json!("")));
    assert_eq!(third["deleted"], true);

    ann.leaves().await;
    house.ends().await;
}

async fn a_page_of_long_messages_is_heard(content: &str) {
    let house = House::start().await;
    house.has_a_past("chat_1", 150, |_| content.to_owned()).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    // A page may be shorter than asked for, and then says that there is more.
    let mut before = 151;
    while before > 1 {
        let page = asks(&mut ann, json!({ "type": "history", "before": before, "limit": 200 })).await;
        let seqs = seqs(&page);
        let first = *seqs.first().expect("a page is never empty while there is more");
        assert_eq!(seqs, (first..before).collect::<Vec<_>>());
        assert_eq!(page["more"], first > 1);
        before = first;
    }
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_page_of_the_longest_messages_reaches_whoever_asks() {
    a_page_of_long_messages_is_heard(&"🦀".repeat(4000)).await;
    // JSON writes each of these as six.
    a_page_of_long_messages_is_heard(&"\u{1}".repeat(4000)).await;
}

#[actix_web::test]
async fn history_survives_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite:{}", directory.path().join("recado.db").display());
    let house = House::with(&[("RECADO_STORE__URL", &url)]).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    ann.insists_on_many("before", 3).await;
    let before = asks(&mut ann, json!({ "type": "history" })).await;
    ann.leaves().await;
    house.ends().await;

    let house = House::with(&[("RECADO_STORE__URL", &url)]).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    assert_eq!(asks(&mut ann, json!({ "type": "history" })).await, before);
    ann.leaves().await;
    house.ends().await;
}
