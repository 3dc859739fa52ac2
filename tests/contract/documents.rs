//! Documents: what was written comes back in order, and a whole takes the place of what it stands for.
//!
//! Each story runs on every store.

use bytes::Bytes;
use recado::store::sqlite::SqliteStore;
use recado_actors::id::{RoomId, RoomKind};
use recado_actors::ports::documents::{Documents, Kept};

use crate::{memory, sqlite};

fn document(name: &str) -> RoomId {
    RoomId::new(RoomKind::Doc, name).unwrap()
}

fn updates(all: &[&'static str]) -> Vec<Bytes> {
    all.iter().map(|text| Bytes::from_static(text.as_bytes())).collect()
}

pub async fn what_is_written_comes_back_in_order<S: Documents>(store: S) {
    let (one, other) = (document("one"), document("other"));
    assert_eq!(store.load(&one).await, Ok(Kept::default()));
    assert_eq!(store.append(&one, updates(&["a", "b"])).await, Ok(2));
    assert_eq!(store.append(&other, updates(&["x"])).await, Ok(1));
    assert_eq!(store.append(&one, Vec::new()).await, Ok(2));
    assert_eq!(store.append(&one, updates(&["", "c"])).await, Ok(4));

    let kept = Kept { updates: updates(&["a", "b", "", "c"]), last: 4 };
    assert_eq!(store.load(&one).await, Ok(kept));
    assert_eq!(store.load(&other).await, Ok(Kept { updates: updates(&["x"]), last: 1 }));
}

pub async fn a_whole_takes_the_place_of_what_it_stands_for<S: Documents>(store: S) {
    let (one, other) = (document("one"), document("other"));
    store.append(&one, updates(&["a", "b", "c"])).await.unwrap();
    store.append(&other, updates(&["x", "y"])).await.unwrap();
    store.compact(&one, 2, Bytes::from_static(b"ab")).await.unwrap();
    assert_eq!(store.load(&one).await, Ok(Kept { updates: updates(&["ab", "c"]), last: 3 }));
    assert_eq!(store.load(&other).await, Ok(Kept { updates: updates(&["x", "y"]), last: 2 }));

    store.compact(&one, 3, Bytes::from_static(b"abc")).await.unwrap();
    assert_eq!(store.load(&one).await, Ok(Kept { updates: updates(&["abc"]), last: 3 }));
    assert_eq!(store.append(&one, updates(&["d"])).await, Ok(4));
    assert_eq!(store.load(&one).await, Ok(Kept { updates: updates(&["abc", "d"]), last: 4 }));
}

pub async fn where_nothing_is_kept_nothing_is_compacted<S: Documents>(store: S) {
    let nowhere = document("nowhere");
    store.compact(&nowhere, 9, Bytes::from_static(b"all")).await.unwrap();
    assert_eq!(store.load(&nowhere).await, Ok(Kept::default()));
    store.append(&nowhere, updates(&["a"])).await.unwrap();
    store.compact(&nowhere, 0, Bytes::from_static(b"all")).await.unwrap();
    assert_eq!(store.load(&nowhere).await, Ok(Kept { updates: updates(&["a"]), last: 1 }));
    // Beyond the last it stands for all there is, and numbers go on from there.
    store.compact(&nowhere, 9, Bytes::from_static(b"all")).await.unwrap();
    assert_eq!(store.append(&nowhere, updates(&["b"])).await, Ok(2));
    assert_eq!(store.load(&nowhere).await, Ok(Kept { updates: updates(&["all", "b"]), last: 2 }));
}

#[tokio::test]
async fn what_is_written_comes_back_in_order_on_every_store() {
    memory::run(what_is_written_comes_back_in_order).await;
    sqlite::run(what_is_written_comes_back_in_order).await;
}

#[tokio::test]
async fn a_whole_takes_the_place_of_what_it_stands_for_on_every_store() {
    memory::run(a_whole_takes_the_place_of_what_it_stands_for).await;
    sqlite::run(a_whole_takes_the_place_of_what_it_stands_for).await;
}

#[tokio::test]
async fn where_nothing_is_kept_nothing_is_compacted_on_every_store() {
    memory::run(where_nothing_is_kept_nothing_is_compacted).await;
    sqlite::run(where_nothing_is_kept_nothing_is_compacted).await;
}

#[tokio::test]
async fn what_was_written_and_compacted_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recado.db");
    let store = SqliteStore::open(&path, 1).unwrap();
    store.append(&document("one"), updates(&["a", "b", "c"])).await.unwrap();
    store.compact(&document("one"), 2, Bytes::from_static(b"ab")).await.unwrap();
    assert!(store.close().await);
    drop(store);

    let store = SqliteStore::open(&path, 1).unwrap();
    assert_eq!(store.load(&document("one")).await, Ok(Kept { updates: updates(&["ab", "c"]), last: 3 }));
    assert!(store.close().await);
}
