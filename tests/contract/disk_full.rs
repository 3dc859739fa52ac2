//! A disk without space, played by a limit on the size of files.
//!
//! The story runs in a process of its own, for the limit holds for the whole process.

use std::process::Command;

use recado::store::sqlite::SqliteStore;
use recado_actors::ports::{Log, LogError};

use crate::people::{NOON, all, append, numbers, post, within};

const CHILD: &str = "RECADO_TEST_FILE_LIMIT";

fn limit_files(soft: &str) {
    let pid = std::process::id().to_string();
    let status = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={soft}:")]).status();
    assert!(status.unwrap().success());
}

#[test]
fn a_full_disk_refuses_loses_nothing_and_recovers() {
    let story = "disk_full::the_story_of_a_full_disk";
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", story, "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn the_story_of_a_full_disk() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    within(story()).await;
}

async fn story() {
    // Without a handler the signal that comes with the refused write ends the process.
    let _handled = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(25)).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("recado.db"), 1).unwrap();
    limit_files("600000");

    let kept = fill(&store).await;
    let whole: Vec<u64> = (1..=kept).collect();
    assert_eq!(numbers(&all(&store, "a").await), whole);

    limit_files("unlimited");
    assert_eq!(store.probe().await, Ok(()));
    let first = append(&store, vec![post("a", "after", "space again")]).await;
    assert_eq!(first[0].entry.seq.0, kept + 1);
    assert!(store.close().await);
}

/// Posts until neither an append nor a probe finds space; how many entries were acknowledged.
async fn fill(store: &SqliteStore) -> u64 {
    let filler = "x".repeat(4000);
    let mut kept = 0;
    for attempt in 0..2000 {
        let batch = (0..3).map(|n| post("a", &format!("{attempt}-{n}"), &filler)).collect();
        let appended = store.append(batch, NOON).await.inspect(|_| kept += 3);
        // Moving the write-ahead log into the file makes space, until the file is at the limit too.
        let probed = store.probe().await;
        if let (Err(append), Err(probe)) = (appended, probed) {
            assert!(matches!(append, LogError::Full(_)), "{append}");
            assert!(matches!(probe, LogError::Full(_)), "{probe}");
            return kept;
        }
    }
    unreachable!("the limit is never reached")
}
