//! Who is where. A user is online in a room while any of their sessions is.
//!
//! A leave is told only after a grace without a return, so a reload or a deploy does not flicker.

pub mod roster;

use std::collections::HashMap;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, SpawnHandle, WrapFuture};

use crate::broker::{AGAIN, Broker};
use crate::clock::Timestamp;
use crate::id::{RoomId, UserId};
use crate::message::presence::{ForgetRoom, ListPresent, Present, SessionEntered, SessionLeft, UserFading};
use crate::message::room::{RoomEvent, TellSignal};
use crate::presence::roster::Roster;
use crate::room::ReportPresence;
use crate::supervisor::{Fate, Obituary};

/// A user whom the room believes online.
struct Online {
    since: Timestamp,
    /// Runs while the grace does.
    leaving: Option<SpawnHandle>,
}

pub struct Presence {
    broker: Broker,
    roster: Roster,
    online: HashMap<(RoomId, UserId), Online>,
    _obituary: Obituary,
}

impl Presence {
    pub fn new(broker: Broker, obituary: Obituary) -> Self {
        Self { broker, roster: Roster::default(), online: HashMap::new(), _obituary: obituary }
    }

    /// Tells the room how it stands; one that just died, in its next life.
    fn tell(&self, key: (RoomId, UserId), ctx: &mut Context<Self>) {
        let Some(addr) = self.broker.room_if_open(&key.0) else { return };
        let (user, online, at) = (key.1.clone(), self.online.contains_key(&key), self.broker.clock().now());
        let told = addr.send(TellSignal { event: RoomEvent::PresenceChanged { user, online, at } });
        ctx.spawn(told.into_actor(self).map(move |told, _, ctx| {
            if told.is_err() {
                ctx.run_later(AGAIN, |presence, ctx| presence.tell(key, ctx));
            }
        }));
    }

    fn leave_after_grace(&mut self, room: RoomId, user: UserId, ctx: &mut Context<Self>) {
        if self.roster.sessions_of(&room, &user) > 0 {
            return;
        }
        let key = (room, user);
        let left = key.clone();
        let grace = self.broker.settings().presence_grace;
        let leaving = ctx.run_later(grace, move |presence, ctx| presence.leave_for_good(left, ctx));
        if let Some(online) = self.online.get_mut(&key) {
            online.leaving = Some(leaving);
        }
    }

    fn leave_for_good(&mut self, left: (RoomId, UserId), ctx: &mut Context<Self>) {
        self.online.remove(&left);
        self.tell(left, ctx);
    }
}

impl Actor for Presence {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        for room in self.broker.rooms().all() {
            room.do_send(ReportPresence);
        }
    }
}

impl Handler<SessionEntered> for Presence {
    type Result = ();

    fn handle(&mut self, entered: SessionEntered, ctx: &mut Self::Context) {
        let SessionEntered { room, user, session, again } = entered;
        if !self.roster.enter(self.broker.node(), &room, session, &user) {
            return;
        }
        let key = (room, user);
        if let Some(online) = self.online.get_mut(&key) {
            if let Some(leaving) = online.leaving.take() {
                ctx.cancel_future(leaving);
            }
            return;
        }
        self.online.insert(key.clone(), Online { since: self.broker.clock().now(), leaving: None });
        if !again {
            self.tell(key, ctx);
        }
    }
}

impl Handler<SessionLeft> for Presence {
    type Result = ();

    fn handle(&mut self, SessionLeft { room, session }: SessionLeft, ctx: &mut Self::Context) {
        if let Some(user) = self.roster.leave(self.broker.node(), &room, session) {
            self.leave_after_grace(room, user, ctx);
        }
    }
}

impl Handler<ForgetRoom> for Presence {
    type Result = ();

    fn handle(&mut self, ForgetRoom { room }: ForgetRoom, ctx: &mut Self::Context) {
        for user in self.roster.clear_room(self.broker.node(), &room) {
            self.leave_after_grace(room.clone(), user, ctx);
        }
    }
}

impl Handler<UserFading> for Presence {
    type Result = ();

    fn handle(&mut self, UserFading { room, user }: UserFading, ctx: &mut Self::Context) {
        let key = (room.clone(), user.clone());
        let since = self.broker.clock().now();
        self.online.entry(key).or_insert(Online { since, leaving: None });
        self.leave_after_grace(room, user, ctx);
    }
}

impl Handler<ListPresent> for Presence {
    type Result = Vec<Present>;

    fn handle(&mut self, ListPresent { room }: ListPresent, _: &mut Self::Context) -> Self::Result {
        let mut present: Vec<Present> = self
            .online
            .iter()
            .filter(|((at, _), _)| *at == room)
            .map(|((_, user), online)| {
                let sessions = self.roster.sessions_of(&room, user);
                Present { user: user.clone(), sessions, online: sessions > 0, since: online.since }
            })
            .collect();
        present.sort_by(|a, b| a.user.cmp(&b.user));
        present
    }
}

impl Handler<Fate> for Presence {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("presence", ctx);
    }
}
