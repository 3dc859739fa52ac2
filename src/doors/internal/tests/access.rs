//! Stories of sessions that are ended and users who are shut out.
//!
//! A target that names nobody reaches nobody.

use std::time::Duration;

use actix_web::http::Method;
use recado_actors::refusal::Farewell;
use serde_json::{Value, json};

use super::people::{Listener, Shorthand};
use super::stage::{Answer, Stage};

const BANS: &str = "/internal/bans";

async fn lift(next: &Stage, target: Value) -> Answer {
    next.send(next.request(Method::DELETE, BANS).set_json(target)).await
}

#[actix_web::test]
async fn a_disconnect_ends_exactly_those_it_names() {
    let next = Stage::new().await;
    let ann = Listener::in_chat(&next.broker, "ann", "chat_1").await;
    let elsewhere = Listener::in_chat(&next.broker, "ann", "chat_2").await;
    let bob = Listener::in_chat(&next.broker, "bob", "chat_1").await;

    let ended =
        next.post("/internal/disconnect", json!({"userId": "ann", "chatId": "chat_1"})).await.good(200);

    assert_eq!(ended, json!({"ended": 1}));
    assert_eq!(ann.was_told_goodbye(), Some(Farewell::Disconnected));
    assert_eq!((elsewhere.was_told_goodbye(), bob.was_told_goodbye()), (None, None));
    let by_token = next.post("/internal/disconnect", json!({"tokenId": "token_of_bob"})).await.good(200);
    assert_eq!((by_token, bob.was_told_goodbye()), (json!({"ended": 1}), Some(Farewell::Disconnected)));
}

#[actix_web::test]
async fn a_target_that_names_nobody_is_refused() {
    let next = Stage::new().await;
    for target in [
        json!({}),
        json!({"userId": null}),
        json!({"userId": ""}),
        json!({"tokenId": ""}),
        json!({"all": true}),
    ] {
        assert_eq!(
            next.post("/internal/disconnect", target.clone()).await.problem(422),
            "invalid_body",
            "{target}"
        );
        assert_eq!(next.post(BANS, target.clone()).await.problem(422), "invalid_body", "{target}");
        assert_eq!(lift(&next, target.clone()).await.problem(422), "invalid_body", "{target}");
    }
}

#[actix_web::test]
async fn a_ban_ends_sessions_is_listed_and_can_be_lifted() {
    let next = Stage::new().await;
    let ann = Listener::in_chat(&next.broker, "ann", "chat_1").await;

    let banned = next.post(BANS, json!({"userId": "ann"})).await.good(201);

    assert_eq!(
        (banned, ann.was_told_goodbye()),
        (json!({"ended": 1, "until": null}), Some(Farewell::Banned))
    );
    let ban = json!({"userId": "ann", "tokenId": null, "chatId": null, "until": null});
    assert_eq!(next.get(BANS).await.good(200), json!({"bans": [ban]}));
    assert_eq!(
        lift(&next, json!({"userId": "ann", "chatId": "chat_1"})).await.good(200),
        json!({"lifted": 0})
    );
    assert_eq!(lift(&next, json!({"userId": "ann"})).await.good(200), json!({"lifted": 1}));
    assert_eq!(next.get(BANS).await.good(200), json!({"bans": []}));
}

#[actix_web::test]
async fn a_ban_can_have_an_end() {
    let next = Stage::new().await;
    let by_seconds = next.post(BANS, json!({"chatId": "chat_1", "seconds": 60})).await.good(201);
    assert_eq!(by_seconds["until"], "2025-01-01T00:01:00.000Z");
    let until = json!({"tokenId": "t", "until": "2025-01-01T03:00:00+01:00"});
    assert_eq!(next.post(BANS, until).await.good(201)["until"], "2025-01-01T02:00:00.000Z");
    next.passes(Duration::from_secs(60));
    let bans = next.get(BANS).await.good(200);
    let left = json!({"userId": null, "tokenId": "t", "chatId": null, "until": "2025-01-01T02:00:00.000Z"});
    assert_eq!(bans, json!({"bans": [left]}));
}

#[actix_web::test]
async fn an_end_that_makes_no_sense_is_refused() {
    let next = Stage::new().await;
    let ends = [
        json!({"seconds": 0}),
        json!({"seconds": -5}),
        json!({"seconds": 1.5}),
        json!({"seconds": "60"}),
        json!({"seconds": 9_999_999_999_u64}),
        json!({"until": "tomorrow"}),
        json!({"until": "2025-01-01"}),
        json!({"until": "2025-01-01T00:00:00Z"}),
        json!({"seconds": 5, "until": "2026-01-01T00:00:00Z"}),
    ];
    for mut ban in ends {
        ban["userId"] = json!("ann");
        assert_eq!(next.post(BANS, ban.clone()).await.problem(422), "invalid_body", "{ban}");
    }
    assert_eq!(next.get(BANS).await.good(200), json!({"bans": []}));
}
