//! What the SQLite file itself must show: what it keeps, whom it refuses, what it forgets.
//!
//! A refused file is left as it was found.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use recado::store::sqlite::{SqliteStore, StoreOpenError};
use recado_actors::id::Seq;
use recado_actors::message::room::EntryBody;
use recado_actors::ports::letters::Outcome;
use recado_actors::ports::{Book, Log, LogError, Receipts};
use tempfile::TempDir;

use crate::people::{NOON, all, append, contents, delete, draft, edit, message_id, post, room};
use crate::{book, letters, numbers, receipts};

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn db(&self) -> PathBuf {
        self.0.path().join("deep/er/recado.db")
    }

    fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.db(), 2).unwrap()
    }

    fn refused(&self) -> StoreOpenError {
        SqliteStore::open(&self.db(), 1).err().unwrap()
    }

    /// Database and write-ahead log as they lie on the disk.
    fn bytes(&self) -> Vec<u8> {
        let wal = self.db().with_file_name("recado.db-wal");
        [fs::read(self.db()).unwrap(), fs::read(wal).unwrap_or_default()].concat()
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn sql(path: &Path, text: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(text).unwrap();
}

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let place = Place::new();
    let store = place.open();
    let answers =
        append(&store, vec![post("a", "1", "x"), draft("a", None, "c", EntryBody::RoomClosed)]).await;
    store.save(vec![receipts::receipt("a", "ann", 2, 1)]).await.unwrap();
    store.add_ban(book::ban(Some("eve"), None, None, None)).await.unwrap();
    store.spend_ticket("tkt".into(), NOON, NOON).await.unwrap();
    store.remember_answer(book::answer("k", "b", NOON)).await.unwrap();
    let (before, epoch) = (all(&store, "a").await, store.epoch());
    assert!(store.close().await);

    let store = place.open();
    assert_eq!((all(&store, "a").await, store.epoch()), (before, epoch));
    let again = append(&store, vec![post("a", "1", "other")]).await;
    assert!(again[0].duplicate && again[0].entry == answers[0].entry);
    assert!(store.head(&room("a")).await.unwrap().closed);
    assert_eq!(store.load(&room("a")).await.unwrap(), [receipts::receipt("a", "ann", 2, 1)]);
    assert_eq!(store.bans().await.unwrap(), [book::ban(Some("eve"), None, None, None)]);
    assert_eq!(store.spend_ticket("tkt".into(), NOON, NOON).await, Ok(false));
    assert_eq!(store.keyed_answer("k".into(), NOON).await, Ok(Some(book::answer("k", "b", NOON))));
}

#[tokio::test]
async fn an_acknowledgement_means_the_disk_was_told_to_sync() {
    let store = Place::new().open();
    assert_eq!(store.durability().await, Ok(("wal".to_owned(), 2)));
}

#[tokio::test]
async fn only_its_owner_may_read_the_file() {
    let place = Place::new();
    let store = place.open();
    append(&store, vec![post("a", "1", "x")]).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for name in ["recado.db", "recado.db-wal", "recado.db-shm", "recado.db.lock"] {
        assert_eq!(mode(&place.db().with_file_name(name)), 0o600, "{name}");
    }
    assert_eq!(mode(place.db().parent().unwrap()), 0o700);
}

#[tokio::test]
async fn a_clean_close_leaves_one_file_and_ends_the_store() {
    let place = Place::new();
    let store = place.open();
    append(&store, vec![post("a", "1", "x")]).await;
    assert!(store.close().await);
    assert!(!place.db().with_file_name("recado.db-wal").exists());
    assert!(matches!(store.append(vec![post("a", "2", "x")], NOON).await, Err(LogError::Unavailable(_))));
    assert!(matches!(store.head(&room("a")).await, Err(LogError::Unavailable(_))));
}

#[tokio::test]
async fn each_new_file_has_an_epoch_of_its_own() {
    let (one, other) = (Place::new().open(), Place::new().open());
    assert_ne!(one.epoch(), other.epoch());
    assert!(one.epoch().0 > 0 && one.epoch().0 < 1 << 48);
}

#[tokio::test]
async fn a_second_opener_is_refused_until_the_first_closes() {
    let place = Place::new();
    let store = place.open();
    assert!(matches!(place.refused(), StoreOpenError::InUse { .. }));
    append(&store, vec![post("a", "1", "still works")]).await;
    assert!(store.close().await);
    assert_eq!(contents(&all(&place.open(), "a").await), ["still works"]);
}

#[tokio::test]
async fn a_newer_file_is_refused_and_both_versions_are_named() {
    let place = Place::new();
    place.open().close().await;
    sql(&place.db(), "PRAGMA user_version = 99");
    let before = place.bytes();
    let refusal = place.refused();
    assert!(matches!(refusal, StoreOpenError::Newer { found: 99, known: 7, .. }));
    assert!(refusal.to_string().contains("99") && refusal.to_string().contains("up to 7"));
    assert_eq!(place.bytes(), before);
}

#[tokio::test]
async fn a_file_of_the_first_version_is_brought_forward() {
    let place = Place::new();
    fs::create_dir_all(place.db().parent().unwrap()).unwrap();
    sql(&place.db(), include_str!("../../migrations/sqlite/0001_log_receipts_book.sql"));
    sql(&place.db(), "PRAGMA application_id = 0x5243444f; PRAGMA user_version = 1");
    let store = place.open();
    append(&store, vec![post("a", "1", "x")]).await;
    letters::owe(&store, &["one"]).await;
    append(&store, vec![post("a", "2", "x")]).await;
    assert_eq!(letters::due(&store, "one", NOON).await, [("a".to_owned(), 2)]);
    assert!(store.close().await);
}

/// How many different pieces of texts the index knows.
fn pieces(path: &Path) -> u32 {
    let vocabulary = "CREATE VIRTUAL TABLE temp.pieces USING fts5vocab (main, message_index, row)";
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch(vocabulary).unwrap();
    conn.execute_batch("INSERT INTO message_index (message_index) VALUES ('integrity-check')").unwrap();
    conn.query_row("SELECT count(*) FROM temp.pieces", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn the_index_forgets_what_was_withdrawn() {
    let place = Place::new();
    let store = place.open();
    append(&store, vec![post("group:7", "a", "a secret"), post("group:7", "b", "known")]).await;
    append(&store, vec![edit("group:7", "1", "an open secret")]).await;
    append(&store, vec![delete("group:7", "1")]).await;
    assert!(store.close().await);
    // Of "known" three, and the room's.
    assert_eq!(pieces(&place.db()), 4);

    let store = place.open();
    assert_eq!(numbers::ids(&append(&store, vec![post("group:8", "c", "more")]).await), ["3"]);
    append(&store, vec![delete("group:8", "3"), delete("group:7", "2")]).await;
    assert!(store.close().await);
    assert_eq!(pieces(&place.db()), 0);
}

#[tokio::test]
async fn what_is_owed_is_still_owed_after_reopening() {
    let place = Place::new();
    let store = place.open();
    letters::owe(&store, &["one"]).await;
    append(&store, vec![post("a", "1", "x"), post("a", "2", "x"), post("b", "1", "x")]).await;
    letters::settle(&store, "one", ("a", 1), Outcome::Taken).await;
    assert!(store.close().await);
    let store = place.open();
    assert_eq!(letters::owe(&store, &["one"]).await, 0);
    assert_eq!(letters::due(&store, "one", NOON).await, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_refused_and_left_alone() {
    let strangers: [fn(&Path); 3] = [
        |path| sql(path, "CREATE TABLE cats (name TEXT)"),
        |path| sql(path, "PRAGMA application_id = 7"),
        |path| fs::write(path, "not a database at all, only a long enough text".repeat(40)).unwrap(),
    ];
    for stranger in strangers {
        let place = Place::new();
        fs::create_dir_all(place.db().parent().unwrap()).unwrap();
        stranger(&place.db());
        let before = place.bytes();
        assert!(matches!(place.refused(), StoreOpenError::Foreign { .. }));
        assert_eq!(place.bytes(), before);
    }
}

#[tokio::test]
async fn an_empty_file_becomes_ours() {
    let place = Place::new();
    fs::create_dir_all(place.db().parent().unwrap()).unwrap();
    fs::write(place.db(), "").unwrap();
    append(&place.open(), vec![post("a", "1", "x")]).await;
}

#[tokio::test]
async fn a_deleted_text_is_nowhere_on_the_disk() {
    let place = Place::new();
    let store = place.open();
    let long = "quetzalcoatl ".repeat(900);
    let filling = (0..40).map(|n| post("a", &format!("f{n}"), "filling")).collect();
    append(
        &store,
        vec![post("a", "1", "xochiquetzal"), post("a", "2", &long), edit("a", "1", "tezcatlipoca")],
    )
    .await;
    append(&store, filling).await;
    assert!(
        ["xochiquetzal", "quetzalcoatl", "tezcatlipoca"].iter().all(|text| contains(&place.bytes(), text))
    );

    append(&store, vec![delete("a", "1"), delete("a", "2")]).await;
    // Answered after the writer has emptied the write-ahead log behind the delete.
    store.durability().await.unwrap();
    let left = place.bytes();
    assert!(contains(&left, "filling"));
    for text in ["xochiquetzal", "quetzalcoatl", "tezcatlipoca"] {
        assert!(!contains(&left, text), "{text}");
    }
}

#[tokio::test]
async fn a_changed_bit_is_noticed_and_never_served() {
    let place = Place::new();
    let store = place.open();
    append(&store, vec![post("a", "1", "honest"), post("b", "1", "other")]).await;
    store.close().await;
    let mut bytes = fs::read(place.db()).unwrap();
    let at = bytes.windows(6).position(|window| window == b"honest").unwrap();
    bytes[at] ^= 1;
    fs::write(place.db(), bytes).unwrap();

    let store = place.open();
    let torn = store.find(&room("a"), &message_id("1")).await;
    assert!(matches!(torn, Err(LogError::Untrusted(_))));
    // From here on the process is expected to stop: nothing more is taken.
    assert!(matches!(store.append(vec![post("b", "2", "x")], NOON).await, Err(LogError::Untrusted(_))));
}

#[tokio::test]
async fn a_hole_in_the_numbers_is_an_error_and_no_short_page() {
    let place = Place::new();
    let store = place.open();
    append(&store, (1..=9).map(|n| post("a", &n.to_string(), "x")).collect()).await;
    store.close().await;
    sql(&place.db(), "DELETE FROM entries WHERE seq = 5");

    let store = place.open();
    let page = store.read(&room("a"), recado_actors::ports::Stretch::After(Seq(2)), 9).await;
    assert!(matches!(page, Err(LogError::Untrusted(_))));
}
