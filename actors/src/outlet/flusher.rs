//! Writes every outlet that has something to say once per turn of its thread's loop.
//!
//! It keeps a waker only while nothing is waiting, so a push can neither be missed nor wake it twice.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Poll, Waker};

use tokio::time::Instant;

use crate::dialect::Dialects;
use crate::outlet::{Outlet, OutletLimits};
use crate::vitals::{Counts, Vitals};

/// What is left for the end of a turn, before outlets are written.
pub trait Deferred {
    fn settle(&self);
}

/// One thread's queue of outlets to flush.
pub struct Flusher {
    limits: OutletLimits,
    dialects: Dialects,
    dirty: RefCell<Vec<Rc<Outlet>>>,
    deferred: RefCell<Vec<Rc<dyn Deferred>>>,
    waker: RefCell<Option<Waker>>,
    scratch: RefCell<Vec<u8>>,
    vitals: Arc<Vitals>,
    /// What sockets took and the vitals were not told yet.
    wrote: Cell<usize>,
    /// When what was announced since the last turn became durable.
    announced: RefCell<Vec<Instant>>,
    stopped: Cell<bool>,
}

impl Flusher {
    /// Starts its task on this thread.
    pub fn start(limits: OutletLimits, dialects: Dialects, vitals: Arc<Vitals>) -> Rc<Self> {
        let flusher = Rc::new(Self {
            limits,
            dialects,
            dirty: RefCell::default(),
            deferred: RefCell::default(),
            waker: RefCell::default(),
            scratch: RefCell::default(),
            vitals,
            wrote: Cell::new(0),
            announced: RefCell::default(),
            stopped: Cell::new(false),
        });
        tokio::task::spawn_local(run(flusher.clone()));
        flusher
    }

    /// Ends its task after what is waiting now.
    pub fn stop(&self) {
        self.stopped.set(true);
        self.wake();
    }

    pub(super) fn limits(&self) -> &OutletLimits {
        &self.limits
    }

    pub(super) fn dialects(&self) -> &Dialects {
        &self.dialects
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.vitals.counts
    }

    pub(super) fn wrote(&self, bytes: usize) {
        self.wrote.set(self.wrote.get().saturating_add(bytes));
    }

    /// Something that became durable at this moment was pushed to outlets of this thread.
    pub(crate) fn announced(&self, durable: Instant) {
        self.announced.borrow_mut().push(durable);
    }

    /// Once per turn, so that no delivery pays for being counted.
    fn tell_vitals(&self) {
        let counts = self.counts();
        if let wrote @ 1.. = self.wrote.take() {
            counts.outlet_bytes.fetch_add(u64::try_from(wrote).unwrap_or(0), Relaxed);
        }
        let mut announced = self.announced.borrow_mut();
        if !announced.is_empty() {
            let now = Instant::now();
            announced.drain(..).for_each(|durable| counts.delivery.observe_time(now.duration_since(durable)));
        }
    }

    pub(super) fn add(&self, outlet: Rc<Outlet>) {
        self.dirty.borrow_mut().push(outlet);
        self.wake();
    }

    /// Settles this when the turn ends.
    pub fn defer(&self, work: Rc<dyn Deferred>) {
        self.deferred.borrow_mut().push(work);
        self.wake();
    }

    fn settle(&self) {
        // Taken out first: what is settled pushes, and pushing comes back here.
        let deferred = self.deferred.take();
        deferred.iter().for_each(|work| work.settle());
    }

    pub(super) fn with_scratch<T>(&self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        write(&mut self.scratch.borrow_mut())
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Takes what is waiting into `work`; false when stopped and empty.
    async fn wait(&self, work: &mut Vec<Rc<Outlet>>) -> bool {
        poll_fn(|cx| {
            self.settle();
            let mut dirty = self.dirty.borrow_mut();
            if !dirty.is_empty() {
                std::mem::swap(&mut *dirty, work);
                return Poll::Ready(true);
            }
            if self.stopped.get() {
                return Poll::Ready(false);
            }
            *self.waker.borrow_mut() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

async fn run(flusher: Rc<Flusher>) {
    let mut work = Vec::new();
    while flusher.wait(&mut work).await {
        for outlet in work.drain(..) {
            outlet.flush_or_wait();
        }
        flusher.tell_vitals();
        tokio::task::yield_now().await;
    }
}
