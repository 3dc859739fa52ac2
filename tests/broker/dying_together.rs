//! Deaths that meet: of two actors that need each other, of many at once, of one while another is still away.

use futures_util::future::join_all;
use recado_actors::supervisor::RESTART_LIMIT;
use serde_json::json;

use crate::dying::three_people;
use crate::house::House;
use crate::minutes::{all_hear_the_same, all_leave};

#[actix_web::test]
async fn the_room_and_its_directory_may_die_together() {
    let house = House::with(&[("RECADO_SERVER__WORKERS", "2")]).await;
    let mut people = three_people(&house).await;
    for n in 1..=4 {
        house.broker().injure(if n % 2 == 0 { "room" } else { "directory" });
        house.broker().injure(if n % 2 == 0 { "directory" } else { "room" });
        people[0].insists("after", &format!("t{n}")).await;
        house
            .until("both were seen to die", |broker| {
                ["room", "directory"].iter().all(|kind| broker.vitals().restarts_of(kind) >= n)
            })
            .await;
        house
            .until("the directory lives", |broker| {
                broker.vitals().actors().iter().any(|(k, _)| *k == "directory")
            })
            .await;
    }
    all_hear_the_same(&mut people, 1, 4).await;
    all_leave(people).await;
    house.ends().await;
}

#[actix_web::test]
async fn fifty_rooms_that_die_at_once_all_come_back() {
    let house = House::with(&[("RECADO_SERVER__WORKERS", "2")]).await;
    let mut people =
        join_all((0..50).map(async |n| house.widget_with_extras("ann", &format!("chat_{n}")).await)).await;
    for n in 1..=4 {
        house.broker().injure("room");
        join_all(people.iter_mut().map(async |ann| {
            ann.insists("after", &format!("t{n}")).await;
        }))
        .await;
        house.until("all were seen to die", |broker| broker.vitals().restarts_of("room") == 50 * n).await;
    }
    for ann in &mut people {
        ann.hears_up_to(4).await;
        ann.has_heard_exactly(1, 4);
    }
    all_leave(people).await;
    house.ends().await;
}

/// The room is back long before the one that must tell it who its members are.
#[actix_web::test]
async fn a_room_reborn_while_the_shard_is_away_has_its_members_afterwards() {
    let house = House::start().await;
    let mut people = three_people(&house).await;
    for _ in 1..RESTART_LIMIT {
        house.dies("shard").await;
    }
    house.broker().injure("shard");
    house.dies("room").await;
    for (n, person) in people.iter_mut().enumerate() {
        person.insists("after", &format!("t{n}")).await;
    }
    house
        .until("the shard lives", |broker| broker.vitals().actors().iter().any(|(kind, _)| *kind == "shard"))
        .await;
    people[0].insists("and then", "t9").await;
    all_hear_the_same(&mut people, 1, 4).await;
    people[0].sends(json!({ "type": "typing", "isTyping": true })).await;
    people[1].hears_among_others("typing").await;
    all_leave(people).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_shard_that_dies_with_its_room_keeps_its_members() {
    for _ in 0..2 {
        let house = House::with(&[("RECADO_SERVER__WORKERS", "2")]).await;
        let mut people = three_people(&house).await;
        for n in 1..=4 {
            house.broker().injure(if n % 2 == 0 { "room" } else { "shard" });
            house.broker().injure(if n % 2 == 0 { "shard" } else { "room" });
            people[0].insists("after", &format!("t{n}")).await;
            all_hear_the_same(&mut people, 1, n).await;
            house
                .until("both live", |broker| {
                    let alive =
                        |kind| broker.vitals().actors().iter().any(|(k, count)| *k == kind && *count > 0);
                    alive("room")
                        && alive("shard")
                        && broker.rooms().all().iter().all(|room| room.connected())
                })
                .await;
        }
        all_leave(people).await;
        house.ends().await;
    }
}
