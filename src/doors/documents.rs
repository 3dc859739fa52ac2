//! The door of documents: Yjs at `/collab/{document}`, for stock `y-websocket` providers.
//!
//! A provider's messages are served one at a time: it is read on when the last is durable, or refused.

pub mod codec;
pub mod dialect;
mod entering;

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use actix::Addr;
use actix_codec::Framed;
use actix_http::{Request, h1};
use actix_web::rt::net::TcpStream;
use actix_web::web::ServiceConfig;
use futures_util::future::LocalBoxFuture;
use recado_actors::broker::Worker;
use recado_actors::dialect::{DialectId, Lane};
use recado_actors::document::{ReadDocument, ShowAwareness, TellShown, WriteDocument};
use recado_actors::id::RoomId;
use recado_actors::limiter::{Allowance, Ask};
use recado_actors::message::client::CloseSession;
use recado_actors::outlet::Outlet;
use recado_actors::refusal::{DocumentRefusal, Farewell, Refusal};
use recado_actors::session::Session;
use recado_actors::vitals::Counts;

use crate::auth::{Tickets, Verifier};
use crate::doors::socket::claim::Claim;
use crate::doors::socket::gate::Place;
use crate::doors::socket::upgrade::{Accepted, Entrance, Manners, as_problem};
use crate::doors::socket::{Arrival, Conversation, GuardLimits, Said, serve};
use codec::Asked;

/// How a document's words are put into frames.
pub use codec::told as words;

/// What every connection here shares.
pub struct DocumentsDoor {
    pub verifier: Arc<Verifier>,
    /// None: there is no secret to sign tickets with.
    pub tickets: Option<Arc<Tickets>>,
    pub dialect: DialectId,
    /// What a client may send at once here.
    pub limits: Arc<GuardLimits>,
}

impl Claim for DocumentsDoor {
    fn claims(&self, path: &str) -> bool {
        codec::place(path).is_some()
    }

    fn routes(self: Arc<Self>, _routes: &mut ServiceConfig) {}

    fn upgrade(
        self: Arc<Self>,
        request: Request,
        framed: Framed<TcpStream, h1::Codec>,
        entrance: Rc<Entrance>,
    ) -> LocalBoxFuture<'static, ()> {
        Box::pin(async move {
            let manners =
                Manners { dialect: self.dialect, refusal: as_problem, wire: &|wire| Box::new(wire) };
            let Some(accepted) = entrance.accept(request, framed, manners).await else { return };
            let Accepted { mut socket, arrival, worker, place } = accepted;
            socket.limits = self.limits.clone();
            let talk = DocumentTalk {
                door: self,
                worker,
                outlet: socket.outlet.clone(),
                allowance: socket.allowance.clone(),
                arrival: Some(Box::new(arrival)),
                session: None,
                document: None,
                place,
            };
            actix_web::rt::spawn(serve(socket, talk));
        })
    }
}

/// One provider's talk with its document.
struct DocumentTalk {
    door: Arc<DocumentsDoor>,
    worker: Rc<Worker>,
    outlet: Rc<Outlet>,
    allowance: Rc<Allowance>,
    /// Until the client is let in; its token need not be kept longer.
    arrival: Option<Box<Arrival>>,
    session: Option<Addr<Session>>,
    document: Option<RoomId>,
    place: Place,
}

impl DocumentTalk {
    fn counts(&self) -> &Counts {
        &self.worker.broker().vitals().counts
    }

    /// A change that is not taken is lost to the others until its client comes again: rather than refused it waits.
    async fn pay(&self) {
        while let Err(refusal) = self.allowance.spend(Ask::Other) {
            if !self.outlet.is_open() {
                return;
            }
            tokio::time::sleep(refusal.retry_after().unwrap_or_default()).await;
        }
    }

    async fn ask(&self, asked: Asked) -> Result<(), Refusal> {
        let (Some(document), Some(seats)) = (&self.document, self.worker.seats()) else {
            return Err(Refusal::NotInRoom);
        };
        let (library, session) = (seats.library(), self.outlet.session());
        match asked {
            Asked::State(state) => library.ask(document, ReadDocument { session, state }).await?,
            Asked::Change { update, answers } => {
                library.ask(document, WriteDocument { session, update, answers }).await?
            }
            Asked::Show(shown) => library.ask(document, ShowAwareness { session, shown }).await?,
            Asked::AllShown => library.ask(document, TellShown { session }).await?,
        }
    }

    fn refuse(&self, refusal: &Refusal) {
        self.counts().refusals.count(refusal.code());
        match refusal {
            // Its next life asks everybody for what it lacks, and tells everybody all it has.
            Refusal::Restarting | Refusal::NotInRoom => {}
            Refusal::Document(DocumentRefusal::ReadOnly) => {
                self.outlet.push(&codec::denied(&refusal.to_string()), Lane::Firm);
            }
            Refusal::Document(DocumentRefusal::Unreadable) => self.outlet.close(Farewell::Malformed),
            Refusal::Document(DocumentRefusal::ChangeTooBig { .. } | DocumentRefusal::Full { .. }) => {
                self.outlet.close(Farewell::TooBig);
            }
            _ => self.outlet.close(Farewell::TryLater),
        }
    }
}

impl Conversation for DocumentTalk {
    type Left = Asked;

    async fn open(&mut self) -> Option<Duration> {
        self.enter().await;
        None
    }

    fn hear(&mut self, message: Said) -> Option<Asked> {
        let asked = match &message {
            Said::Binary(bytes) => codec::read(bytes),
            Said::Text(_) => None,
        };
        if asked.is_none() {
            self.counts().refusals.count("unreadable_message");
            self.outlet.close(Farewell::Malformed);
        }
        asked
    }

    async fn finish(&mut self, asked: Asked) {
        self.pay().await;
        if let Err(refusal) = self.ask(asked).await {
            self.refuse(&refusal);
        }
    }

    fn is_proved(&self) -> bool {
        self.session.is_some()
    }
}

/// Also when the pump itself dies: the seat is free, the session ends, the place is given back.
impl Drop for DocumentTalk {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.counts().panics.fetch_add(1, Relaxed);
        }
        if let (Some(document), Some(seats)) = (&self.document, self.worker.seats()) {
            seats.leave(document, &self.outlet);
        }
        self.worker.forget(&self.outlet);
        if let Some(session) = self.session.take() {
            session.do_send(CloseSession);
        }
    }
}
