//! Where the internal API says no: to strangers, to what makes no sense, and on the port it left.
//!
//! Every error is a problem with a stable code, and none repeats what was sent.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::house::{House, free_port};
use crate::internal_api::{POSTS, by_bob, in_chat};
use crate::shape::keys;
use crate::tokens::INTERNAL;

/// Status and code of a problem, which must be whole.
pub async fn problem(response: Response) -> (u16, String) {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body: Value = response.json().await.expect("a problem is JSON");
    assert_eq!(headers["content-type"], "application/problem+json", "{body}");
    assert_eq!(keys(&body), "code detail retry status title type");
    let code = body["code"].as_str().expect("a code").to_owned();
    assert_eq!((&body["status"], &body["type"]), (&json!(status), &json!(format!("/problems/{code}"))));
    assert_eq!(headers.contains_key("retry-after"), body["retry"] == true, "{body}");
    (status, code)
}

#[actix_web::test]
async fn whoever_does_not_know_the_secret_is_told_only_that() {
    let house = House::start().await;
    for path in ["/internal", "/internal/bans", "/internal/nothing/here", "/internal/chats/chat_1/messages"] {
        for secret in ["", "wrong", &INTERNAL[1..]] {
            let body = r#"{"content":"#;
            let asked = house.request(Method::POST, path).header("X-Internal-Secret", secret).body(body);
            assert_eq!(
                problem(asked.send().await.expect("an answer")).await,
                (401, "unauthorized".to_owned())
            );
        }
        let bare = house.request(Method::GET, path).send().await.expect("an answer");
        assert_eq!(problem(bare).await, (401, "unauthorized".to_owned()), "{path}");
    }
    let good =
        house.request(Method::GET, "/internal/bans").bearer_auth(INTERNAL).send().await.expect("an answer");
    assert_eq!(good.status(), 200);
    house.ends().await;
}

#[actix_web::test]
async fn what_cannot_be_done_is_a_problem_with_a_code() {
    let house = House::with(&[("RECADO_LIMITS__BODY_BYTES", "32768")]).await;
    let ask = |method: Method, path: &str, body: String| {
        let request = house.request(method, &format!("/internal{path}"));
        request.header("X-Internal-Secret", INTERNAL).body(body).send()
    };
    let say = |content: String| by_bob(&content, "user").to_string();
    let too_big = say("x".repeat(32768));
    for (method, path, body, expected) in [
        (Method::POST, POSTS, "{".to_owned(), (400, "malformed_json")),
        (Method::POST, POSTS, "[]".to_owned(), (422, "invalid_body")),
        (Method::POST, POSTS, by_bob("hello", "admin").to_string(), (422, "invalid_body")),
        (
            Method::POST,
            POSTS,
            json!({ "content": "hello", "role": "user" }).to_string(),
            (422, "invalid_body"),
        ),
        (Method::POST, POSTS, say(" ".to_owned()), (422, "empty_content")),
        (Method::POST, POSTS, say("x".repeat(4001)), (422, "content_too_long")),
        (Method::POST, POSTS, too_big, (413, "body_too_large")),
        (
            Method::PATCH,
            "/chats/chat_1/messages/msg_1",
            r#"{"content":"x"}"#.to_owned(),
            (404, "unknown_message"),
        ),
        (Method::GET, "/chats/chat_1/entries?limit=0", String::new(), (422, "invalid_query")),
        (Method::GET, "/chats/chat_1/entries?after=1&before=2", String::new(), (422, "invalid_query")),
        (Method::POST, "/disconnect", "{}".to_owned(), (422, "invalid_body")),
        (Method::GET, "/nothing/here", String::new(), (404, "unknown_route")),
        (Method::PUT, POSTS, String::new(), (405, "method_not_allowed")),
    ] {
        let (status, code) = problem(ask(method, path, body).await.expect("an answer")).await;
        assert_eq!((status, code.as_str()), expected, "{path}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn with_a_port_of_its_own_the_internal_api_is_nowhere_else() {
    let port = free_port().to_string();
    let house = House::with(&[("RECADO_INTERNAL__PORT", &port)]).await;
    let mut ann = in_chat(&house, "ann").await;
    let path = format!("/internal{POSTS}");
    let with_secret = |request: reqwest::RequestBuilder| {
        request.header("X-Internal-Secret", INTERNAL).json(&by_bob("hello", "agent")).send()
    };
    let outside = with_secret(house.request(Method::POST, &path)).await.expect("an answer");
    assert_eq!(outside.status(), 404);
    assert_eq!(outside.json::<Value>().await.expect("JSON"), json!({ "error": "Not found" }));
    let inside = with_secret(house.internal_request(Method::POST, &path)).await.expect("an answer");
    assert_eq!(inside.status(), 201);
    ann.hears_message("hello").await;
    ann.hears_nothing_more().await;
    let health = house.internal_request(Method::GET, "/health").send().await.expect("an answer");
    assert_eq!(health.status(), 200);
    ann.leaves().await;
    house.ends().await;
}
