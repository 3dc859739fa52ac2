//! Webhooks of a broker that is killed: nothing is lost, and what comes twice comes under the same id.
//!
//! The worst moment is the one after the receiver took a letter and before that is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::broker::{Broker, Launch};
use crate::client::{Answer, Client};
use crate::crowd::Crowd;
use crate::kill9::{figures::Figures, storm};
use crate::random::Dice;
use crate::receiver::{Receiver, Told};
use crate::stage::{Clock, say, seed};
use crate::transcript::read_log;

const PATIENCE: Duration = Duration::from_secs(30);

/// A broker that tells this receiver in every life.
async fn broker_telling(receiver: &Receiver) -> Broker {
    let home = tempfile::tempdir().unwrap();
    let settings = format!(
        "[backend]\nmode = \"notify\"\n[webhooks]\nurls = [\"http://{}/\"]\nretry_seconds = [1, 1, 1]\n\
         secrets = [\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"]\nallowed_networks = [\"127.0.0.1\"]\n",
        receiver.address()
    );
    std::fs::write(home.path().join("config.toml"), settings).unwrap();
    let data = home.path().to_owned();
    Broker::start_in(home, data, &Launch::Plain).await
}

#[tokio::test]
async fn killed_between_sending_and_marking_it_sends_the_same_again() {
    let mut receiver = Receiver::listens().await;
    let mut broker = broker_telling(&receiver).await;
    receiver.may_answer(false);
    let mut ann = Client::new("ann", "lobby", broker.port(), Clock::start(), 1);
    ann.open().await.unwrap();
    for _ in 0..3 {
        let answer = ann.post(10, Instant::now() + PATIENCE).await;
        assert!(matches!(answer, Answer::Sent), "{answer}");
    }
    let first = receiver.hears().await;
    broker.kill9();
    receiver.may_answer(true);
    broker.restart().await;

    assert_eq!(receiver.hears().await, first, "the same letter, byte by byte");
    assert_eq!((first.seq, receiver.hears().await.seq, receiver.hears().await.seq), (1, 2, 3));
    let ids: BTreeSet<_> = receiver.minutes.iter().map(|told| &told.id).collect();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn every_acknowledged_message_is_told_however_often_the_broker_dies() {
    let mut dice = Dice::seeded(seed());
    let mut receiver = Receiver::listens().await;
    let mut broker = broker_telling(&receiver).await;
    let crowd = Crowd::gathers(broker.port(), Clock::start(), &mut dice);
    let mut figures = Figures::default();
    storm(&mut broker, &mut dice, &mut figures).await;
    let rooms = crowd.falls_silent().await;
    broker.kill9();
    broker.restart().await;

    let mut heads = BTreeMap::new();
    for (room, _) in &rooms {
        let log = read_log(&broker, room).await;
        heads.insert(format!("chat:{room}"), log.last().map_or(0, |entry| entry.seq));
    }
    receiver.hears_up_to(&heads).await;
    let events: u64 = heads.values().sum();
    let told = receiver.minutes.len();
    say(&format!("webhooks: {events} entries, {told} requests over {} lives", figures.ready.len() + 2));
    assert!(events > 0, "a storm in which nothing was said proves nothing");
    must_be_whole(&receiver.minutes, &heads);
}

/// Every entry, each under one id of its own with one body, and first heard in the order of its room.
fn must_be_whole(minutes: &[Told], heads: &BTreeMap<String, u64>) {
    let mut by_id: BTreeMap<&str, &Told> = BTreeMap::new();
    for told in minutes {
        let first = by_id.entry(&told.id).or_insert(told);
        assert_eq!(*first, told, "one id, two letters");
    }
    let events: u64 = heads.values().sum();
    assert_eq!(u64::try_from(by_id.len()).unwrap(), events, "one id for each entry");
    for (room, head) in heads {
        let mut heard = 0;
        for told in minutes.iter().filter(|told| told.room == *room) {
            assert!(told.seq <= heard + 1, "{room}: {} came before {}", told.seq, heard + 1);
            heard = heard.max(told.seq);
        }
        assert_eq!(heard, *head, "{room}");
    }
}
