//! Actors that die while people talk: sockets stay open, messages arrive once and in order, the dead are soon back.
//!
//! A session alone has no story here: nothing that comes over the wire makes one panic.

use std::cell::Cell;

use futures_util::future::join_all;
use recado_actors::supervisor::RESTART_LIMIT;
use reqwest::Method;
use serde_json::json;
use tokio::time::{Duration, Instant};

use crate::house::House;
use crate::minutes::{all_hear_the_same, all_leave};
use crate::person::Person;

/// As many as are forgiven.
const DEATHS: u64 = 5;
const BACK_WITHIN: Duration = Duration::from_millis(100);

pub async fn three_people(house: &House) -> Vec<Person> {
    let mut people =
        join_all(["ann", "bob", "carl"].map(async |name| house.widget_with_extras(name, "chat_1").await))
            .await;
    for person in &mut people {
        person.settles().await;
    }
    people
}

/// Talks on through some deaths; `back` shows that the dead one does its work again.
async fn people_talk_through_the_death_of(kind: &str, back: impl AsyncFn(&House, &mut [Person], u64)) {
    let house = House::start().await;
    let mut people = three_people(&house).await;
    let mut fastest = Duration::MAX;
    for n in 1..=DEATHS {
        people[0].insists("before", &format!("before {n}")).await;
        let hurt = Instant::now();
        house.broker().injure(kind);
        people[0].insists("right after", &format!("after {n}")).await;
        for person in &mut people {
            person.settles().await;
        }
        back(&house, &mut people, n).await;
        fastest = fastest.min(hurt.elapsed());
        house.until("it was seen to die", |broker| broker.vitals().restarts_of(kind) == n).await;
        house.until("it lives", |broker| broker.vitals().actors().iter().any(|(k, _)| *k == kind)).await;
    }
    all_hear_the_same(&mut people, 1, 2 * DEATHS).await;
    // The machine may be busy now and then, not every time.
    assert!(fastest <= BACK_WITHIN, "back after {fastest:?}");
    assert_eq!(house.get("/health/ready").await.0, 200);
    all_leave(people).await;
    house.ends().await;
}

/// Posting and pinging is all there is to see.
async fn nothing_more(_: &House, _: &mut [Person], _: u64) {}

#[actix_web::test]
async fn people_talk_through_the_death_of_the_archive() {
    people_talk_through_the_death_of("archive", nothing_more).await;
}

#[actix_web::test]
async fn people_talk_through_the_death_of_their_room() {
    people_talk_through_the_death_of("room", nothing_more).await;
}

#[actix_web::test]
async fn people_talk_through_the_death_of_their_shard() {
    people_talk_through_the_death_of("shard", async |_, people, _| {
        // The shard carries signals too.
        loop {
            people[1].sends(json!({ "type": "typing", "isTyping": true })).await;
            let heard = people[2].hears_among_others("typing");
            if tokio::time::timeout(Duration::from_millis(5), heard).await.is_ok() {
                return;
            }
        }
    })
    .await;
}

#[actix_web::test]
async fn people_talk_through_the_death_of_presence() {
    people_talk_through_the_death_of("presence", nothing_more).await;
}

#[actix_web::test]
async fn people_talk_through_the_death_of_the_receipts() {
    people_talk_through_the_death_of("receipts", async |_, people, n| {
        marks_until_taken(&mut people[1], 2 * n).await
    })
    .await;
}

#[actix_web::test]
async fn what_is_marked_after_the_death_of_the_receipts_is_told() {
    let house = House::start().await;
    let mut people = three_people(&house).await;
    for n in 1..=3 {
        people[0].insists("before", &format!("before {n}")).await;
        people[1].hears_up_to(n).await;
        house.broker().injure("receipts");
        marks_until_taken(&mut people[1], n).await;
        let told = people[2].hears_among_others("receipt").await;
        assert_eq!(told["data"], json!({ "userId": "bob", "delivered": n, "read": n }));
        house.until("it was seen to die", |broker| broker.vitals().restarts_of("receipts") == n).await;
    }
    all_leave(people).await;
    house.ends().await;
}

/// Marks as read, and again for as long as it is told to try again.
async fn marks_until_taken(person: &mut Person, seq: u64) {
    let mut taken = false;
    while !taken {
        person.sends(json!({ "type": "read", "seq": seq })).await;
        person.sends(json!({ "type": "ping" })).await;
        taken = true;
        while let frame = person.hears_next().await
            && frame["type"] != "pong"
        {
            taken &= frame["type"] != "error";
            assert_ne!(frame["retry"], false, "{frame}");
        }
    }
}

#[actix_web::test]
async fn people_talk_through_the_death_of_the_bridge() {
    people_talk_through_the_death_of("bridge", nothing_more).await;
}

#[actix_web::test]
async fn people_talk_through_the_death_of_the_directory() {
    people_talk_through_the_death_of("directory", nothing_more).await;
}

#[actix_web::test]
async fn people_talk_through_the_death_of_the_outbox() {
    people_talk_through_the_death_of("outbox", nothing_more).await;
}

#[actix_web::test]
async fn people_talk_through_the_death_of_the_warden() {
    people_talk_through_the_death_of("warden", async |house, _, _| {
        house.until("it lives", |broker| broker.vitals().actors().iter().any(|(k, _)| *k == "warden")).await;
        let newcomer = house.widget("dora", "chat_2").await;
        newcomer.leaves().await;
    })
    .await;
}

/// Three people post two hundred messages while the actor dies three times.
async fn a_burst_survives_three_deaths_of(kind: &str, settings: &[(&str, &str)]) {
    let house = House::with(settings).await;
    let mut people = three_people(&house).await;
    let deaths = async {
        for accepted in [50, 100, 150] {
            let reached =
                |broker: &recado_actors::broker::Broker| broker.vitals().counts.accepted.total() >= accepted;
            house.until("so many are stored", reached).await;
            house.dies(kind).await;
        }
    };
    let posting = people.iter_mut().zip([("ann", 67), ("bob", 67), ("carl", 66)]);
    let posting = join_all(posting.map(|(person, (name, count))| person.insists_on_many(name, count)));
    tokio::join!(posting, deaths);
    all_hear_the_same(&mut people, 1, 200).await;
    assert_eq!(house.broker().vitals().restarts_of(kind), 3);
    all_leave(people).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_burst_survives_three_deaths_of_the_room() {
    a_burst_survives_three_deaths_of("room", &[]).await;
    a_burst_survives_three_deaths_of("room", &[("RECADO_SERVER__WORKERS", "2")]).await;
    a_burst_survives_three_deaths_of("room", &[("RECADO_ROOMS__TAIL_ENTRIES", "2")]).await;
}

#[actix_web::test]
async fn a_burst_survives_three_deaths_of_the_archive() {
    a_burst_survives_three_deaths_of("archive", &[]).await;
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite:{}", directory.path().join("recado.db").display());
    a_burst_survives_three_deaths_of("archive", &[("RECADO_STORE__URL", &url)]).await;
}

#[actix_web::test]
async fn a_burst_survives_three_deaths_of_the_directory() {
    a_burst_survives_three_deaths_of("directory", &[]).await;
}

#[actix_web::test]
async fn a_burst_survives_three_deaths_of_the_shard() {
    a_burst_survives_three_deaths_of("shard", &[("RECADO_ROOMS__TAIL_ENTRIES", "2")]).await;
}

async fn someone_returns_just_as_it_dies(kind: &str) {
    let house = House::with(&[("RECADO_ROOMS__TAIL_ENTRIES", "8")]).await;
    house.has_a_past("chat_1", 400, |n| format!("past {n}")).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let enough = Cell::new(false);
    let talking = async {
        let mut said = 400;
        while !enough.get() {
            said = ann.insists("on and on", &format!("t{said}")).await["seq"].as_u64().expect("a number");
        }
        said
    };
    let returning = async {
        let mut bobs = Vec::new();
        for _ in 0..RESTART_LIMIT {
            let (bob, ()) = tokio::join!(house.widget_since("bob", "chat_1", 0, ""), house.dies(kind));
            bobs.push(bob);
        }
        enough.set(true);
        bobs
    };
    let (said, mut bobs) = tokio::join!(talking, returning);
    all_hear_the_same(&mut bobs, 1, said).await;
    bobs.push(ann);
    all_leave(bobs).await;
    house.ends().await;
}

#[actix_web::test]
async fn someone_who_returns_just_as_the_room_dies_gets_everything_once() {
    someone_returns_just_as_it_dies("room").await;
}

#[actix_web::test]
async fn someone_who_returns_just_as_the_shard_dies_gets_everything_once() {
    someone_returns_just_as_it_dies("shard").await;
}

#[actix_web::test]
async fn a_ban_holds_though_the_shard_dies_at_that_moment() {
    let house = House::start().await;
    let mut eve = house.widget("eve", "chat_1").await;
    let mut ann = house.widget("ann", "chat_1").await;
    for person in [&mut eve, &mut ann] {
        person.settles().await;
    }
    house.broker().injure("shard");
    let banned = Instant::now();
    let (status, body) = house.internal(Method::POST, "/bans", json!({ "userId": "eve" })).await;
    assert_eq!(status, 201, "{body}");
    assert_eq!(eve.is_closed().await, (4403, "Banned".to_owned()));
    // A second is what is promised; a machine with much else to do gets five.
    assert!(banned.elapsed() <= Duration::from_secs(5));
    ann.hears_nothing_more().await;
    ann.leaves().await;
    house.ends().await;
}
