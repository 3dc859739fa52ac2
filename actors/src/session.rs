//! One connected client: its identity and what it may do. It serves one command at a time.
//!
//! It knows no protocol: a door hands it commands and words its answers; events reach the client by its outlet.

mod commands;
mod order;
mod posting;
mod recalling;
mod signals;

use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;

use actix::{Actor, ActorContext, ActorFutureExt, Context, Handler, ResponseActFuture, WrapFuture};

use crate::broker::{AGAIN, Broker, TRIES};
use crate::dialect::Announcement;
use crate::id::{RoomId, Seq, SessionId};
use crate::limiter::Allowance;
use crate::message::client::{
    CloseSession, FollowRoom, Identity, OpenRoom, Opened, RefreshSession, Resume, UnfollowRoom,
};
use crate::message::presence::Status;
use crate::message::room::{GetHead, Head, JoinRoom, Joined, LeaveRoom, Member, RoomEvent};
use crate::ports::Stretch;
use crate::refusal::Refusal;
use crate::session::order::PostOrder;
use crate::shard::{DetachMember, Local};
use crate::supervisor::{Fate, Obituary};
use crate::warden::Admit;

pub struct Session {
    broker: Broker,
    identity: Rc<Identity>,
    local: Rc<Local>,
    allowance: Rc<Allowance>,
    /// How its user says they are.
    status: Status,
    /// The rooms it is live in.
    following: Vec<RoomId>,
    /// Where it asked to go on as it left, and that is under way.
    resuming: Option<Box<RoomId>>,
    /// From the first post on.
    posts: Option<Rc<PostOrder>>,
    _obituary: Obituary,
}

impl Session {
    pub fn new(
        broker: Broker,
        identity: Rc<Identity>,
        local: Rc<Local>,
        allowance: Rc<Allowance>,
        obituary: Obituary,
    ) -> Self {
        Self {
            broker,
            identity,
            local,
            allowance,
            status: Status::Online,
            following: Vec::with_capacity(1),
            resuming: None,
            posts: None,
            _obituary: obituary,
        }
    }

    fn id(&self) -> SessionId {
        self.local.outlet.session()
    }

    /// A past that cannot be told whole is not told in part.
    fn note_recovery(&mut self, room: &RoomId, whole: bool) {
        if self.resuming.take_if(|resuming| **resuming == *room).is_some() {
            let result = if whole { "ok" } else { "partial_refused" };
            self.broker.vitals().counts.recoveries.count(result);
        }
    }

    fn member(&self) -> Member {
        let Identity { user, right, .. } = &*self.identity;
        Member { session: self.id(), user: user.clone(), right: *right, shard: self.local.shard }
    }

    /// From now on it counts as one of this room's, also for those who end sessions.
    fn comes_for(&self, room: &RoomId) -> Result<(), Refusal> {
        let mut rooms = self.local.rooms.borrow_mut();
        let limit = self.broker.settings().rooms_per_session;
        if rooms.contains(room) {
            return Ok(());
        }
        if rooms.len() >= limit {
            return Err(Refusal::TooManyRooms { limit });
        }
        rooms.push(room.clone());
        Ok(())
    }

    /// It hears this room from now on.
    fn is_in(&mut self, room: &RoomId) {
        if self.following.contains(room) {
            return;
        }
        self.following.push(room.clone());
        if self.status != Status::Online {
            self.tell_status(vec![room.clone()]);
        }
    }

    fn leave(&self, room: &RoomId) {
        if let Some(addr) = self.broker.room_if_open(room) {
            addr.do_send(LeaveRoom { session: self.id() });
        }
    }
}

impl Actor for Session {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Self::Context) {
        self.local.rooms.borrow().iter().for_each(|room| self.leave(room));
    }
}

/// Where a client that asks to resume goes on, or that it cannot.
fn resumed(head: Head, resume: Option<Resume>) -> Opened {
    let fresh = Opened { head, from: head.seq, reset: false };
    let Some(Resume { since, epoch }) = resume else { return fresh };
    let known = epoch == Some(head.epoch) || (epoch.is_none() && since == Seq::START);
    if known && since <= head.seq { Opened { from: since, ..fresh } } else { Opened { reset: true, ..fresh } }
}

impl Handler<OpenRoom> for Session {
    type Result = ResponseActFuture<Self, Result<Opened, Refusal>>;

    fn handle(&mut self, OpenRoom { room, resume }: OpenRoom, _: &mut Self::Context) -> Self::Result {
        let (broker, resuming) = (self.broker.clone(), resume.map(|_| room.clone()));
        let opened = async move {
            let at_least = resume.map_or(Seq::START, |resume| resume.since);
            let head = broker.ask_room(&room, || GetHead { at_least }).await??;
            Ok(resumed(head, resume))
        };
        Box::pin(opened.into_actor(self).map(move |opened: Result<Opened, Refusal>, session, _| {
            let reset = opened.as_ref().is_ok_and(|opened| opened.reset);
            session.resuming = resuming.filter(|_| !reset).map(Box::new);
            if reset {
                session.broker.vitals().counts.recoveries.count("reset");
            }
            opened
        }))
    }
}

impl Handler<FollowRoom> for Session {
    type Result = ResponseActFuture<Self, Result<(), Refusal>>;

    fn handle(&mut self, FollowRoom { room, from }: FollowRoom, _: &mut Self::Context) -> Self::Result {
        let (broker, local, member) = (self.broker.clone(), self.local.clone(), self.member());
        let (coming, to) = (self.comes_for(&room), room.clone());
        let followed = async move {
            coming?;
            let (mut after, mut tries) = (from, TRIES);
            loop {
                let join = || JoinRoom { member: member.clone(), after };
                match broker.ask_room(&room, join).await? {
                    Ok(Joined::Live) => return Ok(()),
                    Ok(Joined::Behind(_)) => after = send_page(&broker, &local, &room, after).await?,
                    // The shard died with the seat in hand, or the log is ahead of what the room was told.
                    Err(Refusal::Restarting | Refusal::SeqAhead { .. }) if tries > 0 => {
                        tries -= 1;
                        tokio::time::sleep(AGAIN).await;
                    }
                    Err(refusal) => return Err(refusal),
                }
            }
        };
        Box::pin(followed.into_actor(self).map(move |followed, session, _| {
            if followed.is_ok() {
                session.is_in(&to);
            }
            session.note_recovery(&to, followed.is_ok());
            followed
        }))
    }
}

impl Handler<UnfollowRoom> for Session {
    type Result = ();

    fn handle(&mut self, UnfollowRoom { room }: UnfollowRoom, _: &mut Self::Context) {
        self.following.retain(|followed| *followed != room);
        self.local.rooms.borrow_mut().retain(|followed| *followed != room);
        self.leave(&room);
        if let Some(shard) = self.broker.shard(self.local.shard) {
            shard.tell(DetachMember { room, session: self.id() });
        }
    }
}

/// Sends one page of what the client missed; the number it knows then.
async fn send_page(broker: &Broker, local: &Local, room: &RoomId, after: Seq) -> Result<Seq, Refusal> {
    let (outlet, user) = (&local.outlet, local.user());
    let limit = broker.settings().page_entries;
    let counts = &broker.vitals().counts;
    let page = broker.ports().log.read(room, Stretch::After(after), limit).await;
    let page = page.inspect_err(|_| counts.store_errors.count("read"))?;
    let mut told = after;
    for entry in page.entries {
        told = entry.seq;
        let event = RoomEvent::EntryAdded { room: room.clone(), epoch: page.epoch, entry };
        let announcement = Announcement::new(event, None, broker.dialects());
        // The client's own reading sets the pace: a long past must not make it look slow.
        outlet.drained(broker.settings().burst_bytes()).await;
        outlet.announce(&announcement, user);
        counts.recovered.fetch_add(1, Relaxed);
    }
    if told == after {
        // The room says there is more and the log has nothing: never present a part as the whole.
        return Err(Refusal::StoreDown);
    }
    outlet.drained(broker.settings().burst_bytes()).await;
    if outlet.is_open() { Ok(told) } else { Err(Refusal::NotInRoom) }
}

impl Handler<RefreshSession> for Session {
    type Result = ResponseActFuture<Self, Result<(), Refusal>>;

    fn handle(&mut self, RefreshSession { identity }: RefreshSession, _: &mut Self::Context) -> Self::Result {
        if identity.user != self.identity.user {
            return Box::pin(async { Err(Refusal::OtherIdentity) }.into_actor(self));
        }
        let broker = self.broker.clone();
        let admit = Admit { identity: identity.clone(), rooms: self.following.clone(), ticket: None };
        let admitted = async move {
            let wait = broker.settings().command_timeout;
            broker.warden().ask(admit, wait).await?
        };
        Box::pin(admitted.into_actor(self).map(move |admitted, session, _| {
            admitted?;
            session.local.expires_at.set(identity.expires_at);
            session.identity = Rc::new(identity);
            Ok(())
        }))
    }
}

impl Handler<CloseSession> for Session {
    type Result = ();

    fn handle(&mut self, _: CloseSession, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

impl Handler<Fate> for Session {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("session", ctx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Epoch;

    #[test]
    fn resuming_is_exact_or_refused() {
        let head = Head { epoch: Epoch(7), seq: Seq(10), closed: false };
        let resume = |since, epoch: Option<u64>| {
            resumed(head, Some(Resume { since: Seq(since), epoch: epoch.map(Epoch) }))
        };
        assert_eq!((resumed(head, None).from, resumed(head, None).reset), (Seq(10), false));
        assert_eq!((resume(4, Some(7)).from, resume(4, Some(7)).reset), (Seq(4), false));
        assert_eq!(resume(0, None).from, Seq(0));
        assert!(resume(4, None).reset);
        assert!(resume(4, Some(8)).reset);
        assert!(resume(11, Some(7)).reset);
    }
}
