//! Asking rooms and shards, whichever life they are in.
//!
//! Every question ends within the command time-out, also while what was asked is born again.

use std::collections::BTreeMap;

use actix::dev::ToEnvelope;
use actix::{Context, Handler, Message};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::broker::{AGAIN, Broker, TRIES};
use crate::dialect::Announcement;
use crate::id::RoomId;
use crate::message::room::{AddEntry, NewEntry, Posted, RoomEvent};
use crate::refusal::Refusal;
use crate::room::Room;
use crate::shard::{CountSessions, EndSessions, TellEveryone};
use crate::supervisor::ask;

impl Broker {
    /// Asks a room, opening it if need be. One that was just ending is asked again in its next life.
    pub async fn ask_room<M>(&self, id: &RoomId, question: impl Fn() -> M) -> Result<M::Result, Refusal>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Room: Handler<M>,
        Context<Room>: ToEnvelope<Room, M>,
    {
        let wait = self.0.settings.command_timeout;
        until_not_ending(async || ask(&self.0.rooms.open(id, self), question(), wait).await).await
    }

    /// Has a room add an entry, opening it if need be; answered when that is durable.
    pub async fn add_entry(&self, id: &RoomId, entry: &NewEntry) -> Result<Posted, Refusal> {
        until_not_ending(async || self.add_entry_once(id, entry.clone()).await).await
    }

    /// The same in whichever life the room is now; one that ends meanwhile is `Restarting`.
    pub(crate) async fn add_entry_once(&self, id: &RoomId, entry: NewEntry) -> Result<Posted, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.0.rooms.open(id, self).do_send(AddEntry { entry, answer });
        match timeout(self.0.settings.command_timeout, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Refusal::Restarting),
            Err(_) => Err(Refusal::TimedOut),
        }
    }

    /// Ends live sessions; how many.
    pub async fn end_sessions(&self, end: EndSessions) -> usize {
        let wait = self.0.settings.command_timeout;
        let mut ended: usize = 0;
        for shard in self.shards() {
            let mut answer = shard.ask(end.clone(), wait).await;
            // A shard that died with this in hand has its sockets still.
            for _ in 0..TRIES {
                if answer.is_ok() || self.shards().is_empty() {
                    break;
                }
                tokio::time::sleep(AGAIN).await;
                answer = shard.ask(end.clone(), wait).await;
            }
            ended = ended.saturating_add(answer.unwrap_or(0));
        }
        ended
    }

    /// How many sessions each room has on this node, the fullest first.
    pub async fn count_sessions(&self, count: CountSessions) -> Vec<(RoomId, usize)> {
        let wait = self.0.settings.command_timeout;
        let mut rooms: BTreeMap<RoomId, usize> = BTreeMap::new();
        for shard in self.shards() {
            for (room, sessions) in shard.ask(count.clone(), wait).await.unwrap_or_default() {
                *rooms.entry(room).or_default() += sessions;
            }
        }
        let mut fullest: Vec<_> = rooms.into_iter().collect();
        fullest.sort_by_key(|(_, sessions)| std::cmp::Reverse(*sessions));
        fullest.truncate(count.most);
        fullest
    }

    /// Tells every session on this node.
    pub fn tell_everyone(&self, event: RoomEvent) {
        let announcement = Announcement::new(event, None, &self.0.dialects);
        for shard in self.shards() {
            shard.tell(TellEveryone(announcement.clone()));
        }
    }
}

/// Tries again while a room is just ending, in its next life.
async fn until_not_ending<T>(attempt: impl AsyncFn() -> Result<T, Refusal>) -> Result<T, Refusal> {
    let mut answer = attempt().await;
    for pause in [AGAIN, AGAIN * 5, AGAIN * 25] {
        if !matches!(answer, Err(Refusal::Restarting)) {
            break;
        }
        tokio::time::sleep(pause).await;
        answer = attempt().await;
    }
    answer
}
