//! The sockets of one thread and the rooms they sit in.
//!
//! Held by the shard and by the door on the same thread; it outlives a shard that dies.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use tokio::time::Instant;

use crate::clock::Timestamp;
use crate::dialect::{Announcement, Dialects};
use crate::id::{RoomId, Seq, SessionId, UserId};
use crate::outlet::{Flusher, Outlet, Settle};
use crate::refusal::Farewell;
use crate::shard::audience::{Audience, push};
use crate::shard::{Announce, AttachMember, Target};
use crate::vitals::Counted;

/// One socket of this thread and what was proved about its client.
pub struct Local {
    pub outlet: Rc<Outlet>,
    pub user: UserId,
    pub room: RoomId,
    pub token_id: Option<Arc<str>>,
    pub expires_at: Cell<Option<Timestamp>>,
    pub counted: Counted,
}

pub struct Locals {
    dialects: Dialects,
    flusher: Rc<Flusher>,
    sessions: RefCell<HashMap<SessionId, Rc<Local>>>,
    rooms: RefCell<HashMap<RoomId, Rc<Audience>>>,
}

impl Locals {
    pub fn new(dialects: Dialects, flusher: Rc<Flusher>) -> Rc<Self> {
        Rc::new(Self { dialects, flusher, sessions: RefCell::default(), rooms: RefCell::default() })
    }

    pub fn add(&self, local: Rc<Local>) {
        self.sessions.borrow_mut().insert(local.outlet.session(), local);
    }

    pub fn get(&self, session: SessionId) -> Option<Rc<Local>> {
        self.sessions.borrow().get(&session).cloned()
    }

    /// Forgets a socket and its seat.
    pub fn remove(&self, session: SessionId) -> Option<Rc<Local>> {
        let local = self.sessions.borrow_mut().remove(&session)?;
        let mut rooms = self.rooms.borrow_mut();
        if let Some(audience) = rooms.get(&local.room) {
            audience.unseat(session);
            if audience.is_empty() {
                rooms.remove(&local.room);
            }
        }
        Some(local)
    }

    pub(super) fn attach(&self, attach: &AttachMember) {
        let Some(local) = self.get(attach.session) else { return };
        let mut rooms = self.rooms.borrow_mut();
        let new = || Audience::new(self.dialects.clone(), self.flusher.clone(), attach.told);
        let audience = rooms.entry(attach.room.clone()).or_insert_with(new);
        audience.seat(&local.outlet, &local.user, attach.told, &attach.backlog);
    }

    /// Takes in what the room says, for every seat it is news for. After a gap: the number to ask a resend from.
    pub(super) fn announce(&self, announce: &Announce) -> Option<Seq> {
        self.rooms.borrow().get(&announce.room)?.announce(announce)
    }

    pub(super) fn rooms(&self) -> Vec<RoomId> {
        self.rooms.borrow().keys().cloned().collect()
    }

    pub(super) fn seats(&self, room: &RoomId) -> Option<(Seq, Vec<(SessionId, UserId)>)> {
        let rooms = self.rooms.borrow();
        let audience = rooms.get(room)?;
        Some((audience.told(), audience.users()))
    }

    /// Ends expired sessions, looks after heartbeats and stalls.
    pub(super) fn pulse(&self, wall: Timestamp) {
        let now = Instant::now();
        for local in self.sessions.borrow().values() {
            if local.expires_at.get().is_some_and(|at| at <= wall) {
                local.outlet.close(Farewell::SessionExpired);
            }
            local.outlet.pulse(now);
        }
    }

    pub(super) fn end(&self, target: &Target, farewell: Farewell) -> usize {
        // What was said before the goodbye is heard before it.
        self.rooms.borrow().values().for_each(|audience| audience.settle());
        let sessions = self.sessions.borrow();
        let meant = sessions.values().filter(|local| is_meant(local, target));
        meant.map(|local| local.outlet.close(farewell)).count()
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
            push(&local.outlet, announcement, &self.dialects);
        }
    }
}

fn is_meant(local: &Local, target: &Target) -> bool {
    target.user.as_ref().is_none_or(|user| *user == local.user)
        && target.room.as_ref().is_none_or(|room| *room == local.room)
        && target.token_id.as_deref().is_none_or(|id| local.token_id.as_deref() == Some(id))
}
