//! Socket.IO on one Engine.IO session: which namespaces the client is in, and whose words go where.
//!
//! A client that breaks the protocol is hung up on, as stock servers do; a namespace it may not join costs it only that.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::task::JoinHandle;
use bytestring::ByteString;
use recado_actors::dialect::Lane;
use recado_actors::refusal::Farewell;
use serde_json::{Map, Value};
use tokio::time::sleep;
use url::form_urlencoded;

use super::engine::packet::{Message, Protocol};
use super::engine::rider::{Rider, Riders, Seat, Work};
use super::engine::sid::Sid;
use super::packet::{Assembler, Heard, Limits, ROOT, writing};
use super::peer::{Answer, Peer};
use super::talk::{Ack, Event, Knock, Rejection, Talk, Talks};

/// How many namespaces one connection may be in.
const MOST_NAMESPACES: usize = 16;

/// Puts a dialect on Engine.IO's sessions.
pub struct SocketIo {
    pub talks: Arc<dyn Talks>,
    /// How long a client may take to join a namespace.
    pub connect_timeout: Duration,
    pub limits: Arc<Limits>,
}

impl Riders for SocketIo {
    fn rider(&self, seat: Rc<Seat>) -> Box<dyn Rider> {
        let stay = Stay {
            seat,
            talks: self.talks.clone(),
            joined: RefCell::new(Vec::with_capacity(1)),
            ever: Cell::new(false),
            alarm: RefCell::default(),
        };
        let assembler = Assembler::new(self.limits.clone());
        Box::new(Connection { stay: Rc::new(stay), assembler, connect_timeout: self.connect_timeout })
    }
}

struct Connection {
    stay: Rc<Stay>,
    assembler: Assembler,
    connect_timeout: Duration,
}

/// Which namespaces a client is in.
struct Stay {
    seat: Rc<Seat>,
    talks: Arc<dyn Talks>,
    /// A client is in one, as a rule.
    joined: RefCell<Vec<Joined>>,
    /// It was in one at some time.
    ever: Cell<bool>,
    /// Rings when it has joined nothing in time; most connections are quiet for long, and keep no timer then.
    alarm: RefCell<Option<JoinHandle<()>>>,
}

struct Joined {
    peer: Rc<Peer>,
    talk: Box<dyn Talk>,
}

impl Joined {
    fn is_at(&self, namespace: &str) -> bool {
        self.peer.namespace() == namespace
    }
}

fn take(joined: &mut Vec<Joined>, namespace: &str) -> Option<Joined> {
    joined.iter().position(|joined| joined.is_at(namespace)).map(|at| joined.swap_remove(at))
}

impl Rider for Connection {
    fn open(&mut self) -> Option<Work> {
        let alarm = actix_web::rt::spawn(await_join(Rc::downgrade(&self.stay), self.connect_timeout));
        self.stay.alarm.replace(Some(alarm));
        // Protocol 3 has everybody in the root without asking.
        let is_v3 = self.stay.seat.protocol == Protocol::V3;
        is_v3.then(|| self.stay.clone().connect(ByteString::from_static(ROOT), Map::new())).flatten()
    }

    fn hear(&mut self, message: Message) -> Option<Work> {
        match self.assembler.hear(message) {
            Ok(Some(heard)) => self.stay.clone().hear(heard),
            Ok(None) => None,
            Err(fault) => {
                self.stay.violated(fault.word());
                None
            }
        }
    }

    fn closed(&mut self, farewell: Farewell) {
        for mut joined in self.stay.joined.take() {
            joined.peer.leave();
            joined.talk.left(Some(farewell));
        }
    }
}

/// Whoever joins nothing in time is let go.
async fn await_join(stay: Weak<Stay>, within: Duration) {
    sleep(within).await;
    if let Some(stay) = stay.upgrade().filter(|stay| !stay.ever.get()) {
        stay.seat.outlet.close(Farewell::TokenMissing);
    }
}

/// Also when it left before it had joined anything.
impl Drop for Stay {
    fn drop(&mut self) {
        self.stop_alarm();
    }
}

impl Stay {
    fn stop_alarm(&self) {
        if let Some(alarm) = self.alarm.take() {
            alarm.abort();
        }
    }

    fn violated(&self, why: &'static str) {
        log::debug!(session = self.seat.outlet.session().0, why; "a client broke the protocol");
        self.seat.outlet.close(Farewell::Malformed);
    }

    fn hear(self: Rc<Self>, heard: Heard) -> Option<Work> {
        match heard {
            Heard::Connect { namespace, auth } => {
                let (namespace, auth) = match self.seat.protocol {
                    Protocol::V3 => without_query(&namespace),
                    Protocol::V4 => (namespace, auth.unwrap_or_default()),
                };
                return self.connect(namespace, auth);
            }
            Heard::Disconnect { namespace } => self.disconnect(&namespace),
            Heard::Event { namespace, name, args, attachments, ack } => {
                let mut joined = self.joined.borrow_mut();
                let Some(joined) = joined.iter_mut().find(|joined| joined.is_at(&namespace)) else {
                    self.violated("an event for a namespace it is not in");
                    return None;
                };
                // The dialect has let it go already.
                if !joined.peer.is_joined() {
                    return None;
                }
                let ack = ack.map(|id| Ack { peer: joined.peer.clone(), id });
                return joined.talk.hear(Event { name, args, attachments, ack });
            }
            Heard::Ack { namespace, id, args, attachments } => {
                match self.joined.borrow().iter().find(|joined| joined.is_at(&namespace)) {
                    Some(joined) => joined.peer.answered(id, Answer { args, attachments }),
                    None => self.violated("an answer for a namespace it is not in"),
                }
            }
        }
        None
    }

    fn connect(self: Rc<Self>, namespace: ByteString, auth: Map<String, Value>) -> Option<Work> {
        if self.is_in(&namespace) {
            // Protocol 3 has it in the root whether or not it asks.
            if self.seat.protocol == Protocol::V4 {
                self.violated("it is in this namespace already");
            }
            return None;
        }
        if self.joined.borrow().len() >= MOST_NAMESPACES {
            self.reject(&namespace, &Rejection { message: "Too many namespaces".into(), extra: None });
            return None;
        }
        let Some(sid) = self.sid() else {
            self.seat.outlet.close(Farewell::Internal);
            return None;
        };
        let (seat, protocol) = (self.seat.clone(), self.seat.protocol);
        let peer = Peer::new(namespace.clone(), sid, protocol, seat.outlet.clone());
        let knock = Knock { namespace: namespace.clone(), auth, seat, peer: peer.clone() };
        let Some(admission) = self.talks.admit(knock) else {
            self.reject(&namespace, &Rejection { message: "Invalid namespace".into(), extra: None });
            return None;
        };
        Some(Box::pin(async move {
            match admission.await {
                Ok(talk) => self.join(Joined { peer, talk }).await,
                Err(rejection) => self.reject(&namespace, &rejection),
            }
        }))
    }

    /// Where it was before it left, or was let go, it may come again.
    fn is_in(&self, namespace: &ByteString) -> bool {
        let mut joined = self.joined.borrow_mut();
        let is_in = joined.iter().any(|joined| joined.is_at(namespace) && joined.peer.is_joined());
        if !is_in && let Some(mut before) = take(&mut joined, namespace) {
            before.talk.left(None);
        }
        is_in
    }

    /// In protocol 3 the session's id is all there is.
    fn sid(&self) -> Option<Sid> {
        match self.seat.protocol {
            Protocol::V3 => Some(self.seat.sid),
            Protocol::V4 => Sid::fresh(self.seat.worker.broker().node()),
        }
    }

    async fn join(&self, mut joined: Joined) {
        if self.seat.outlet.farewell().is_some() {
            // It went while it was being let in.
            return joined.talk.left(self.seat.outlet.farewell());
        }
        self.ever.set(true);
        self.stop_alarm();
        joined.talk.coming();
        joined.peer.join();
        let work = joined.talk.joined();
        self.joined.borrow_mut().push(joined);
        if let Some(work) = work {
            work.await;
        }
    }

    fn reject(&self, namespace: &str, rejection: &Rejection) {
        let Rejection { message, extra } = rejection;
        let written = match self.seat.protocol {
            Protocol::V3 => writing::refused_v3(namespace, message),
            Protocol::V4 => writing::refused(namespace, message, extra.as_ref()),
        };
        written.frames(self.seat.protocol).for_each(|frame| self.seat.outlet.push(&frame, Lane::Firm));
    }

    fn disconnect(&self, namespace: &ByteString) {
        let joined = take(&mut self.joined.borrow_mut(), namespace);
        match joined {
            Some(mut joined) => {
                joined.peer.leave();
                joined.talk.left(None);
            }
            None => self.violated("it leaves a namespace it is not in"),
        }
    }
}

/// Clients of protocol 3 show what they have to show as a query behind the namespace.
fn without_query(namespace: &ByteString) -> (ByteString, Map<String, Value>) {
    let (bare, query) = namespace.split_once('?').unwrap_or((namespace, ""));
    let shown = form_urlencoded::parse(query.as_bytes()).into_owned();
    (namespace.slice_ref(bare), shown.map(|(key, value)| (key, value.into())).collect())
}
