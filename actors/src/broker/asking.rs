//! Asking rooms and shards, whichever life they are in.
//!
//! Every question ends within the command time-out, also while what was asked is born again.

use std::collections::BTreeMap;

use actix::dev::ToEnvelope;
use actix::{Context, Handler, Message};

use crate::broker::{AGAIN, Broker, TRIES};
use crate::dialect::Announcement;
use crate::id::RoomId;
use crate::message::room::RoomEvent;
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
        let mut answer = self.ask_room_once(id, question()).await;
        for pause in [AGAIN, AGAIN * 5, AGAIN * 25] {
            if !matches!(answer, Err(Refusal::Restarting)) {
                break;
            }
            tokio::time::sleep(pause).await;
            answer = self.ask_room_once(id, question()).await;
        }
        answer
    }

    /// Asks a room in whichever life it is now; one that ends meanwhile is `Restarting`.
    pub(crate) async fn ask_room_once<M>(&self, id: &RoomId, question: M) -> Result<M::Result, Refusal>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Room: Handler<M>,
        Context<Room>: ToEnvelope<Room, M>,
    {
        ask(&self.0.rooms.open(id, self), question, self.0.settings.command_timeout).await
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
        let announcement = Announcement::new(event, &self.0.dialects);
        for shard in self.shards() {
            shard.tell(TellEveryone(announcement.clone()));
        }
    }
}
