//! The operators' page: who may look, what they see, and what they never see.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::house::{House, free_port};
use crate::tokens::{INTERNAL, claims, claims_with, sign};

async fn looks(house: &House, headers: &[(&str, &str)]) -> Response {
    let mut request = house.request(Method::GET, "/admin/figures");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("an answer")
}

/// What somebody with the secret sees.
pub async fn figures(house: &House) -> Value {
    let response = looks(house, &[("X-Internal-Secret", INTERNAL)]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    response.json().await.expect("figures")
}

async fn is_let_in(house: &House, headers: &[(&str, &str)]) -> bool {
    looks(house, headers).await.status() == 200
}

#[actix_web::test]
async fn the_secret_and_tokens_with_the_admin_role_open_the_figures() {
    let house = House::start().await;
    assert!(is_let_in(&house, &[("X-Internal-Secret", INTERNAL)]).await);
    assert!(is_let_in(&house, &[("Authorization", &format!("Bearer {INTERNAL}"))]).await);
    for role in
        [json!({ "role": "admin" }), json!({ "roles": ["agent", "admin"] }), json!({ "roles": "admin" })]
    {
        let token = sign(&claims_with("ops", "chat_1", role.clone()));
        assert!(is_let_in(&house, &[("Authorization", &format!("Bearer {token}"))]).await, "{role}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn everything_else_is_turned_away_and_sounds_the_same() {
    let house = House::start().await;
    let admin = |changes: Value| sign(&claims_with("ops", "chat_1", changes));
    let bearer = |token: &str| format!("Bearer {token}");
    let expired = admin(json!({ "role": "admin", "exp": 1_600_000_000 }));
    let forged = format!("{}x", admin(json!({ "role": "admin" })));
    let attempts = [
        ("Accept", "application/json".to_owned()),
        ("X-Internal-Secret", String::new()),
        ("X-Internal-Secret", format!("{INTERNAL}x")),
        ("Authorization", bearer(&sign(&claims("ann", "chat_1")))),
        ("Authorization", bearer(&admin(json!({ "roles": { "admin": true }, "role": "Admin" })))),
        ("Authorization", bearer(&expired)),
        ("Authorization", bearer(&forged)),
        ("Authorization", format!("Basic {INTERNAL}")),
    ];
    let mut said = Vec::new();
    for (name, value) in &attempts {
        let response = looks(&house, &[(*name, value.as_str())]).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["cache-control"]),
            (401, &"no-store".parse().expect("a value")),
            "{name}: {value}"
        );
        said.push(response.text().await.expect("a problem"));
    }
    said.dedup();
    assert_eq!(said.len(), 1, "they can be told apart: {said:?}");
    house.ends().await;
}

#[actix_web::test]
async fn a_secret_in_the_address_and_a_ticket_open_nothing() {
    let house = House::start().await;
    let token = sign(&claims_with("ops", "chat_1", json!({ "role": "admin" })));
    for query in [format!("token={token}"), format!("secret={}", INTERNAL.replace(' ', "%20"))] {
        assert_eq!(house.get(&format!("/admin/figures?{query}")).await.0, 401);
    }
    let asked = json!({ "userId": "ops", "chatId": "chat_1", "role": "admin" });
    let (_, made) = house.internal(Method::POST, "/tickets", asked).await;
    let ticket = made["ticket"].as_str().unwrap_or("tkt_none").to_owned();
    assert!(!is_let_in(&house, &[("Authorization", &format!("Bearer {ticket}"))]).await);
    house.ends().await;
}

#[actix_web::test]
async fn whoever_guesses_too_often_waits_and_the_right_secret_is_admitted_all_the_same() {
    let house = House::with(&[("RECADO_LIMITS__AUTH_FAILURE_RATE", "10")]).await;
    let mut answers = Vec::new();
    for guess in 0..20 {
        answers.push(looks(&house, &[("X-Internal-Secret", &format!("guess {guess}"))]).await);
    }
    let last = answers.last().expect("an answer");
    assert_eq!((answers[0].status().as_u16(), last.status().as_u16()), (401, 429));
    let wait = last.headers()["retry-after"].to_str().ok().and_then(|wait| wait.parse::<u64>().ok());
    assert!(wait.is_some_and(|wait| (1..=60).contains(&wait)), "{wait:?}");
    let token = format!("Bearer {}", sign(&claims_with("ops", "chat_1", json!({ "role": "admin" }))));
    assert_eq!(looks(&house, &[("Authorization", &token)]).await.status(), 429, "not even verified");
    assert!(is_let_in(&house, &[("X-Internal-Secret", INTERNAL)]).await);
    house.ends().await;
}

#[actix_web::test]
async fn the_figures_follow_what_happens_and_name_nobody() {
    let house = House::start().await;
    let before = figures(&house).await;
    assert_eq!((&before["connections"]["clients"], &before["accepted"]), (&json!(0), &json!(0)));
    let mut ann = house.widget("ann_with_a_name", "chat_with_a_name").await;
    ann.posts("a word that stays here").await;
    ann.hears_message("a word that stays here").await;
    // She may hear it a moment before its way is counted.
    house.until("her message is counted", |broker| broker.vitals().figures().ack.count() == 1).await;
    let after = figures(&house).await;
    assert_eq!(
        (&after["connections"]["clients"], &after["accepted"], &after["rooms"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(
        after["connections"]["byDoor"][0],
        json!({ "door": "widget", "transport": "websocket", "count": 1 })
    );
    let counts = |look: &Value| -> u64 {
        look["ack"]["counts"].as_array().expect("counts").iter().filter_map(Value::as_u64).sum()
    };
    assert_eq!((counts(&before), counts(&after)), (0, 1));
    assert_eq!(
        (&after["store"], &after["draining"]),
        (&json!({ "kind": "memory", "down": false }), &json!(false))
    );
    assert!(after["process"]["memory"].as_u64() > Some(1_000_000), "{after}");
    for name in ["ann_with_a_name", "chat_with_a_name", "stays here", "127.0.0.1"] {
        assert!(!after.to_string().contains(name), "{name} is told: {after}");
    }
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn trouble_is_among_the_figures() {
    let house = House::start().await;
    house.dies("receipts").await;
    let look = figures(&house).await;
    assert_eq!((&look["restarts"]["receipts"], &look["panics"]), (&json!(1), &json!(1)), "{look}");
    house.broker().vitals().store_failed("the disk is full");
    let look = figures(&house).await;
    assert_eq!(
        (&look["store"]["down"], &look["unready"]),
        (&json!(true), &json!(["store: the disk is full"]))
    );
    house.ends().await;
}

#[actix_web::test]
async fn the_page_is_for_everybody_and_allows_nothing_but_itself() {
    let house = House::start().await;
    for file in [
        "",
        "admin.js",
        "admin.css",
        "board.js",
        "chart.js",
        "history.js",
        "words.js",
        "colours.css",
        "icon.svg",
    ] {
        let response = house.request(Method::GET, &format!("/admin/{file}")).send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{file}");
        let policy = response.headers()["content-security-policy"].to_str().expect("a policy").to_owned();
        assert!(policy.starts_with("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(response.headers()["referrer-policy"], "no-referrer");
    }
    let (status, page) = house.get("/admin").await;
    assert!(status == 200 && page.contains("admin.js"), "{status}");
    for nothing in ["/admin/none.js", "/admin/%2e%2e%2f%2e%2e%2fconfig.toml", "/admin/figures/"] {
        assert_eq!(house.get(nothing).await.0, 404, "{nothing}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn the_page_can_be_switched_off_and_follows_the_internal_api_to_its_port() {
    let house = House::with(&[("RECADO_ADMIN__ENABLED", "false")]).await;
    assert_eq!((house.get("/admin/").await.0, house.get("/admin/figures").await.0), (404, 404));
    house.ends().await;
    let house = House::with(&[("RECADO_INTERNAL__PORT", &free_port().to_string())]).await;
    assert_eq!((house.get("/admin/").await.0, house.get("/admin/figures").await.0), (404, 404));
    for (path, status) in [("/admin/", 200), ("/admin/figures", 401)] {
        let response = house.internal_request(Method::GET, path).send().await.expect("an answer");
        assert_eq!(response.status(), status, "{path}");
    }
    house.ends().await;
}
