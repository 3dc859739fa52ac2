//! The contract on the store in memory, and the switches that tests turn on it.
//!
//! What the model store promises is what the others are compared with.

use recado_actors::id::Epoch;
use recado_actors::message::room::EntryBody;
use recado_actors::ports::memory::MemoryStore;
use recado_actors::ports::{Book, Log, LogError, Receipts};
use tokio::sync::oneshot::error::TryRecvError;

use crate::people::{DAY_MS, NOON, all, append, draft, numbers, post, room, within};

fn store() -> MemoryStore {
    MemoryStore::new(Epoch(7))
}

pub async fn run<F: Future<Output = ()>>(story: impl FnOnce(MemoryStore) -> F) {
    within(story(store())).await;
}

#[tokio::test]
async fn a_broken_store_says_so_everywhere_and_has_done_nothing() {
    let (store, full) = (store(), LogError::Full("the disk".into()));
    store.break_with(Some(full.clone()));
    assert_eq!(store.append(vec![post("a", "1", "x")], NOON).await, Err(full.clone()));
    assert_eq!(store.head(&room("a")).await, Err(full.clone()));
    assert_eq!(store.probe().await, Err(full.clone()));
    assert_eq!(store.load(&room("a")).await, Err(full.clone()));
    assert_eq!(store.bans().await, Err(full));

    store.break_with(None);
    assert!(all(&store, "a").await.entries.is_empty());
}

#[tokio::test]
async fn a_held_append_waits_until_it_is_released() {
    let store = store();
    store.hold(true);
    let (tell, mut answer) = tokio::sync::oneshot::channel();
    let held = store.append(vec![post("a", "1", "x")], NOON);
    tokio::spawn(async move { tell.send(held.await) });
    tokio::task::yield_now().await;
    assert_eq!(answer.try_recv(), Err(TryRecvError::Empty));
    assert!(all(&store, "a").await.entries.is_empty());

    store.hold(false);
    assert!(within(answer).await.unwrap().is_ok());
    assert_eq!(numbers(&all(&store, "a").await), [1]);
}

#[tokio::test]
async fn a_client_id_is_known_for_a_day_and_then_forgotten() {
    let store = store();
    let posted =
        || draft("a", None, "mine", EntryBody::MessagePosted { message: crate::people::message("1", "x") });
    append(&store, vec![posted()]).await;
    let later = async |ms| store.append(vec![posted()], NOON.plus_ms(ms)).await.unwrap()[0].duplicate;
    assert!(later(DAY_MS - 1).await);
    assert!(!later(DAY_MS).await);
}
