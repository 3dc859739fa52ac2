//! One worker's sockets: which of them sit in which room, and what each has been told.
//!
//! Entries reach a local member strictly by number, each once; a gap is asked for, never skipped.

mod audience;
mod locals;

use std::rc::Rc;
use std::sync::Arc;

use actix::{Actor, AsyncContext, Context, Handler, Message};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::broker::{Broker, Returns};
use crate::clock::Timestamp;
use crate::dialect::Announcement;
use crate::id::{GroupId, RoomId, Seq, SessionId, ShardId, UserId};
use crate::message::client::{EnterGroup, UnfollowRoom};
use crate::message::room::Member;
use crate::ports::Ban;
use crate::refusal::Farewell;
use crate::room::{AdoptMembers, ResendEntries};
use crate::supervisor::{Fate, Obituary};

pub use locals::{Local, Locals};

/// Notice: tell this to the members of the room who sit here. Entries carry their number, signals none.
#[derive(Message, Clone)]
#[rtype(result = "()")]
pub struct Announce {
    pub room: RoomId,
    pub seq: Option<Seq>,
    /// When it became durable, if that was just now and here.
    pub durable: Option<Instant>,
    pub announcement: Arc<Announcement>,
}

/// Notice: this session is a member now. It gets `backlog` first, which ends where the room stands.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AttachMember {
    pub room: RoomId,
    pub session: SessionId,
    pub told: Seq,
    pub backlog: Vec<Arc<Announcement>>,
    /// Dropped unanswered if the shard dies first.
    pub attached: oneshot::Sender<()>,
}

/// Notice: this session gives its seat up.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DetachMember {
    pub room: RoomId,
    pub session: SessionId,
}

/// Notice: these users are in this group now; their sessions here hear what follows this number.
#[derive(Message, Clone)]
#[rtype(result = "()")]
pub struct EnterMembers {
    pub group: GroupId,
    pub users: Arc<[UserId]>,
    pub from: Seq,
}

/// Notice: this session may not hear the room any more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ExpelMember {
    pub room: RoomId,
    pub session: SessionId,
}

/// Query: a room that begins asks who of its members sits here; none if nobody does.
#[derive(Message)]
#[rtype(result = "Option<AdoptMembers>")]
pub struct ReportMembers {
    pub room: RoomId,
}

/// Which sessions something is meant for: every field that is set must match.
#[derive(Debug, Clone)]
pub struct Target {
    pub user: Option<UserId>,
    pub token_id: Option<String>,
    pub room: Option<RoomId>,
}

impl From<&Ban> for Target {
    fn from(ban: &Ban) -> Self {
        Self { user: ban.user.clone(), token_id: ban.token_id.clone(), room: ban.room.clone() }
    }
}

/// Command: say goodbye to these sessions; how many there were.
#[derive(Message, Clone)]
#[rtype(result = "usize")]
pub struct EndSessions {
    pub target: Target,
    pub farewell: Farewell,
}

/// Command: part with one in `steps` of the sessions that stay, each with its own time to return; how many there were.
#[derive(Message, Clone)]
#[rtype(result = "usize")]
pub struct EndShare {
    pub steps: usize,
    pub returns: Returns,
}

/// Query: how many sessions has each room here? At most this many rooms, the fullest first.
#[derive(Message, Clone)]
#[rtype(result = "Vec<(RoomId, usize)>")]
pub struct CountSessions {
    pub most: usize,
}

/// Notice: tell every session here, whatever its room.
#[derive(Message, Clone)]
#[rtype(result = "()")]
pub struct TellEveryone(pub Arc<Announcement>);

/// Notice: a session of this shard ended. On one socket one may follow another; this is the one with that `life`.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct SessionGone {
    pub session: SessionId,
    pub life: u64,
}

pub struct Shard {
    id: ShardId,
    broker: Broker,
    /// Outlives the actor, as the sockets do.
    locals: Rc<Locals>,
    _obituary: Obituary,
}

impl Shard {
    pub fn new(id: ShardId, broker: Broker, locals: Rc<Locals>, obituary: Obituary) -> Self {
        Self { id, broker, locals, _obituary: obituary }
    }

    fn report(&self, room: &RoomId) -> Option<AdoptMembers> {
        let (told, seats) = self.locals.seats(room)?;
        let seated = |(session, user, right)| Member { session, user, right, shard: self.id };
        Some(AdoptMembers { shard: self.id, members: seats.into_iter().map(seated).collect(), told })
    }

    fn ask_for_missing(&self, room: &RoomId, after: Seq) {
        if let Some(addr) = self.broker.room_if_open(room) {
            addr.do_send(ResendEntries { shard: self.id, after });
        }
    }
}

impl Actor for Shard {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // What lay in the mailbox of an earlier life is lost, also the question of a reborn room: every room is told
        // who sits here, and sends what came since.
        for room in self.locals.rooms() {
            if let (Some(addr), Some(report)) = (self.broker.room_if_open(&room), self.report(&room)) {
                addr.do_send(report);
            }
        }
        ctx.run_interval(self.broker.settings().pulse, |shard, _| {
            let now: Timestamp = shard.broker.clock().now();
            let queued = shard.locals.pulse(now);
            shard.broker.vitals().queues.tell(shard.id, queued);
        });
    }
}

impl Handler<Announce> for Shard {
    type Result = ();

    fn handle(&mut self, announce: Announce, _: &mut Self::Context) {
        if let Some(after) = self.locals.announce(&announce) {
            self.ask_for_missing(&announce.room, after);
        }
    }
}

impl Handler<AttachMember> for Shard {
    type Result = ();

    fn handle(&mut self, attach: AttachMember, _: &mut Self::Context) {
        self.locals.attach(&attach);
        // A client that left meanwhile does not wait for this.
        let _ = attach.attached.send(());
    }
}

impl Handler<DetachMember> for Shard {
    type Result = ();

    fn handle(&mut self, DetachMember { room, session }: DetachMember, _: &mut Self::Context) {
        self.locals.detach(&room, session);
    }
}

impl Handler<ExpelMember> for Shard {
    type Result = ();

    fn handle(&mut self, ExpelMember { room, session }: ExpelMember, _: &mut Self::Context) {
        self.locals.detach(&room, session);
        if let Some(session) = self.locals.session(session) {
            session.do_send(UnfollowRoom { room });
        }
    }
}

impl Handler<EnterMembers> for Shard {
    type Result = ();

    fn handle(&mut self, EnterMembers { group, users, from }: EnterMembers, _: &mut Self::Context) {
        for session in self.locals.members_among(&users) {
            session.do_send(EnterGroup { group, from });
        }
    }
}

impl Handler<ReportMembers> for Shard {
    type Result = Option<AdoptMembers>;

    fn handle(&mut self, ReportMembers { room }: ReportMembers, _: &mut Self::Context) -> Self::Result {
        self.report(&room)
    }
}

impl Handler<EndSessions> for Shard {
    type Result = usize;

    fn handle(&mut self, EndSessions { target, farewell }: EndSessions, _: &mut Self::Context) -> usize {
        self.locals.end(&target, farewell)
    }
}

impl Handler<EndShare> for Shard {
    type Result = usize;

    fn handle(&mut self, EndShare { steps, returns }: EndShare, _: &mut Self::Context) -> usize {
        let at = self.broker.clock().now();
        self.locals.part_with_share(steps, |session| Farewell::ShuttingDown {
            retry_ms: returns.moment_ms(session),
            at,
        })
    }
}

impl Handler<CountSessions> for Shard {
    type Result = Vec<(RoomId, usize)>;

    fn handle(&mut self, CountSessions { most }: CountSessions, _: &mut Self::Context) -> Self::Result {
        self.locals.fullest(most)
    }
}

impl Handler<TellEveryone> for Shard {
    type Result = ();

    fn handle(&mut self, TellEveryone(announcement): TellEveryone, _: &mut Self::Context) {
        self.locals.tell_everyone(&announcement);
    }
}

impl Handler<SessionGone> for Shard {
    type Result = ();

    fn handle(&mut self, SessionGone { session, life }: SessionGone, _: &mut Self::Context) {
        // After an orderly end the outlet is gone already; after a panic this is the goodbye.
        if self.locals.get(session).is_some_and(|local| local.life == life)
            && let Some(local) = self.locals.remove(session)
        {
            local.outlet.close(Farewell::Internal);
        }
    }
}

impl Handler<Fate> for Shard {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("shard", ctx);
    }
}
