//! A house that is told to end: who is told when, and how to come back.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::house::{House, SOON};
use crate::person::Person;
use crate::programs::Program;
use crate::tokens::{INTERNAL, SECRET, claims, sign};

/// Many steps of a drain, and two for each.
const CROWD: usize = 100;

async fn crowd(house: &House) -> Vec<Person> {
    let mut people = Vec::new();
    for number in 0..CROWD {
        people.push(house.widget(&format!("user{number}"), &format!("chat_{}", number % 7)).await);
    }
    people
}

/// Everyone's goodbye: how long after `begun` it was heard, and what it asked for, the earliest first.
async fn goodbyes(people: Vec<Person>, begun: Instant) -> Vec<(Duration, u64)> {
    let heard = people.into_iter().map(|mut person| async move {
        let retry = person.is_sent_home().await;
        let after = begun.elapsed();
        person.leaves().await;
        (after, retry)
    });
    let mut heard = futures_util::future::join_all(heard).await;
    heard.sort_unstable();
    heard
}

#[actix_web::test]
async fn goodbyes_are_spread_over_the_drain_and_so_are_the_returns() {
    let settings = [("RECADO_SERVER__DRAIN_MS", "4000"), ("RECADO_SERVER__RETURN_SPREAD_MS", "1000")];
    let house = House::with(&settings).await;
    let people = crowd(&house).await;
    let begun = Instant::now();
    house
        .ends_while(async {
            let heard = goodbyes(people, begun).await;
            // A fiftieth of four fifths of the drain lies between two steps, and two are told in each.
            let pause = Duration::from_millis(4000 * 4 / 5 / 50);
            for (step, pair) in (0_u32..).zip(heard.chunks(2)) {
                assert!(pair[0].0 >= pause * step, "{:?} is too early for step {step}", pair[0].0);
            }
            // Alone, a node asks nobody back before it can be there again, nor later than the spread after that.
            let (first, last) = (heard[0].1, heard[CROWD - 1].1);
            assert!((4200..=5200).contains(&first), "{first}");
            assert!((1064..=2128).contains(&last), "{last}");
        })
        .await;
}

#[actix_web::test]
async fn those_who_asked_for_more_are_told_when_to_come_back_in_a_frame_too() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    let mut bob = house.widget_with_extras("bob", "chat_2").await;
    for person in [&mut ann, &mut bob] {
        person.settles().await;
    }
    house
        .ends_while(async {
            let goodbye = bob.hears_among_others("goodbye").await;
            assert_eq!(goodbye["reason"], "shutting_down");
            assert!(goodbye["timestamp"].is_string(), "{goodbye}");
            assert_eq!(goodbye["retryAfterMs"], json!(bob.is_sent_home().await));
            let stock = ann.hears_or_is_closed().await;
            crate::person::sent_home(&stock.expect_err("a stock client hears nothing but the end"));
        })
        .await;
}

#[actix_web::test]
async fn an_empty_house_ends_at_once() {
    let house = House::with(&[("RECADO_SERVER__DRAIN_MS", "600000")]).await;
    let ann = house.widget("ann", "chat_1").await;
    ann.leaves().await;
    timeout(SOON, house.ends()).await.expect("nobody is waited for");
}

#[actix_web::test]
async fn a_house_is_left_as_soon_as_the_last_has_gone() {
    let house = House::with(&[("RECADO_SERVER__DRAIN_MS", "60000")]).await;
    let people = [house.widget("ann", "chat_1").await, house.widget("bob", "chat_1").await];
    let ended = house.ends_while(async {
        goodbyes(people.into(), Instant::now()).await;
    });
    timeout(SOON, ended).await.expect("two people take two steps, not the whole drain");
}

#[actix_web::test]
async fn a_second_signal_sends_everyone_home_at_once() {
    let mut recado = Program::recado(
        &["serve"],
        &[
            ("JWT_SECRET", SECRET),
            ("INTERNAL_API_SECRET", INTERNAL),
            ("RECADO_SERVER__PORT", "0"),
            ("RECADO_SERVER__WORKERS", "2"),
            ("RECADO_SERVER__DRAIN_MS", "600000"),
        ],
    );
    let address = recado.listens().await;
    let mut people = Vec::new();
    for number in 0..CROWD {
        let token = sign(&claims(&format!("user{number}"), "chat_1"));
        let mut person = Person::connect(&format!("ws://{address}/?token={token}"), &[]).await;
        person.is_welcomed().await;
        people.push(person);
    }
    recado.is_signalled("TERM");
    recado.says(|line| line["msg"] == "shutting down").await;
    recado.is_signalled("INT");
    let begun = Instant::now();
    let heard = goodbyes(people, begun).await;
    assert_eq!(heard.len(), CROWD);
    let ended = timeout(SOON, recado.ends()).await.expect("in time");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.out.contains(r#""level":"error""#), "an orderly end is no fault: {}", ended.out);
}
