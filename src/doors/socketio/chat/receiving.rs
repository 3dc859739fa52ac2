//! Delivered and read: clients name messages, the broker keeps how far each user got.
//!
//! Whatever cannot be marked is ignored without a word, as in the original: another's messages, or none.

use std::collections::BTreeMap;

use recado_actors::id::{MessageId, RoomId, Seq};
use recado_actors::message::client::{ClientCommand, InRoom};

use super::asked::Number;
use super::talk::Desk;

impl Desk {
    pub async fn delivered(&self, messages: Vec<Number>) -> Option<serde_json::Value> {
        self.mark(messages, |seq| ClientCommand::MarkDelivered { seq }).await;
        None
    }

    pub async fn read(&self, messages: Vec<Number>) -> Option<serde_json::Value> {
        self.mark(messages, |seq| ClientCommand::MarkRead { seq }).await;
        None
    }

    async fn mark(&self, messages: Vec<Number>, command: impl Fn(Seq) -> ClientCommand) {
        for (room, seq) in self.farthest(messages).await {
            let marked = self.guest.ask(InRoom { room, command: command(seq) }).await;
            if let Err(refusal) | Ok(Err(refusal)) = marked {
                log::debug!("a receipt was not taken: {refusal}");
            }
        }
    }

    /// The newest of these messages in each room. Numbers grow with time, so the first that is found in a room is it.
    async fn farthest(&self, mut messages: Vec<Number>) -> BTreeMap<RoomId, Seq> {
        messages.sort_unstable_by_key(|number| std::cmp::Reverse(*number));
        messages.dedup();
        let mut farthest = BTreeMap::new();
        let broker = self.guest.broker();
        for number in messages {
            match broker.ports().log.place_of(&MessageId::numbered(number)).await {
                Ok(Some(place)) => _ = farthest.entry(place.room).or_insert(place.seq),
                Ok(None) => {}
                Err(error) => {
                    log::warn!("where a message is cannot be read: {error}");
                    broker.count_failed_read();
                }
            }
        }
        farthest
    }
}
