//! Starts and supervises everything; the one handle that doors hold. Only this file places actors on threads.
//!
//! Clones are cheap and lead to the same broker. A test starts its own; nothing here is global.

mod asking;
mod composing;
mod ending;
mod posting;
mod regrouping;
mod returns;
mod worker;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use actix::Addr;
use dashmap::DashMap;
use tokio::sync::Notify;

use crate::archive::Archive;
use crate::bridge::Bridge;
use crate::clock::Clock;
use crate::courier::Courier;
use crate::dialect::Dialects;
use crate::directory::{Directory, Rooms};
use crate::id::{NodeId, RoomId, ShardId};
use crate::library::Library;
use crate::limiter::Limiter;
use crate::outbox::Outbox;
use crate::ports::Ports;
use crate::presence::Presence;
use crate::receipts::ReceiptsActor;
use crate::room::Room;
use crate::settings::Settings;
use crate::shard::Shard;
use crate::supervisor::{Link, Supervisor};
use crate::vitals::Vitals;
use crate::warden::Warden;

pub use posting::Posting;
pub use returns::Returns;
pub use worker::Worker;

/// How long until something that just ended is there again.
pub(crate) const AGAIN: Duration = Duration::from_millis(20);
/// How often a shard that died is asked again.
pub(crate) const TRIES: usize = 50;

/// What a broker is made of.
pub struct Plan {
    pub node: NodeId,
    pub settings: Settings,
    pub ports: Ports,
    pub dialects: Dialects,
    pub clock: Clock,
    pub vitals: Arc<Vitals>,
    /// None: documents are not served.
    pub library: Option<Library>,
}

/// A running broker.
#[derive(Clone)]
pub struct Broker(Arc<Inner>);

struct Inner {
    node: NodeId,
    settings: Arc<Settings>,
    ports: Ports,
    dialects: Dialects,
    clock: Clock,
    vitals: Arc<Vitals>,
    limiter: Arc<Limiter>,
    archive: Arc<Link<Archive>>,
    presence: Arc<Link<Presence>>,
    receipts: Arc<Link<ReceiptsActor>>,
    bridge: Arc<Link<Bridge>>,
    outbox: Arc<Link<Outbox>>,
    courier: Arc<Link<Courier>>,
    warden: Arc<Link<Warden>>,
    directory: Arc<Link<Directory>>,
    supervisor: Link<Supervisor>,
    rooms: Rooms,
    library: Option<Library>,
    shards: DashMap<ShardId, ShardPlace>,
    /// Posts that are on their way to the system of record.
    postings: DashMap<String, ()>,
    next_session: AtomicU64,
    next_shard: AtomicU64,
    launching: AtomicBool,
    launched: Notify,
}

struct ShardPlace {
    link: Arc<Link<Shard>>,
    supervisor: Addr<Supervisor>,
}

impl Broker {
    /// A broker whose actors are started by [`Broker::launch`].
    pub fn new(plan: Plan) -> Self {
        let limiter = Limiter::new(plan.settings.rates, plan.vitals.clone());
        Self(Arc::new(Inner {
            node: plan.node,
            settings: Arc::new(plan.settings),
            ports: plan.ports,
            dialects: plan.dialects,
            clock: plan.clock,
            vitals: plan.vitals,
            limiter,
            archive: Arc::default(),
            presence: Arc::default(),
            receipts: Arc::default(),
            bridge: Arc::default(),
            outbox: Arc::default(),
            courier: Arc::default(),
            warden: Arc::default(),
            directory: Arc::default(),
            supervisor: Link::default(),
            rooms: Rooms::default(),
            library: plan.library,
            shards: DashMap::new(),
            postings: DashMap::new(),
            next_session: AtomicU64::new(1),
            next_shard: AtomicU64::new(0),
            launching: AtomicBool::new(false),
            launched: Notify::new(),
        }))
    }

    /// Starts everything but the shards on this thread, unless that was done; each worker adds its shard by
    /// [`Worker::start`].
    pub fn launch(&self) {
        if !self.0.launching.swap(true, Relaxed) {
            self.0.supervisor.set(self.family().launch());
            self.0.launched.notify_waiters();
        }
    }

    /// Ends when everything is there to be asked, whichever thread starts it.
    pub async fn launched(&self) {
        let launched = self.0.launched.notified();
        if self.0.supervisor.addr().is_none() {
            launched.await;
        }
    }

    /// The children, in the order they start.
    fn family(&self) -> Supervisor {
        let mut family = Supervisor::new(self.0.vitals.clone(), self.settings().restarts);
        let broker = self.clone();
        family.child("archive", &self.0.archive, move |obituary| Archive::new(broker.clone(), obituary));
        let broker = self.clone();
        family.child("bridge", &self.0.bridge, move |obituary| Bridge::new(broker.clone(), obituary));
        let broker = self.clone();
        family
            .child("directory", &self.0.directory, move |obituary| Directory::new(broker.clone(), obituary));
        let broker = self.clone();
        family.child("presence", &self.0.presence, move |obituary| Presence::new(broker.clone(), obituary));
        let broker = self.clone();
        family.child("receipts", &self.0.receipts, move |obituary| {
            ReceiptsActor::new(broker.clone(), obituary)
        });
        let broker = self.clone();
        family.child("outbox", &self.0.outbox, move |obituary| Outbox::new(broker.clone(), obituary));
        let broker = self.clone();
        family.child("courier", &self.0.courier, move |obituary| Courier::new(broker.clone(), obituary));
        let broker = self.clone();
        family.child("warden", &self.0.warden, move |obituary| Warden::new(broker.clone(), obituary));
        family
    }

    pub fn node(&self) -> &NodeId {
        &self.0.node
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub fn ports(&self) -> &Ports {
        &self.0.ports
    }

    pub fn dialects(&self) -> &Dialects {
        &self.0.dialects
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub fn vitals(&self) -> &Arc<Vitals> {
        &self.0.vitals
    }

    pub fn limiter(&self) -> &Arc<Limiter> {
        &self.0.limiter
    }

    pub fn archive(&self) -> &Link<Archive> {
        &self.0.archive
    }

    pub fn presence(&self) -> &Link<Presence> {
        &self.0.presence
    }

    pub fn receipts(&self) -> &Link<ReceiptsActor> {
        &self.0.receipts
    }

    pub fn bridge(&self) -> &Link<Bridge> {
        &self.0.bridge
    }

    pub fn outbox(&self) -> &Link<Outbox> {
        &self.0.outbox
    }

    pub fn courier(&self) -> &Link<Courier> {
        &self.0.courier
    }

    pub fn warden(&self) -> &Link<Warden> {
        &self.0.warden
    }

    pub fn rooms(&self) -> &Rooms {
        &self.0.rooms
    }

    /// None: documents are not served.
    pub fn library(&self) -> Option<&Library> {
        self.0.library.as_ref()
    }

    pub(crate) fn directory(&self) -> &Link<Directory> {
        &self.0.directory
    }

    pub fn room_if_open(&self, id: &RoomId) -> Option<Addr<Room>> {
        self.0.rooms.get(id)
    }

    pub(crate) fn close_room(&self, id: &RoomId, life: &Addr<Room>) {
        self.0.rooms.close(id, life);
    }

    pub(crate) fn shard(&self, id: ShardId) -> Option<Arc<Link<Shard>>> {
        self.0.shards.get(&id).map(|place| place.link.clone())
    }

    pub(crate) fn shards(&self) -> Vec<Arc<Link<Shard>>> {
        self.0.shards.iter().map(|place| place.link.clone()).collect()
    }
}
