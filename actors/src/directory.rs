//! Finds a room or starts it, and starts it again when it dies.
//!
//! A room lives on the worker that first asked for it; there is never more than one of a name.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use actix::{Actor, Addr, AsyncContext, Context, Handler, Message};
use actix_rt::ArbiterHandle;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry as Slot;
use tokio::time::Instant;

use crate::broker::Broker;
use crate::id::RoomId;
use crate::room::Room;
use crate::supervisor::{Alive, Fate, Obituary, Restarts};

/// Notice: this life of a room is over.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct RoomGone {
    room: RoomId,
    life: u64,
}

/// Where a room is to be found.
#[derive(Clone)]
struct Place {
    room: Addr<Room>,
    /// An obituary comes before the mailbox is closed, so only this tells a dead life from a new one.
    life: u64,
    arbiter: ArbiterHandle,
}

/// The addresses of all rooms that are open on this node.
#[derive(Default)]
pub struct Rooms(DashMap<RoomId, Place>, AtomicU64);

impl Rooms {
    pub fn get(&self, id: &RoomId) -> Option<Addr<Room>> {
        self.0.get(id).map(|place| place.room.clone())
    }

    /// The room's address; starts it on this thread if it is not open.
    pub fn open(&self, id: &RoomId, broker: &Broker) -> Addr<Room> {
        if let Some(room) = self.get(id) {
            return room;
        }
        match self.0.entry(id.clone()) {
            Slot::Occupied(place) => place.get().room.clone(),
            Slot::Vacant(vacant) => {
                let arbiter = actix_rt::Arbiter::current();
                vacant.insert(start(id, broker, arbiter)).room.clone()
            }
        }
    }

    /// Takes a room off the list, if it is still this life of it.
    pub fn close(&self, id: &RoomId, life: &Addr<Room>) {
        self.0.remove_if(id, |_, place| place.room == *life);
    }

    pub fn all(&self) -> Vec<Addr<Room>> {
        self.0.iter().map(|place| place.room.clone()).collect()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn clear(&self) {
        self.0.clear();
    }
}

fn start(id: &RoomId, broker: &Broker, arbiter: ArbiterHandle) -> Place {
    let (id, broker) = (id.clone(), broker.clone());
    let life = broker.rooms().1.fetch_add(1, Relaxed);
    let room = Room::start_in_arbiter(&arbiter, move |_| {
        let alive = Alive::new(broker.vitals(), "room");
        let (kin, gone) = (broker.clone(), RoomGone { room: id.clone(), life });
        let obituary = Obituary::new(alive, move || kin.directory().tell(gone));
        Room::new(id, broker, obituary)
    });
    Place { room, life, arbiter }
}

/// The actor that room obituaries reach.
pub struct Directory {
    broker: Broker,
    restarts: HashMap<RoomId, Restarts>,
    _obituary: Obituary,
}

impl Directory {
    pub fn new(broker: Broker, obituary: Obituary) -> Self {
        Self { broker, restarts: HashMap::new(), _obituary: obituary }
    }

    fn restart(&mut self, id: RoomId, place: &Place, ctx: &mut Context<Self>) {
        self.broker.vitals().actor_restarted("room");
        let (limits, now) = (self.broker.settings().restarts, Instant::now());
        let Some(back_off) = self.restarts.entry(id.clone()).or_default().next(limits, now) else {
            // One poisoned room must not touch the others: it stays closed until somebody opens it again.
            log::error!("a room died too often: closed");
            self.restarts.remove(&id);
            return self.broker.close_room(&id, &place.room);
        };
        log::error!("a room died: starting it again");
        let (dead, arbiter) = (place.life, place.arbiter.clone());
        ctx.run_later(back_off, move |directory, _| {
            let broker = &directory.broker;
            if let Slot::Occupied(mut place) = broker.rooms().0.entry(id.clone())
                && place.get().life == dead
            {
                place.insert(start(&id, broker, arbiter));
            }
        });
    }
}

impl Actor for Directory {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // Rooms that died while this actor was dead had nobody to tell.
        let places = self.broker.rooms().0.iter().filter(|place| !place.room.connected());
        for place in places {
            ctx.notify(RoomGone { room: place.key().clone(), life: place.life });
        }
    }
}

impl Handler<RoomGone> for Directory {
    type Result = ();

    fn handle(&mut self, RoomGone { room, life }: RoomGone, ctx: &mut Self::Context) {
        let place = self.broker.rooms().0.get(&room).map(|place| place.clone());
        match place {
            Some(place) if place.life == life => self.restart(room, &place, ctx),
            // A newer life is none of this obituary's business.
            Some(_) => {}
            // An orderly end took the room off the list first.
            None => {
                self.restarts.remove(&room);
            }
        }
    }
}

impl Handler<Fate> for Directory {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("directory", ctx);
    }
}
