//! Trying again and coming back: a retry is recognised, a return gets exactly what was missed.
//!
//! Nothing is announced twice and nothing is missed, however often a connection breaks.

use std::cell::Cell;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::house::House;
use crate::minutes::all_leave;
use crate::tokens::{claims, sign};

#[actix_web::test]
async fn a_retry_gets_the_first_answer_and_is_not_announced_again() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    let mut bob = house.widget_with_extras("bob", "chat_1").await;

    let first = ann.posts_safely("once", "t1").await;
    let again = ann.posts_safely("once", "t1").await;
    assert_eq!((&again["id"], &again["seq"]), (&first["id"], &first["seq"]));
    assert_eq!((&first["duplicate"], &again["duplicate"]), (&Value::Null, &json!(true)));
    ann.posts_safely("after", "t2").await;
    for person in [&mut ann, &mut bob] {
        person.hears_up_to(2).await;
        person.has_heard_exactly(1, 2);
    }

    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_retry_after_a_broken_connection_gets_the_first_answer() {
    let house = House::start().await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let mut bob = house.widget_with_extras("bob", "chat_1").await;
    let message = json!({ "type": "message", "content": "did it arrive?", "role": "USER", "tempId": "t1" });
    ann.sends(message).await;
    bob.hears_up_to(1).await;
    ann.drops();

    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let sent = ann.posts_safely("did it arrive?", "t1").await;
    assert_eq!((&sent["seq"], &sent["duplicate"]), (&json!(1), &json!(true)));
    ann.posts_safely("it did", "t2").await;
    bob.hears_up_to(2).await;
    bob.has_heard_exactly(1, 2);

    all_leave([ann, bob]).await;
    house.ends().await;
}

async fn twenty_duplicates_race(workers: &str) {
    let house = House::with(&[("RECADO_SERVER__WORKERS", workers)]).await;
    let mut bob = house.widget_with_extras("bob", "chat_1").await;
    let mut anns = join_all((0..20).map(async |_| house.widget_with_extras("ann", "chat_1").await)).await;

    let answers = join_all(anns.iter_mut().map(|ann| ann.posts_safely("once", "t1"))).await;
    assert_eq!(answers.iter().filter(|sent| sent["duplicate"] == true).count(), 19);
    assert!(answers.iter().all(|sent| (&sent["id"], &sent["seq"]) == (&answers[0]["id"], &json!(1))));
    bob.posts_safely("after", "t1").await;
    anns.push(bob);
    for person in &mut anns {
        person.hears_up_to(2).await;
        person.has_heard_exactly(1, 2);
    }

    all_leave(anns).await;
    house.ends().await;
}

#[actix_web::test]
async fn twenty_racing_duplicates_are_one_message() {
    twenty_duplicates_race("1").await;
}

#[actix_web::test]
async fn twenty_racing_duplicates_on_two_workers_are_one_message() {
    twenty_duplicates_race("2").await;
}

#[actix_web::test]
async fn the_same_client_id_of_another_user_is_another_message() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    let mut bob = house.widget("bob", "chat_1").await;
    assert_eq!(ann.posts_safely("from ann", "t1").await["seq"], 1);
    assert_eq!(bob.posts_safely("from bob", "t1").await["seq"], 2);
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_visitor_who_drops_hears_exactly_what_was_missed_and_then_what_is_live() {
    let house = House::start().await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let mut bob = house.widget_with_extras("bob", "chat_1").await;
    bob.posts_safely("heard", "t1").await;
    ann.hears_up_to(1).await;

    let (epoch, minutes) = (ann.epoch().to_owned(), ann.minutes.clone());
    ann.drops();
    bob.posts_safely("missed", "t2").await;
    bob.posts_safely("missed too", "t3").await;
    let mut ann = house.widget_since("ann", "chat_1", 1, &epoch).await;
    assert_eq!((ann.epoch(), &ann.welcome["seq"]), (epoch.as_str(), &json!(3)));
    ann.hears_message("missed").await;
    ann.hears_message("missed too").await;
    bob.posts_safely("live", "t4").await;
    ann.hears_up_to(4).await;
    assert_eq!(minutes.len() + ann.minutes.len(), 4);
    ann.has_heard_exactly(2, 4);

    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn someone_who_returns_thirty_times_during_a_storm_hears_each_thing_once() {
    let house = House::with(&[("RECADO_ROOMS__TAIL_ENTRIES", "8")]).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let mut bob = house.widget_with_extras("bob", "chat_1").await;
    let back = Cell::new(false);

    let talking = async {
        let mut said = 0;
        while !back.get() {
            said = ann.insists("on and on", &format!("t{said}")).await["seq"].as_u64().expect("a number");
        }
        said
    };
    let returning = async {
        for _ in 0..30 {
            bob.hears_up_to(bob.last_heard() + 3).await;
            bob = house.breaks_off_and_returns(bob, "bob", "chat_1").await;
        }
        back.set(true);
        bob
    };
    let (said, mut bob) = tokio::join!(talking, returning);
    bob.hears_up_to(said).await;
    bob.has_heard_exactly(1, said);

    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_return_that_cannot_be_honoured_is_told_to_start_afresh() {
    let house = House::start().await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    ann.insists_on_many("before", 3).await;
    let epoch = ann.epoch().to_owned();
    let ahead = format!("&since=100&epoch={epoch}");
    let cannot = ["&since=1&epoch=1", "&since=1&epoch=rubbish", "&since=1", "&since=0&epoch=1", &ahead];
    for (n, query) in (4..).zip(cannot) {
        let mut bob = house.enters(&sign(&claims("bob", "chat_1")), query).await;
        let reset = bob.hears("reset").await;
        assert_eq!(reset["data"], json!({ "epoch": epoch, "seq": n - 1 }), "{query}");
        ann.insists("live", query).await;
        bob.hears_up_to(n).await;
        bob.has_heard_exactly(n, n);
        bob.leaves().await;
    }
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn since_the_start_without_an_epoch_is_everything() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    ann.insists_on_many("before", 3).await;
    let mut bob = house.enters(&sign(&claims("bob", "chat_1")), "&since=0").await;
    bob.hears_up_to(3).await;
    bob.has_heard_exactly(1, 3);
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_return_by_first_frame_gets_what_was_missed() {
    let house = House::start().await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    ann.insists_on_many("before", 3).await;
    let mut bob = house.connects("/?auth=frame").await;
    let token = sign(&claims("bob", "chat_1"));
    bob.sends(json!({ "type": "auth", "token": token, "since": 1, "epoch": ann.epoch() })).await;
    bob.is_welcomed().await;
    bob.hears_up_to(3).await;
    bob.has_heard_exactly(2, 3);
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_restart_forgets_neither_what_was_missed_nor_what_was_sent() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite:{}", directory.path().join("recado.db").display());
    let house = House::with(&[("RECADO_STORE__URL", &url)]).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    ann.insists_on_many("before", 3).await;
    let epoch = ann.epoch().to_owned();
    ann.leaves().await;
    house.ends().await;

    let house = House::with(&[("RECADO_STORE__URL", &url)]).await;
    let mut ann = house.widget_since("ann", "chat_1", 1, &epoch).await;
    ann.hears_message("before 1").await;
    ann.hears_message("before 2").await;
    let sent = ann.insists("before 0", "before 0").await;
    assert_eq!((&sent["seq"], &sent["duplicate"]), (&json!(1), &json!(true)));
    assert_eq!(ann.insists("after", "t4").await["seq"], 4);
    ann.hears_up_to(4).await;
    ann.has_heard_exactly(2, 4);
    ann.leaves().await;
    house.ends().await;
}
