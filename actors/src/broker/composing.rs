//! What is to be said becomes a message, if it may be said at all.

use crate::broker::Broker;
use crate::id::{MessageId, RoomId};
use crate::message::client::{Identity, Words};
use crate::message::room::{EntryBody, Message, MessageKind, Role, Sender};
use crate::refusal::{GroupRefusal, Refusal};

impl Broker {
    /// Whatever of it is shown as text.
    pub fn check_words(&self, words: &Words) -> Result<(), Refusal> {
        self.check_length(&words.content)?;
        let name = words.byline.as_ref().and_then(|byline| byline.name.as_deref());
        name.map_or(Ok(()), |name| self.check_length(name))
    }

    pub fn check_length(&self, content: &str) -> Result<(), Refusal> {
        let limit = self.settings().max_content_chars;
        if content.chars().count() > limit { Err(Refusal::ContentTooLong { limit }) } else { Ok(()) }
    }

    /// In this client's name, as of now. Where our log is the record, the message is as it is made here.
    pub fn compose(&self, identity: &Identity, words: Words, role: Role) -> Result<Message, Refusal> {
        let Words { content, kind, attachment, reply_to, byline } = words;
        self.check_length(&content)?;
        if content.trim().is_empty() && (kind == MessageKind::Text || attachment.is_none()) {
            return Err(Refusal::EmptyContent);
        }
        let Identity { user, name, email, avatar, .. } = identity;
        let mut sender = Sender {
            id: user.to_string(),
            name: Some(name.as_deref().unwrap_or(user.as_str()).to_owned()),
            email: email.clone(),
            avatar: avatar.as_deref().map(str::to_owned),
            more: serde_json::Map::new(),
        };
        if let Some(byline) = byline {
            byline.sign(&mut sender);
        }
        let created_at = self.clock().now().to_string();
        let text = Message::text(MessageId::fresh(), content, role, sender, created_at);
        Ok(Message { kind, attachment, reply_to, ..text })
    }

    /// Can this message be answered in this room?
    pub async fn check_reply(&self, room: &RoomId, id: &MessageId) -> Result<(), Refusal> {
        let log = &self.ports().log;
        let found = log.find(room, id).await.inspect_err(|_| self.count_failed_read())?;
        match found.as_ref().map(|entry| &entry.body) {
            Some(EntryBody::MessageDeleted { .. }) => Err(Refusal::Group(GroupRefusal::ReplyDeleted)),
            Some(_) => Ok(()),
            None => match log.place_of(id).await.inspect_err(|_| self.count_failed_read())? {
                Some(_) => Err(Refusal::Group(GroupRefusal::ReplyElsewhere)),
                None => Err(Refusal::Group(GroupRefusal::UnknownReply)),
            },
        }
    }

    /// The store did not show what it was asked for.
    pub fn count_failed_read(&self) {
        self.vitals().counts.store_errors.count("read");
    }
}
