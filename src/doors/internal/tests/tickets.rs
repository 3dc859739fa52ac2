//! Stories of tickets that a backend makes for a browser.
//!
//! What is handed out is read back by the verifier of tickets.

use std::time::Duration;

use serde_json::json;

use super::people::Shorthand;
use super::stage::{NEW_YEAR, SECRET, Stage};
use crate::auth::Tickets;

const TICKETS: &str = "/internal/tickets";

fn new_year() -> i64 {
    NEW_YEAR / 1000
}

#[actix_web::test]
async fn a_ticket_says_who_may_connect_and_as_whom() {
    let next = Stage::new().await;
    let asked = json!({
        "userId": "ann", "chatId": "a:b", "isAuthenticated": false, "name": "Ann", "email": "a@x", "avatar": "u",
        "ttl": 30, "sessionExpiresAt": "2025-01-01T01:00:00.999Z",
    });
    let made = next.post(TICKETS, asked).await.good(201);
    assert_eq!(made["expiresAt"], "2025-01-01T00:00:30.000Z");
    let minute = Duration::from_secs(60);
    let tickets = Tickets::new(SECRET.as_bytes(), minute, minute).with_clock(new_year);
    let claims = tickets.verify(made["ticket"].as_str().unwrap()).unwrap();
    assert_eq!((claims.user_id.as_deref(), claims.chat_id.as_deref()), (Some("ann"), Some("a:b")));
    assert_eq!((claims.is_authenticated, claims.name.as_deref()), (Some(false), Some("Ann")));
    assert_eq!(claims.expires_at, Some(new_year() + 3600));
}

#[actix_web::test]
async fn a_ticket_lives_as_long_as_tickets_do_unless_told() {
    let next = Stage::new().await;
    let made = next.post(TICKETS, json!({"userId": "ann", "chatId": "c"})).await.good(201);
    assert_eq!(made["expiresAt"], "2025-01-01T00:01:00.000Z");
}

#[actix_web::test]
async fn a_ticket_that_makes_no_sense_is_refused() {
    let next = Stage::new().await;
    let cases = [
        (json!({"ttl": 0}), "invalid_ticket"),
        (json!({"ttl": 61}), "invalid_ticket"),
        (json!({"ttl": "60"}), "invalid_body"),
        (json!({"isAuthenticated": "false"}), "invalid_body"),
        (json!({"sessionExpiresAt": "2025-01-01T00:00:00Z"}), "invalid_ticket"),
        (json!({"sessionExpiresAt": 1_735_689_600}), "invalid_body"),
        (json!({"avatar": "𝄞".repeat(2048)}), "invalid_ticket"),
        (json!({"userId": ""}), "invalid_body"),
        (json!({"chatId": null}), "invalid_body"),
    ];
    for (fields, code) in cases {
        let mut asked = json!({"userId": "ann", "chatId": "c"});
        asked.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        assert_eq!(next.post(TICKETS, asked).await.problem(422), code, "{fields}");
    }
}

#[actix_web::test]
async fn a_node_that_cannot_sign_says_so() {
    let next = Stage::without_tickets().await;
    let answer = next.post(TICKETS, json!({"userId": "ann", "chatId": "c"})).await;
    assert_eq!(answer.problem(503), "tickets_unavailable");
}
