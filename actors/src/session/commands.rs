//! What a client may ask of its session, and who does it.

use std::rc::Rc;
use std::sync::Arc;

use actix::{Handler, ResponseFuture};
use tokio::time::Instant;

use crate::broker::Broker;
use crate::id::{ClientId, MessageId, RoomId, Seq, UserId};
use crate::limiter::Ask;
use crate::message::client::{
    ChangeMessage, ClientCommand, Identity, InRoom, PostMessage, PublishEvent, Reply, Right,
};
use crate::message::receipt::{MarkReceipt, Watermark};
use crate::message::room::{AmendMessage, Change, Entry, EntryBody, NewEntry, Posted};
use crate::outbox::GetProfile;
use crate::outlet::Outlet;
use crate::refusal::Refusal;
use crate::session::Session;
use crate::session::order::PostOrder;

/// What a command needs of its session, so that it can wait without holding it.
pub(super) struct Errand {
    pub(super) broker: Broker,
    pub(super) identity: Rc<Identity>,
    outlet: Rc<Outlet>,
    room: RoomId,
    following: bool,
    pub(super) posts: Rc<PostOrder>,
}

impl Session {
    fn errand(&mut self, room: RoomId) -> Errand {
        Errand {
            broker: self.broker.clone(),
            identity: self.identity.clone(),
            outlet: self.local.outlet.clone(),
            following: self.following.contains(&room),
            room,
            posts: self.posts.get_or_insert_default().clone(),
        }
    }

    pub(super) fn count_refusal(&self, refusal: &Refusal) {
        self.broker.vitals().counts.refusals.count(refusal.code());
    }
}

impl Handler<PostMessage> for Session {
    type Result = ();

    fn handle(&mut self, post: PostMessage, _: &mut Self::Context) {
        let PostMessage { room, words, role, client_id, answer } = post;
        // Whoever asked may be gone when there is an answer.
        if let Err(refusal) = self.allowance.spend_in(&room, Ask::Message) {
            let _ = answer.send(Err(refusal));
            return;
        }
        let (errand, came) = (self.errand(room), Instant::now());
        let vitals = self.broker.vitals().clone();
        actix_rt::spawn(async move {
            let posted = errand.post(words, role, client_id).await;
            match &posted {
                Ok(_) => vitals.counts.ack.observe_since(came),
                Err(refusal) => vitals.counts.refusals.count(refusal.code()),
            }
            let _ = answer.send(posted);
        });
    }
}

impl Handler<InRoom> for Session {
    type Result = ResponseFuture<Result<Reply, Refusal>>;

    fn handle(&mut self, InRoom { room, command }: InRoom, _: &mut Self::Context) -> Self::Result {
        if let Err(refusal) = self.allowance.spend_in(&room, kind_of(&command)) {
            return Box::pin(std::future::ready(Err(refusal)));
        }
        let errand = self.errand(room);
        let vitals = self.broker.vitals().clone();
        Box::pin(async move {
            let answer = errand.serve(command).await;
            if let Err(refusal) = &answer {
                vitals.counts.refusals.count(refusal.code());
            }
            answer
        })
    }
}

impl Handler<ChangeMessage> for Session {
    type Result = ResponseFuture<Result<Posted, Refusal>>;

    fn handle(&mut self, change: ChangeMessage, _: &mut Self::Context) -> Self::Result {
        if let Err(refusal) = self.allowance.spend_in(&change.room, Ask::Message) {
            return Box::pin(std::future::ready(Err(refusal)));
        }
        let (errand, vitals) = (self.errand(change.room), self.broker.vitals().clone());
        Box::pin(async move {
            let changed = errand.change(change.id, change.change).await;
            changed.inspect_err(|refusal| vitals.counts.refusals.count(refusal.code()))
        })
    }
}

impl Handler<PublishEvent> for Session {
    type Result = ResponseFuture<Result<Posted, Refusal>>;

    fn handle(&mut self, PublishEvent { room, event }: PublishEvent, _: &mut Self::Context) -> Self::Result {
        if let Err(refusal) = self.allowance.spend_in(&room, Ask::Message) {
            return Box::pin(std::future::ready(Err(refusal)));
        }
        let (errand, vitals) = (self.errand(room), self.broker.vitals().clone());
        Box::pin(async move {
            errand.is_in_room()?;
            let published = errand.add(ClientId::fresh(), EntryBody::EventPublished { event }).await;
            published.inspect_err(|refusal| vitals.counts.refusals.count(refusal.code()))
        })
    }
}

fn kind_of(command: &ClientCommand) -> Ask {
    match command {
        ClientCommand::AnnounceAgent => Ask::Agent,
        ClientCommand::GetHistory { .. } => Ask::History,
        ClientCommand::MarkDelivered { .. } | ClientCommand::MarkRead { .. } => Ask::Receipt,
    }
}

impl Errand {
    async fn serve(self, command: ClientCommand) -> Result<Reply, Refusal> {
        match command {
            ClientCommand::AnnounceAgent => self.announce_agent().await,
            ClientCommand::GetHistory { before, limit } => self.history(before, limit).await,
            ClientCommand::MarkDelivered { seq } => {
                self.mark(Watermark { delivered: seq, read: Seq::START }).await
            }
            ClientCommand::MarkRead { seq } => self.mark(Watermark { delivered: seq, read: seq }).await,
        }
    }

    fn is_in_room(&self) -> Result<(), Refusal> {
        if self.following { Ok(()) } else { Err(Refusal::NotInRoom) }
    }

    /// A member of a group may speak there without hearing it; the room looks whether they are one.
    pub(super) fn may_try(&self) -> Result<(), Refusal> {
        if self.identity.right == Right::Member { Ok(()) } else { self.is_in_room() }
    }

    pub(super) fn room(&self) -> &RoomId {
        &self.room
    }

    /// Adds an entry after those this session asked for before.
    pub(super) async fn add(&self, client_id: ClientId, body: EntryBody) -> Result<Posted, Refusal> {
        let (by, right) = (Some(self.identity.user.clone()), self.identity.right);
        self.outlet.note_own(&client_id);
        let entry = NewEntry { by, right, session: Some(self.outlet.session()), client_id, body };
        let mut turn = self.posts.clone().turn().await;
        match self.broker.add_entry_once(self.room(), entry.clone()).await {
            Err(Refusal::Restarting) if turn.may_retry() => self.broker.add_entry(self.room(), &entry).await,
            answer => answer,
        }
    }

    async fn announce_agent(self) -> Result<Reply, Refusal> {
        self.is_in_room()?;
        if !self.identity.may_speak_as_agent {
            return Err(Refusal::NotAnAgent);
        }
        let agent: UserId = self.identity.user.clone();
        let name = self.agent_name().await?.unwrap_or_else(|| "Agent".to_owned());
        self.add(ClientId::fresh(), EntryBody::AgentJoined { agent, name }).await?;
        Ok(Reply::Done)
    }

    /// As the backend knows the agent, or as the token does: never as the client says.
    async fn agent_name(&self) -> Result<Option<String>, Refusal> {
        let named = |name: Option<String>, email: Option<String>| {
            name.filter(|name| !name.is_empty()).or(email.filter(|email| !email.is_empty()))
        };
        if self.broker.ports().backend.is_none() {
            return Ok(named(self.identity.name.as_deref().map(str::to_owned), self.identity.email.clone()));
        }
        let wait = self.broker.settings().command_timeout;
        let profile = self.broker.outbox().ask(GetProfile(self.identity.user.clone()), wait).await??;
        Ok(named(profile.name, profile.email))
    }

    async fn history(self, before: Option<Seq>, limit: usize) -> Result<Reply, Refusal> {
        self.is_in_room()?;
        let before = before.unwrap_or(Seq(u64::MAX));
        let limit = limit.clamp(1, self.broker.settings().history_page);
        let page = self.broker.ports().log.messages(self.room(), before, limit).await;
        let page = page.inspect_err(|_| self.broker.vitals().counts.store_errors.count("read"))?;
        let (entries, cut) = newest_within(page.entries, self.broker.settings().burst_bytes());
        Ok(Reply::History { epoch: page.epoch, entries, more: page.more || cut })
    }

    async fn change(self, id: MessageId, change: Change) -> Result<Posted, Refusal> {
        self.may_try()?;
        let Identity { user, right, .. } = &*self.identity;
        let at = self.broker.clock().now().to_string();
        let amend = || AmendMessage {
            id: id.clone(),
            change: change.clone(),
            by: Some(user.clone()),
            right: *right,
            session: Some(self.outlet.session()),
            client_id: ClientId::fresh(),
            at: at.clone(),
        };
        self.broker.ask_room(self.room(), amend).await?
    }

    async fn mark(self, mark: Watermark) -> Result<Reply, Refusal> {
        self.may_try()?;
        let Identity { user, right, .. } = &*self.identity;
        let receipt = || MarkReceipt { user: user.clone(), right: *right, mark };
        let marked = self.broker.ask_room(self.room(), receipt).await?;
        marked.map(|()| Reply::Done)
    }
}

/// The newest of a page that fit into one answer, at least one; and whether any were left out.
fn newest_within(mut entries: Vec<Arc<Entry>>, bytes: usize) -> (Vec<Arc<Entry>>, bool) {
    let mut left = bytes;
    let fitting = entries.iter().rev().take_while(|entry| {
        let fits = entry.weight() <= left;
        left = left.saturating_sub(entry.weight());
        fits
    });
    let kept = fitting.count().max(1);
    let cut = entries.len().saturating_sub(kept);
    entries.drain(..cut);
    (entries, cut > 0)
}
