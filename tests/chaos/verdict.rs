//! The end of every story: the log is read, everybody catches up, and the checker speaks.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::broker::Broker;
use crate::checker::judge;
use crate::client::Client;
use crate::history::RoomHistory;
use crate::transcript::read_log;

const CATCH_UP_WITHIN: Duration = Duration::from_secs(30);

/// Lets these clients of one room catch up to the head and returns all that is known about it.
pub async fn history_of(broker: &Broker, room: &str, clients: Vec<Client>) -> RoomHistory {
    let log = read_log(broker, room).await;
    let head = log.last().map_or(0, |entry| entry.seq);
    let mut history = RoomHistory { room: room.into(), log, ..RoomHistory::default() };
    let mut catching_up = JoinSet::new();
    for mut client in clients {
        catching_up.spawn(async move {
            client.catch_up(head, CATCH_UP_WITHIN).await;
            client
        });
    }
    while let Some(client) = catching_up.join_next().await {
        client.unwrap().testify(&mut history);
    }
    history
}

/// Fails on the first broken promise; else the number of raw duplicates.
pub fn must_be_clean(history: &RoomHistory) -> u64 {
    let judgement = judge(history);
    let first: Vec<String> =
        judgement.verdicts.iter().take(20).map(|verdict| format!("{verdict:?}")).collect();
    let (room, count) = (&history.room, judgement.verdicts.len());
    assert!(first.is_empty(), "{count} broken promises in {room}, among them:\n{}", first.join("\n"));
    judgement.raw_duplicates
}
