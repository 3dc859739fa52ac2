//! One worker's seats at documents: who of this thread is in which, and what they are told.
//!
//! A document says a thing once for each worker; here it goes to every seat it is meant for, in the same bytes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use actix::{Actor, AsyncContext, Context, Handler, Message};

use crate::dialect::{Frame, Lane};
use crate::document::{JoinDocument, LeaveDocument};
use crate::id::{RoomId, SessionId, ShardId};
use crate::library::Library;
use crate::outlet::Outlet;
use crate::refusal::{Farewell, Refusal};
use crate::supervisor::{Fate, Obituary};

/// Whom something is said to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    All,
    AllBut(SessionId),
    Only(SessionId),
}

/// Something a document says.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub frame: Frame,
    pub lane: Lane,
    pub to: To,
}

/// Notice: tell this to those who are in the document and sit here.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub(crate) struct TellSeats {
    pub document: RoomId,
    pub said: Vec<Said>,
}

/// Notice: this life of a document is over.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub(crate) struct DocumentGone {
    pub document: RoomId,
    pub life: u64,
}

struct Seat {
    outlet: Rc<Outlet>,
    may_write: bool,
}

/// Held by the desk and by the door on the same thread; outlives a desk that dies.
pub struct Seats {
    at: ShardId,
    library: Library,
    soft_bytes: usize,
    taken: RefCell<HashMap<RoomId, Vec<Seat>>>,
}

impl Seats {
    pub(crate) fn new(at: ShardId, library: Library, soft_bytes: usize) -> Rc<Self> {
        Rc::new(Self { at, library, soft_bytes, taken: RefCell::default() })
    }

    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Takes a seat for this client, and has the document take it in.
    pub async fn join(&self, document: &RoomId, outlet: &Rc<Outlet>, may_write: bool) -> Result<(), Refusal> {
        self.leave(document, outlet);
        let seat = Seat { outlet: outlet.clone(), may_write };
        self.taken.borrow_mut().entry(document.clone()).or_default().push(seat);
        let join = JoinDocument { session: outlet.session(), at: self.at, may_write, again: false };
        self.library.join(document, join).await.inspect_err(|_| self.leave(document, outlet))
    }

    /// Its client is gone, or goes.
    pub fn leave(&self, document: &RoomId, outlet: &Outlet) {
        let session = outlet.session();
        let mut taken = self.taken.borrow_mut();
        let Some(seats) = taken.get_mut(document) else { return };
        let before = seats.len();
        seats.retain(|seat| seat.outlet.session() != session);
        if seats.len() < before {
            self.library.tell(document, LeaveDocument { session });
        }
        if seats.is_empty() {
            taken.remove(document);
        }
    }

    fn tell(&self, TellSeats { document, said }: &TellSeats) {
        let taken = self.taken.borrow();
        let Some(seats) = taken.get(document) else { return };
        for Said { frame, lane, to } in said {
            for seat in seats {
                let session = seat.outlet.session();
                match *to {
                    // Meant for one alone, so it may take it in a form of its own.
                    To::Only(one) if one == session => seat.outlet.push(frame, *lane),
                    To::Only(_) => {}
                    To::AllBut(one) if one == session => {}
                    To::All | To::AllBut(_) if self.is_too_slow_for(&seat.outlet, *lane) => {}
                    To::All | To::AllBut(_) => seat.outlet.push_bytes(frame.wire().clone(), *lane),
                }
            }
        }
    }

    /// What is not worth waiting for is dropped first.
    fn is_too_slow_for(&self, outlet: &Outlet, lane: Lane) -> bool {
        lane != Lane::Firm && outlet.is_blocked() && outlet.queued_bytes() > self.soft_bytes
    }

    /// Has a new life of the document take in who sits here.
    fn join_again(&self, document: &RoomId) {
        let taken = self.taken.borrow();
        let Some(seats) = taken.get(document) else { return };
        let Ok(addr) = self.library.open(document) else { return self.give_up(document) };
        for Seat { outlet, may_write } in seats {
            let (session, at, may_write) = (outlet.session(), self.at, *may_write);
            addr.do_send(JoinDocument { session, at, may_write, again: true });
        }
    }

    fn give_up(&self, document: &RoomId) {
        for seat in self.taken.borrow().get(document).into_iter().flatten() {
            seat.outlet.close(Farewell::TryLater);
        }
    }
}

pub struct Desk {
    seats: Rc<Seats>,
    _obituary: Obituary,
}

impl Desk {
    pub fn new(seats: Rc<Seats>, obituary: Obituary) -> Self {
        Self { seats, _obituary: obituary }
    }
}

impl Actor for Desk {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        // What lay in the mailbox of an earlier life is lost.
        let documents: Vec<_> = self.seats.taken.borrow().keys().cloned().collect();
        documents.iter().for_each(|document| self.seats.join_again(document));
    }
}

impl Handler<TellSeats> for Desk {
    type Result = ();

    fn handle(&mut self, tell: TellSeats, _: &mut Self::Context) {
        self.seats.tell(&tell);
    }
}

impl Handler<DocumentGone> for Desk {
    type Result = ();

    fn handle(&mut self, gone: DocumentGone, ctx: &mut Self::Context) {
        match self.seats.library.fall(&gone) {
            None => self.seats.give_up(&gone.document),
            Some(pause) => {
                ctx.run_later(pause, move |desk, _| desk.seats.join_again(&gone.document));
            }
        }
    }
}

impl Handler<Fate> for Desk {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("desk", ctx);
    }
}
