//! Finds a document or opens it, says who may, and opens it again when it dies.
//!
//! There is never more than one of a name. It lives on the worker that first asked for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Context, Handler, Message};
use actix_rt::Arbiter;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry as Slot;
use tokio::time::Instant;

use crate::desk::{Desk, DocumentGone, TellSeats};
use crate::document::{Document, JoinDocument, Words};
use crate::id::{RoomId, ShardId};
use crate::ports::LogError;
use crate::ports::documents::Documents;
use crate::refusal::{DocumentRefusal, Refusal};
use crate::supervisor::{Alive, Fate, Link, Obituary, RestartLimits, Restarts, ask};
use crate::vitals::Vitals;

/// How long until a document that just ended can be opened again; then longer.
const AGAIN: [Duration; 3] =
    [Duration::from_millis(20), Duration::from_millis(100), Duration::from_millis(500)];

/// What documents go by.
#[derive(Debug, Clone, Copy)]
pub struct DocumentRules {
    /// Of one document, as it is kept.
    pub max_bytes: usize,
    pub max_change_bytes: usize,
    /// Sessions in one document.
    pub max_members: usize,
    /// Documents at once.
    pub max_open: usize,
    /// After so many changes, or bytes of them, one whole takes their place.
    pub compact_changes: usize,
    pub compact_bytes: usize,
    /// How long a document that nobody is in stays open.
    pub idle: Duration,
    /// A token that names no document opens all of them.
    pub open_to_all_users: bool,
    /// How long a document is waited for.
    pub patience: Duration,
    /// How often a document that dies is opened again.
    pub restarts: RestartLimits,
}

/// All that a library is made of.
pub struct LibraryPlan {
    pub port: Arc<dyn Documents>,
    pub rules: DocumentRules,
    pub words: Words,
    pub vitals: Arc<Vitals>,
}

/// Which documents a verified token opens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pass {
    /// Those it names; none: it names none, and opens what every user may.
    pub documents: Option<Vec<RoomId>>,
    pub read_only: bool,
}

/// What somebody may do with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    pub may_write: bool,
}

/// Clones are the same library.
#[derive(Clone)]
pub struct Library(Arc<Shelves>);

struct Shelves {
    plan: LibraryPlan,
    places: DashMap<RoomId, Place>,
    lives: AtomicU64,
    falls: DashMap<RoomId, Fallen>,
    desks: DashMap<ShardId, Arc<Link<Desk>>>,
    ended: AtomicBool,
}

struct Place {
    document: Addr<Document>,
    /// An obituary comes before the mailbox is closed, so only this tells a dead life from a new one.
    life: u64,
}

#[derive(Default)]
struct Fallen {
    restarts: Restarts,
    /// The life that fell last, and what was decided.
    last: Option<(u64, Option<Duration>)>,
}

impl Library {
    pub fn new(plan: LibraryPlan) -> Self {
        Self(Arc::new(Shelves {
            plan,
            places: DashMap::new(),
            lives: AtomicU64::new(0),
            falls: DashMap::new(),
            desks: DashMap::new(),
            ended: AtomicBool::new(false),
        }))
    }

    /// What this pass allows with this document.
    pub fn access(&self, pass: &Pass, document: &RoomId) -> Result<Access, Refusal> {
        let opens = match &pass.documents {
            Some(named) => named.contains(document),
            None => self.rules().open_to_all_users,
        };
        if !opens {
            return Err(Refusal::Document(DocumentRefusal::NotYours));
        }
        Ok(Access { may_write: !pass.read_only })
    }

    /// Asks a document, opening it if need be.
    pub async fn ask<M>(&self, id: &RoomId, question: M) -> Result<M::Result, Refusal>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Document: Handler<M>,
        Context<Document>: ToEnvelope<Document, M>,
    {
        ask(&self.open(id)?, question, self.rules().patience).await
    }

    /// Has a document take a session in. One that was just ending is asked again in its next life.
    pub(crate) async fn join(&self, id: &RoomId, join: JoinDocument) -> Result<(), Refusal> {
        let mut joined = self.ask(id, join.clone()).await;
        for pause in AGAIN {
            if !matches!(joined, Err(Refusal::Restarting)) {
                break;
            }
            tokio::time::sleep(pause).await;
            joined = self.ask(id, join.clone()).await;
        }
        joined?
    }

    /// Tells a document, if it is open.
    pub(crate) fn tell<M>(&self, id: &RoomId, notice: M)
    where
        M: Message<Result = ()> + Send + 'static,
        Document: Handler<M>,
        Context<Document>: ToEnvelope<Document, M>,
    {
        if let Some(place) = self.0.places.get(id) {
            place.document.do_send(notice);
        }
    }

    /// The document's address; opens it if it is not.
    pub(crate) fn open(&self, id: &RoomId) -> Result<Addr<Document>, Refusal> {
        if let Some(place) = self.0.places.get(id) {
            return Ok(place.document.clone());
        }
        if self.0.places.len() >= self.rules().max_open {
            return Err(Refusal::Document(DocumentRefusal::TooManyOpen));
        }
        if self.0.ended.load(Relaxed) {
            return Err(Refusal::Draining);
        }
        match self.0.places.entry(id.clone()) {
            Slot::Occupied(place) => Ok(place.get().document.clone()),
            Slot::Vacant(vacant) => Ok(vacant.insert(self.start(id)).document.clone()),
        }
    }

    fn start(&self, id: &RoomId) -> Place {
        let (id, library) = (id.clone(), self.clone());
        let life = self.0.lives.fetch_add(1, Relaxed);
        let document = Document::start_in_arbiter(&Arbiter::current(), move |_| {
            let alive = Alive::new(&library.0.plan.vitals, "document");
            let (kin, gone) = (library.clone(), DocumentGone { document: id.clone(), life });
            let obituary = Obituary::new(alive, move || kin.mourn(&gone));
            Document::new(id, life, library, obituary)
        });
        Place { document, life }
    }

    /// Runs while unwinding, so it only sends.
    fn mourn(&self, gone: &DocumentGone) {
        self.0.desks.iter().for_each(|desk| desk.tell(gone.clone()));
    }

    /// A life of a document is over; after how long those who were in it open it again, unless it died too often.
    /// Every desk asks, and all hear the same.
    pub(crate) fn fall(&self, DocumentGone { document, life }: &DocumentGone) -> Option<Duration> {
        if self.0.places.remove_if(document, |_, place| place.life == *life).is_none() {
            // It ended in order, or another desk asked before.
            let fallen = self.0.falls.get(document);
            let decided = fallen.as_ref().and_then(|fallen| fallen.last).filter(|last| last.0 == *life);
            return decided.map_or(Some(Duration::ZERO), |(_, again)| again);
        }
        self.0.plan.vitals.actor_restarted("document");
        let mut fallen = self.0.falls.entry(document.clone()).or_default();
        let again = fallen.restarts.next(self.rules().restarts, Instant::now());
        log::error!("a document died: {}", if again.is_some() { "opening it again" } else { "given up" });
        fallen.last = Some((*life, again));
        again
    }

    /// Takes a document off the list, if it is still this life of it.
    pub(crate) fn close(&self, id: &RoomId, life: u64) {
        self.0.places.remove_if(id, |_, place| place.life == life);
        self.0.falls.remove(id);
    }

    pub(crate) fn add_desk(&self, id: ShardId, desk: Arc<Link<Desk>>) {
        self.0.desks.insert(id, desk);
    }

    pub(crate) fn tell_desk(&self, id: ShardId, tell: TellSeats) {
        if let Some(desk) = self.0.desks.get(&id) {
            desk.tell(tell);
        }
    }

    pub(crate) fn note_failure(&self, doing: &'static str, error: &LogError) {
        let vitals = &self.0.plan.vitals;
        vitals.counts.store_errors.count(doing);
        if let LogError::Untrusted(_) = error {
            vitals.fatal(&error.to_string());
        }
    }

    pub(crate) fn rules(&self) -> &DocumentRules {
        &self.0.plan.rules
    }

    pub(crate) fn port(&self) -> &dyn Documents {
        &*self.0.plan.port
    }

    pub(crate) fn words(&self) -> Words {
        self.0.plan.words
    }

    /// How many documents are open.
    pub fn len(&self) -> usize {
        self.0.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.places.is_empty()
    }

    /// One way or the other, for all that are open.
    pub(crate) fn befall(&self, fate: Fate) {
        self.0.places.iter().for_each(|place| place.document.do_send(fate));
    }

    pub(crate) fn befall_desks(&self, fate: Fate) {
        self.0.desks.iter().for_each(|desk| desk.tell(fate));
    }

    /// Ends everything here.
    pub(crate) fn end(&self) {
        self.0.ended.store(true, Relaxed);
        for desk in &self.0.desks {
            desk.end();
        }
        self.0.desks.clear();
        self.befall(Fate::End);
        self.0.places.clear();
    }
}
