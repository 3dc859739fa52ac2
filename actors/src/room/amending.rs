//! Edits and deletions: a message as it stands today, changed, as a new entry.

use std::sync::Arc;

use actix::{ActorFutureExt, Handler, WrapFuture};
use tokio::time::Instant;

use crate::archive::Origin;
use crate::message::room::{AmendMessage, Entry, EntryBody, NewEntry, Posted};
use crate::refusal::Refusal;
use crate::room::Room;

impl Handler<AmendMessage> for Room {
    type Result = actix::ResponseActFuture<Self, Result<Posted, Refusal>>;

    fn handle(&mut self, amend: AmendMessage, _: &mut Self::Context) -> Self::Result {
        self.last_used = Instant::now();
        // One at a time, or an edit that began before a deletion could bring the content back.
        if !self.amending.insert(amend.id.clone()) {
            return Box::pin(async { Err(Refusal::Busy) }.into_actor(self));
        }
        let (id, found) = (amend.id.clone(), self.broker.ports().log.find(&self.id, &amend.id));
        let answer = found.into_actor(self).then(|found, room, _| {
            let appended = amended(amend, found.map_err(Refusal::from))
                .map(|entry| room.append_and_hear(entry, Origin::Here));
            async move { appended?.await }.into_actor(room)
        });
        Box::pin(answer.map(move |answer, room, _| {
            room.amending.remove(&id);
            answer
        }))
    }
}

/// The entry that changes a message as it stands today.
fn amended(amend: AmendMessage, found: Result<Option<Arc<Entry>>, Refusal>) -> Result<NewEntry, Refusal> {
    let AmendMessage { content, by, client_id, at, .. } = amend;
    let entry = found?.ok_or(Refusal::UnknownMessage)?;
    let mut message = entry.body.message().cloned().ok_or(Refusal::UnknownMessage)?;
    if message.deleted {
        return Err(Refusal::MessageDeleted);
    }
    message.updated_at = Some(at);
    let body = match content {
        Some(content) => {
            message.content = content;
            EntryBody::MessageEdited { message }
        }
        None => {
            message.content.clear();
            message.deleted = true;
            EntryBody::MessageDeleted { message }
        }
    };
    Ok(NewEntry { by, client_id, body })
}
