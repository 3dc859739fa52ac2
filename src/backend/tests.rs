//! Stories of the application behind us, told against a hand-written HTTP server on loopback.
//!
//! It guarantees the exact bytes of each call and the exact meaning of each answer, good or bad.

mod application;

use std::time::Duration;

use recado_actors::message::room::Role;
use recado_actors::ports::{Accepted, BackendError, Profile};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::next::{BackendSetupError, NextBackend, NextSettings};
use application::{Manner, Next, PATIENCE, SECRET, submit};

const CUID: &str = "ck1";

fn stored(id: Value, role: &str, sender: Value) -> String {
    let message = json!({"id": id, "content": "hi", "role": role, "createdAt": "2025-01-01T00:00:00.000Z", "sender": sender});
    json!({"success": true, "message": message}).to_string()
}

fn unreachable(result: Result<Accepted, BackendError>) -> String {
    match result {
        Err(BackendError::Unreachable(text)) => text,
        other => format!("not unreachable: {other:?}"),
    }
}

#[tokio::test]
async fn a_message_is_sent_word_for_word() {
    let mut next = Next::answering("200 OK", stored(json!(CUID), "USER", json!({"id": "u"}))).await;
    next.is_sent("c1", "u1", Role::User).await.unwrap();

    let heard = next.hears().await;
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines.remove(0), "POST /api/chats/c1/messages/send HTTP/1.1");
    lines.sort_unstable();
    let host = format!("host: 127.0.0.1:{}", next.port);
    let secret = format!("x-internal-secret: {SECRET}");
    let length = format!("content-length: {}", body.len());
    assert_eq!(lines, ["accept: */*", &length, "content-type: application/json", &host, &secret]);
    assert_eq!(body, r#"{"content":"olá \"you\"","role":"USER","userId":"u1"}"#);
}

#[tokio::test]
async fn a_name_with_odd_characters_stays_one_segment() {
    let mut next = Next::answering("200 OK", stored(json!(CUID), "USER", json!({"id": "u"}))).await;
    for (name, segment) in [
        ("a/b c?", "a%2Fb%20c%3F"),
        ("../x", "..%2Fx"),
        ("%2e%2e", "%252e%252e"),
        ("a#b\\c", "a%23b%5Cc"),
        ("é", "%C3%A9"),
    ] {
        next.is_sent(name, "u", Role::User).await.unwrap();
        assert!(
            next.hears().await.starts_with(&format!("POST /api/chats/{segment}/messages/send HTTP/1.1\r\n"))
        );
        let _ = next.is_asked_for(name).await;
        assert!(next.hears().await.starts_with(&format!("GET /api/users/{segment} HTTP/1.1\r\n")));
    }
}

#[tokio::test]
async fn a_name_that_would_climb_the_path_is_refused_unsent() {
    let mut next = Next::answering("200 OK", "{}").await;
    for name in [".", ".."] {
        assert!(matches!(next.is_sent(name, "u", Role::User).await, Err(BackendError::Refused { .. })));
        assert!(matches!(next.is_asked_for(name).await, Err(BackendError::Refused { .. })));
    }
    assert!(next.heard.try_recv().is_err());
}

#[tokio::test]
async fn a_base_with_a_path_keeps_it() {
    let mut next = Next::answering("200 OK", stored(json!(CUID), "USER", json!({}))).await;
    for tail in ["", "/", "//"] {
        let base_url = format!("http://127.0.0.1:{}/app{tail}", next.port);
        let backend = NextBackend::new(NextSettings { base_url, ..next.settings() }).unwrap();
        submit(&backend, "c", "u", Role::User).await.unwrap();
        assert!(next.hears().await.starts_with("POST /app/api/chats/c/messages/send HTTP/1.1\r\n"));
    }
}

#[tokio::test]
async fn an_answer_is_taken_over_whole() {
    let sender = json!({"id": 7, "name": null, "email": "a@b.c", "avatar": null, "badge": {"n": 1}});
    let next = Next::answering("200 OK", stored(json!(42), "AGENT", sender)).await;
    let accepted = next.is_sent("c", "u", Role::Agent).await.unwrap();
    assert_eq!((accepted.id.as_str(), accepted.content.as_str()), ("42", "hi"));
    assert_eq!((accepted.role, accepted.created_at.as_str()), (Role::Agent, "2025-01-01T00:00:00.000Z"));
    assert_eq!((accepted.sender.id.as_str(), &accepted.sender.name), ("7", &None));
    assert_eq!((accepted.sender.email.as_deref(), &accepted.sender.avatar), (Some("a@b.c"), &None));
    assert_eq!(Value::Object(accepted.sender.more), json!({"badge": {"n": 1}}));
}

#[tokio::test]
async fn a_stored_message_without_a_sender_is_its_users() {
    for sender in [Value::Null, json!({})] {
        let next = Next::answering("200 OK", stored(json!(CUID), "USER", sender)).await;
        assert_eq!(next.is_sent("c", "u9", Role::User).await.unwrap().sender.id, "u9");
    }
}

#[tokio::test]
async fn roles_go_out_upper_case_and_come_back_in_any() {
    for (role, out, back) in [
        (Role::User, "USER", "user"),
        (Role::Assistant, "ASSISTANT", "Assistant"),
        (Role::Agent, "AGENT", "AGENT"),
    ] {
        let mut next = Next::answering("200 OK", stored(json!(CUID), back, json!({"id": "u"}))).await;
        assert_eq!(next.is_sent("c", "u", role).await.unwrap().role, role);
        assert!(next.hears().await.contains(&format!("\"role\":\"{out}\"")));
    }
}

#[tokio::test]
async fn the_system_never_speaks_to_the_backend() {
    let mut next = Next::answering("200 OK", stored(json!(CUID), "SYSTEM", json!({"id": "u"}))).await;
    assert!(matches!(next.is_sent("c", "u", Role::System).await, Err(BackendError::Refused { .. })));
    assert!(next.heard.try_recv().is_err());
}

#[tokio::test]
async fn a_refusal_is_told_in_the_originals_words() {
    for status in [400, 401, 404] {
        let next = Next::answering(&format!("{status} No"), r#"{"error":"x"}"#).await;
        let detail = format!(r#"API error: {status} - {{"error":"x"}}"#);
        let no = BackendError::Refused { detail };
        assert_eq!(next.is_sent("c", "u", Role::User).await, Err(no.clone()));
        assert_eq!(next.is_asked_for("u").await, Err(no));
    }
}

#[tokio::test]
async fn a_broken_application_counts_as_unreachable() {
    let next = Next::answering("500 Oh", r#"{"error":"x"}"#).await;
    assert_eq!(unreachable(next.is_sent("c", "u", Role::User).await), r#"API error: 500 - {"error":"x"}"#);
}

#[tokio::test]
async fn a_refusals_text_is_cut_cleaned_and_without_the_secret() {
    let body = format!("a\r\n\u{1b}b{SECRET}{}{SECRET}", "é".repeat(2 * 500));
    let next = Next::answering("400 No", body).await;
    let detail = format!("API error: 400 - ab***{}", "é".repeat(495));
    assert_eq!(next.is_sent("c", "u", Role::User).await, Err(BackendError::Refused { detail }));
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_unreachable() {
    let sender = json!({"id": "u"});
    for (body, says) in [
        ("<html>".to_owned(), "expected value"),
        (String::new(), "EOF"),
        (r#"{"success":false,"error":"full"}"#.to_owned(), r#"it does not say success: {"success":false"#),
        (r#"{"success":true}"#.to_owned(), "it has no message"),
        (stored(json!(""), "USER", sender.clone()), "the message's id is empty"),
        (stored(json!([]), "USER", sender.clone()), "id is neither a text nor a number"),
        (stored(json!(CUID), "KING", sender), "unknown role KING"),
    ] {
        let next = Next::answering("200 OK", body).await;
        let text = unreachable(next.is_sent("c", "u", Role::User).await);
        assert!(text.starts_with("the answer cannot be used: ") && text.contains(says), "{text}");
    }
}

#[tokio::test]
async fn a_call_ends_when_the_application_hangs() {
    for manner in [Manner::Hangs, Manner::HangsAfterHead] {
        let next = Next::start(manner).await;
        let short = NextSettings { timeout: Duration::from_millis(200), ..next.settings() };
        let backend = NextBackend::new(short).unwrap();
        let text = unreachable(submit(&backend, "c", "u", Role::User).await);
        assert_eq!(text, "no whole answer within 200ms");
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_read() {
    let answer = stored(json!(CUID), "USER", json!({"id": "u"}));
    for (limit, fits) in [(answer.len(), true), (answer.len() - 1, false)] {
        let next = Next::answering("200 OK", answer.clone()).await;
        let narrow = NextSettings { max_answer_bytes: limit, ..next.settings() };
        let result = submit(&NextBackend::new(narrow).unwrap(), "c", "u", Role::User).await;
        assert_eq!(result.is_ok(), fits);
        if !fits {
            assert_eq!(unreachable(result), format!("the answer is larger than {limit} bytes"));
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut next = Next::answering("307 Elsewhere\r\nlocation: /other", "gone").await;
    assert_eq!(unreachable(next.is_sent("c", "u", Role::User).await), "API error: 307 - gone");
    assert!(next.hears().await.starts_with("POST /api/chats/c/"));
    assert!(next.heard.try_recv().is_err());
}

#[tokio::test]
async fn a_user_is_looked_up() {
    let body = json!({"id": 5, "name": "Ann", "email": null, "image": "i.png", "more": 1}).to_string();
    let mut next = Next::answering("200 OK", body).await;
    let image = Some(json!("i.png"));
    let ann = Profile { id: "5".into(), name: Some("Ann".into()), email: None, image };
    assert_eq!(next.is_asked_for("5").await, Ok(ann));
    let heard = next.hears().await;
    assert!(heard.starts_with("GET /api/users/5 HTTP/1.1\r\n"));
    assert!(heard.contains(&format!("x-internal-secret: {SECRET}\r\n")));
}

#[tokio::test]
async fn nobody_at_the_address_is_told_without_credentials() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let base_url = format!("http://ann:hunter2@127.0.0.1:{port}");
    let settings =
        NextSettings { base_url, secret: SECRET.into(), timeout: PATIENCE, max_answer_bytes: 1024 };
    let seen = format!("{settings:?}");
    let backend = NextBackend::new(settings).unwrap();
    let text = unreachable(submit(&backend, "c", "u", Role::User).await);
    assert!(text.starts_with("cannot connect: "), "{text}");
    let all = format!("{seen} {text} {backend:?}");
    assert!(!all.contains("hunter2") && !all.contains(SECRET), "{all}");
}

#[test]
fn settings_that_can_never_work_stop_the_start() {
    let make = |base: &str, secret: &str| {
        let settings = NextSettings {
            base_url: base.into(),
            secret: secret.into(),
            timeout: PATIENCE,
            max_answer_bytes: 1024,
        };
        NextBackend::new(settings).err()
    };
    for base in ["", "localhost:3000", "ftp://h", "http://", "http://h?a=b", "http://h/#x"] {
        assert_eq!(make(base, SECRET), Some(BackendSetupError::Address), "{base}");
    }
    for secret in ["", " a", "a\r\nb", "a\tb", "é"] {
        assert_eq!(make("http://h", secret), Some(BackendSetupError::Secret), "{secret:?}");
    }
    assert_eq!(make("https://h", SECRET), None);
}
