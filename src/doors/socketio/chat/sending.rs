//! Sending, editing, deleting and recalling messages.
//!
//! A `tempId` is the client's own name for a message: the same one again, for the same message, gets the first answer.

use std::borrow::Cow;
use std::rc::Rc;

use aws_lc_rs::digest::{SHA256, digest};
use recado_actors::id::{ClientId, MessageId, RoomId};
use recado_actors::message::client::{Acknowledgement, ChangeMessage, PostMessage, Words};
use recado_actors::message::room::{Change, Posted, Role};
use recado_actors::refusal::{Farewell, GroupRefusal, Refusal};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::asked::{self, Letter, Number};
use super::talk::{Desk, group_of};
use super::texts;
use super::words::{Msg, SendFailed, Sent, Yes};
use crate::doors::in_hand::Taken;
use crate::doors::socketio::engine::rider::Work;
use crate::doors::socketio::talk::Event;

impl Desk {
    /// Hands a message to the session; its answer comes when it is durable. Waits only while too many are on their way.
    pub fn send(self: Rc<Self>, letter: Letter, event: Event) -> Option<Work> {
        let most = self.door.rules.posts_in_hand;
        if self.posts.in_hand() < most {
            self.post(letter, event);
            return None;
        }
        Some(Box::pin(async move {
            self.posts.at_most(most.saturating_sub(1)).await;
            self.post(letter, event);
        }))
    }

    fn post(self: Rc<Self>, letter: Letter, event: Event) {
        let room = match group_of(letter.group) {
            Ok(group) => group.room(),
            Err(refusal) => return self.refuse(event, texts::of(&refusal, texts::SEND_FAILED)),
        };
        let temp_id = asked::temp_id(&event.args);
        let client_id = temp_id.map(|temp_id| client_id(temp_id, &letter));
        let Letter { kind, content, reply_to, file, .. } = letter;
        let reply_to = reply_to.map(MessageId::numbered);
        let words = Words { kind, attachment: file, reply_to, ..Words::text(content) };
        let (answer, answered) = oneshot::channel();
        self.guest.tell(PostMessage { room: room.clone(), words, role: Role::User, client_id, answer });
        let taken = self.posts.take(&self.guest.seat.outlet);
        actix_web::rt::spawn(async move {
            match answered.await {
                Ok(posted) => self.tell_sent(&room, posted, event, taken).await,
                // Sessions are never restarted: the client returns and asks again.
                Err(_) => taken.outlet.close(Farewell::Internal),
            }
        });
    }

    async fn tell_sent(
        &self,
        room: &RoomId,
        posted: Result<Acknowledgement, Refusal>,
        event: Event,
        taken: Taken,
    ) {
        taken.turn().await;
        let entry = match posted {
            Ok(Acknowledgement { entry, .. }) => entry,
            Err(refusal) => return self.refuse(event, texts::of(&refusal, texts::SEND_FAILED)),
        };
        let Some(message) = entry.as_deref().and_then(|entry| Msg::of(room, entry)) else {
            return self.refuse(event, texts::SEND_FAILED.into());
        };
        let sent = Sent { success: true, message: &message, temp_id: asked::temp_id(&event.args) };
        self.guest.peer.emit("message_sent", &(&sent,), &[]);
        if let Some(ack) = event.ack {
            ack.answer(&(&sent,), &[]);
        }
    }

    pub fn tell_failure(&self, temp_id: Option<&Value>, error: &str) {
        let told = SendFailed { temp_id, error, timestamp: self.now().0 };
        self.guest.peer.emit("message_error", &(told,), &[]);
    }

    pub async fn edit(&self, message: Number, content: String) -> Result<Value, Cow<'static, str>> {
        let said = |refusal: Refusal| match refusal {
            Refusal::MessageDeleted => texts::NOT_EDITABLE.into(),
            refusal => texts::of(&refusal, texts::FAILED),
        };
        self.guest.broker().check_length(&content).map_err(said)?;
        let posted = self.change(message, Change::Content(content)).await.map_err(said)?;
        let message = posted.entry.body.message().ok_or(texts::FAILED)?;
        Ok(json!({ "success": true, "message": {
            "id": message.id.number(), "content": message.content, "editedAt": message.updated_at,
            "isEdited": true, "timestamp": posted.entry.at,
        } }))
    }

    pub async fn delete(&self, message: Number) -> Result<Value, Refusal> {
        self.change(message, Change::Delete).await?;
        Ok(json!(Yes::new(texts::DELETED)))
    }

    pub async fn recall(&self, message: Number) -> Result<Value, Refusal> {
        self.change(message, Change::Recall).await?;
        Ok(json!(Yes::new(texts::RECALLED)))
    }

    /// In whatever room the message is; to who is no member there, it is as if there were none.
    async fn change(&self, message: Number, change: Change) -> Result<Posted, Refusal> {
        let (broker, id) = (self.guest.broker(), MessageId::numbered(message));
        let place = broker.ports().log.place_of(&id).await.inspect_err(|_| broker.count_failed_read())?;
        let room = place.ok_or(Refusal::UnknownMessage)?.room;
        match self.guest.ask(ChangeMessage { room, id, change }).await? {
            Err(Refusal::Group(GroupRefusal::NotAMember | GroupRefusal::Unknown)) => {
                Err(Refusal::UnknownMessage)
            }
            changed => changed,
        }
    }
}

/// Clients count milliseconds for these, so two messages may share one: what they say tells them apart.
pub(super) fn client_id(temp_id: &Value, letter: &Letter) -> ClientId {
    let Letter { kind, content, reply_to, file, .. } = letter;
    let said = json!([temp_id, kind, content, reply_to, file]).to_string();
    let hash = digest(&SHA256, said.as_bytes());
    let name: String = hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    ClientId::parse(&name).unwrap_or_else(|_| ClientId::fresh())
}
