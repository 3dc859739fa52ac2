//! Posting a message: into our log, or first into the system of record.
//!
//! A retry with the same client id adds nothing, in neither.

use crate::archive::KeepAnswer;
use crate::broker::Posting;
use crate::id::{ClientId, MessageId, Seq};
use crate::message::client::{Acknowledgement, Right, Words};
use crate::message::room::{EntryBody, GetHead, Message, Posted, Role};
use crate::outbox::SubmitMessage;
use crate::ports::{Accepted, KeyedAnswer, Submission};
use crate::refusal::Refusal;
use crate::session::commands::Errand;

impl Errand {
    pub(super) async fn post(
        self,
        words: Words,
        role: Role,
        client_id: Option<ClientId>,
    ) -> Result<Acknowledgement, Refusal> {
        self.may_try()?;
        self.broker.check_words(&words)?;
        if role != Role::User && !self.identity.may_speak_as_agent {
            return Err(Refusal::NotAnAgent);
        }
        // What is said in groups, the backend is not asked about.
        let backend_is_record = self.broker.ports().backend.is_some()
            && self.broker.settings().backend_is_record
            && self.identity.right == Right::Granted;
        match (backend_is_record, client_id) {
            (false, client_id) => {
                let message = self.broker.compose(&self.identity, words, role)?;
                self.see_to_reply(&message).await?;
                self.announce(message, client_id.unwrap_or_else(ClientId::fresh)).await
            }
            (true, None) => self.submit_and_announce(words, role).await,
            (true, Some(client_id)) => self.submit_once(words, role, &client_id).await,
        }
    }

    /// What it answers must be there. While that is looked up, none of this session's later posts overtakes it.
    async fn see_to_reply(&self, message: &Message) -> Result<(), Refusal> {
        let Some(id) = &message.reply_to else { return Ok(()) };
        let _held = self.posts.clone().hold().await;
        self.broker.check_reply(self.room(), id).await
    }

    async fn announce(&self, message: Message, client_id: ClientId) -> Result<Acknowledgement, Refusal> {
        let posted = self.add(client_id, EntryBody::MessagePosted { message }).await?;
        let Posted { entry, duplicate, .. } = posted;
        let id = entry.body.message().map_or_else(MessageId::fresh, |message| message.id.clone());
        Ok(Acknowledgement { id, seq: entry.seq, duplicate, entry: Some(entry) })
    }

    /// The backend knows nothing of client ids, so we remember what it answered to this one.
    async fn submit_once(
        &self,
        words: Words,
        role: Role,
        client_id: &ClientId,
    ) -> Result<Acknowledgement, Refusal> {
        // No name holds a line break, so no two posts share a key.
        let key = format!("post\n{}\n{}\n{}", self.room(), self.identity.user, client_id.as_str());
        let _posting: Posting = self.broker.begin_posting(&key).ok_or(Refusal::Busy)?;
        let now = self.broker.clock().now();
        if let Some(known) = self.broker.ports().book.keyed_answer(key.clone(), now).await? {
            let (id, seq) = read_answer(&known).ok_or(Refusal::StoreDown)?;
            return Ok(Acknowledgement { id, seq, duplicate: true, entry: None });
        }
        let posted = self.submit_and_announce(words, role).await?;
        let body = format!("{} {}", posted.seq.0, posted.id.as_str());
        let answer = KeyedAnswer { key, request: String::new(), status: 201, body, at: now };
        let wait = self.broker.settings().command_timeout;
        self.broker.archive().ask(KeepAnswer(answer), wait).await??;
        Ok(posted)
    }

    async fn submit_and_announce(&self, words: Words, role: Role) -> Result<Acknowledgement, Refusal> {
        let mut message = self.submit(words.content, role).await?;
        if let Some(byline) = words.byline {
            byline.sign(&mut message.sender);
        }
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
        let Accepted { id, content, role, sender, created_at } = accepted;
        Ok(Message::text(id, content, role, sender, created_at))
    }
}

/// `<seq> <message id>`
fn read_answer(answer: &KeyedAnswer) -> Option<(MessageId, Seq)> {
    let (seq, id) = answer.body.split_once(' ')?;
    Some((MessageId::parse(id).ok()?, Seq(seq.parse().ok()?)))
}
