//! A store that is full, away or slow: senders are told, nothing is acknowledged too early, the rest goes on.

use std::sync::Arc;

use futures_util::future::join_all;
use recado::app::World;
use recado_actors::id::{Epoch, RoomId};
use recado_actors::message::room::ListMembers;
use recado_actors::ports::memory::MemoryStore;
use recado_actors::ports::{LogError, Ports};
use serde_json::json;

use crate::house::House;
use crate::minutes::{all_hear_the_same, all_leave};
use crate::person::Person;

/// A house whose store the story can break.
async fn house_on(store: &MemoryStore) -> House {
    furnished(store, &[]).await
}

/// The same with settings changed.
pub async fn furnished(store: &MemoryStore, settings: &[(&str, &str)]) -> House {
    let store = Arc::new(store.clone());
    let ports = Ports {
        log: store.clone(),
        receipts: store.clone(),
        book: store.clone(),
        people: store,
        backplane: None,
        backend: None,
        webhooks: None,
    };
    House::in_world(settings, World { ports: Some(ports), ..World::default() }).await
}

async fn ann_and_bob(house: &House) -> [Person; 2] {
    let mut pair =
        [house.widget_with_extras("ann", "chat_1").await, house.widget_with_extras("bob", "chat_1").await];
    for person in &mut pair {
        person.settles().await;
    }
    pair
}

/// Waits until readiness says so.
pub async fn is_ready(house: &House, ready: bool) {
    house.until("readiness follows", |broker| broker.vitals().unready().is_empty() == ready).await;
    assert_eq!(house.get("/health/ready").await.0, if ready { 200 } else { 503 });
}

async fn posts_are_refused_until_the_store_is_back(fault: LogError, code: &str) {
    let store = MemoryStore::new(Epoch(7));
    let house = house_on(&store).await;
    let [mut ann, mut bob] = ann_and_bob(&house).await;
    ann.insists("before", "t1").await;
    bob.hears_up_to(1).await;

    store.break_with(Some(fault));
    let refused = ann.posts_once("during", "t2").await;
    assert_eq!((&refused["type"], &refused["error"]), (&json!("error"), &json!("Failed to send message")));
    assert_eq!((&refused["code"], &refused["retry"]), (&json!(code), &json!(true)), "{refused}");
    is_ready(&house, false).await;
    assert!(house.broker().vitals().counts.store_errors.of("append") > 0);
    assert_eq!(house.get("/health/live").await.0, 200);
    ann.sends(json!({ "type": "ping" })).await;
    ann.hears_among_others("pong").await;
    ann.sends(json!({ "type": "typing", "isTyping": true })).await;
    bob.hears_among_others("typing").await;

    store.break_with(None);
    is_ready(&house, true).await;
    ann.insists("during", "t2").await;
    bob.insists("after", "t1").await;
    for person in [&mut ann, &mut bob] {
        person.hears_up_to(3).await;
        person.has_heard_exactly(1, 3);
    }
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_full_store_refuses_posts_and_recovers() {
    posts_are_refused_until_the_store_is_back(LogError::Full("no space".into()), "store_full").await;
}

#[actix_web::test]
async fn a_store_that_is_away_refuses_posts_and_recovers() {
    posts_are_refused_until_the_store_is_back(LogError::Unavailable("gone".into()), "store_down").await;
}

#[actix_web::test]
async fn nothing_is_acknowledged_or_announced_before_it_is_stored() {
    let store = MemoryStore::new(Epoch(7));
    let house = house_on(&store).await;
    let [mut ann, mut bob] = ann_and_bob(&house).await;
    ann.insists("before", "t1").await;
    for person in [&mut ann, &mut bob] {
        person.hears_up_to(1).await;
        person.settles().await;
    }

    store.hold(true);
    ann.sends(json!({ "type": "message", "content": "held", "role": "USER", "tempId": "t2" })).await;
    for _ in 0..10 {
        // Signals pass the message that is held; neither `sent` nor the message comes before them.
        bob.sends(json!({ "type": "typing", "isTyping": true })).await;
        ann.hears("typing").await;
    }
    bob.hears_nothing_more().await;
    store.hold(false);
    let both = [ann.hears_next().await, ann.hears_next().await];
    for kind in ["sent", "message"] {
        assert!(both.iter().any(|frame| frame["type"] == kind && frame["data"]["seq"] == 2), "{both:?}");
    }
    bob.hears_message("held").await;
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn history_during_an_outage_is_refused_and_not_empty() {
    let store = MemoryStore::new(Epoch(7));
    let house = house_on(&store).await;
    let [mut ann, bob] = ann_and_bob(&house).await;
    ann.insists("before", "t1").await;
    store.break_with(Some(LogError::Unavailable("gone".into())));
    ann.sends(json!({ "type": "history" })).await;
    let refused = ann.hears_among_others("error").await;
    assert_eq!((&refused["code"], &refused["retry"]), (&json!("store_down"), &json!(true)), "{refused}");
    store.break_with(None);
    ann.sends(json!({ "type": "history" })).await;
    assert_eq!(ann.hears_among_others("history").await["data"]["messages"][0]["content"], "before");
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn receipts_of_an_outage_are_told_once_the_store_is_back() {
    let store = MemoryStore::new(Epoch(7));
    let house = house_on(&store).await;
    let [mut ann, mut bob] = ann_and_bob(&house).await;
    ann.insists("before", "t1").await;
    bob.hears_up_to(1).await;
    // Somebody's mark before the outage, so that the room's watermarks are at hand.
    ann.sends(json!({ "type": "read", "seq": 1 })).await;
    bob.hears_among_others("receipt").await;
    store.break_with(Some(LogError::Full("no space".into())));
    bob.sends(json!({ "type": "read", "seq": 1 })).await;
    bob.settles().await;
    is_ready(&house, false).await;
    store.break_with(None);
    let data = json!({ "userId": "bob", "delivered": 1, "read": 1 });
    while ann.hears_among_others("receipt").await["data"] != data {}
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_room_that_dies_during_an_outage_still_has_its_members_afterwards() {
    let store = MemoryStore::new(Epoch(7));
    let house = house_on(&store).await;
    let [mut ann, mut bob] = ann_and_bob(&house).await;
    ann.insists("before", "t1").await;
    store.break_with(Some(LogError::Unavailable("gone".into())));
    house.broker().injure("room");
    house.until("the room was seen to die", |broker| broker.vitals().restarts_of("room") == 1).await;
    let refused = ann.posts_once("during", "t2").await;
    assert_eq!(refused["retry"], true, "{refused}");

    store.break_with(None);
    ann.insists("during", "t2").await;
    for person in [&mut ann, &mut bob] {
        person.hears_up_to(2).await;
        person.has_heard_exactly(1, 2);
    }
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn what_was_being_stored_when_the_room_died_is_heard_without_another_word() {
    let store = MemoryStore::new(Epoch(7));
    let house = house_on(&store).await;
    let [mut ann, mut bob] = ann_and_bob(&house).await;
    store.hold(true);
    ann.posts("held").await;
    // Ann's message lies with the archive when the room dies and is born again before the commit.
    bob.sends(json!({ "type": "typing", "isTyping": true })).await;
    ann.hears_among_others("typing").await;
    house.dies("room").await;
    let room = RoomId::chat("chat_1").expect("a chat's name");
    house.broker().ask_room(&room, || ListMembers).await.expect("the room has read where it stands");
    store.hold(false);
    bob.hears_up_to(1).await;
    bob.has_heard_exactly(1, 1);
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn what_piled_up_while_the_store_stood_still_drowns_nobody_who_reads() {
    let store = MemoryStore::new(Epoch(7));
    let house = house_on(&store).await;
    let [mut bob, mut carl] = ann_and_bob(&house).await;
    let mut anns = join_all((0..100).map(async |_| house.widget_with_extras("ann", "chat_1").await)).await;
    join_all(anns.iter_mut().map(Person::settles)).await;
    store.hold(true);
    let content = "🦀".repeat(4000);
    for ann in &mut anns {
        ann.posts(&content).await;
    }
    // While these two talk, all that was posted is taken in.
    for _ in 0..20 {
        bob.sends(json!({ "type": "typing", "isTyping": true })).await;
        carl.hears_among_others("typing").await;
    }
    store.hold(false);
    anns.extend([bob, carl]);
    all_hear_the_same(&mut anns, 1, 100).await;
    all_leave(anns).await;
    house.ends().await;
}
