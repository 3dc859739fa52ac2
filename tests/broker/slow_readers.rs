//! Clients that do not read, or do not answer: they are let go, and nobody else notices.
//!
//! The one who does not read has next to no buffer, so that its network is full after a few megabytes.

use std::time::Duration;

use recado_actors::broker::Broker;
use recado_actors::outlet::OutletLimits;
use tokio::time::Instant;

use crate::house::{House, UNLIMITED};
use crate::person::Person;
use crate::raw_socket::{FIN, Heard, PING, PONG, RawSocket};
use crate::tokens::{claims, sign};

/// Far more than the network between two sockets of one machine holds, and far less than a test may take.
const MOST: usize = 10_000;
/// What others wait at most while somebody does not read. A busy machine alone may take a second or two.
const PROMPTLY: Duration = Duration::from_secs(10);

/// Enters and reads no more.
async fn freezes(house: &House, user: &str, chat: &str) -> RawSocket {
    let mut socket = RawSocket::dials_with_a_small_buffer(house.address()).await;
    socket.comes_in(&sign(&claims(user, chat))).await;
    socket
}

/// Ann posts and bob hears, until only they are left; the longest that bob waited.
async fn talk_until_alone(house: &House, ann: &mut Person, bob: &mut Person) -> Duration {
    let sessions = || house.broker().vitals().sessions.load(std::sync::atomic::Ordering::Relaxed);
    let long = "€".repeat(4000);
    bob.settles().await;
    let mut slowest = Duration::ZERO;
    for _ in 0..MOST {
        if sessions() == 2 {
            return slowest;
        }
        let posted = Instant::now();
        ann.posts(&long).await;
        bob.hears_message(&long).await;
        slowest = slowest.max(posted.elapsed());
        ann.hears_message(&long).await;
    }
    panic!("after {MOST} long messages there are still {} sessions", sessions());
}

/// What is said in these stories is more than anyone may say.
fn unlimited<'a>(settings: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [settings, &UNLIMITED].concat()
}

#[actix_web::test]
async fn one_who_never_reads_is_let_go_by_the_bytes_that_wait_for_them() {
    let house = House::with(&unlimited(&[
        ("RECADO_LIMITS__OUTLET_BYTES", "65536"),
        ("RECADO_LIMITS__SLOW_READER_MS", "3600000"),
        ("RECADO_DOORS__WIDGET__HEARTBEAT_MS", "3600000"),
    ]))
    .await;
    let mut ann = house.widget("ann", "chat_1").await;
    let mut bob = house.widget("bob", "chat_1").await;
    let mut eve = freezes(&house, "eve", "chat_1").await;

    let slowest = talk_until_alone(&house, &mut ann, &mut bob).await;
    assert!(slowest < PROMPTLY, "somebody waited {slowest:?}");
    eve.is_cut_off().await;
    assert_eq!(house.broker().vitals().counts.disconnects.of("too_slow"), 1);
    for person in [ann, bob] {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn one_who_never_reads_is_let_go_after_a_while_however_little_waits_for_them() {
    let house = House::with(&unlimited(&[
        ("RECADO_LIMITS__OUTLET_BYTES", "1073741824"),
        ("RECADO_LIMITS__SLOW_READER_MS", "300"),
        ("RECADO_DOORS__WIDGET__HEARTBEAT_MS", "3600000"),
    ]))
    .await;
    let mut ann = house.widget("ann", "chat_1").await;
    let mut bob = house.widget("bob", "chat_1").await;
    let mut eve = freezes(&house, "eve", "chat_1").await;

    let slowest = talk_until_alone(&house, &mut ann, &mut bob).await;
    assert!(slowest < PROMPTLY, "somebody waited {slowest:?}");
    eve.is_cut_off().await;
    for person in [ann, bob] {
        person.leaves().await;
    }
    house.ends().await;
}

#[test]
fn one_who_never_reads_is_let_go_within_half_a_minute_when_nothing_else_is_set() {
    let limits = OutletLimits::default();
    let defaults = crate::house::config(&[]).limits;
    assert_eq!(limits.stall, Duration::from_millis(defaults.slow_reader_ms));
    assert!(limits.stall + limits.goodbye < Duration::from_secs(30));
    assert_eq!(defaults.outlet_bytes, 1 << 20);
}

#[actix_web::test]
async fn one_who_reads_late_but_in_time_hears_everything_in_order() {
    let house = House::with(&unlimited(&[("RECADO_LIMITS__OUTLET_BYTES", "67108864")])).await;
    let mut ann = house.widget("ann", "chat_1").await;
    let mut eve = freezes(&house, "eve", "chat_1").await;
    let padding = "€".repeat(3990);
    for number in 0..500 {
        let content = format!("{number} {padding}");
        ann.posts(&content).await;
        ann.hears_message(&content).await;
    }
    let slow = |count| move |broker: &Broker| broker.vitals().queues.total().slow == count;
    house.until("she is seen to be slow", slow(1)).await;
    assert!(house.broker().vitals().figures().queued.largest > 100_000);
    for number in 0..500 {
        eve.hears_message(&format!("{number} {padding}")).await;
    }
    house.until("nothing waits for her", slow(0)).await;
    eve.leaves().await;
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn one_who_answers_no_heartbeat_is_gone_without_a_word() {
    let house = House::with(&[("RECADO_DOORS__WIDGET__HEARTBEAT_MS", "100")]).await;
    let mut eve = RawSocket::enters(&house, "eve", "chat_1").await;
    assert_eq!(eve.hears().await, Heard::Ping(Vec::new()));
    assert_eq!(eve.hears().await, Heard::Gone);
    house.is_down_to(0).await;
    house.ends().await;
}

#[actix_web::test]
async fn one_who_answers_heartbeats_stays() {
    let house = House::with(&[("RECADO_DOORS__WIDGET__HEARTBEAT_MS", "1500")]).await;
    let mut ann = RawSocket::enters(&house, "ann", "chat_1").await;
    for _ in 0..3 {
        assert_eq!(ann.hears().await, Heard::Ping(Vec::new()));
        ann.sends_frame(FIN | PONG, b"").await;
    }
    ann.sends_frame(FIN | PING, b"and you?").await;
    while ann.hears().await != Heard::Pong(b"and you?".to_vec()) {
        ann.sends_frame(FIN | PONG, b"").await;
    }
    ann.posts("still here").await;
    ann.hears_among_others("message").await;
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn one_who_reads_nothing_answers_no_heartbeat_while_others_do() {
    let house = House::with(&unlimited(&[
        ("RECADO_DOORS__WIDGET__HEARTBEAT_MS", "1000"),
        ("RECADO_LIMITS__OUTLET_BYTES", "1073741824"),
    ]))
    .await;
    let mut ann = house.widget("ann", "chat_1").await;
    let mut bob = house.widget("bob", "chat_1").await;
    let mut eve = freezes(&house, "eve", "chat_1").await;
    talk_until_alone(&house, &mut ann, &mut bob).await;
    eve.is_cut_off().await;
    for person in [ann, bob] {
        person.leaves().await;
    }
    house.ends().await;
}
