//! A store that cannot write: nothing is acknowledged, nobody is thrown out, and it mends by itself.

pub mod squeeze;

use std::time::Duration;

use tempfile::TempDir;
use tokio::time::Instant;

use crate::broker::{Broker, Launch};
use crate::client::{Answer, Client};
use crate::stage::{Clock, run, skip};
use crate::verdict::{history_of, must_be_clean};
use squeeze::{FileLimit, SmallDisk, Squeeze};

const ROOM: &str = "cellar";
const CONTENT_BYTES: usize = 2000;
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_full_disk_refuses_and_recovers() {
    let home = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&home.path().join("small")) else {
        return skip("a small disk cannot be mounted here");
    };
    let broker = Broker::start_in(home, disk.path().to_owned(), &Launch::Plain).await;
    a_store_that_cannot_write_refuses_and_recovers(broker, disk).await;
}

#[tokio::test]
async fn a_file_size_limit_refuses_and_recovers() {
    if !run("prlimit", &["--version"]) {
        return skip("prlimit is not installed");
    }
    let home = TempDir::new().unwrap();
    let data = home.path().to_owned();
    let broker = Broker::start_in(home, data, &Launch::DeafToFileLimit).await;
    let limit = FileLimit::of(broker.pid());
    a_store_that_cannot_write_refuses_and_recovers(broker, limit).await;
}

async fn a_store_that_cannot_write_refuses_and_recovers(mut broker: Broker, mut squeeze: impl Squeeze) {
    let clock = Clock::start();
    let mut ann = Client::new("ann", ROOM, broker.port(), clock, 1);
    let mut bob = Client::new("bob", ROOM, broker.port(), clock, 2);
    ann.open().await.unwrap();
    bob.open().await.unwrap();
    posts(&mut ann, 20).await;

    squeeze.tighten();
    is_refused_in_the_end(&mut ann).await;
    bob.compose(CONTENT_BYTES);
    for _ in 0..5 {
        must_be_refused(ann.offer().await);
        must_be_refused(bob.offer().await);
    }
    broker.answers_ready_with(503, PATIENCE).await;
    bob.is_answered(PATIENCE).await;

    squeeze.loosen();
    let mended = Instant::now() + PATIENCE;
    is_accepted_before(&mut ann, mended).await;
    is_accepted_before(&mut bob, mended).await;
    broker.answers_ready_with(200, PATIENCE).await;
    posts(&mut ann, 20).await;
    broker.kill9();
    must_be_whole(&broker);
    broker.restart().await;
    must_be_clean(&history_of(&broker, ROOM, vec![ann, bob]).await);
}

async fn posts(client: &mut Client, count: usize) {
    for _ in 0..count {
        let answer = client.post(CONTENT_BYTES, Instant::now() + PATIENCE).await;
        assert!(matches!(answer, Answer::Sent), "{answer}");
    }
}

/// Some space may be left in files that were there before; it is soon used up.
async fn is_refused_in_the_end(client: &mut Client) {
    for _ in 0..5000 {
        client.compose(CONTENT_BYTES);
        match client.offer().await {
            Answer::Sent => {}
            answer => return must_be_refused(answer),
        }
    }
    panic!("the store still writes");
}

fn must_be_refused(answer: Answer) {
    match answer {
        Answer::Refused { retry: true, .. } => {}
        other => panic!("a store that cannot write must refuse with retry, not {other}"),
    }
}

async fn is_accepted_before(client: &mut Client, deadline: Instant) {
    for failures in 0.. {
        match client.offer().await {
            Answer::Sent => return,
            answer => assert!(Instant::now() < deadline, "there is space again, yet {answer}"),
        }
        client.back_off(failures).await;
    }
}

fn must_be_whole(broker: &Broker) {
    let database = rusqlite::Connection::open(broker.database()).unwrap();
    let verdict: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}
