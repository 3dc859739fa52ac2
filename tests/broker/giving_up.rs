//! What dies too often is not started for ever: readiness says so, or one room closes alone.

use recado_actors::id::RoomId;
use recado_actors::supervisor::{Fate, RESTART_LIMIT};

use crate::house::House;
use crate::minutes::{all_hear_the_same, all_leave};

/// Where six deaths are too many however slowly they come: a backtrace of each may take seconds on a busy machine.
const COUNTED_LONG: &[(&str, &str)] = &[("RECADO_LIMITS__RESTART_WINDOW_MS", "600000")];

#[actix_web::test]
async fn an_actor_that_dies_six_times_is_given_up_and_readiness_says_so() {
    for kind in ["archive", "presence", "receipts", "bridge", "directory", "outbox", "warden", "shard"] {
        let house = House::with(COUNTED_LONG).await;
        let mut ann = house.widget("ann", "chat_1").await;
        ann.settles().await;
        for _ in 0..RESTART_LIMIT {
            house.dies(kind).await;
        }
        assert_eq!(house.get("/health/ready").await.0, 200);
        house.broker().injure(kind);
        house.until("it is given up", |broker| !broker.vitals().unready().is_empty()).await;
        let (status, body) = house.get("/health/ready").await;
        assert_eq!(status, 503);
        assert!(body.contains(kind), "{body}");
        assert_eq!(house.get("/health/live").await.0, 200);
        ann.hears_nothing_more().await;
        ann.leaves().await;
        house.ends().await;
    }
}

fn poison(house: &House, chat: &str) {
    let room = RoomId::chat(chat).expect("a chat's name");
    house.broker().room_if_open(&room).expect("the room is open").do_send(Fate::Panic);
}

/// Lets one room die until it is not started again.
async fn is_poisoned(house: &House, chat: &str) {
    for n in (1u64..).take(RESTART_LIMIT) {
        poison(house, chat);
        house.until("the room was seen to die", |broker| broker.vitals().restarts_of("room") == n).await;
        house
            .until("all rooms live", |broker| broker.rooms().all().iter().all(|room| room.connected()))
            .await;
    }
    poison(house, chat);
    let room = RoomId::chat(chat).expect("a chat's name");
    house.until("the room stays closed", |broker| broker.room_if_open(&room).is_none()).await;
}

#[actix_web::test]
async fn a_poisoned_room_closes_alone_and_is_heard_again_when_it_opens() {
    let house = House::with(COUNTED_LONG).await;
    let mut others = vec![
        house.widget_with_extras("carl", "chat_1").await,
        house.widget_with_extras("dora", "chat_1").await,
    ];
    let mut ann = house.widget_with_extras("ann", "poisoned").await;
    let mut bob = house.widget_with_extras("bob", "poisoned").await;
    ann.insists("before", "t1").await;
    let (count, ()) = tokio::join!(
        async {
            others[0].insists_on_many("meanwhile", 100).await;
            100
        },
        is_poisoned(&house, "poisoned")
    );
    all_hear_the_same(&mut others, 1, count).await;
    assert_eq!(house.get("/health/ready").await.0, 200);

    // Whoever speaks there opens it, and it finds its members again.
    ann.insists("after", "t2").await;
    for person in [&mut ann, &mut bob] {
        person.hears_up_to(2).await;
        person.has_heard_exactly(1, 2);
    }
    others.extend([ann, bob]);
    all_leave(others).await;
    house.ends().await;
}
