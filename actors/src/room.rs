//! One room: who is in it, and the order in which they hear things.
//!
//! The room announces entries strictly by number, so all members hear one order, and nothing before it is durable.

pub mod log;

mod amending;
mod announcing;
mod group;
mod hearing;
mod loading;
mod receipting;
mod typing;

use std::collections::{HashMap, HashSet};

use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message, ResponseFuture};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::archive::{AppendDraft, Origin};
use crate::broker::Broker;
use crate::id::{MessageId, RoomId, Seq, SessionId, ShardId, UserId};
use crate::message::cluster::UnwatchRoom;
use crate::message::presence::{SessionEntered, SessionLeft, UserFading};
use crate::message::room::{
    AddEntry, Answer, EntryBody, Head, JoinRoom, Joined, LeaveRoom, ListMembers, Member, NewEntry, Posted,
    Role,
};
use crate::ports::Draft;
use crate::receipts::CloseLedger;
use crate::refusal::Refusal;
use crate::room::log::{Missing, RoomLog};
use crate::shard::AttachMember;
use crate::supervisor::{Fate, Obituary};

/// Notice, from a shard: these of my sockets sit in you, and they were told up to `told`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AdoptMembers {
    pub shard: ShardId,
    pub members: Vec<Member>,
    pub told: Seq,
}

/// Notice, from a shard: it lacks what came after this number.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ResendEntries {
    pub shard: ShardId,
    pub after: Seq,
}

/// Notice, from a reborn archive: something may have been stored that this room was not told.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LookAtLog;

/// Notice, from a reborn bridge: it hears nothing of this room until asked to again.
#[derive(Message, Clone)]
#[rtype(result = "()")]
pub struct WatchAgain;

/// Notice, from a reborn presence actor: say again who is here.
#[derive(Message, Clone)]
#[rtype(result = "()")]
pub struct ReportPresence;

pub struct Room {
    id: RoomId,
    broker: Broker,
    /// None until the log was read.
    log: Option<RoomLog>,
    /// Where it is the room of a group.
    roster: Option<group::Roster>,
    reading: bool,
    /// How much that was relayed here waits for a log that refused it.
    relaying: usize,
    members: HashMap<SessionId, Member>,
    /// How many members each worker has.
    shards: HashMap<ShardId, usize>,
    typing: HashMap<UserId, typing::Typist>,
    /// Which session said what is not announced yet.
    origins: HashMap<Seq, SessionId>,
    /// Messages that are being edited or deleted.
    amending: HashSet<MessageId>,
    /// Whom the members believe online.
    online: HashSet<UserId>,
    last_used: Instant,
    /// A look at idleness is due.
    watching: bool,
    _obituary: Obituary,
}

impl Room {
    pub fn new(id: RoomId, broker: Broker, obituary: Obituary) -> Self {
        Self {
            id,
            broker,
            log: None,
            roster: None,
            reading: false,
            relaying: 0,
            members: HashMap::new(),
            shards: HashMap::new(),
            typing: HashMap::new(),
            origins: HashMap::new(),
            amending: HashSet::new(),
            online: HashSet::new(),
            last_used: Instant::now(),
            watching: false,
            _obituary: obituary,
        }
    }

    fn head(&self) -> Option<Head> {
        self.log.as_ref().map(RoomLog::head)
    }

    /// Takes a member in, or moves it; tells presence.
    fn admit(&mut self, member: Member) {
        let Member { session, user, shard, .. } = member.clone();
        if let Some(before) = self.members.insert(session, member) {
            self.forget_shard(before.shard);
        }
        *self.shards.entry(shard).or_default() += 1;
        self.broker.presence().tell(SessionEntered { room: self.id.clone(), user, session, again: false });
    }

    fn forget_shard(&mut self, shard: ShardId) {
        if let Some(count) = self.shards.get_mut(&shard) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.shards.remove(&shard);
            }
        }
    }

    /// May this be added now?
    fn check(&self, NewEntry { by, right, body, .. }: &NewEntry) -> Result<(), Refusal> {
        let head = self.head().ok_or(Refusal::StoreDown)?;
        self.may_speak(*right, by.as_ref())?;
        let by_system = body.message().is_some_and(|message| message.role == Role::System);
        let reopens = matches!(body, EntryBody::RoomReopened | EntryBody::RoomClosed);
        if head.closed && !by_system && !reopens { Err(Refusal::RoomClosed) } else { Ok(()) }
    }

    fn append(&self, entry: NewEntry, origin: Origin, answer: Answer) {
        let NewEntry { by, client_id, body, .. } = entry;
        let draft = Draft { room: self.id.clone(), by, client_id, body };
        self.broker.archive().tell(AppendDraft { draft, origin, answer });
    }

    /// The same for what the room itself has an interest in.
    fn append_and_hear(
        &self,
        entry: NewEntry,
        origin: Origin,
    ) -> impl Future<Output = Result<Posted, Refusal>> + use<> {
        let (answer, answered) = oneshot::channel();
        self.append(entry, origin, answer);
        async move { answered.await.unwrap_or(Err(Refusal::Restarting)) }
    }

    /// Looks again after the idle time; a room with members needs no timer.
    fn watch_idleness(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.watching, true) {
            ctx.run_later(self.broker.settings().room_idle, Self::stop_when_idle);
        }
    }

    fn stop_when_idle(&mut self, ctx: &mut Context<Self>) {
        self.watching = false;
        if !self.members.is_empty() {
            return;
        }
        if self.reading || self.last_used.elapsed() < self.broker.settings().room_idle {
            return self.watch_idleness(ctx);
        }
        self.broker.close_room(&self.id, &ctx.address());
        self.broker.receipts().tell(CloseLedger { room: self.id.clone() });
        self.broker.bridge().tell(UnwatchRoom { room: self.id.clone() });
        ctx.stop();
    }
}

impl Actor for Room {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.load(ctx);
        self.watch_idleness(ctx);
    }
}

impl Handler<JoinRoom> for Room {
    type Result = ResponseFuture<Result<Joined, Refusal>>;

    fn handle(&mut self, JoinRoom { member, after }: JoinRoom, ctx: &mut Self::Context) -> Self::Result {
        let Some(log) = &self.log else { return refuse(Refusal::StoreDown) };
        if let Err(refusal) = self.may_hear(member.right, Some(&member.user)) {
            return refuse(refusal);
        }
        let told = log.head().seq;
        let backlog = match log.missing(after) {
            Missing::Entries(entries) => entries.into_iter().map(|entry| self.announcement(entry)).collect(),
            Missing::BeyondTail => return Box::pin(async move { Ok(Joined::Behind(told)) }),
            Missing::Ahead => {
                self.read_gap(ctx);
                return refuse(Refusal::SeqAhead { head: told.0 });
            }
        };
        let (attached, attaching) = oneshot::channel();
        let (room, session) = (self.id.clone(), member.session);
        let Some(shard) = self.broker.shard(member.shard) else { return refuse(Refusal::Restarting) };
        shard.tell(AttachMember { room, session, told, backlog, attached });
        self.admit(member);
        Box::pin(async move { attaching.await.map(|()| Joined::Live).map_err(|_| Refusal::Restarting) })
    }
}

impl Handler<LeaveRoom> for Room {
    type Result = ();

    fn handle(&mut self, LeaveRoom { session }: LeaveRoom, ctx: &mut Self::Context) {
        let Some(Member { shard, user, .. }) = self.members.remove(&session) else { return };
        self.last_used = Instant::now();
        self.forget_shard(shard);
        self.stop_typing_of(&user, session);
        self.broker.presence().tell(SessionLeft { room: self.id.clone(), session });
        if self.members.is_empty() {
            self.watch_idleness(ctx);
        }
    }
}

impl Handler<AddEntry> for Room {
    type Result = ();

    fn handle(&mut self, AddEntry { entry, answer }: AddEntry, _: &mut Self::Context) {
        self.last_used = Instant::now();
        match self.check(&entry) {
            Ok(()) => {
                let origin = Origin::Here(entry.session);
                self.append(entry, origin, answer);
            }
            // The sender may have left meanwhile.
            Err(refusal) => _ = answer.send(Err(refusal)),
        }
    }
}

impl Handler<ListMembers> for Room {
    type Result = Vec<Member>;

    fn handle(&mut self, _: ListMembers, _: &mut Self::Context) -> Self::Result {
        self.members.values().cloned().collect()
    }
}

impl Handler<ReportPresence> for Room {
    type Result = ();

    fn handle(&mut self, _: ReportPresence, _: &mut Self::Context) {
        let presence = self.broker.presence();
        for Member { session, user, .. } in self.members.values() {
            let (room, user, session) = (self.id.clone(), user.clone(), *session);
            presence.tell(SessionEntered { room, user, session, again: true });
        }
        // Those whose leave was not told yet: whoever has a session here is not among them in the end.
        for user in &self.online {
            presence.tell(UserFading { room: self.id.clone(), user: user.clone() });
        }
    }
}

impl Handler<Fate> for Room {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("room", ctx);
    }
}

fn refuse<T: 'static>(refusal: Refusal) -> ResponseFuture<Result<T, Refusal>> {
    Box::pin(async move { Err(refusal) })
}
