//! Starts and supervises everything; the one handle that doors hold. Only this file places actors on threads.
//!
//! Clones are cheap and lead to the same broker. A test starts its own; nothing here is global.

mod ending;
mod posting;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::{Addr, Context, Handler, Message};
use dashmap::DashMap;

use crate::archive::Archive;
use crate::bridge::Bridge;
use crate::clock::Clock;
use crate::dialect::{Announcement, Dialects};
use crate::directory::{Directory, Rooms};
use crate::id::{NodeId, RoomId, ShardId};
use crate::message::room::RoomEvent;
use crate::outbox::Outbox;
use crate::ports::Ports;
use crate::presence::Presence;
use crate::receipts::ReceiptsActor;
use crate::refusal::Refusal;
use crate::room::Room;
use crate::settings::Settings;
use crate::shard::{CountSessions, EndSessions, Shard, TellEveryone};
use crate::supervisor::{Link, Supervisor, ask};
use crate::vitals::Vitals;
use crate::warden::Warden;

pub use posting::Posting;
pub use worker::Worker;

/// How long until something that just ended is there again.
pub(crate) const AGAIN: Duration = Duration::from_millis(20);
/// How often a shard that died is asked again.
pub(crate) const TRIES: usize = 10;

/// What a broker is made of.
pub struct Plan {
    pub node: NodeId,
    pub settings: Settings,
    pub ports: Ports,
    pub dialects: Dialects,
    pub clock: Clock,
    pub vitals: Arc<Vitals>,
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
    archive: Arc<Link<Archive>>,
    presence: Arc<Link<Presence>>,
    receipts: Arc<Link<ReceiptsActor>>,
    bridge: Arc<Link<Bridge>>,
    outbox: Arc<Link<Outbox>>,
    warden: Arc<Link<Warden>>,
    directory: Arc<Link<Directory>>,
    supervisor: Link<Supervisor>,
    rooms: Rooms,
    shards: DashMap<ShardId, ShardPlace>,
    /// Posts that are on their way to the system of record.
    postings: DashMap<String, ()>,
    next_session: AtomicU64,
    next_shard: AtomicU64,
}

struct ShardPlace {
    link: Arc<Link<Shard>>,
    supervisor: Addr<Supervisor>,
}

impl Broker {
    /// Starts everything but the shards on this thread; each worker adds its own by [`Worker::start`].
    pub fn start(plan: Plan) -> Self {
        let broker = Self(Arc::new(Inner {
            node: plan.node,
            settings: Arc::new(plan.settings),
            ports: plan.ports,
            dialects: plan.dialects,
            clock: plan.clock,
            vitals: plan.vitals,
            archive: Arc::default(),
            presence: Arc::default(),
            receipts: Arc::default(),
            bridge: Arc::default(),
            outbox: Arc::default(),
            warden: Arc::default(),
            directory: Arc::default(),
            supervisor: Link::default(),
            rooms: Rooms::default(),
            shards: DashMap::new(),
            postings: DashMap::new(),
            next_session: AtomicU64::new(1),
            next_shard: AtomicU64::new(0),
        }));
        broker.0.supervisor.set(broker.family().launch());
        broker
    }

    /// The children, in the order they start.
    fn family(&self) -> Supervisor {
        let mut family = Supervisor::new(self.0.vitals.clone());
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

    pub fn warden(&self) -> &Link<Warden> {
        &self.0.warden
    }

    pub fn rooms(&self) -> &Rooms {
        &self.0.rooms
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

impl Broker {
    /// Asks a room, opening it if need be. One that was just ending is asked again in its next life.
    pub async fn ask_room<M>(&self, id: &RoomId, question: impl Fn() -> M) -> Result<M::Result, Refusal>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Room: Handler<M>,
        Context<Room>: ToEnvelope<Room, M>,
    {
        let mut answer = self.ask_room_once(id, question()).await;
        for pause in [AGAIN, AGAIN * 5] {
            if !matches!(answer, Err(Refusal::Restarting)) {
                break;
            }
            tokio::time::sleep(pause).await;
            answer = self.ask_room_once(id, question()).await;
        }
        answer
    }

    /// Asks a room in whichever life it is now; one that ends meanwhile is `Restarting`.
    pub(crate) async fn ask_room_once<M>(&self, id: &RoomId, question: M) -> Result<M::Result, Refusal>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Room: Handler<M>,
        Context<Room>: ToEnvelope<Room, M>,
    {
        ask(&self.0.rooms.open(id, self), question, self.0.settings.command_timeout).await
    }

    /// Ends live sessions; how many.
    pub async fn end_sessions(&self, end: EndSessions) -> usize {
        let wait = self.0.settings.command_timeout;
        let mut ended: usize = 0;
        for shard in self.shards() {
            let mut answer = shard.ask(end.clone(), wait).await;
            // A shard that died with this in hand has its sockets still.
            for _ in 0..TRIES {
                if answer.is_ok() || self.shards().is_empty() {
                    break;
                }
                tokio::time::sleep(AGAIN).await;
                answer = shard.ask(end.clone(), wait).await;
            }
            ended = ended.saturating_add(answer.unwrap_or(0));
        }
        ended
    }

    /// How many sessions each room has on this node, the fullest first.
    pub async fn count_sessions(&self, count: CountSessions) -> Vec<(RoomId, usize)> {
        let wait = self.0.settings.command_timeout;
        let mut rooms: BTreeMap<RoomId, usize> = BTreeMap::new();
        for shard in self.shards() {
            for (room, sessions) in shard.ask(count.clone(), wait).await.unwrap_or_default() {
                *rooms.entry(room).or_default() += sessions;
            }
        }
        let mut fullest: Vec<_> = rooms.into_iter().collect();
        fullest.sort_by_key(|(_, sessions)| std::cmp::Reverse(*sessions));
        fullest.truncate(count.most);
        fullest
    }

    /// Tells every session on this node.
    pub fn tell_everyone(&self, event: RoomEvent) {
        let announcement = Announcement::new(event, &self.0.dialects);
        for shard in self.shards() {
            shard.tell(TellEveryone(announcement.clone()));
        }
    }
}
