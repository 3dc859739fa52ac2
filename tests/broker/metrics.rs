//! The figures: they move by exactly what happened, and tell nothing of who it happened to.

use std::net::TcpListener;

use reqwest::Method;
use serde_json::json;

use crate::house::House;
use crate::minutes::all_leave;
use crate::person::Person;
use crate::programs::Program;
use crate::scrape::{CLASSIC, OPEN_METRICS, Scrape, observed};
use crate::tokens::{INTERNAL, SECRET, claims, claims_with, sign};

const WIDGETS: &str = r#"recado_connections{door="widget",transport="websocket"}"#;
const LOCAL: &str = r#"recado_delivery_duration_seconds_count{path="local"}"#;

/// What is written is told at the end of the turn that wrote it.
async fn has_delivered(house: &House, announcements: u64) {
    let told = move |broker: &recado_actors::broker::Broker| {
        broker.vitals().counts.delivery.spread().count() == announcements
    };
    house.until("the turn ends", told).await;
}

#[actix_web::test]
async fn the_figures_move_by_exactly_what_people_do() {
    let house = observed(&[]).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let mut bob = house.widget_with_extras("bob", "chat_1").await;
    ann.settles().await;
    bob.settles().await;
    let before = Scrape::of(&house).await;
    assert_eq!([WIDGETS, "recado_sockets", "recado_rooms"].map(|name| before.value(name)), [2.0, 2.0, 1.0]);

    for temp_id in ["t1", "t1", "t2"] {
        ann.posts_safely("hello", temp_id).await;
    }
    bob.hears_up_to(2).await;
    has_delivered(&house, 2).await;
    let after = Scrape::of(&house).await;
    let samples = [
        r#"recado_messages_accepted_total{type="message"}"#,
        "recado_duplicates_total",
        "recado_messages_delivered_total",
        "recado_ack_duration_seconds_count",
        "recado_commit_duration_seconds_count",
        "recado_commit_batch_size_sum",
        LOCAL,
    ];
    assert_eq!(after.moved(&before, samples), [2.0, 1.0, 4.0, 3.0, 3.0, 3.0, 2.0]);
    assert!(after.moved(&before, ["recado_outlet_written_bytes_total"])[0] > 400.0);
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn those_who_come_and_go_are_counted_in_and_out() {
    let house = observed(&[]).await;
    let before = Scrape::of(&house).await;
    for _ in 0..3 {
        house.widget("ann", "chat_1").await.leaves().await;
    }
    house.is_down_to(0).await;
    let gone = |broker: &recado_actors::broker::Broker| {
        broker.vitals().counts.disconnects.total() == 3
            && broker.vitals().connections().iter().all(|(_, count)| *count == 0)
    };
    house.until("all were seen out", gone).await;
    let after = Scrape::of(&house).await;
    let samples =
        [r#"recado_connects_total{result="ok"}"#, r#"recado_disconnects_total{code="by_client"}"#, WIDGETS];
    assert_eq!(after.moved(&before, samples), [3.0, 3.0, 0.0]);
    assert_eq!(after.value(r#"recado_actors{kind="session"}"#), 0.0);
    house.ends().await;
}

#[actix_web::test]
async fn those_who_are_not_let_in_are_counted_by_reason() {
    let house = observed(&[]).await;
    let expired = sign(&claims_with("ann", "chat_1", json!({ "exp": 1 })));
    let forged = format!("{}x", sign(&claims("ann", "chat_1")));
    let no_chat = sign(&json!({ "userId": "ann", "exp": 4_000_000_000_u64 }));
    for token in [expired.as_str(), forged.as_str(), no_chat.as_str(), ""] {
        let mut refused = house.connects(&format!("/?token={token}")).await;
        refused.is_closed().await;
        refused.leaves().await;
    }
    let ann = house.widget("ann", "chat_1").await;
    Person::refused(&house.ws_url("/?token=x"), &[("Origin", "https://evil.test")]).await;
    let told = Scrape::of(&house).await;
    for reason in ["expired", "signature", "missing", "incomplete"] {
        assert_eq!(
            told.value(&format!("recado_auth_failures_total{{reason=\"{reason}\"}}")),
            1.0,
            "{reason}"
        );
    }
    for result in
        ["token_expired", "token_invalid", "token_missing", "token_incomplete", "origin_refused", "ok"]
    {
        assert_eq!(told.value(&format!("recado_connects_total{{result=\"{result}\"}}")), 1.0, "{result}");
    }
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn what_is_refused_is_counted_by_its_code() {
    let house = observed(&[("RECADO_LIMITS__MAX_CONTENT_CHARS", "3")]).await;
    let mut ann = house.widget("ann", "chat_1").await;
    ann.posts("too long").await;
    ann.posts(" ").await;
    ann.sends_text("no frame").await;
    ann.settles().await;
    let told = Scrape::of(&house).await;
    let refusals: Vec<_> =
        told.text.lines().filter(|line| line.starts_with("recado_refusals_total{")).collect();
    assert_eq!(told.value(r#"recado_refusals_total{code="content_too_long"}"#), 1.0, "{refusals:?}");
    assert_eq!(refusals.len(), 3, "{refusals:?}");
    assert!(refusals.iter().all(|line| line.ends_with(" 1")), "{refusals:?}");
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn those_who_come_back_are_counted_with_what_they_missed() {
    let house = observed(&[]).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let epoch = ann.epoch().to_owned();
    for word in ["one", "two", "three"] {
        ann.insists(word, word).await;
    }
    let mut bob = house.widget_since("bob", "chat_1", 1, &epoch).await;
    bob.settles().await;
    let mut eve = house.widget_since("eve", "chat_1", 9, &epoch).await;
    eve.settles().await;
    let told = Scrape::of(&house).await;
    let recovered =
        ["ok", "reset"].map(|how| told.value(&format!("recado_recoveries_total{{result=\"{how}\"}}")));
    assert_eq!((recovered, told.value("recado_recovered_messages_total")), ([1.0, 1.0], 2.0));
    all_leave([ann, bob, eve]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_fault_of_ours_shows_as_a_panic_and_a_restart() {
    let house = observed(&[]).await;
    let mut ann = house.widget("ann", "chat_1").await;
    ann.settles().await;
    house.dies("room").await;
    house.dies("archive").await;
    let told = Scrape::of(&house).await;
    let samples = [
        "recado_panics_total",
        r#"recado_actor_restarts_total{kind="room"}"#,
        r#"recado_actor_restarts_total{kind="archive"}"#,
        r#"recado_actors{kind="archive"}"#,
        "recado_ready",
        "recado_draining",
    ];
    assert_eq!(samples.map(|sample| told.value(sample)), [2.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
    house.broker().vitals().drain();
    let told = Scrape::of(&house).await;
    assert_eq!((told.value("recado_draining"), told.value("recado_ready")), (1.0, 0.0));
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn no_label_names_a_user_a_room_or_an_address() {
    let house = observed(&[]).await;
    let mut ann = house.widget_with_extras("user-label-probe", "room-label-probe").await;
    ann.posts_safely("content-label-probe", "temp-label-probe").await;
    let mut forger = house.connects("/path-label-probe?token=token-label-probe").await;
    forger.is_closed().await;
    ann.sends(json!({ "type": "type-label-probe" })).await;
    ann.settles().await;
    for form in [CLASSIC, OPEN_METRICS] {
        let told = Scrape::in_form(&house, form).await;
        assert!(!told.text.contains("label-probe"), "{}", told.text);
        assert!(!told.text.contains("127.0.0.1"), "{}", told.text);
        let word = |value: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || "_.+-".contains(c));
        assert!(told.label_values().into_iter().all(word), "{:?}", told.label_values());
    }
    all_leave([ann, forger]).await;
    house.ends().await;
}

#[actix_web::test]
async fn the_figures_are_on_their_own_port_and_nothing_else_is() {
    let house = observed(&[]).await;
    assert_eq!(house.get("/metrics").await.0, 404);
    let ask = async |method: Method, path: &str| {
        let request = reqwest::Client::new().request(method, house.metrics_url(path));
        request.send().await.expect("an answer").status().as_u16()
    };
    for path in ["/", "/health", "/health/ready", "/demo/session", "/internal/chats/c/members", "/metrics/"] {
        assert_eq!(ask(Method::GET, path).await, 404, "{path}");
    }
    assert_eq!(ask(Method::POST, "/metrics").await, 404);
    assert_eq!(ask(Method::GET, "/metrics?token=x").await, 200);
    house.ends().await;
}

#[actix_web::test]
async fn a_metrics_port_that_is_taken_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let settings = [("JWT_SECRET", SECRET), ("INTERNAL_API_SECRET", INTERNAL), ("PORT", "0")];
    let settings = [settings.as_slice(), &[("METRICS_PORT", port.as_str())]].concat();
    let ended = Program::recado(&["serve"], &settings).ends().await;
    assert_eq!((ended.code, ended.errors.lines().count()), (Some(1), 1), "{ended:?}");
    assert!(ended.errors.contains(&format!("127.0.0.1:{port}")), "{ended:?}");
    assert!(ended.errors.contains("metrics"), "{ended:?}");
    assert!(!ended.out.contains("listening\""), "{ended:?}");
}
