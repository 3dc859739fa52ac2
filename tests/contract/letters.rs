//! What is owed to webhook endpoints: from which moment, in which order, until when.
//!
//! Each story runs on every store.

use recado_actors::clock::Timestamp;
use recado_actors::id::Seq;
use recado_actors::ports::Log;
use recado_actors::ports::letters::{EndpointId, Letter, Letters, Outcome, Replay, Settled, Tally};

use crate::people::{DAY_MS, NOON, all, append, delete, post, room};

pub fn endpoint(name: &str) -> EndpointId {
    EndpointId::new(name)
}

pub async fn owe<S: Letters>(store: &S, names: &[&str]) -> u64 {
    store.owe(names.iter().map(|name| endpoint(name)).collect()).await.unwrap()
}

/// Room and number of what is due to an endpoint while no room is busy.
pub async fn due<S: Letters>(store: &S, name: &str, now: Timestamp) -> Vec<(String, u64)> {
    let due = store.due(&endpoint(name), Vec::new(), now, 100).await.unwrap();
    let mut found: Vec<_> =
        due.letters.iter().map(|letter| (letter.room.local().to_owned(), letter.entry.seq.0)).collect();
    found.sort();
    found
}

fn places(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected.iter().map(|(room, seq)| ((*room).to_owned(), *seq)).collect()
}

pub async fn settle<S: Letters>(store: &S, name: &str, place: (&str, u64), outcome: Outcome) {
    let settled = Settled {
        endpoint: endpoint(name),
        room: room(place.0),
        seq: Seq(place.1),
        attempts: u32::from(outcome != Outcome::Taken),
        dead: None,
        outcome,
    };
    store.settle(vec![settled], NOON).await.unwrap();
}

fn dead() -> Outcome {
    Outcome::Dead { why: "broken".to_owned() }
}

async fn tally<S: Letters>(store: &S, name: &str) -> Tally {
    let tallies = store.tallies().await.unwrap();
    tallies.into_iter().find(|tally| tally.endpoint == endpoint(name)).unwrap()
}

async fn again<S: Letters>(store: &S, letter: &Letter, outcome: Outcome) {
    let Letter { endpoint, room, entry, dead, .. } = letter.clone();
    let settled = Settled { endpoint, room, seq: entry.seq, attempts: 1, dead, outcome };
    store.settle(vec![settled], NOON).await.unwrap();
}

pub async fn only_what_is_stored_from_then_on_is_owed<S: Log + Letters>(store: S) {
    append(&store, vec![post("a", "1", "before")]).await;
    assert_eq!(owe(&store, &["one", "other"]).await, 0);
    assert_eq!(due(&store, "one", NOON).await, []);
    append(&store, vec![post("a", "1", "a retry"), post("a", "2", "x"), post("b", "1", "x")]).await;
    for name in ["one", "other"] {
        assert_eq!(due(&store, name, NOON).await, places(&[("a", 2), ("b", 1)]));
    }
    assert_eq!(due(&store, "a stranger", NOON).await, []);
    let tally = tally(&store, "one").await;
    assert_eq!((tally.pending, tally.since, tally.dead, tally.failure), (2, Some(NOON), 0, None));
}

pub async fn a_room_s_next_is_due_when_the_one_before_was_taken<S: Log + Letters>(store: S) {
    owe(&store, &["one"]).await;
    append(&store, vec![post("a", "1", "x"), post("a", "2", "x"), post("a", "3", "x")]).await;
    for seq in 1..=3 {
        assert_eq!(due(&store, "one", NOON).await, places(&[("a", seq)]));
        assert_eq!(tally(&store, "one").await.pending, 4 - seq);
        settle(&store, "one", ("a", seq), Outcome::Taken).await;
        // Told twice, or of one long settled, it changes nothing.
        settle(&store, "one", ("a", seq), Outcome::Taken).await;
        settle(&store, "one", ("a", 1), dead()).await;
    }
    assert_eq!((due(&store, "one", NOON).await, tally(&store, "one").await.pending), (vec![], 0));
    assert_eq!(store.dead(0, 10).await.unwrap(), []);
    append(&store, vec![post("a", "4", "x")]).await;
    assert_eq!(due(&store, "one", NOON).await, places(&[("a", 4)]));
}

pub async fn what_failed_waits_for_its_time_and_others_do_not<S: Log + Letters>(store: S) {
    owe(&store, &["one"]).await;
    append(&store, vec![post("a", "1", "x"), post("b", "1", "x")]).await;
    let at = NOON.plus_ms(5000);
    settle(&store, "one", ("a", 1), Outcome::Later { at, why: "it answered 500".into() }).await;
    let now = store.due(&endpoint("one"), Vec::new(), NOON, 100).await.unwrap();
    assert_eq!((now.letters.len(), now.letters[0].room.local(), now.next), (1, "b", Some(at)));
    assert_eq!(due(&store, "one", at).await, places(&[("a", 1), ("b", 1)]));
    let later = store.due(&endpoint("one"), vec![room("b")], at, 100).await.unwrap();
    assert_eq!((later.letters.len(), later.letters[0].attempts), (1, 1));
    assert_eq!(tally(&store, "one").await.failure, Some(("it answered 500".to_owned(), NOON)));
}

pub async fn no_more_is_handed_out_than_was_asked_for<S: Log + Letters>(store: S) {
    owe(&store, &["one"]).await;
    append(&store, (0..20).map(|n| post(&format!("room {n}"), "1", "x")).collect()).await;
    let first = store.due(&endpoint("one"), Vec::new(), NOON, 5).await.unwrap().letters;
    let busy: Vec<_> = first.iter().map(|letter| letter.room.clone()).collect();
    let second = store.due(&endpoint("one"), busy.clone(), NOON, 5).await.unwrap().letters;
    assert_eq!((first.len(), second.len()), (5, 5));
    assert!(second.iter().all(|letter| !busy.contains(&letter.room)));
}

pub async fn a_letter_is_the_entry_as_it_stands_in_the_log<S: Log + Letters>(store: S) {
    owe(&store, &["one"]).await;
    append(&store, vec![post("a", "1", "a secret")]).await;
    let letter = store.due(&endpoint("one"), Vec::new(), NOON, 1).await.unwrap().letters.remove(0);
    let page = all(&store, "a").await;
    assert_eq!((&letter.entry, letter.epoch, letter.dead), (&page.entries[0], page.epoch, None));
    append(&store, vec![delete("a", "1")]).await;
    let letter = store.due(&endpoint("one"), Vec::new(), NOON, 1).await.unwrap().letters.remove(0);
    assert_eq!(letter.entry.body.message().map(|message| message.content.as_str()), Some(""));
}

pub async fn the_dead_are_put_aside_listed_and_sent_again_in_order<S: Log + Letters>(store: S) {
    owe(&store, &["one", "other"]).await;
    append(&store, vec![post("a", "1", "x"), post("a", "2", "x"), post("a", "3", "x")]).await;
    settle(&store, "one", ("a", 1), dead()).await;
    settle(&store, "one", ("a", 2), dead()).await;
    let listed = store.dead(0, 10).await.unwrap();
    assert_eq!(listed.iter().map(|letter| letter.seq.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((listed[0].why.as_str(), listed[0].died, listed[0].replaying), ("broken", NOON, false));
    assert_eq!(store.dead(listed[0].id, 10).await.unwrap(), listed[1..]);
    assert_eq!(due(&store, "one", NOON).await, places(&[("a", 3)]));
    assert_eq!(store.replay(Replay::AllOf(endpoint("other")), NOON).await, Ok(0));
    assert_eq!(store.replay(Replay::AllOf(endpoint("one")), NOON).await, Ok(2));
    assert_eq!(store.replay(Replay::One(listed[0].id), NOON).await, Ok(0), "it is on its way already");
    settle(&store, "one", ("a", 3), Outcome::Taken).await;
    let tally = tally(&store, "one").await;
    assert_eq!((tally.pending, tally.dead), (2, 0));
    for seq in [1, 2] {
        let mut letters = store.due(&endpoint("one"), Vec::new(), NOON, 10).await.unwrap().letters;
        assert_eq!((letters.len(), letters[0].entry.seq, letters[0].attempts), (1, Seq(seq), 0));
        again(&store, &letters.remove(0), Outcome::Taken).await;
    }
    assert_eq!(store.dead(0, 10).await.unwrap(), []);
}

pub async fn the_dead_that_fail_again_are_dead_again_and_forgotten_in_time<S: Log + Letters>(store: S) {
    owe(&store, &["one"]).await;
    append(&store, vec![post("a", "1", "x")]).await;
    settle(&store, "one", ("a", 1), dead()).await;
    let id = store.dead(0, 1).await.unwrap()[0].id;
    assert_eq!(store.replay(Replay::One(id), NOON).await, Ok(1));
    let letter = store.due(&endpoint("one"), Vec::new(), NOON, 1).await.unwrap().letters.remove(0);
    assert_eq!(letter.dead, Some(id));
    let at = NOON.plus_ms(1000);
    again(&store, &letter, Outcome::Later { at, why: "still".into() }).await;
    assert_eq!(due(&store, "one", NOON).await, []);
    assert_eq!(due(&store, "one", at).await, places(&[("a", 1)]));
    assert_eq!(store.forget_dead(NOON.plus_ms(DAY_MS)).await, Ok(0), "it is on its way");
    again(&store, &letter, dead()).await;
    assert_eq!((store.dead(0, 1).await.unwrap()[0].id, due(&store, "one", at).await), (id, vec![]));
    assert_eq!(store.forget_dead(NOON).await, Ok(0));
    assert_eq!(store.forget_dead(NOON.plus_ms(1)).await, Ok(1));
    assert_eq!(store.dead(0, 1).await.unwrap(), []);
}

pub async fn who_wants_nothing_gets_nothing_until_enabled<S: Log + Letters>(store: S) {
    owe(&store, &["one", "other"]).await;
    append(&store, vec![post("a", "1", "x"), post("b", "1", "x")]).await;
    let at = NOON.plus_ms(DAY_MS);
    settle(&store, "one", ("b", 1), Outcome::Later { at, why: "no".into() }).await;
    settle(&store, "one", ("a", 1), Outcome::Gone).await;
    append(&store, vec![post("a", "2", "x")]).await;
    // It stays so over a restart.
    assert_eq!(owe(&store, &["one", "other"]).await, 0);
    assert_eq!((due(&store, "one", at).await, due(&store, "other", NOON).await.len()), (vec![], 2));
    let stands = tally(&store, "one").await;
    assert_eq!((stands.disabled, stands.pending), (true, 3));
    assert_eq!(store.enable(&endpoint("one"), NOON).await, Ok(true));
    assert_eq!(due(&store, "one", NOON).await, places(&[("a", 1), ("b", 1)]));
    assert!(!tally(&store, "one").await.disabled);
    assert_eq!(store.enable(&endpoint("a stranger"), NOON).await, Ok(false));
}

pub async fn what_is_owed_to_nobody_is_dropped_and_counted<S: Log + Letters>(store: S) {
    owe(&store, &["one", "other"]).await;
    append(&store, vec![post("a", "1", "x"), post("a", "2", "x"), post("b", "1", "x")]).await;
    settle(&store, "one", ("b", 1), dead()).await;
    assert_eq!(owe(&store, &["other"]).await, 3);
    assert_eq!(owe(&store, &["other", "one"]).await, 0);
    assert_eq!((due(&store, "one", NOON).await, due(&store, "other", NOON).await.len()), (vec![], 2));
    assert_eq!(store.dead(0, 10).await.unwrap(), []);
    assert_eq!(owe(&store, &[]).await, 3);
    append(&store, vec![post("a", "3", "x")]).await;
    assert_eq!((store.tallies().await.unwrap(), due(&store, "other", NOON).await), (vec![], vec![]));
}
