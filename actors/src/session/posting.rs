//! Posting a message: into our log, or first into the system of record.
//!
//! A retry with the same client id adds nothing, in neither.

use crate::archive::KeepAnswer;
use crate::broker::Posting;
use crate::id::{ClientId, MessageId, Seq};
use crate::message::client::{Acknowledgement, Identity};
use crate::message::room::{EntryBody, GetHead, Message, Role, Sender};
use crate::outbox::SubmitMessage;
use crate::ports::{KeyedAnswer, Submission};
use crate::refusal::Refusal;
use crate::session::commands::Errand;

impl Errand {
    pub(super) async fn post(
        self,
        content: String,
        role: Role,
        client_id: Option<ClientId>,
    ) -> Result<Acknowledgement, Refusal> {
        self.is_in_room()?;
        let limit = self.broker.settings().max_content_chars;
        if content.chars().count() > limit {
            return Err(Refusal::ContentTooLong { limit });
        }
        if role != Role::User && !self.identity.may_speak_as_agent {
            return Err(Refusal::NotAnAgent);
        }
        let backend_is_record =
            self.broker.ports().backend.is_some() && self.broker.settings().backend_is_record;
        match (backend_is_record, client_id) {
            (false, client_id) => {
                let message = self.compose(content, role)?;
                self.announce(message, client_id.unwrap_or_else(ClientId::fresh)).await
            }
            (true, None) => self.submit_and_announce(content, role).await,
            (true, Some(client_id)) => self.submit_once(content, role, &client_id).await,
        }
    }

    async fn announce(&self, message: Message, client_id: ClientId) -> Result<Acknowledgement, Refusal> {
        let posted = self.add(client_id, EntryBody::MessagePosted { message }).await?;
        let id = posted.entry.body.message().map_or_else(MessageId::fresh, |message| message.id.clone());
        Ok(Acknowledgement { id, seq: posted.entry.seq, duplicate: posted.duplicate })
    }

    /// Our log is the record: the message is as we make it.
    fn compose(&self, content: String, role: Role) -> Result<Message, Refusal> {
        if content.trim().is_empty() {
            return Err(Refusal::EmptyContent);
        }
        let Identity { user, name, email, avatar, .. } = &*self.identity;
        let sender = Sender {
            id: user.to_string(),
            name: Some(name.clone().unwrap_or_else(|| user.to_string())),
            email: email.clone(),
            avatar: avatar.clone(),
            more: serde_json::Map::new(),
        };
        let created_at = self.broker.clock().now().to_string();
        let id = MessageId::fresh();
        Ok(Message { id, content, role, sender, created_at, updated_at: None, deleted: false })
    }

    /// The backend knows nothing of client ids, so we remember what it answered to this one.
    async fn submit_once(
        &self,
        content: String,
        role: Role,
        client_id: &ClientId,
    ) -> Result<Acknowledgement, Refusal> {
        // No name holds a line break, so no two posts share a key.
        let key = format!("post\n{}\n{}\n{}", self.room(), self.identity.user, client_id.as_str());
        let _posting: Posting = self.broker.begin_posting(&key).ok_or(Refusal::Busy)?;
        let now = self.broker.clock().now();
        if let Some(known) = self.broker.ports().book.keyed_answer(key.clone(), now).await? {
            let (id, seq) = read_answer(&known).ok_or(Refusal::StoreDown)?;
            return Ok(Acknowledgement { id, seq, duplicate: true });
        }
        let posted = self.submit_and_announce(content, role).await?;
        let body = format!("{} {}", posted.seq.0, posted.id.as_str());
        let answer = KeyedAnswer { key, request: String::new(), status: 201, body, at: now };
        let wait = self.broker.settings().command_timeout;
        self.broker.archive().ask(KeepAnswer(answer), wait).await??;
        Ok(posted)
    }

    async fn submit_and_announce(&self, content: String, role: Role) -> Result<Acknowledgement, Refusal> {
        let message = self.submit(content, role).await?;
        // Known by the backend's id, so its own announcement of the same message is recognised.
        let client_id = ClientId::parse(message.id.as_str()).unwrap_or_else(|_| ClientId::fresh());
        self.announce(message, client_id).await
    }

    /// The backend is the record: the message is as it answers. Nothing is stored there that could not be told here.
    async fn submit(&self, content: String, role: Role) -> Result<Message, Refusal> {
        if self.broker.vitals().store_is_down() {
            return Err(Refusal::StoreDown);
        }
        let head = self.broker.ask_room(self.room(), || GetHead { at_least: Seq::START }).await??;
        if head.closed {
            return Err(Refusal::RoomClosed);
        }
        let submission =
            Submission { room: self.room().clone(), user: self.identity.user.clone(), content, role };
        let wait = self.broker.settings().command_timeout;
        let accepted = self.broker.outbox().ask(SubmitMessage(submission), wait).await??;
        Ok(Message {
            id: accepted.id,
            content: accepted.content,
            role: accepted.role,
            sender: accepted.sender,
            created_at: accepted.created_at,
            updated_at: None,
            deleted: false,
        })
    }
}

/// `<seq> <message id>`
fn read_answer(answer: &KeyedAnswer) -> Option<(MessageId, Seq)> {
    let (seq, id) = answer.body.split_once(' ')?;
    Some((MessageId::parse(id).ok()?, Seq(seq.parse().ok()?)))
}
