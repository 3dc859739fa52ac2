//! Stories of messages that a backend posts, edits and deletes.
//!
//! What the answer says is held against the log.

use serde_json::json;

use super::people::{Listener, Shorthand};
use super::stage::{OLDER_SECRET, Stage};

const CHAT: &str = "/internal/chats/chat_1/messages";
const ENTRIES: &str = "/internal/chats/chat_1/entries";

#[actix_web::test]
async fn a_posted_message_is_stored_and_heard() {
    let next = Stage::new().await;
    let ann = Listener::in_chat(&next.broker, "ann", "chat_1").await;
    let said = json!({"content": "hello", "userId": "bob", "role": "AGENT", "name": "Bob", "email": "b@x", "avatar": "u"});

    let posted = next.post(CHAT, said).await.good(201);

    assert_eq!(
        (&posted["seq"], &posted["epoch"], &posted["duplicate"]),
        (&json!(1), &json!("7"), &json!(false))
    );
    ann.hears("1 hello").await;
    let entry = next.get(ENTRIES).await.good(200)["entries"][0].clone();
    let sender = json!({"id": "bob", "name": "Bob", "email": "b@x", "avatar": "u"});
    let message = json!({
        "id": posted["id"], "content": "hello", "role": "agent", "createdAt": "2025-01-01T00:00:00.000Z",
        "deleted": false, "sender": sender,
    });
    let at = "2025-01-01T00:00:00.000Z";
    assert_eq!(entry, json!({"seq": 1, "at": at, "by": "bob", "kind": "message_posted", "message": message}));
}

#[actix_web::test]
async fn roles_are_read_in_any_case_and_a_bot_is_an_assistant() {
    let next = Stage::new().await;
    let pairs = [
        ("user", "user"),
        ("User", "user"),
        ("ASSISTANT", "assistant"),
        ("bot", "assistant"),
        ("System", "system"),
    ];
    for (given, _) in pairs {
        next.post(CHAT, json!({"content": "x", "userId": "u", "role": given})).await.good(201);
    }
    let entries = next.get(ENTRIES).await.good(200)["entries"].clone();
    for (at, (given, stored)) in pairs.iter().enumerate() {
        assert_eq!(entries[at]["message"]["role"], *stored, "{given}");
    }
}

#[actix_web::test]
async fn the_user_is_named_by_its_id_where_no_name_is_told() {
    let next = Stage::new().await;
    next.post(CHAT, json!({"content": "x", "userId": "bob", "role": "user", "name": "", "email": null}))
        .await
        .good(201);
    let sender = next.get(ENTRIES).await.good(200)["entries"][0]["message"]["sender"].clone();
    assert_eq!(sender, json!({"id": "bob", "name": "bob", "email": null, "avatar": null}));
}

#[actix_web::test]
async fn a_message_with_an_id_of_its_own_is_posted_once() {
    let next = Stage::new().await;
    let said = json!({"content": "x", "userId": "bob", "role": "user", "id": "ck_1"});
    let first = next.post(CHAT, said.clone()).await.good(201);
    let second = next.post(CHAT, said.clone()).await.good(201);
    let by_key = next.keyed("k", CHAT, &said).await.good(201);
    assert_eq!(first, json!({"id": "ck_1", "seq": 1, "epoch": "7", "duplicate": false}));
    assert_eq!(second, json!({"id": "ck_1", "seq": 1, "epoch": "7", "duplicate": true}));
    assert_eq!(by_key, second);
    assert_eq!(next.get(ENTRIES).await.good(200)["head"], 1);
}

#[actix_web::test]
async fn a_chat_may_have_any_name_that_a_token_can_give_it() {
    let next = Stage::new().await;
    let path = "/internal/chats/a%2Fb%20%25c%C3%A9/messages";
    let id =
        next.post(path, json!({"content": "x", "userId": "u", "role": "user"})).await.good(201)["id"].clone();
    let ann = Listener::in_chat(&next.broker, "ann", "a/b %cé").await;
    next.patch(&format!("{path}/{}", id.as_str().unwrap()), json!({"content": "y"})).await.good(200);
    ann.hears("2 y").await;
}

#[actix_web::test]
async fn content_must_say_something_and_not_too_much() {
    let next = Stage::new().await;
    let said = |content: &str| json!({"content": content, "userId": "u", "role": "user"});
    for (content, code) in
        [("", "empty_content"), (" \n\t", "empty_content"), (&"é".repeat(4001), "content_too_long")]
    {
        assert_eq!(next.post(CHAT, said(content)).await.problem(422), code);
    }
    next.post(CHAT, said(&"é".repeat(4000))).await.good(201);
    assert_eq!(next.get(ENTRIES).await.good(200)["head"], 1);
}

#[actix_web::test]
async fn an_edit_and_a_delete_are_entries_of_their_own() {
    let next = Stage::new().await;
    let ann = Listener::in_chat(&next.broker, "ann", "chat_1").await;
    let id =
        next.post(CHAT, json!({"content": "secret", "userId": "b", "role": "user"})).await.good(201)["id"]
            .clone();
    let path = format!("{CHAT}/{}", id.as_str().unwrap());

    let edited = next.patch(&path, json!({"content": "better"})).await.good(200);
    assert_eq!(edited, json!({"id": id, "seq": 2, "epoch": "7", "duplicate": false}));
    ann.hears("2 better").await;
    let deleted = next.delete(&path).await.good(200);
    assert_eq!(deleted, json!({"id": id, "seq": 3, "epoch": "7", "duplicate": false}));
    ann.hears("3 withdrawn").await;

    let entries = next.get(ENTRIES).await;
    assert!(!entries.text.contains("secret") && !entries.text.contains("better"), "{}", entries.text);
    assert_eq!(entries.good(200)["entries"][2]["kind"], "message_deleted");
    assert_eq!(next.delete(&path).await.problem(409), "message_deleted");
    assert_eq!(next.patch(&path, json!({"content": "x"})).await.problem(409), "message_deleted");
}

#[actix_web::test]
async fn what_was_never_posted_cannot_be_changed() {
    let next = Stage::new().await;
    let path = format!("{CHAT}/msg_nobody_knows");
    assert_eq!(next.patch(&path, json!({"content": "x"})).await.problem(404), "unknown_message");
    assert_eq!(next.delete(&path).await.problem(404), "unknown_message");
    assert_eq!(next.patch(&path, json!({"content": " "})).await.problem(422), "empty_content");
}

#[actix_web::test]
async fn either_secret_opens_in_either_header() {
    let next = Stage::new().await;
    let bare = || actix_web::test::TestRequest::get().uri("/internal/bans");
    for secret in [super::stage::SECRET, OLDER_SECRET] {
        for scheme in ["Bearer ", "bearer ", "BEARER  "] {
            next.send(bare().insert_header(("Authorization", format!("{scheme}{secret}")))).await.good(200);
        }
        next.send(bare().insert_header(("X-Internal-Secret", secret))).await.good(200);
    }
}
