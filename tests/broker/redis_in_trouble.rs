//! Redis dies, hangs, forgets or refuses: people on one node do not notice, the house says so, and all comes back.
//!
//! The Redis is a real one, killed, stopped and started again under load.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use recado_actors::broker::Broker;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::admin::figures;
use crate::house::House;
use crate::minutes::all_leave;
use crate::next_backend::settled;
use crate::person::Person;
use crate::redis_server::{EAGER, Redis, bridge_is_down, bridge_is_up, free_port, url};

/// Whoever waited for Redis would wait for its time limits, a second and more; a busy machine takes less.
const UNNOTICED: Duration = Duration::from_millis(500);

/// Posts one after the other and hears each; how long the slowest but one in twenty took.
async fn talks(ann: &mut Person, bob: &mut Person, about: &str, count: usize) -> Duration {
    let mut waits = Vec::new();
    for n in 0..count {
        let (content, posted) = (format!("{about} {n}"), Instant::now());
        ann.posts(&content).await;
        bob.hears_message(&content).await;
        waits.push(posted.elapsed());
        ann.hears_message(&content).await;
    }
    waits.sort();
    waits[count * 95 / 100]
}

/// What one posts on one node is heard on the other again.
async fn crosses(ann: &mut Person, other: &mut Person, content: &str) {
    ann.posts(content).await;
    ann.hears_message(content).await;
    while other.hears_among_others("message").await["data"]["content"] != content {}
}

async fn ready(house: &House) -> (u16, Value) {
    let (status, body) = house.get("/health/ready").await;
    (status, serde_json::from_str(&body).expect("JSON"))
}

async fn health(house: &House) -> Value {
    let (status, body) = house.get("/health").await;
    assert_eq!(status, 200);
    serde_json::from_str::<Value>(&body).expect("JSON")["status"].clone()
}

struct Trouble {
    redis: Redis,
    houses: [House; 2],
    ann: Person,
    bob: Person,
    other: Person,
}

impl Trouble {
    /// Ann and bob on one node, another on the other.
    async fn ahead() -> Option<Self> {
        let redis = Redis::starts().await?;
        let houses = [redis.house().await, redis.house().await];
        let (ann, bob) =
            (settled(&houses[0], "ann", "chat_1").await, settled(&houses[0], "bob", "chat_1").await);
        let other = settled(&houses[1], "other", "chat_1").await;
        redis.is_followed("chat_1", 2).await;
        Some(Self { redis, houses, ann, bob, other })
    }

    async fn talks(&mut self, about: &str, count: usize) -> Duration {
        talks(&mut self.ann, &mut self.bob, about, count).await
    }

    async fn ends(mut self) {
        for house in &self.houses {
            bridge_is_up(house).await;
        }
        self.redis.is_followed("chat_1", 2).await;
        crosses(&mut self.ann, &mut self.other, "that was all").await;
        self.bob.hears_message("that was all").await;
        all_leave([self.ann, self.bob, self.other]).await;
        for house in self.houses {
            house.ends().await;
        }
    }
}

#[actix_web::test]
async fn a_redis_that_is_killed_and_started_again_delays_nobody_here_and_loses_nothing() {
    let Some(mut trouble) = Trouble::ahead().await else { return };
    let before = trouble.talks("before", 200).await;
    trouble.redis.is_killed();
    let during = trouble.talks("during", 200).await;
    bridge_is_down(&trouble.houses[0]).await;
    trouble.redis.returns().await;
    let after = trouble.talks("after", 200).await;
    println!("local p95: before {before:?}, during {during:?}, after {after:?}");
    assert!(during < before * 3 + UNNOTICED, "{before:?} became {during:?}");
    // What was said meanwhile was kept for the other node, and comes in its order.
    for about in ["before", "during", "after"] {
        for n in 0..200 {
            trouble.other.hears_message(&format!("{about} {n}")).await;
        }
    }
    trouble.ends().await;
}

#[actix_web::test]
async fn a_redis_that_hangs_is_found_out_and_delays_nobody_here() {
    let Some(mut trouble) = Trouble::ahead().await else { return };
    let before = trouble.talks("before", 200).await;
    trouble.redis.is_signalled("STOP");
    let stopped = Instant::now();
    let (mut during, mut rounds, mut found) = (Duration::ZERO, 0, None);
    while stopped.elapsed() < Duration::from_secs(5) {
        during = during.max(trouble.talks(&format!("during {rounds}"), 50).await);
        rounds += 1;
        let down = trouble.houses[0].broker().vitals().bridge.down().is_some();
        found = found.or(down.then(|| stopped.elapsed()));
    }
    trouble.redis.is_signalled("CONT");
    println!("local p95: before {before:?}, during {during:?} over {rounds} times 50; found after {found:?}");
    assert!(found.is_some_and(|found| found < Duration::from_secs(4)), "{found:?}");
    assert!(during < before * 3 + UNNOTICED, "{before:?} became {during:?}");
    for n in 0..200 {
        trouble.other.hears_message(&format!("before {n}")).await;
    }
    for (round, n) in (0..rounds).flat_map(|round| (0..50).map(move |n| (round, n))) {
        trouble.other.hears_message(&format!("during {round} {n}")).await;
    }
    trouble.ends().await;
}

#[actix_web::test]
async fn a_redis_that_forgets_everything_or_drops_its_listeners_is_listened_to_again() {
    let Some(mut trouble) = Trouble::ahead().await else { return };
    for command in
        [&["FLUSHALL"][..], &["CLIENT", "KILL", "TYPE", "pubsub"], &["CLIENT", "KILL", "TYPE", "normal"]]
    {
        trouble.redis.is_told(command).await;
        trouble.redis.is_followed("chat_1", 2).await;
        trouble.talks(command[0], 20).await;
        for n in 0..20 {
            trouble.other.hears_message(&format!("{} {n}", command[0])).await;
        }
    }
    assert!(trouble.houses[0].broker().vitals().bridge.reconnects.load(Relaxed) > 0);
    trouble.ends().await;
}

#[actix_web::test]
async fn readiness_follows_the_bridge_and_health_says_degraded() {
    let Some(mut redis) = Redis::starts().await else { return };
    let (strict, easy) =
        (redis.house().await, redis.house_with(&[("RECADO_BACKPLANE__REQUIRED", "false")]).await);
    assert_eq!((ready(&strict).await.0, health(&strict).await), (200, json!("healthy")));
    redis.is_killed();
    for house in [&strict, &easy] {
        bridge_is_down(house).await;
        assert_eq!(health(house).await, "degraded");
        assert!(figures(house).await["bridge"]["down"].is_string());
    }
    let (status, told) = ready(&strict).await;
    assert!(
        status == 503 && told["reasons"][0].as_str().is_some_and(|why| why.starts_with("bridge: ")),
        "{told}"
    );
    assert_eq!(ready(&easy).await.0, 200);
    redis.returns().await;
    for house in [strict, easy] {
        bridge_is_up(&house).await;
        assert_eq!((ready(&house).await.0, health(&house).await), (200, json!("healthy")));
        assert_eq!(figures(&house).await["bridge"]["down"], json!(null));
        house.ends().await;
    }
}

/// A house starts without its Redis, serves the people it has, and says what is wrong.
async fn starts_degraded(address: &str, why: &str) {
    let house = House::with(&[("REDIS_URL", address), EAGER]).await;
    let (mut ann, mut bob) = (settled(&house, "ann", "chat_1").await, settled(&house, "bob", "chat_1").await);
    talks(&mut ann, &mut bob, "alone", 5).await;
    house
        .until("it says why", |broker| broker.vitals().bridge.down().is_some_and(|told| told.contains(why)))
        .await;
    let down = house.broker().vitals().bridge.down().unwrap_or_default();
    assert!(!down.contains("hunter2"), "{down}");
    assert_eq!((ready(&house).await.0, health(&house).await), (503, json!("degraded")));
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_house_starts_without_its_redis() {
    starts_degraded(&url("hunter2", free_port()), "refused").await;
    let hung = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = hung.local_addr().expect("its number").port();
    starts_degraded(&url("hunter2", port), "in time").await;
    starts_degraded(&format!("rediss://:hunter2@127.0.0.1:{port}"), "in time").await;
}

#[actix_web::test]
async fn a_house_with_a_wrong_password_says_so_without_saying_it() {
    let Some(redis) = Redis::starts_with("the-right-one").await else { return };
    starts_degraded(&url("hunter2", redis.port), "uthentication").await;
    starts_degraded(&format!("redis://127.0.0.1:{}", redis.port), "uthentication").await;
    redis.house().await.ends().await;
}

#[actix_web::test]
async fn a_long_outage_costs_the_oldest_and_no_more_memory_than_allowed() {
    let Some(mut redis) = Redis::starts().await else { return };
    let house = redis.house_with(&[("RECADO_BACKPLANE__QUEUE_BYTES", "65536")]).await;
    let (mut ann, mut bob) = (settled(&house, "ann", "chat_1").await, settled(&house, "bob", "chat_1").await);
    redis.is_killed();
    let long = "x".repeat(3000);
    talks(&mut ann, &mut bob, &long, 60).await;
    redis.returns().await;
    let figures = |broker: &Broker| {
        let bridge = &broker.vitals().bridge;
        (bridge.published.load(Relaxed), bridge.dropped.load(Relaxed))
    };
    house
        .until("the rest goes out", |broker| {
            let (published, dropped) = figures(broker);
            published + dropped == 60
        })
        .await;
    let (published, _) = figures(&house.broker());
    assert!((10..25).contains(&published), "what fits into the queue: {published}");
    all_leave([ann, bob]).await;
    house.ends().await;
}
