//! Rooms in which one posts at a human pace and the others listen, all of them through every deploy.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::client::{Answer, Client};
use crate::random::Dice;
use crate::stage::Clock;

const LISTENERS: usize = 19;
const CONTENT_BYTES: usize = 40;
/// Longer than a deploy with all that is asked of a client meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);
/// About four posts a second: the pause is the one of a client's fifth failure.
const PACE: u32 = 5;

pub struct Audience {
    rooms: usize,
    over: watch::Sender<bool>,
    people: JoinSet<(usize, Client)>,
}

impl Audience {
    pub fn gathers(port: u16, rooms: usize, clock: Clock, dice: &mut Dice) -> Self {
        let (over, _) = watch::channel(false);
        let mut people = JoinSet::new();
        for room in 0..rooms {
            let mut person = |name: &str| Client::new(name, &name_of(room), port, clock, dice.throw());
            let (poster, until) = (person("poster"), over.subscribe());
            people.spawn(async move { (room, posts(poster, until).await) });
            for listener in 0..LISTENERS {
                let (mut client, until) = (person(&format!("listener{listener}")), over.subscribe());
                people.spawn(async move {
                    client.listen(until).await;
                    (room, client)
                });
            }
        }
        Self { rooms, over, people }
    }

    pub fn size(&self) -> usize {
        self.rooms * (1 + LISTENERS)
    }

    /// Everybody finishes the message in hand; then nothing is in flight.
    pub async fn falls_silent(mut self) -> Vec<(String, Vec<Client>)> {
        self.over.send(true).unwrap();
        let mut rooms: Vec<_> = (0..self.rooms).map(|room| (name_of(room), Vec::new())).collect();
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
        client.back_off(PACE).await;
    }
    client
}

fn name_of(room: usize) -> String {
    format!("room{room}")
}
