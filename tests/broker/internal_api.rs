//! The internal API over real HTTP, and what the people in the chats hear of it.
//!
//! What it answered is done: whoever sits in the chat has been told, once.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::House;
use crate::person::Person;
use crate::problems::problem;
use crate::shape::{MESSAGE, is_iso, keys};
use crate::tokens::INTERNAL;

pub const POSTS: &str = "/chats/chat_1/messages";
const EDITED: &str = "data.content data.id data.role data.sender.avatar data.sender.email data.sender.id \
                      data.sender.name data.timestamp data.updatedAt timestamp type";

pub fn by_bob(content: &str, role: &str) -> Value {
    json!({ "content": content, "userId": "bob", "role": role })
}

/// A call that must succeed with this status.
async fn good(house: &House, method: Method, path: &str, body: Value, status: u16) -> Value {
    let (answered, body) = house.internal(method, path, body).await;
    assert_eq!(answered, status, "{path}: {body}");
    body
}

pub async fn in_chat(house: &House, user: &str) -> Person {
    let mut person = house.widget(user, "chat_1").await;
    person.settles().await;
    person
}

#[actix_web::test]
async fn the_backend_speaks_in_every_role_and_everyone_in_the_chat_hears_it_once() {
    let house = House::start().await;
    let mut ann = in_chat(&house, "ann").await;
    let mut elsewhere = house.widget("eve", "chat_2").await;
    let roles = [("user", "user"), ("agent", "agent"), ("assistant", "assistant"), ("bot", "assistant")];
    for (at, (role, told)) in roles.into_iter().chain([("system", "system")]).enumerate() {
        let mut said = by_bob(role, role);
        said["name"] = json!("Bob Roe");
        said["email"] = json!("bob@example.com");
        let answer = good(&house, Method::POST, POSTS, said, 201).await;
        assert_eq!(keys(&answer), "duplicate epoch id seq");
        assert_eq!((&answer["seq"], &answer["duplicate"]), (&json!(at + 1), &json!(false)));
        let frame = ann.hears("message").await;
        assert_eq!((keys(&frame).as_str(), &frame["data"]["id"]), (MESSAGE, &answer["id"]));
        assert_eq!((&frame["data"]["content"], &frame["data"]["role"]), (&json!(role), &json!(told)));
        let sender = json!({ "id": "bob", "name": "Bob Roe", "email": "bob@example.com", "avatar": null });
        assert_eq!(frame["data"]["sender"], sender);
    }
    ann.hears_nothing_more().await;
    elsewhere.hears_nothing_more().await;
    ann.leaves().await;
    elsewhere.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn an_edit_and_a_delete_are_told_to_everyone_in_the_chat() {
    let house = House::start().await;
    let mut ann = in_chat(&house, "ann").await;
    let mut eve = house.widget_with_extras("eve", "chat_1").await;
    let posted = good(&house, Method::POST, POSTS, by_bob("teh", "agent"), 201).await;
    ann.hears_message("teh").await;
    let path = format!("{POSTS}/{}", posted["id"].as_str().expect("an id"));

    let edited = good(&house, Method::PATCH, &path, json!({ "content": "the" }), 200).await;
    assert_eq!((&edited["id"], &edited["seq"]), (&posted["id"], &json!(2)));
    let frame = ann.hears("message_updated").await;
    assert_eq!((keys(&frame).as_str(), &frame["data"]["content"]), (EDITED, &json!("the")));
    assert!(is_iso(&frame["data"]["updatedAt"]), "{frame}");

    good(&house, Method::DELETE, &path, Value::Null, 200).await;
    let deleted = eve.hears_among_others("message_deleted").await;
    assert_eq!(deleted["data"], json!({ "id": posted["id"], "seq": 3 }));
    // Stock clients know no deletion: to them the content goes.
    let frame = ann.hears("message_updated").await;
    assert_eq!((keys(&frame).as_str(), &frame["data"]["content"]), (EDITED, &json!("")));
    for (method, body) in [(Method::PATCH, json!({ "content": "again" })), (Method::DELETE, Value::Null)] {
        assert_eq!(house.internal(method, &path, body).await.1["code"], "message_deleted");
    }
    let log = good(&house, Method::GET, "/chats/chat_1/entries", Value::Null, 200).await;
    assert!(!log["entries"][0].to_string().contains("teh"), "the text is withdrawn from the log: {log}");
    ann.hears_nothing_more().await;
    ann.leaves().await;
    eve.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn in_a_closed_chat_only_the_system_speaks_until_it_is_reopened() {
    let house = House::start().await;
    let mut ann = in_chat(&house, "ann").await;
    let closed = good(&house, Method::POST, "/chats/chat_1/close", Value::Null, 200).await;
    assert_eq!((&closed["closed"], &closed["already"]), (&json!(true), &json!(false)));
    let again = good(&house, Method::POST, "/chats/chat_1/close", Value::Null, 200).await;
    assert_eq!((&again["already"], &again["seq"]), (&json!(true), &closed["seq"]));

    ann.posts("hello?").await;
    let refused = ann.hears("error").await;
    assert_eq!(
        (&refused["error"], &refused["code"]),
        (&json!("Failed to send message"), &json!("room_closed"))
    );
    for role in ["user", "agent", "bot"] {
        let (status, body) = house.internal(Method::POST, POSTS, by_bob("hello?", role)).await;
        assert_eq!((status, &body["code"]), (409, &json!("room_closed")), "{role}");
    }
    good(&house, Method::POST, POSTS, by_bob("this chat is closed", "system"), 201).await;
    ann.hears_message("this chat is closed").await;

    let reopened = good(&house, Method::POST, "/chats/chat_1/reopen", Value::Null, 200).await;
    assert_eq!((&reopened["closed"], &reopened["already"]), (&json!(false), &json!(false)));
    ann.posts("hello!").await;
    ann.hears_message("hello!").await;
    ann.hears_nothing_more().await;
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn the_members_of_a_chat_are_listed_with_their_sessions() {
    let house = House::start().await;
    let phone = in_chat(&house, "ann").await;
    let laptop = in_chat(&house, "ann").await;
    let bob = in_chat(&house, "bob").await;
    let told = good(&house, Method::GET, "/chats/chat_1/members", Value::Null, 200).await;
    assert_eq!(told["sessions"], 3);
    let members = told["members"].as_array().expect("a list");
    let counts: Vec<_> = members.iter().map(|m| (&m["userId"], &m["sessions"], &m["online"])).collect();
    let online = json!(true);
    assert_eq!(counts, [(&json!("ann"), &json!(2), &online), (&json!("bob"), &json!(1), &online)]);
    assert!(members.iter().all(|member| is_iso(&member["since"])), "{told}");
    let nobody = good(&house, Method::GET, "/chats/chat_2/members", Value::Null, 200).await;
    assert_eq!(nobody, json!({ "members": [], "sessions": 0 }));
    for person in [phone, laptop, bob] {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn entries_are_read_in_pages_forward_and_backward() {
    let house = House::start().await;
    for number in 1..=25 {
        good(&house, Method::POST, POSTS, by_bob(&number.to_string(), "user"), 201).await;
    }
    let read = async |query: String| {
        let page =
            good(&house, Method::GET, &format!("/chats/chat_1/entries?{query}"), Value::Null, 200).await;
        let entries = page["entries"].as_array().expect("a list");
        let seqs: Vec<u64> = entries.iter().map(|entry| entry["seq"].as_u64().expect("a seq")).collect();
        for (entry, seq) in entries.iter().zip(&seqs) {
            assert_eq!(entry["message"]["content"], json!(seq.to_string()), "{page}");
        }
        assert_eq!(page["head"], 25);
        (seqs, page["more"] == true)
    };
    let mut forward = Vec::new();
    loop {
        let after = forward.last().copied().unwrap_or(0);
        let (seqs, more) = read(format!("after={after}&limit=10")).await;
        forward.extend(seqs);
        if !more {
            break;
        }
    }
    assert_eq!(forward, (1..=25).collect::<Vec<_>>());
    assert_eq!(read("limit=5".into()).await, ((21..=25).collect(), true));
    assert_eq!(read("before=6&limit=10".into()).await, ((1..=5).collect(), false));
    assert_eq!(read("after=25".into()).await, (vec![], false));
    house.ends().await;
}

#[actix_web::test]
async fn a_request_repeated_with_its_key_is_done_once() {
    let house = House::start().await;
    let mut ann = in_chat(&house, "ann").await;
    let post = |key: &str, content: &str| {
        let request = house.request(Method::POST, &format!("/internal{POSTS}"));
        request.bearer_auth(INTERNAL).header("Idempotency-Key", key).json(&by_bob(content, "agent")).send()
    };
    let first = post("key-1", "once").await.expect("an answer");
    assert_eq!(
        (first.status(), first.headers().get("idempotency-replayed")),
        (reqwest::StatusCode::CREATED, None)
    );
    let first: Value = first.json().await.expect("JSON");
    for _ in 0..3 {
        let again = post("key-1", "once").await.expect("an answer");
        assert_eq!(
            (again.status().as_u16(), &again.headers()["idempotency-replayed"]),
            (201, &"true".parse().unwrap())
        );
        assert_eq!(again.json::<Value>().await.expect("JSON"), first);
    }
    let other = post("key-1", "something else").await.expect("an answer");
    assert_eq!(problem(other).await, (422, "idempotency_key_reused".to_owned()));
    let racing = futures_util::future::join_all((0..8).map(|_| post("key-2", "raced"))).await;
    for answer in racing {
        assert_eq!(answer.expect("an answer").json::<Value>().await.expect("JSON")["seq"], 2);
    }
    ann.hears_message("once").await;
    ann.hears_message("raced").await;
    ann.hears_nothing_more().await;
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_notice_reaches_one_chat_or_everybody() {
    let house = House::start().await;
    let mut ann = in_chat(&house, "ann").await;
    let mut eve = house.widget("eve", "chat_2").await;
    eve.settles().await;
    let to_one = json!({ "message": "back in a minute", "level": "warning", "chatId": "chat_1" });
    assert_eq!(good(&house, Method::POST, "/broadcast", to_one, 200).await, json!({ "deliveredTo": 1 }));
    let to_all = json!({ "message": "good night" });
    assert_eq!(good(&house, Method::POST, "/broadcast", to_all, 200).await, json!({ "deliveredTo": 2 }));
    let notice = ann.hears("notice").await;
    assert_eq!(keys(&notice), "data.level data.message timestamp type");
    assert_eq!(notice["data"], json!({ "message": "back in a minute", "level": "warning" }));
    for person in [&mut ann, &mut eve] {
        let notice = person.hears("notice").await;
        assert_eq!(notice["data"], json!({ "message": "good night", "level": "info" }));
        person.hears_nothing_more().await;
    }
    ann.leaves().await;
    eve.leaves().await;
    house.ends().await;
}
