//! What is left after the process or the machine stops at any moment.
//!
//! Every acknowledged entry is there, and the file is sound.

use std::fs;
use std::path::{Path, PathBuf};

use recado::store::sqlite::SqliteStore;
use recado_actors::ports::Book;

use crate::book::ban;
use crate::people::{all, append, numbers, post};

/// How far the log was acknowledged, and the bytes that were on the disk by then.
struct Acknowledged {
    entries: usize,
    wal: usize,
}

fn image(db: &[u8], wal: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("recado.db");
    fs::write(&path, db).unwrap();
    fs::write(directory.path().join("recado.db-wal"), wal).unwrap();
    (directory, path)
}

async fn holds_at_least(path: &Path, acknowledged: usize, written: usize) {
    let store = SqliteStore::open(path, 1).unwrap();
    let found = numbers(&all(&store, "a").await);
    let whole: Vec<u64> = (1..).take(found.len()).collect();
    assert_eq!(found, whole);
    assert!(
        (acknowledged..=written).contains(&found.len()),
        "{acknowledged} <= {} <= {written}",
        found.len()
    );
    append(&store, vec![post("a", "after the crash", "x")]).await;
    assert!(store.close().await);
    let conn = rusqlite::Connection::open(path).unwrap();
    let verdict: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}

#[tokio::test]
async fn cut_anywhere_the_write_ahead_log_keeps_what_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("recado.db");
    let wal = directory.path().join("recado.db-wal");
    let store = SqliteStore::open(&path, 1).unwrap();
    let mut acknowledged = Vec::new();
    let mut entries = 0;
    for batch in 0..20 {
        let drafts: Vec<_> =
            (0..batch % 5 + 1).map(|n| post("a", &format!("{batch}-{n}"), "some text")).collect();
        entries += append(&store, drafts).await.len();
        acknowledged.push(Acknowledged { entries, wal: fs::read(&wal).unwrap().len() });
    }
    let (db, wal) = (fs::read(&path).unwrap(), fs::read(&wal).unwrap());

    // An odd step, so that cuts fall into headers, into pages and between them.
    for cut in (0..=wal.len()).rev().step_by(6_151) {
        let by_then = acknowledged.iter().rfind(|point| point.wal <= cut).map_or(0, |point| point.entries);
        // What lies behind the cut never reached the disk, or only as noise.
        let noise = vec![0xa5; (wal.len() - cut).min(5000)];
        let (_kept, copy) = image(&db, &[&wal[..cut], &noise[..]].concat());
        holds_at_least(&copy, by_then, entries).await;
    }
}

#[tokio::test]
async fn stopped_between_commits_and_checkpoints_all_that_was_acknowledged_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("recado.db");
    let store = SqliteStore::open(&path, 1).unwrap();
    let mut entries = 0;
    // Enough to be moved into the file several times on the way.
    for round in 0..24 {
        let drafts = (0..97).map(|n| post("a", &format!("{round}-{n}"), "some text")).collect();
        entries += append(&store, drafts).await.len();
        // Changes nothing, but is answered after whatever the append left to be done.
        store.lift_ban(ban(Some("nobody"), None, None, None)).await.unwrap();
        let wal = fs::read(directory.path().join("recado.db-wal")).unwrap();
        let (_kept, copy) = image(&fs::read(&path).unwrap(), &wal);
        holds_at_least(&copy, entries, entries).await;
    }
    assert!(store.close().await);
}
