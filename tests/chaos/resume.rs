//! A client that cannot be given exactly what it missed is told so.

use std::time::Duration;

use tokio::time::Instant;

use crate::broker::Broker;
use crate::client::{Answer, Client};
use crate::stage::Clock;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_client_from_another_epoch_is_told_to_start_afresh() {
    let broker = Broker::start().await;
    let clock = Clock::start();
    let mut ann = Client::new("ann", "lobby", broker.port(), clock, 1);
    ann.open().await.unwrap();
    for _ in 0..3 {
        let answer = ann.post(10, Instant::now() + PATIENCE).await;
        assert!(matches!(answer, Answer::Sent), "{answer}");
    }

    let mut bob = Client::new("bob", "lobby", broker.port(), clock, 2);
    bob.claim_to_be_at("an epoch that never was", 2);
    bob.open().await.unwrap();
    let reset = bob.hear_kind("reset", PATIENCE).await.unwrap();

    assert_eq!(reset["data"]["seq"], 3);
    assert_eq!(bob.seq(), 3);
    assert!(bob.reader.deliveries.is_empty(), "nothing partial may be shown: {:?}", bob.reader.deliveries);
}
