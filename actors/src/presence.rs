//! Who is where. A user is online in a room while any of their sessions is.
//!
//! A leave is told only after a grace without a return, so a reload or a deploy does not flicker.

pub mod roster;

use std::collections::{BTreeMap, VecDeque};

use actix::{Actor, AsyncContext, Context, Handler, Message};
use tokio::time::{Instant, sleep};

use crate::broker::{AGAIN, Broker};
use crate::clock::Timestamp;
use crate::id::{RoomId, UserId};
use crate::message::presence::{
    ForgetRoom, ListPresent, Present, SessionEntered, SessionLeft, SetStatus, Status, UserFading,
};
use crate::message::room::{RoomEvent, TellSignal};
use crate::presence::roster::Roster;
use crate::room::ReportPresence;
use crate::supervisor::{Fate, Obituary};

/// Notice, to itself: the room died with what it was told of this user.
#[derive(Message)]
#[rtype(result = "()")]
struct TellAgain(RoomId, UserId);

/// A user whom the room believes online.
struct Online {
    since: Timestamp,
    /// How they say they are.
    status: Status,
    /// They left, and this is when that is told.
    leaving: Option<Instant>,
}

pub struct Presence {
    broker: Broker,
    roster: Roster,
    online: BTreeMap<(RoomId, UserId), Online>,
    /// Those who left, in the order their grace ends; some have returned. One alarm is for all of them.
    leaving: VecDeque<(Instant, (RoomId, UserId))>,
    _obituary: Obituary,
}

impl Presence {
    pub fn new(broker: Broker, obituary: Obituary) -> Self {
        let (roster, online, leaving) = (Roster::default(), BTreeMap::new(), VecDeque::new());
        Self { broker, roster, online, leaving, _obituary: obituary }
    }

    /// Tells the room how it stands; one that just died, in its next life.
    fn tell(&self, key: (RoomId, UserId), ctx: &Context<Self>) {
        let Some(addr) = self.broker.room_if_open(&key.0) else { return };
        let (room, user) = key.clone();
        let status = self.online.get(&key).map_or(Status::Offline, |online| online.status);
        let (between, at) = (false, self.broker.clock().now());
        let told =
            addr.send(TellSignal { event: RoomEvent::PresenceChanged { room, user, status, between, at } });
        let presence = ctx.address();
        actix_rt::spawn(async move {
            if told.await.is_err() {
                sleep(AGAIN).await;
                presence.do_send(TellAgain(key.0, key.1));
            }
        });
    }

    fn leave_after_grace(&mut self, room: RoomId, user: UserId, ctx: &mut Context<Self>) {
        if self.roster.sessions_of(&room, &user) > 0 {
            return;
        }
        let key = (room, user);
        let Some(online) = self.online.get_mut(&key) else { return };
        let grace = self.broker.settings().presence_grace;
        let due = Instant::now() + grace;
        online.leaving = Some(due);
        if self.leaving.is_empty() {
            ctx.run_later(grace, Self::tell_who_left);
        }
        self.leaving.push_back((due, key));
    }

    /// Tells of those whose grace is over and who did not return within it.
    fn tell_who_left(&mut self, ctx: &mut Context<Self>) {
        let now = Instant::now();
        while let Some((due, _)) = self.leaving.front() {
            if *due > now {
                ctx.run_later(*due - now, Self::tell_who_left);
                return;
            }
            let Some((due, left)) = self.leaving.pop_front() else { return };
            if self.online.get(&left).is_some_and(|online| online.leaving == Some(due)) {
                self.online.remove(&left);
                self.tell(left, ctx);
            }
        }
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
            online.leaving = None;
            return;
        }
        self.online.insert(
            key.clone(),
            Online { since: self.broker.clock().now(), status: Status::Online, leaving: None },
        );
        if !again {
            self.tell(key, ctx);
        }
    }
}

impl Handler<SetStatus> for Presence {
    type Result = ();

    fn handle(&mut self, SetStatus { user, status, rooms }: SetStatus, ctx: &mut Self::Context) {
        for room in rooms {
            let key = (room, user.clone());
            let Some(online) = self.online.get_mut(&key) else { continue };
            if std::mem::replace(&mut online.status, status) != status {
                self.tell(key, ctx);
            }
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
        self.online.entry(key).or_insert(Online { since, status: Status::Online, leaving: None });
        self.leave_after_grace(room, user, ctx);
    }
}

impl Handler<ListPresent> for Presence {
    type Result = Vec<Present>;

    fn handle(&mut self, ListPresent { room }: ListPresent, _: &mut Self::Context) -> Self::Result {
        self.online
            .range((room.clone(), UserId::lowest())..)
            .take_while(|((at, _), _)| *at == room)
            .map(|((_, user), online)| {
                let sessions = self.roster.sessions_of(&room, user);
                Present {
                    user: user.clone(),
                    sessions,
                    online: sessions > 0,
                    status: online.status,
                    since: online.since,
                }
            })
            .collect()
    }
}

impl Handler<TellAgain> for Presence {
    type Result = ();

    fn handle(&mut self, TellAgain(room, user): TellAgain, ctx: &mut Self::Context) {
        self.tell((room, user), ctx);
    }
}

impl Handler<Fate> for Presence {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("presence", ctx);
    }
}
