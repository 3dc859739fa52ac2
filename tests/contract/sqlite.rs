//! The contract on SQLite.
//!
//! Every story has a file of its own.

use recado::store::sqlite::SqliteStore;

use crate::people::within;

pub async fn run<F: Future<Output = ()>>(story: impl FnOnce(SqliteStore) -> F) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("recado.db"), 2).unwrap();
    within(story(store.clone())).await;
    assert!(store.close().await);
}
