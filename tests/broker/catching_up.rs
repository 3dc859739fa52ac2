//! Long catch-ups: past the room's tail, past a page, past what an outlet holds at once.
//!
//! A part is never presented as the whole, and whoever reads is never taken for a slow reader.

use std::cell::Cell;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::house::House;
use crate::minutes::{all_hear_the_same, all_leave};
use crate::person::Person;
use crate::tokens::{claims, sign};

/// 4,000 characters of four bytes each, and of one byte each that JSON writes as six: the longest there are.
fn longest() -> [String; 2] {
    ["🦀", "\u{1}"].map(|character| character.repeat(4000))
}

#[actix_web::test]
async fn seven_hundred_missed_entries_come_whole_and_in_order() {
    let house = House::with(&[("RECADO_ROOMS__TAIL_ENTRIES", "8")]).await;
    house.has_a_past("chat_1", 700, |n| format!("past {n}")).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let mut everything = house.widget_since("bob", "chat_1", 0, "").await;
    let mut most = house.widget_since("bob", "chat_1", 11, ann.epoch()).await;
    let mut last = house.widget_since("bob", "chat_1", 695, ann.epoch()).await;
    ann.insists("live", "t1").await;
    for (bob, since) in [(&mut everything, 0), (&mut most, 11), (&mut last, 695)] {
        bob.hears_up_to(701).await;
        bob.has_heard_exactly(since + 1, 701);
        assert_eq!(bob.minutes.last().map(|(_, said)| said.as_str()), Some("live"));
    }
    all_leave([ann, everything, most, last]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_long_catch_up_meets_what_is_said_meanwhile_without_a_seam() {
    let house = House::with(&[("RECADO_ROOMS__TAIL_ENTRIES", "8")]).await;
    house.has_a_past("chat_1", 700, |n| format!("past {n}")).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let talking = ann.insists_on_many("meanwhile", 150);
    let returning = join_all((0..10).map(async |_| {
        let mut bob = house.widget_since("bob", "chat_1", 0, "").await;
        bob.hears_up_to(850).await;
        bob
    }));
    let ((), mut bobs) = tokio::join!(talking, returning);
    all_hear_the_same(&mut bobs, 1, 850).await;
    bobs.push(ann);
    all_leave(bobs).await;
    house.ends().await;
}

#[actix_web::test]
async fn newcomers_hear_everything_from_where_they_came_in() {
    let house = House::with(&[("RECADO_SERVER__WORKERS", "2")]).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let all_in = Cell::new(false);
    let talking = async {
        let mut said = 0;
        while !all_in.get() {
            said = ann.insists("on and on", &format!("t{said}")).await["seq"].as_u64().expect("a number");
        }
        said
    };
    let coming = async {
        let mut newcomers = Vec::new();
        for n in 0..60 {
            newcomers.push(house.widget_with_extras(&format!("user_{n}"), "chat_1").await);
        }
        all_in.set(true);
        newcomers
    };
    let (said, mut newcomers) = tokio::join!(talking, coming);
    for newcomer in &mut newcomers {
        let head = newcomer.welcome["seq"].as_u64().expect("a number");
        if head < said {
            newcomer.hears_up_to(said).await;
        }
        newcomer.has_heard_exactly(head + 1, said);
    }
    newcomers.push(ann);
    all_leave(newcomers).await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_returns_to_long_messages_gets_them_all() {
    for content in longest() {
        let house = House::start().await;
        house.has_a_past("chat_1", 150, |_| content.clone()).await;
        let mut bob = house.widget_since("bob", "chat_1", 0, "").await;
        bob.hears_up_to(150).await;
        bob.has_heard_exactly(1, 150);
        bob.leaves().await;
        house.ends().await;
    }
}

#[actix_web::test]
async fn whoever_missed_only_long_messages_of_late_gets_them_all() {
    for content in longest() {
        let house = House::start().await;
        let mut ann = house.widget_with_extras("ann", "chat_1").await;
        for n in 0..100 {
            ann.insists(&content, &format!("t{n}")).await;
        }
        let mut bob = house.widget_since("bob", "chat_1", 0, "").await;
        bob.hears_up_to(100).await;
        bob.has_heard_exactly(1, 100);
        all_leave([ann, bob]).await;
        house.ends().await;
    }
}

#[actix_web::test]
async fn what_was_withdrawn_is_not_in_a_catch_up() {
    let house = House::start().await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let secret = ann.posts_safely("a secret", "t1").await;
    ann.posts_safely("harmless", "t2").await;
    let path = format!("/chats/chat_1/messages/{}", secret["id"].as_str().expect("an id"));
    assert!(house.internal(Method::DELETE, &path, Value::Null).await.0 < 300);

    let mut bob = house.widget_since("bob", "chat_1", 0, "").await;
    let withdrawn = bob.hears("message").await;
    assert_eq!((&withdrawn["data"]["content"], &withdrawn["data"]["deleted"]), (&json!(""), &json!(true)));
    bob.hears_message("harmless").await;
    assert_eq!(bob.hears("message_deleted").await["data"]["id"], secret["id"]);
    bob.has_heard_exactly(1, 3);
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_room_that_falls_asleep_while_people_come_and_go_loses_nothing() {
    let house = House::with(&[("RECADO_ROOMS__IDLE_MS", "20"), ("RECADO_SERVER__WORKERS", "2")]).await;
    let mut said = 0;
    for round in 0..40u64 {
        // The stimulus: returns at every moment around the room's end.
        tokio::time::sleep(Duration::from_millis(10 + round % 25)).await;
        let (mut ann, mut bob) = tokio::join!(
            house.widget_with_extras("ann", "chat_1"),
            house.widget_with_extras("bob", "chat_1")
        );
        assert_eq!(ann.insists("here", &format!("t{round}")).await["seq"], said + 1);
        assert_eq!(bob.insists("here too", &format!("t{round}")).await["seq"], said + 2);
        for person in [&mut ann, &mut bob] {
            person.hears_up_to(said + 2).await;
            person.has_heard_exactly(said + 1, said + 2);
        }
        said += 2;
        all_leave([ann, bob]).await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn whoever_reads_a_long_past_slowly_but_steadily_is_not_taken_for_gone() {
    let house = House::with(&[("RECADO_DOORS__WIDGET__HEARTBEAT_MS", "2000")]).await;
    house.has_a_past("chat_1", 1500, |_| "🦀".repeat(4000)).await;
    let token = sign(&claims("bob", "chat_1"));
    let mut bob = Person::on_a_short_line(&house, &format!("/?token={token}&since=0")).await;
    bob.is_welcomed().await;
    while bob.last_heard() < 1500 {
        // The stimulus: a slow line. The client's own end answers every heartbeat it gets to see.
        tokio::time::sleep(Duration::from_millis(1)).await;
        bob.hears_next().await;
    }
    bob.has_heard_exactly(1, 1500);
    bob.leaves().await;
    house.ends().await;
}
