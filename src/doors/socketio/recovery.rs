//! Clients that return to where they were: under their old name, after exactly what they missed in one room.
//!
//! What a client brings back was signed here, so it works on every node and after a restart. Whatever is wrong with it
//! makes its bearer a newcomer and nothing else; a token is verified each time.
//!
//! The time a client may be away is counted from when it left, where this node saw that. Where not, what it missed says
//! how long it was: it was here when that was said, or had not yet noticed that it was gone.

pub mod offset;
mod sightings;

use std::sync::Arc;
use std::time::Duration;

use actix::WeakAddr;
use recado_actors::clock::Timestamp;
use recado_actors::dialect::Announcement;
use recado_actors::id::{Alias, Epoch, RoomId, Seq, SessionId, UserId};
use recado_actors::message::client::{GiveWay, Missed, Opened, RecallMissed, Resume};
use recado_actors::refusal::{Farewell, Refusal};
use recado_actors::session::Session;
use recado_actors::supervisor::ask;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use self::sightings::{Holder, Known, Sightings};
use super::engine::sid::Sid;
use super::guest::Guest;
use super::talk::Knock;
use crate::auth::Seal;

/// How a door lets its clients return.
pub struct Rules {
    pub seal: Seal,
    /// The room whose log they find back in.
    pub room: RoomId,
    /// They hear that room from the moment they come, and not only when they ask for it.
    pub at_once: bool,
    /// How long they may be away.
    pub window: Duration,
    /// How long it takes at most until both sides have noticed that a connection is gone.
    pub unnoticed: Duration,
    /// There is no other node that they may have been at meanwhile.
    pub alone: bool,
}

pub struct Recovery {
    rules: Rules,
    sightings: Sightings<WeakAddr<Session>>,
}

/// What a client brings back, so that it needs to be remembered by nobody.
#[derive(Serialize, Deserialize)]
struct Pass {
    sid: String,
    user: UserId,
    /// It showed nothing, so this alone says that it is the same.
    stranger: bool,
    /// Where the room stood when it came.
    epoch: Epoch,
    seq: Seq,
}

/// A client that may have been here before.
pub struct Returning {
    pid: String,
    pass: Pass,
    sid: Sid,
    resume: Resume,
    /// None: it left a short time ago, whatever was said since.
    oldest: Option<Timestamp>,
}

impl Returning {
    /// As whom a stranger came the last time.
    pub fn stranger(&self) -> Option<&UserId> {
        Some(&self.pass.user).filter(|_| self.pass.stranger)
    }
}

/// How a client is let in.
pub struct Welcome {
    /// It hears the room from here on.
    pub opened: Opened,
    /// It is back, and is told this first.
    pub missed: Option<Vec<Arc<Announcement>>>,
    pub berth: Berth,
}

/// A client's name at its connection, given up with it.
pub struct Berth {
    recovery: Arc<Recovery>,
    sid: Sid,
    connection: SessionId,
    /// It was here still on a connection that nobody had missed.
    pub seamless: bool,
}

impl Berth {
    pub fn alias(&self) -> Alias {
        alias(self.sid)
    }

    /// False: the client is back on another connection already. Who leaves without a farewell does not come back to this.
    pub fn leave(&self, farewell: Option<Farewell>) -> bool {
        self.recovery.sightings.leave(self.sid, self.connection, farewell.is_none(), Instant::now())
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        self.recovery.sightings.leave(self.sid, self.connection, false, Instant::now());
    }
}

impl Recovery {
    pub fn new(rules: Rules) -> Arc<Self> {
        Arc::new(Self { sightings: Sightings::new(rules.window, Instant::now()), rules })
    }

    /// Where the room stands, as it is told.
    pub fn offset(&self, opened: Opened) -> String {
        offset::written(&self.rules.room, opened.head.epoch, opened.from)
    }

    /// None: it says nothing of the kind, or nothing that can be believed.
    pub fn returning(&self, knock: &Knock) -> Option<Returning> {
        let pid = knock.auth.get("pid")?.as_str()?;
        let pass: Pass = self.rules.seal.open(pid)?;
        let sid = Sid::parse(&pass.sid)?;
        let resume = self.heard(&pass, knock.auth.get("offset"))?;
        let broker = knock.seat.worker.broker();
        let oldest = match self.sightings.known(sid, Instant::now()) {
            Known::Lately => None,
            Known::NotLately if self.would_be_known(sid.is_of(broker.node())) => return None,
            Known::NotLately | Known::Unsure => Some(broker.clock().now().plus_ms(-self.reach_ms())),
        };
        Some(Returning { pid: pid.to_owned(), pass, sid, resume, oldest })
    }

    fn reach_ms(&self) -> i64 {
        let reach = self.rules.window.saturating_add(self.rules.unnoticed);
        i64::try_from(reach.as_millis()).unwrap_or(i64::MAX)
    }

    /// Alone, this node has seen everybody leave who came to it, and those who came before it began left before that.
    fn would_be_known(&self, came_here: bool) -> bool {
        self.rules.alone && (came_here || self.sightings.age(Instant::now()) > self.rules.window)
    }

    /// Up to where it heard the room. A client may bring what it remembers of a connection before its last.
    fn heard(&self, pass: &Pass, offset: Option<&Value>) -> Option<Resume> {
        let came = Resume { since: pass.seq, epoch: Some(pass.epoch) };
        let Some(offset) = offset else { return self.rules.at_once.then_some(came) };
        let heard = offset::read(&self.rules.room, offset.as_str()?)?;
        match heard.epoch == came.epoch {
            true if heard.since >= came.since => Some(heard),
            true => self.rules.at_once.then_some(came),
            false => None,
        }
    }

    /// Takes a client in that was let in, as who it was or as somebody new.
    pub async fn begin(
        self: &Arc<Self>,
        guest: &Guest,
        stranger: bool,
        returning: Option<Returning>,
    ) -> Result<Welcome, Refusal> {
        let same = |pass: &Pass| pass.user == guest.identity.user && pass.stranger == stranger;
        if let Some(returning) = returning.filter(|returning| same(&returning.pass))
            && let Some(missed) = self.recall(guest, &returning).await
        {
            let berth = self.berth(guest, returning.sid).await;
            guest.peer.goes_by(returning.sid, returning.pid);
            return Ok(Welcome { opened: missed.opened, missed: Some(missed.told), berth });
        }
        let opened = guest.open(&self.rules.room).await?;
        let sid = guest.peer.sid();
        let (user, head) = (guest.identity.user.clone(), opened.head);
        let pass = Pass { sid: sid.to_string(), user, stranger, epoch: head.epoch, seq: opened.from };
        let berth = self.berth(guest, sid).await;
        if let Some(pid) = self.rules.seal.sign(&pass) {
            guest.peer.goes_by(sid, pid);
        }
        Ok(Welcome { opened, missed: None, berth })
    }

    /// None: that cannot be told whole, whatever the reason.
    async fn recall(&self, guest: &Guest, returning: &Returning) -> Option<Missed> {
        guest.seat.outlet.go_by(alias(returning.sid));
        let (room, resume, oldest) = (self.rules.room.clone(), returning.resume, returning.oldest);
        let recalled = guest.ask(RecallMissed { room, resume, oldest }).await;
        let recalled = recalled.and_then(|recalled| recalled);
        recalled
            .inspect_err(|refusal| log::debug!("a client could not be told what it missed: {refusal}"))
            .ok()?
    }

    /// Whoever is here by this name goes first.
    async fn berth(self: &Arc<Self>, guest: &Guest, sid: Sid) -> Berth {
        let connection = guest.seat.outlet.session();
        guest.seat.outlet.go_by(alias(sid));
        let before = self.sightings.arrive(sid, Holder { connection, way: guest.session() });
        let berth = Berth { recovery: self.clone(), sid, connection, seamless: before.is_some() };
        if let Some(session) = before.and_then(|before| before.way.upgrade()) {
            // It may have gone by itself meanwhile.
            let _ = ask(&session, GiveWay, guest.broker().settings().command_timeout).await;
        }
        berth
    }
}

/// Sids are random, so half of one is enough to tell connections apart.
fn alias(sid: Sid) -> Alias {
    Alias(sid.half())
}
