//! One thread that serves sockets: its shard, its flush loop and its sessions.
//!
//! Made on the thread it serves and never leaves it.

use std::cell::{Cell, OnceCell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use actix::{Actor, Addr};

use crate::broker::{Broker, ShardPlace};
use crate::desk::{Desk, Seats};
use crate::dialect::DialectId;
use crate::id::{RoomId, SessionId, ShardId};
use crate::limiter::Allowance;
use crate::message::client::Identity;
use crate::outlet::{Flusher, Outlet, Wire};
use crate::session::Session;
use crate::shard::{Local, Locals, SessionGone, Shard};
use crate::supervisor::{Alive, Link, Obituary, Supervisor};
use crate::vitals::Counted;

/// What a door on this thread needs of the broker.
pub struct Worker {
    shard: ShardId,
    link: Arc<Link<Shard>>,
    broker: Broker,
    locals: Rc<Locals>,
    flusher: Rc<Flusher>,
    /// None: documents are not served.
    seats: Option<Rc<Seats>>,
}

impl Worker {
    /// Starts this thread's shard and flush loop, and everything else here too if nobody started it elsewhere.
    pub fn start(broker: &Broker) -> Rc<Self> {
        broker.launch();
        let shards = &broker.0.shards;
        let shard = ShardId(usize::try_from(broker.0.next_shard.fetch_add(1, Relaxed)).unwrap_or(usize::MAX));
        let (dialects, vitals) = (broker.dialects().clone(), broker.vitals().clone());
        let flusher = Flusher::start(broker.settings().outlet, dialects, vitals.clone());
        let locals = Locals::new(flusher.clone(), vitals);
        let link: Arc<Link<Shard>> = Arc::default();
        let mut family = Supervisor::new(broker.vitals().clone(), broker.settings().restarts);
        let (with, sockets) = (broker.clone(), locals.clone());
        family.child("shard", &link, move |obituary| {
            Shard::new(shard, with.clone(), sockets.clone(), obituary)
        });
        let seats = broker.library().map(|library| {
            let seats = Seats::new(shard, library.clone(), broker.settings().outlet.soft_bytes);
            let (desk, held) = (Arc::default(), seats.clone());
            family.child("desk", &desk, move |obituary| Desk::new(held.clone(), obituary));
            library.add_desk(shard, desk);
            seats
        });
        let supervisor = family.launch();
        shards.insert(shard, ShardPlace { link: link.clone(), supervisor });
        Rc::new(Self { shard, link, broker: broker.clone(), locals, flusher, seats })
    }

    pub fn broker(&self) -> &Broker {
        &self.broker
    }

    /// This thread's seats at documents.
    pub fn seats(&self) -> Option<&Rc<Seats>> {
        self.seats.as_ref()
    }

    /// An outlet for a socket that just came, before its client is known.
    pub fn outlet(&self, dialect: DialectId, wire: Box<dyn Wire>) -> Rc<Outlet> {
        let session = SessionId(self.broker.0.next_session.fetch_add(1, Relaxed));
        Outlet::new(session, dialect, wire, self.flusher.clone())
    }

    /// What the client at this outlet, who came from this address, may ask for.
    pub fn allowance(&self, outlet: &Rc<Outlet>, address: Option<IpAddr>) -> Rc<Allowance> {
        Allowance::new(self.broker.limiter(), outlet, address)
    }

    /// Starts the session of a client that proved itself and comes for these rooms.
    pub fn open(
        &self,
        outlet: &Rc<Outlet>,
        allowance: &Rc<Allowance>,
        identity: impl Into<Rc<Identity>>,
        rooms: Vec<RoomId>,
    ) -> Addr<Session> {
        let identity = identity.into();
        allowance.belongs_to(&identity.user);
        let life = self.broker.0.next_session.fetch_add(1, Relaxed);
        let local = Rc::new(Local {
            outlet: outlet.clone(),
            identity: identity.clone(),
            shard: self.shard,
            rooms: RefCell::new(rooms),
            life,
            session: OnceCell::new(),
            expires_at: Cell::new(identity.expires_at),
            counted: Counted::new(self.broker.vitals(), outlet.way()),
        });
        self.locals.add(local.clone());
        let (link, session) = (self.link.clone(), outlet.session());
        let alive = Alive::new(self.broker.vitals(), "session");
        let obituary = Obituary::new(alive, move || link.tell(SessionGone { session, life }));
        let (broker, allowance) = (self.broker.clone(), allowance.clone());
        let session = Session::new(broker, identity, local.clone(), allowance, obituary).start();
        // Set once: a seat has one session.
        let _ = local.session.set(session.downgrade());
        session
    }

    /// The socket is gone: forgets it and its seat at once.
    pub fn forget(&self, outlet: &Outlet) {
        self.locals.remove(outlet.session());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.flusher.stop();
    }
}
