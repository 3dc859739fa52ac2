//! Stories of requests that are refused: every refusal is a problem, and none tells more than it should.
//!
//! No answer repeats a value that was sent.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use recado_actors::ports::LogError;
use serde_json::{Value, json};

use super::people::Shorthand;
use super::stage::{BODY_BYTES, SECRET, Stage};

const CHAT: &str = "/internal/chats/chat_1/messages";

#[actix_web::test]
async fn a_wrong_secret_looks_like_none_whatever_is_asked() {
    let next = Stage::new().await;
    let mut answers = Vec::new();
    for path in [CHAT, "/internal", "/internal/nothing", "/internal/bans"] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let bare = || TestRequest::default().method(method.clone()).uri(path).set_payload("{not json");
            answers.push(next.send(bare()).await);
            answers.push(next.send(bare().insert_header(("X-Internal-Secret", ""))).await);
            answers.push(next.send(bare().insert_header(("X-Internal-Secret", &SECRET[..31]))).await);
            answers.push(next.send(bare().insert_header(("Authorization", format!("Basic {SECRET}")))).await);
            answers.push(next.send(bare().insert_header(("Authorization", "Bearer"))).await);
            answers
                .push(next.send(bare().insert_header(("Authorization", format!("Bearer {SECRET}x")))).await);
        }
    }
    let same = answers.first().unwrap().text.clone();
    for answer in answers {
        assert_eq!((answer.header("www-authenticate"), &answer.text), (Some("Bearer"), &same));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.problem(401), "unauthorized");
    }
}

#[actix_web::test]
async fn an_unknown_path_and_a_wrong_method_are_problems() {
    let next = Stage::new().await;
    for path in ["/internal", "/internal/", "/internal/chats", "/internal/chats/c", "/internal/bans/"] {
        assert_eq!(next.get(path).await.problem(404), "unknown_route", "{path}");
    }
    for (method, path, allow) in [
        (Method::GET, CHAT, "POST"),
        (Method::PUT, "/internal/bans", "GET, POST, DELETE"),
        (Method::HEAD, "/internal/disconnect", "POST"),
    ] {
        let answer = next.send(next.request(method, path)).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)));
    }
    assert_eq!(next.get(CHAT).await.problem(405), "method_not_allowed");
}

#[actix_web::test]
async fn a_body_that_is_not_json_is_malformed() {
    let next = Stage::new().await;
    let nested = "[".repeat(1000);
    for body in ["", "{", "{\"content\":}", "content=x&userId=u", "\u{feff}{}", nested.as_str()] {
        let request = next.request(Method::POST, CHAT).set_payload(body.to_owned());
        assert_eq!(next.send(request).await.problem(400), "malformed_json", "{body:.20}");
    }
    let latin = next.request(Method::POST, CHAT).set_payload(&b"{\"content\":\"\xff\"}"[..]);
    assert_eq!(next.send(latin).await.problem(400), "malformed_json");
}

#[actix_web::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let next = Stage::new().await;
    let body = format!("{{\"content\":\"{}\"}}", "x".repeat(BODY_BYTES));
    let answer = next.send(next.request(Method::POST, CHAT).set_payload(body.clone())).await;
    assert_eq!(answer.problem(413), "body_too_large");
    let declared =
        next.request(Method::POST, CHAT).set_payload("{}").insert_header(("Content-Length", "9999999"));
    assert_eq!(next.send(declared).await.problem(413), "body_too_large");
    let short = next.request(Method::POST, CHAT).set_payload(body).insert_header(("Content-Length", "1"));
    assert_eq!(next.send(short).await.problem(413), "body_too_large");
}

#[actix_web::test]
async fn a_wrong_field_is_named_and_its_value_is_not_repeated() {
    let next = Stage::new().await;
    let good = json!({"content": "x", "userId": "u", "role": "user"});
    let cases: [(&str, Value, &str); 12] = [
        ("content", Value::Null, "content: expected a string, found null"),
        ("content", json!(5551234), "content: expected a string, found a number"),
        ("userId", json!(["hush"]), "userId: expected a string, found an array"),
        ("userId", json!({"hush": 1}), "userId: expected a string, found an object"),
        ("userId", json!(""), "userId: is empty"),
        ("userId", json!("hush\n"), "userId: has a control character"),
        ("userId", json!("hush".repeat(40)), "userId: has more than 128 characters"),
        ("role", json!("hush"), "role: expected one of user, agent, assistant, bot, system"),
        ("role", json!(true), "role: expected a string, found a boolean"),
        ("name", json!("hush".repeat(65)), "name: has more than 256 characters"),
        ("id", json!(""), "id: is empty"),
        (
            "extra",
            json!("hush"),
            "extra: is not known here; known are content, userId, role, name, email, avatar, id",
        ),
    ];
    for (field, value, detail) in cases {
        let mut body = good.clone();
        body[field] = value;
        let answer = next.post(CHAT, body).await;
        assert_eq!(answer.body()["detail"], detail);
        assert!(!answer.text.contains("hush") && !answer.text.contains("5551234"), "{}", answer.text);
        assert_eq!(answer.problem(422), "invalid_body");
    }
    let missing = next.post(CHAT, json!({"content": "x", "role": "user"})).await;
    assert_eq!(missing.body()["detail"], "userId: is missing");
    let array = next.post(CHAT, json!([good])).await;
    assert_eq!(array.body()["detail"], "expected an object, found an array");
}

#[actix_web::test]
async fn a_name_in_the_path_is_checked_like_any_other() {
    let next = Stage::new().await;
    let long = "c".repeat(129);
    for chat in ["%00", "a%0Ab", long.as_str()] {
        for rest in ["entries", "members"] {
            let answer = next.get(&format!("/internal/chats/{chat}/{rest}")).await;
            assert_eq!(answer.problem(422), "invalid_path", "{chat:.20}");
        }
        let answer = next.delete(&format!("/internal/chats/c/messages/{chat}")).await;
        assert_eq!(answer.problem(422), "invalid_path", "{chat:.20}");
    }
}

#[actix_web::test]
async fn a_store_that_refuses_is_told_with_a_time_to_try_again() {
    let next = Stage::new().await;
    let said = json!({"content": "x", "userId": "u", "role": "user"});
    next.post(CHAT, said.clone()).await.good(201);
    for (fault, code) in [
        (LogError::Full("disk".to_owned()), "store_full"),
        (LogError::Unavailable("disk".to_owned()), "store_down"),
    ] {
        next.store.break_with(Some(fault));
        let answer = next.post(CHAT, said.clone()).await;
        assert_eq!((answer.header("retry-after"), &answer.body()["retry"]), (Some("1"), &json!(true)));
        assert_eq!(answer.problem(503), code);
        assert_eq!(next.get("/internal/chats/chat_1/entries").await.problem(503), code);
        assert_eq!(next.get("/internal/bans").await.problem(503), code);
        assert_eq!(next.post("/internal/bans", json!({"userId": "u"})).await.problem(503), code);
    }
}
