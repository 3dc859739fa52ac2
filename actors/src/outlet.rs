//! The one bounded queue toward a client, counted in bytes.
//!
//! Pushing never waits and never fails: what a slow client cannot take is dropped, folded or ends its connection.
//! An outlet belongs to one thread; frames leave it whole and in the order they were pushed.

mod flusher;
mod own;
mod parting;
mod pulse;
mod wording;
mod writing;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::dialect::{DialectId, Form, Frame, Lane};
use crate::id::{Alias, SessionId};
use crate::refusal::Farewell;
use crate::vitals::Way;

pub use flusher::{Deferred, Flusher};

/// The transport under an outlet.
pub trait Wire {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;
    /// Ends when a write may succeed again.
    fn writable(&self) -> LocalBoxFuture<'_, io::Result<()>>;
    /// Ends both directions at once, whatever is still queued.
    fn hang_up(&self);
    /// What it is, in one word.
    fn transport(&self) -> &'static str;
    /// The form in which it takes this frame.
    fn form(&self, _frame: &Frame) -> Form {
        Form::BARE
    }
    /// Two wires of one kind take every frame in the same form.
    fn kind(&self) -> u8 {
        0
    }
    /// The frame in that form.
    fn shape(&self, frame: &Frame, _form: Form) -> Frame {
        frame.clone()
    }
}

/// How much an outlet holds for a client that does not read.
#[derive(Debug, Clone, Copy)]
pub struct OutletLimits {
    /// Past this the client is too slow and is told goodbye.
    pub bytes: usize,
    /// Past this signals are dropped.
    pub soft_bytes: usize,
    /// A client that takes nothing for this long is too slow.
    pub stall: Duration,
    /// How long a goodbye waits for the client's own.
    pub goodbye: Duration,
}

impl Default for OutletLimits {
    fn default() -> Self {
        let (stall, goodbye) = (Duration::from_secs(25), Duration::from_secs(2));
        Self { bytes: 1 << 20, soft_bytes: 64 << 10, stall, goodbye }
    }
}

struct Queued {
    bytes: Bytes,
    lane: Lane,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Will be told goodbye when what it asked for is answered.
    Parting(Farewell),
    /// The last frame is queued; nothing may follow it.
    Closing(Farewell),
    Closed(Farewell),
}

/// One client's queue. Held by its pump, its session and its shard, all on one thread.
pub struct Outlet {
    session: SessionId,
    dialect: Cell<DialectId>,
    alias: Cell<Option<Alias>>,
    wire: Box<dyn Wire>,
    flusher: Rc<Flusher>,
    queue: RefCell<VecDeque<Queued>>,
    queued: Cell<usize>,
    state: Cell<State>,
    dirty: Cell<bool>,
    /// Since when the socket takes nothing; a task waits for it to be writable.
    blocked: Cell<Option<Instant>>,
    /// When the state or the heartbeat last moved on.
    turned: Cell<Instant>,
    /// A heartbeat is out and nothing came in since.
    asked: Cell<bool>,
    /// How much the client asked for and is not answered.
    in_hand: Cell<u32>,
    /// From its first word on.
    own: OnceCell<Box<own::Own>>,
    /// From the first wait on.
    drained: OnceCell<Box<Notify>>,
}

impl Outlet {
    pub fn new(
        session: SessionId,
        dialect: DialectId,
        wire: Box<dyn Wire>,
        flusher: Rc<Flusher>,
    ) -> Rc<Self> {
        Rc::new(Self {
            session,
            dialect: Cell::new(dialect),
            alias: Cell::new(None),
            wire,
            flusher,
            queue: RefCell::default(),
            queued: Cell::new(0),
            state: Cell::new(State::Open),
            dirty: Cell::new(false),
            blocked: Cell::new(None),
            turned: Cell::new(Instant::now()),
            asked: Cell::new(false),
            in_hand: Cell::new(0),
            own: OnceCell::new(),
            drained: OnceCell::new(),
        })
    }

    pub fn session(&self) -> SessionId {
        self.session
    }

    pub fn dialect(&self) -> DialectId {
        self.dialect.get()
    }

    /// From now on this client is spoken to in another dialect of the same door.
    pub fn speak(&self, dialect: DialectId) {
        self.dialect.set(dialect);
    }

    /// From now on what this alias said is not told here.
    pub fn go_by(&self, alias: Alias) {
        self.alias.set(Some(alias));
    }

    /// Why it is about to close, closing or closed; none while it stays.
    pub fn farewell(&self) -> Option<Farewell> {
        match self.state.get() {
            State::Open => None,
            State::Parting(farewell) | State::Closing(farewell) | State::Closed(farewell) => Some(farewell),
        }
    }

    /// May more be said to this client?
    pub fn is_open(&self) -> bool {
        matches!(self.state.get(), State::Open | State::Parting(_))
    }

    pub fn queued_bytes(&self) -> usize {
        self.queued.get()
    }

    /// Its socket takes nothing at the moment.
    pub fn is_blocked(&self) -> bool {
        self.blocked.get().is_some()
    }

    /// Through which door and over which transport its client came.
    pub(crate) fn way(&self) -> Way {
        let dialect = self.flusher.dialects().get(self.dialect.get());
        (dialect.map_or("none", |dialect| dialect.door()), self.wire.transport())
    }

    /// Queues a frame for this client alone; it leaves at the end of this turn of the loop.
    pub fn push(self: &Rc<Self>, frame: &Frame, lane: Lane) {
        match self.wire.form(frame) {
            Form::BARE => self.push_bytes(frame.wire().clone(), lane),
            form => self.push_bytes(self.wire.shape(frame, form).wire().clone(), lane),
        }
    }

    /// Queues bytes that are no frame of a dialect, as the answer to an upgrade.
    pub fn push_bytes(self: &Rc<Self>, bytes: Bytes, lane: Lane) {
        if !self.is_open() || self.give_way(&bytes, lane) {
            return;
        }
        if !self.has_room_for(&bytes) {
            // Much in one turn is our doing: the client is slow only if its socket is full.
            self.flush_or_wait();
        }
        if !self.has_room_for(&bytes) {
            return self.close(Farewell::TooSlow);
        }
        if self.is_open() {
            self.enqueue(bytes, lane);
        }
    }

    fn has_room_for(&self, bytes: &Bytes) -> bool {
        self.queued.get().saturating_add(bytes.len()) <= self.flusher.limits().bytes
    }

    /// On a full socket: drops a signal, folds what only counts in its newest form. True if nothing is left to queue.
    fn give_way(&self, bytes: &Bytes, lane: Lane) -> bool {
        if self.blocked.get().is_none() {
            return false;
        }
        match lane {
            Lane::Firm => false,
            Lane::Signal => self.queued.get() > self.flusher.limits().soft_bytes,
            Lane::Newest(_) => self.fold(bytes, lane),
        }
    }

    fn fold(&self, bytes: &Bytes, lane: Lane) -> bool {
        let mut queue = self.queue.borrow_mut();
        // The first may be half written.
        let Some(older) = queue.iter_mut().skip(1).find(|queued| queued.lane == lane) else {
            return false;
        };
        let others = self.queued.get().saturating_sub(older.bytes.len());
        self.queued.set(others.saturating_add(bytes.len()));
        older.bytes = bytes.clone();
        true
    }

    fn enqueue(self: &Rc<Self>, bytes: Bytes, lane: Lane) {
        self.queued.set(self.queued.get().saturating_add(bytes.len()));
        let mut queue = self.queue.borrow_mut();
        if queue.capacity() == 0 {
            queue.reserve_exact(1);
        }
        queue.push_back(Queued { bytes, lane });
        drop(queue);
        if !self.dirty.replace(true) {
            self.flusher.add(self.clone());
        }
    }

    /// Ends the connection now.
    pub fn hang_up(&self, farewell: Farewell) {
        let farewell = self.farewell().unwrap_or(farewell);
        if !matches!(self.state.replace(State::Closed(farewell)), State::Closed(_)) {
            self.flusher.counts().disconnects.count(farewell.code());
        }
        self.queue.borrow_mut().clear();
        self.queued.set(0);
        self.wire.hang_up();
        self.tell_drained();
    }

    /// Its wire goes on under another outlet: nothing more is said here, and nobody is hung up on.
    pub fn give_up_wire(&self) {
        self.state.set(State::Closed(Farewell::ByClient(1000)));
        self.queue.borrow_mut().clear();
        self.queued.set(0);
        self.tell_drained();
    }

    fn tell_drained(&self) {
        if let Some(drained) = self.drained.get() {
            drained.notify_waiters();
        }
    }

    /// Ends when at most `left` bytes are queued or the outlet is closed: a long catch-up paces itself by it.
    pub async fn drained(&self, left: usize) {
        loop {
            let drained = self.drained.get_or_init(Box::default).notified();
            if self.queued.get() <= left || matches!(self.state.get(), State::Closed(_)) {
                return;
            }
            drained.await;
        }
    }
}

/// A pump that died said no goodbye.
impl Drop for Outlet {
    fn drop(&mut self) {
        if !matches!(self.state.get(), State::Closed(_)) {
            self.flusher.counts().disconnects.count(Farewell::Internal.code());
        }
    }
}
