//! The sockets of one thread and the rooms they sit in.
//!
//! Held by the shard and by the door on the same thread; it outlives a shard that dies.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use tokio::time::Instant;

use crate::clock::Timestamp;
use crate::dialect::{Announcement, Dialects};
use crate::id::{RoomId, Seq, SessionId, UserId};
use crate::outlet::Outlet;
use crate::refusal::Farewell;
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

struct Seat {
    outlet: Rc<Outlet>,
    user: UserId,
    told: Seq,
}

struct LocalRoom {
    told: Seq,
    /// A resend is on its way; asked for once per gap.
    asked: bool,
    seats: Vec<Seat>,
}

pub struct Locals {
    dialects: Dialects,
    sessions: RefCell<HashMap<SessionId, Rc<Local>>>,
    rooms: RefCell<HashMap<RoomId, LocalRoom>>,
}

impl Locals {
    pub fn new(dialects: Dialects) -> Rc<Self> {
        Rc::new(Self { dialects, sessions: RefCell::default(), rooms: RefCell::default() })
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
        if let Some(room) = rooms.get_mut(&local.room) {
            room.seats.retain(|seat| seat.outlet.session() != session);
            if room.seats.is_empty() {
                rooms.remove(&local.room);
            }
        }
        Some(local)
    }

    pub(super) fn attach(&self, attach: &AttachMember) {
        let Some(local) = self.get(attach.session) else { return };
        let mut rooms = self.rooms.borrow_mut();
        let room = rooms.entry(attach.room.clone()).or_insert_with(|| LocalRoom {
            told: attach.told,
            asked: false,
            seats: Vec::with_capacity(1),
        });
        room.seats.retain(|seat| seat.outlet.session() != attach.session);
        for announcement in &attach.backlog {
            push(&local.outlet, announcement, &self.dialects);
        }
        room.seats.push(Seat { outlet: local.outlet.clone(), user: local.user.clone(), told: attach.told });
    }

    /// Pushes to every seat it is news for. After a gap: the number to ask a resend from.
    pub(super) fn announce(&self, announce: &Announce) -> Option<Seq> {
        let mut rooms = self.rooms.borrow_mut();
        let room = rooms.get_mut(&announce.room)?;
        let Some(seq) = announce.seq else {
            for seat in room.seats.iter().filter(|seat| announce.except != Some(seat.outlet.session())) {
                push(&seat.outlet, &announce.announcement, &self.dialects);
            }
            return None;
        };
        if seq > room.told.next() {
            return (!std::mem::replace(&mut room.asked, true)).then_some(room.told);
        }
        room.asked = false;
        room.told = room.told.max(seq);
        for seat in &mut room.seats {
            if seq > seat.told {
                seat.told = seq;
                push(&seat.outlet, &announce.announcement, &self.dialects);
            }
        }
        None
    }

    pub(super) fn rooms(&self) -> Vec<RoomId> {
        self.rooms.borrow().keys().cloned().collect()
    }

    pub(super) fn seats(&self, room: &RoomId) -> Option<(Seq, Vec<(SessionId, UserId)>)> {
        let rooms = self.rooms.borrow();
        let room = rooms.get(room)?;
        let seats = room.seats.iter().map(|seat| (seat.outlet.session(), seat.user.clone()));
        Some((room.told, seats.collect()))
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
        let sessions = self.sessions.borrow();
        let meant = sessions.values().filter(|local| is_meant(local, target));
        meant.map(|local| local.outlet.close(farewell)).count()
    }

    /// Parts with one in `steps` of those who stay, at least with one, and first with those furthest behind; how many.
    pub(super) fn part_with_share(&self, steps: usize, farewell: impl Fn(SessionId) -> Farewell) -> usize {
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

    pub(super) fn fullest(&self, most: usize) -> Vec<(RoomId, usize)> {
        let rooms = self.rooms.borrow();
        let mut counts: Vec<_> = rooms.iter().map(|(id, room)| (id.clone(), room.seats.len())).collect();
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

fn push(outlet: &Rc<Outlet>, announcement: &Announcement, dialects: &Dialects) {
    if let Some(frame) = announcement.frame(outlet.dialect(), dialects) {
        outlet.push(frame, announcement.lane());
    }
}
