//! What a client may ask of its session, and who does it.

use std::rc::Rc;
use std::sync::Arc;

use actix::{Handler, ResponseFuture};
use tokio::time::Instant;

use crate::broker::Broker;
use crate::id::{ClientId, RoomId, Seq, SessionId, UserId};
use crate::limiter::Ask;
use crate::message::client::{ClientCommand, Identity, Reply};
use crate::message::receipt::{MarkReceipt, Watermark};
use crate::message::room::{AddEntry, Entry, EntryBody, Posted, SetTyping};
use crate::outbox::GetProfile;
use crate::refusal::Refusal;
use crate::session::Session;
use crate::session::order::PostOrder;

/// What a command needs of its session, so that it can wait without holding it.
pub(super) struct Errand {
    session: SessionId,
    pub(super) broker: Broker,
    pub(super) identity: Identity,
    following: bool,
    posts: Rc<PostOrder>,
}

impl Handler<ClientCommand> for Session {
    type Result = ResponseFuture<Result<Reply, Refusal>>;

    fn handle(&mut self, command: ClientCommand, _: &mut Self::Context) -> Self::Result {
        if let Err(refusal) = self.allowance.spend(kind_of(&command)) {
            return Box::pin(std::future::ready(Err(refusal)));
        }
        let errand = Errand {
            session: self.id,
            broker: self.broker.clone(),
            identity: self.identity.clone(),
            following: self.following,
            posts: self.posts.get_or_insert_default().clone(),
        };
        let (came, is_post) = (Instant::now(), matches!(command, ClientCommand::PostMessage { .. }));
        let vitals = self.broker.vitals().clone();
        Box::pin(async move {
            let answer = errand.serve(command).await;
            match &answer {
                Ok(_) if is_post => vitals.counts.ack.observe_since(came),
                Ok(_) => {}
                Err(refusal) => vitals.counts.refusals.count(refusal.code()),
            }
            answer
        })
    }
}

fn kind_of(command: &ClientCommand) -> Ask {
    match command {
        ClientCommand::PostMessage { .. } => Ask::Message,
        ClientCommand::SetTyping { .. } => Ask::Typing,
        ClientCommand::AnnounceAgent => Ask::Agent,
        ClientCommand::GetHistory { .. } => Ask::History,
        ClientCommand::MarkDelivered { .. } | ClientCommand::MarkRead { .. } => Ask::Receipt,
    }
}

impl Errand {
    async fn serve(self, command: ClientCommand) -> Result<Reply, Refusal> {
        if !self.following {
            return Err(Refusal::NotInRoom);
        }
        match command {
            ClientCommand::PostMessage { content, role, client_id } => {
                self.post(content, role, client_id).await
            }
            ClientCommand::SetTyping { is_typing } => self.set_typing(is_typing),
            ClientCommand::AnnounceAgent => self.announce_agent().await,
            ClientCommand::GetHistory { before, limit } => self.history(before, limit).await,
            ClientCommand::MarkDelivered { seq } => {
                self.mark(Watermark { delivered: seq, read: Seq::START }).await
            }
            ClientCommand::MarkRead { seq } => self.mark(Watermark { delivered: seq, read: seq }).await,
        }
    }

    pub(super) fn room(&self) -> &RoomId {
        &self.identity.room
    }

    /// Adds an entry after those this session asked for before.
    pub(super) async fn add(&self, client_id: ClientId, body: EntryBody) -> Result<Posted, Refusal> {
        let by = Some(self.identity.user.clone());
        let add = || AddEntry { by: by.clone(), client_id: client_id.clone(), body: body.clone() };
        let mut turn = self.posts.clone().turn().await;
        match self.broker.ask_room_once(self.room(), add()).await {
            Err(Refusal::Restarting) if turn.may_retry() => self.broker.ask_room(self.room(), add).await?,
            answer => answer?,
        }
    }

    fn set_typing(self, is_typing: bool) -> Result<Reply, Refusal> {
        let room = self.broker.room_if_open(self.room()).ok_or(Refusal::Restarting)?;
        let (session, user) = (self.session, self.identity.user);
        room.do_send(SetTyping { session, user, is_typing });
        Ok(Reply::Done)
    }

    async fn announce_agent(self) -> Result<Reply, Refusal> {
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
            return Ok(named(self.identity.name.clone(), self.identity.email.clone()));
        }
        let wait = self.broker.settings().command_timeout;
        let profile = self.broker.outbox().ask(GetProfile(self.identity.user.clone()), wait).await??;
        Ok(named(profile.name, profile.email))
    }

    async fn history(self, before: Option<Seq>, limit: usize) -> Result<Reply, Refusal> {
        let before = before.unwrap_or(Seq(u64::MAX));
        let limit = limit.clamp(1, self.broker.settings().history_page);
        let page = self.broker.ports().log.messages(self.room(), before, limit).await;
        let page = page.inspect_err(|_| self.broker.vitals().counts.store_errors.count("read"))?;
        let (entries, cut) = newest_within(page.entries, self.broker.settings().burst_bytes());
        Ok(Reply::History { epoch: page.epoch, entries, more: page.more || cut })
    }

    async fn mark(self, mark: Watermark) -> Result<Reply, Refusal> {
        let user = &self.identity.user;
        let marked = self.broker.ask_room(self.room(), || MarkReceipt { user: user.clone(), mark }).await?;
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
