//! Rooms with people in them: two who post as fast as they are answered, and one who listens.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::client::{Answer, Client};
use crate::random::Dice;
use crate::stage::Clock;

const ROOMS: usize = 4;
const POSTERS: usize = 2;
const CONTENT_BYTES: usize = 40;

/// Longer than any outage of the storm: who is not answered by then has found a fault.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Crowd {
    over: watch::Sender<bool>,
    people: JoinSet<(usize, Client)>,
}

impl Crowd {
    pub fn gathers(port: u16, clock: Clock, dice: &mut Dice) -> Self {
        let (over, _) = watch::channel(false);
        let mut people = JoinSet::new();
        for room in 0..ROOMS {
            let mut person = |name: &str| Client::new(name, &room_name(room), port, clock, dice.throw());
            for poster in 0..POSTERS {
                let (client, over) = (person(&format!("poster{poster}")), over.subscribe());
                people.spawn(async move { (room, posts(client, over).await) });
            }
            let (mut client, over) = (person("listener"), over.subscribe());
            people.spawn(async move {
                client.listen(over).await;
                (room, client)
            });
        }
        Self { over, people }
    }

    /// Everybody finishes the message in hand; then nothing is in flight.
    pub async fn falls_silent(mut self) -> Vec<(String, Vec<Client>)> {
        self.over.send(true).unwrap();
        let mut rooms: Vec<_> = (0..ROOMS).map(|room| (room_name(room), Vec::new())).collect();
        while let Some(person) = self.people.join_next().await {
            let (room, client) = person.unwrap();
            rooms[room].1.push(client);
        }
        rooms
    }
}

async fn posts(mut client: Client, over: watch::Receiver<bool>) -> Client {
    while !*over.borrow() {
        let answer = client.post(CONTENT_BYTES, Instant::now() + PATIENCE).await;
        assert!(matches!(answer, Answer::Sent), "{} got {answer}", client.name());
    }
    client
}

fn room_name(room: usize) -> String {
    format!("room{room}")
}
