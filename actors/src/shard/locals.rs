//! The sockets of one thread and the rooms they sit in.
//!
//! Held by the shard and by the door on the same thread; it outlives a shard that dies.

use std::cell::{Cell, OnceCell, RefCell};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use actix::{Addr, WeakAddr};
use tokio::time::Instant;

use crate::clock::Timestamp;
use crate::dialect::Announcement;
use crate::id::{RoomId, Seq, SessionId, ShardId, UserId};
use crate::message::client::{Identity, Right};
use crate::outlet::{Deferred, Flusher, Outlet};
use crate::refusal::Farewell;
use crate::session::Session;
use crate::shard::audience::Audience;
use crate::shard::{Announce, AttachMember, Target};
use crate::vitals::{Counted, Queued, Vitals};

/// One socket of this thread and what was proved about its client.
pub struct Local {
    pub outlet: Rc<Outlet>,
    /// As it came; it stays the same user.
    pub identity: Rc<Identity>,
    /// The one of its thread.
    pub shard: ShardId,
    /// Which it follows, or is about to.
    pub rooms: RefCell<Vec<RoomId>>,
    /// Which of the sessions that were started here.
    pub life: u64,
    /// Its session, once it is started.
    pub session: OnceCell<WeakAddr<Session>>,
    pub expires_at: Cell<Option<Timestamp>>,
    pub counted: Counted,
}

impl Local {
    pub fn user(&self) -> &UserId {
        &self.identity.user
    }
}

/// Whose a seat is.
pub(super) type Seated = (SessionId, UserId, Right);

pub struct Locals {
    flusher: Rc<Flusher>,
    vitals: Arc<Vitals>,
    sessions: RefCell<HashMap<SessionId, Rc<Local>>>,
    rooms: RefCell<HashMap<RoomId, Rc<Audience>>>,
}

impl Locals {
    pub fn new(flusher: Rc<Flusher>, vitals: Arc<Vitals>) -> Rc<Self> {
        Rc::new(Self { flusher, vitals, sessions: RefCell::default(), rooms: RefCell::default() })
    }

    pub fn add(&self, local: Rc<Local>) {
        self.sessions.borrow_mut().insert(local.outlet.session(), local);
    }

    pub fn get(&self, session: SessionId) -> Option<Rc<Local>> {
        self.sessions.borrow().get(&session).cloned()
    }

    /// Forgets a socket and its seats.
    pub fn remove(&self, session: SessionId) -> Option<Rc<Local>> {
        let local = self.sessions.borrow_mut().remove(&session)?;
        local.rooms.borrow().iter().for_each(|room| self.unseat(room, session));
        Some(local)
    }

    /// Takes a session's seat in one room.
    pub fn detach(&self, room: &RoomId, session: SessionId) {
        self.unseat(room, session);
    }

    fn unseat(&self, room: &RoomId, session: SessionId) {
        let mut rooms = self.rooms.borrow_mut();
        let Some(audience) = rooms.get(room) else { return };
        audience.unseat(session);
        if audience.is_empty() {
            rooms.remove(room);
        }
    }

    /// Gives a session its seat, and first what it missed.
    pub fn attach(&self, attach: &AttachMember) {
        let Some(local) = self.get(attach.session) else { return };
        if !local.rooms.borrow().contains(&attach.room) {
            // It has left meanwhile; the room is told so.
            return;
        }
        let mut rooms = self.rooms.borrow_mut();
        let new = || Audience::new(self.flusher.clone(), self.vitals.clone(), attach.told);
        let audience = rooms.entry(attach.room.clone()).or_insert_with(new);
        audience.seat(&local, attach.told, &attach.backlog);
    }

    /// Takes in what the room says, for every seat it is news for. After a gap: the number to ask a resend from.
    pub fn announce(&self, announce: &Announce) -> Option<Seq> {
        self.rooms.borrow().get(&announce.room)?.announce(announce)
    }

    pub(super) fn rooms(&self) -> Vec<RoomId> {
        self.rooms.borrow().keys().cloned().collect()
    }

    pub(super) fn seats(&self, room: &RoomId) -> Option<(Seq, Vec<Seated>)> {
        let rooms = self.rooms.borrow();
        let audience = rooms.get(room)?;
        Some((audience.told(), audience.seats()))
    }

    /// Ends expired sessions, looks after heartbeats and stalls; what waits for all of them.
    pub(super) fn pulse(&self, wall: Timestamp) -> Queued {
        let now = Instant::now();
        let mut queued = Queued::default();
        for local in self.sessions.borrow().values() {
            if local.expires_at.get().is_some_and(|at| at <= wall) {
                local.outlet.close(Farewell::SessionExpired);
            }
            local.outlet.pulse(now);
            queued.add(local.outlet.queued_bytes(), local.outlet.is_blocked());
        }
        queued
    }

    pub(super) fn end(&self, target: &Target, farewell: Farewell) -> usize {
        self.settle();
        let sessions = self.sessions.borrow();
        let meant = sessions.values().filter(|local| is_meant(local, target));
        meant.map(|local| local.outlet.close(farewell)).count()
    }

    /// Parts with one in `steps` of those who stay, at least with one, and first with those furthest behind; how many.
    pub(super) fn part_with_share(&self, steps: usize, farewell: impl Fn(SessionId) -> Farewell) -> usize {
        self.settle();
        let sessions = self.sessions.borrow();
        let mut staying: Vec<_> = sessions
            .values()
            .map(|local| &local.outlet)
            .filter(|outlet| outlet.farewell().is_none())
            .collect();
        staying.sort_unstable_by_key(|outlet| Reverse(outlet.queued_bytes()));
        let share = staying.len().div_ceil(steps.max(1));
        staying.into_iter().take(share).map(|outlet| outlet.part(farewell(outlet.session()))).count()
    }

    pub(super) fn session(&self, id: SessionId) -> Option<Addr<Session>> {
        self.get(id)?.session.get()?.upgrade()
    }

    /// The sessions of these users that hear what their groups say.
    pub(super) fn members_among(&self, users: &[UserId]) -> Vec<Addr<Session>> {
        let sessions = self.sessions.borrow();
        let members = sessions
            .values()
            .filter(|local| local.identity.right == Right::Member && users.contains(local.user()))
            .filter_map(|local| local.session.get()?.upgrade());
        members.collect()
    }

    pub(super) fn fullest(&self, most: usize) -> Vec<(RoomId, usize)> {
        let rooms = self.rooms.borrow();
        let mut counts: Vec<_> = rooms.iter().map(|(id, room)| (id.clone(), room.len())).collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts.truncate(most);
        counts
    }

    pub(super) fn tell_everyone(&self, announcement: &Arc<Announcement>) {
        for local in self.sessions.borrow().values() {
            local.outlet.announce(announcement, local.user());
        }
    }

    /// What was said before a goodbye is heard before it.
    fn settle(&self) {
        self.rooms.borrow().values().for_each(|audience| audience.settle());
    }
}

fn is_meant(local: &Local, target: &Target) -> bool {
    target.user.as_ref().is_none_or(|user| user == local.user())
        && target.room.as_ref().is_none_or(|room| local.rooms.borrow().contains(room))
        && target.token_id.as_deref().is_none_or(|id| local.identity.token_id.as_deref() == Some(id))
}
