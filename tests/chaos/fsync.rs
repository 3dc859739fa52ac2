//! A disk that fails to sync. What it says afterwards cannot be believed, so the process must end.
//!
//! The kernel may drop the pages that it could not write and let the next sync succeed.

use std::time::Duration;

use tokio::time::Instant;

use crate::broker::{Broker, Launch};
use crate::client::{Answer, Client};
use crate::stage::{Clock, run, skip};
use crate::verdict::{history_of, must_be_clean};

const ROOM: &str = "attic";
const EXIT_WITHIN: Duration = Duration::from_secs(20);

/// Late enough for the start and some messages to get through.
const FIRST_FAILURE: u32 = 60;

#[tokio::test]
async fn a_failed_fsync_stops_the_process() {
    if !run("strace", &["-V"]) {
        return skip("strace is not installed");
    }
    if !run("strace", &["-D", "-f", "-o", "/dev/null", "true"]) {
        return skip("strace may not trace here");
    }
    let home = tempfile::tempdir().unwrap();
    let (data, calls) = (home.path().to_owned(), home.path().join("syncs"));
    let launch = Launch::FailingSync { from: FIRST_FAILURE, calls: calls.clone() };
    let mut broker = Broker::start_in(home, data, &launch).await;
    let mut ann = Client::new("ann", ROOM, broker.port(), Clock::start(), 1);
    ann.open().await.unwrap();

    let acked = posts_until_it_is_not_answered(&mut ann).await;
    let status = broker.exits_within(EXIT_WITHIN).await;
    assert!(!status.success(), "it must not end as if all were well: {status}");
    assert!(acked > 0, "the first sync failed before anything was acknowledged");
    let calls = std::fs::read_to_string(calls).unwrap();
    assert!(calls.contains("INJECTED"), "no sync was failed");

    broker.restart().await;
    let answer = ann.see_through(Instant::now() + EXIT_WITHIN).await;
    assert!(matches!(answer, Answer::Sent), "{answer}");
    must_be_clean(&history_of(&broker, ROOM, vec![ann]).await);
}

/// Posts until something else than `sent` comes, which is the failed sync; how many were acknowledged.
async fn posts_until_it_is_not_answered(client: &mut Client) -> usize {
    for acked in 0..2000 {
        client.compose(40);
        match client.offer().await {
            Answer::Sent => {}
            Answer::Refused { retry: false, frame } => panic!("nobody knows what became of it, yet: {frame}"),
            Answer::Refused { .. } | Answer::Silence(_) => return acked,
        }
    }
    panic!("2,000 messages were acknowledged though every sync fails");
}
