//! Actors that die while people chat: nobody is told its own messages as if another had sent them.

use serde_json::json;

use crate::chatting::{Chatter, all_leave, group};
use crate::house::House;

/// More than one turn of the loop takes in.
const AT_ONCE: usize = 40;

async fn ana_hears_nothing_of_her_own_through_the_death_of(kind: &str) {
    let house = House::with(&[("RECADO_DOORS__CHAT__EVENTS_PER_MINUTE", "0")]).await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    for death in 0..3 {
        let mut sent = Vec::new();
        for n in 0..AT_ONCE {
            if n == AT_ONCE / 2 {
                house.broker().injure(kind);
            }
            sent.push(
                ana.begins("send_message", json!({ "groupId": 1, "content": format!("{death} {n}") })).await,
            );
        }
        house.until("it was seen to die", |broker| broker.vitals().restarts_of(kind) > death).await;
        for id in sent {
            ana.is_answered(id).await;
        }
        // What was in hand when the room died may have been refused.
        ana.sends(1, &format!("last {death}")).await;
        bob.hears_content(&format!("last {death}")).await;
    }
    ana.has_not_heard(&["new_message"]).await;
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn nobody_hears_its_own_message_when_its_shard_dies() {
    ana_hears_nothing_of_her_own_through_the_death_of("shard").await;
}

#[actix_web::test]
async fn nobody_hears_its_own_message_when_its_room_dies() {
    ana_hears_nothing_of_her_own_through_the_death_of("room").await;
}

#[actix_web::test]
async fn nobody_hears_its_own_message_when_the_archive_dies() {
    ana_hears_nothing_of_her_own_through_the_death_of("archive").await;
}
