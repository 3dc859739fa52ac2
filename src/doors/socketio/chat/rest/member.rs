//! A caller in one of their groups: its messages as they see them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::future::join_all;
use recado_actors::id::{MessageId, RoomId, UserId};
use recado_actors::message::receipt::ListReceipts;
use recado_actors::message::room::{Entry, Standing};
use recado_actors::ports::Log;
use recado_actors::ports::people::User;
use serde_json::{Value, json};

use super::answer::Failure;
use super::caller::Caller;
use super::views::MessageView;
use crate::doors::socketio::chat::texts;
use crate::doors::socketio::chat::words::Msg;

pub struct Member<'a> {
    pub caller: &'a Caller,
    pub standing: Standing,
    pub room: RoomId,
}

impl Caller {
    /// Only into a group they are in.
    pub async fn enters(&self, group: &str) -> Result<Member<'_>, Failure> {
        let standing = self.standing(group).await?;
        Ok(Member { caller: self, room: standing.group.id.room(), standing })
    }
}

impl Member<'_> {
    pub fn log(&self) -> &dyn Log {
        &*self.caller.door.broker.ports().log
    }

    /// Where its messages are.
    pub fn messages(&self) -> String {
        format!("/api/chat/groups/{}/messages", self.standing.group.id)
    }

    pub async fn views(&self, entries: &[Arc<Entry>]) -> Result<Vec<Value>, Failure> {
        let Self { caller, standing, room } = self;
        let broker = &caller.door.broker;
        let wait = broker.settings().command_timeout;
        let receipts = broker.receipts().ask(ListReceipts { room: room.clone() }, wait).await??;
        let who = (&caller.identity.user, standing.role);
        let senders = self.senders(entries).await?;
        let views = entries.iter().filter_map(|entry| {
            let known = entry.by.as_ref().and_then(|by| senders.get(by));
            MessageView::of(Msg::of(room, entry)?, entry, who, &receipts, known)
        });
        let views = join_all(views.map(async |view| self.with_reply(view).await)).await;
        views.into_iter().collect()
    }

    /// Those who wrote these and whom the directory knows.
    async fn senders(&self, entries: &[Arc<Entry>]) -> Result<HashMap<UserId, User>, Failure> {
        let people = &self.caller.door.broker.ports().people;
        let written: HashSet<&UserId> = entries.iter().filter_map(|entry| entry.by.as_ref()).collect();
        let known = join_all(written.into_iter().map(|user| people.user(user))).await;
        let known = known.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(known.into_iter().flatten().map(|user| (user.id.clone(), user)).collect())
    }

    /// What it answers, as that stands now.
    async fn with_reply(&self, mut view: MessageView<'_>) -> Result<Value, Failure> {
        if let Some(id) = view.message.reply_to_id {
            let found = self.log().find(&self.room, &MessageId::numbered(id)).await?;
            let answered = found.as_deref().and_then(|entry| Msg::of(&self.room, entry));
            view.reply_to = answered.map(|answered| json!(answered));
        }
        serde_json::to_value(view).map_err(|_| Failure::refused(texts::FAILED))
    }
}
