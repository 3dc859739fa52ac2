//! The book: bans, one-use tickets, answers to idempotency keys.
//!
//! Each story runs on every store.

use recado_actors::clock::Timestamp;
use recado_actors::ports::{Ban, Book, KeyedAnswer};

use crate::people::{DAY_MS, NOON, room, user};
use crate::race::race;

pub fn ban(who: Option<&str>, token: Option<&str>, place: Option<&str>, until: Option<i64>) -> Ban {
    let until = until.map(Timestamp);
    Ban { user: who.map(user), token_id: token.map(Into::into), room: place.map(room), until }
}

pub fn answer(key: &str, body: &str, at: Timestamp) -> KeyedAnswer {
    KeyedAnswer { key: key.into(), request: "ab12".into(), status: 201, body: body.into(), at }
}

pub async fn bans(store: &impl Book) -> Vec<Ban> {
    let mut bans = store.bans().await.unwrap();
    bans.sort_by_key(|ban| format!("{ban:?}"));
    bans
}

pub async fn bans_come_back_as_they_were<S: Book>(store: S) {
    let (ann, token) = (ban(Some("ann"), None, None, Some(5)), ban(None, Some("t1"), Some("a"), None));
    store.add_ban(ann.clone()).await.unwrap();
    store.add_ban(token.clone()).await.unwrap();
    assert_eq!(bans(&store).await, [token.clone(), ann.clone()]);

    // Only exactly this user, token and room; the end does not matter.
    assert_eq!(store.lift_ban(ban(Some("ann"), None, Some("a"), None)).await, Ok(0));
    assert_eq!(store.lift_ban(ban(None, Some("t1"), None, None)).await, Ok(0));
    assert_eq!(store.lift_ban(ban(Some("ann"), None, None, Some(77))).await, Ok(1));
    assert_eq!(bans(&store).await, [token]);
}

pub async fn a_second_ban_replaces_the_first<S: Book>(store: S) {
    store.add_ban(ban(Some("ann"), None, None, Some(5))).await.unwrap();
    store.add_ban(ban(Some("ann"), None, None, None)).await.unwrap();
    assert_eq!(bans(&store).await, [ban(Some("ann"), None, None, None)]);
    assert_eq!(store.lift_ban(ban(Some("ann"), None, None, None)).await, Ok(1));
}

pub async fn a_ticket_is_spent_once<S: Book>(store: S) {
    let ends = NOON.plus_ms(60_000);
    let wins = race(32, |_| store.spend_ticket("tkt_1".into(), ends, NOON));
    assert_eq!(wins.into_iter().filter(|won| *won.as_ref().unwrap()).count(), 1);
    assert_eq!(store.spend_ticket("tkt_1".into(), ends, ends).await, Ok(false));
    assert_eq!(store.spend_ticket("tkt_2".into(), ends, NOON).await, Ok(true));
}

pub async fn a_ticket_that_ended_cannot_be_spent<S: Book>(store: S) {
    let ends = NOON.plus_ms(60_000);
    assert_eq!(store.spend_ticket("tkt_1".into(), ends, NOON).await, Ok(true));
    // By now the store may have forgotten that it was spent.
    assert_eq!(store.spend_ticket("tkt_1".into(), ends, ends.plus_ms(DAY_MS)).await, Ok(false));
}

pub async fn the_first_answer_to_a_key_stays<S: Book>(store: S) {
    let kept = race(16, |racer| store.remember_answer(answer("k", &racer.to_string(), NOON)));
    let first = kept[0].clone().unwrap();
    assert!(kept.iter().all(|other| other.as_ref() == Ok(&first)));
    assert_eq!(store.keyed_answer("k".into(), NOON).await, Ok(Some(first)));
    assert_eq!(store.keyed_answer("other".into(), NOON).await, Ok(None));
}

pub async fn an_answer_lives_for_a_day<S: Book>(store: S) {
    store.remember_answer(answer("k", "old", NOON)).await.unwrap();
    let (last, after) = (NOON.plus_ms(DAY_MS), NOON.plus_ms(DAY_MS + 1));

    assert_eq!(store.keyed_answer("k".into(), last).await, Ok(Some(answer("k", "old", NOON))));
    assert_eq!(store.keyed_answer("k".into(), after).await, Ok(None));
    assert_eq!(store.remember_answer(answer("k", "new", last)).await, Ok(answer("k", "old", NOON)));
    assert_eq!(store.remember_answer(answer("k", "new", after)).await, Ok(answer("k", "new", after)));
}
