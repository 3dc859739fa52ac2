//! The way to one client in one namespace: events, answers, and the answers it gives.
//!
//! Held by its dialect as long as that likes; to a client that left nothing more is said.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use bytestring::ByteString;
use recado_actors::dialect::Lane;
use recado_actors::outlet::Outlet;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;

use super::engine::packet::Protocol;
use super::engine::sid::Sid;
use super::packet::{Written, writing};

/// How many answers of one client may be waited for; past it nobody waits.
const MOST_ASKED: usize = 1024;

/// What a client answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub args: Vec<Value>,
    pub attachments: Vec<Bytes>,
}

struct Known {
    sid: Sid,
    pid: String,
}

/// Who waits for which answer.
type Asked = BTreeMap<u64, oneshot::Sender<Answer>>;

pub struct Peer {
    namespace: ByteString,
    sid: Sid,
    /// What it is known by instead, and may return with; where nobody returns, this is all it takes.
    known: OnceCell<Box<Known>>,
    protocol: Protocol,
    outlet: Rc<Outlet>,
    joined: Cell<bool>,
    /// From the first question on.
    asked: RefCell<Option<Box<Asked>>>,
    next: Cell<u64>,
}

impl Peer {
    pub(super) fn new(namespace: ByteString, sid: Sid, protocol: Protocol, outlet: Rc<Outlet>) -> Rc<Self> {
        let (asked, next, joined) = (RefCell::default(), Cell::new(0), Cell::new(false));
        Rc::new(Self { namespace, sid, known: OnceCell::new(), protocol, outlet, joined, asked, next })
    }

    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// How the client knows itself; not the session's own id, which is secret.
    pub fn sid(&self) -> Sid {
        self.known.get().map_or(self.sid, |known| known.sid)
    }

    /// What it is told when it joins: who it is, and the secret by which it may return. Said once.
    pub(super) fn goes_by(&self, sid: Sid, pid: String) {
        let said = self.known.set(Box::new(Known { sid, pid }));
        debug_assert!(said.is_ok(), "a client has one name");
    }

    pub fn is_joined(&self) -> bool {
        self.joined.get()
    }

    /// `args` becomes an array: a tuple, a slice or a list.
    pub fn emit(&self, name: &str, args: &(impl Serialize + ?Sized), attachments: &[Bytes]) {
        self.say(writing::event(&self.namespace, name, args, attachments, None), Lane::Firm);
    }

    /// The same for what may be dropped before anything else.
    pub fn signal(&self, name: &str, args: &(impl Serialize + ?Sized)) {
        self.say(writing::event(&self.namespace, name, args, &[], None), Lane::Signal);
    }

    /// Emits what wants an answer. The receiver fails if none will come; whoever waits says for how long.
    pub fn ask(
        &self,
        name: &str,
        args: &(impl Serialize + ?Sized),
        attachments: &[Bytes],
    ) -> oneshot::Receiver<Answer> {
        let (sender, receiver) = oneshot::channel();
        if let Some(id) = self.expect_answer(sender) {
            self.say(writing::event(&self.namespace, name, args, attachments, Some(id)), Lane::Firm);
        }
        receiver
    }

    /// The number under which it is asked for.
    fn expect_answer(&self, sender: oneshot::Sender<Answer>) -> Option<u64> {
        let mut asked = self.asked.borrow_mut();
        let asked = asked.get_or_insert_default();
        // Nobody waits any more for what was given up.
        asked.retain(|_, sender| !sender.is_closed());
        if !self.is_joined() || asked.len() >= MOST_ASKED {
            return None;
        }
        let id = self.next.replace(self.next.get().wrapping_add(1));
        asked.insert(id, sender);
        Some(id)
    }

    /// Ends its stay. Stock clients do not come back by themselves after this.
    pub fn disconnect(&self) {
        self.say(Some(writing::disconnected(&self.namespace)), Lane::Firm);
        self.leave();
    }

    pub(super) fn acknowledge(&self, id: u64, args: &(impl Serialize + ?Sized), attachments: &[Bytes]) {
        self.say(writing::ack(&self.namespace, id, args, attachments), Lane::Firm);
    }

    pub(super) fn join(&self) {
        self.joined.set(true);
        let written = match self.protocol {
            Protocol::V3 => writing::connected_v3(&self.namespace),
            Protocol::V4 => {
                let pid = self.known.get().map(|known| &*known.pid);
                writing::connected(&self.namespace, &self.sid().to_string(), pid)
            }
        };
        self.say(Some(written), Lane::Firm);
    }

    pub(super) fn leave(&self) {
        self.joined.set(false);
        self.asked.take();
    }

    /// It answered what it was asked. An answer nobody waits for is none.
    pub(super) fn answered(&self, id: u64, answer: Answer) {
        let sender = self.asked.borrow_mut().as_mut().and_then(|asked| asked.remove(&id));
        if let Some(sender) = sender {
            // Whoever asked may have given up.
            let _ = sender.send(answer);
        }
    }

    /// The same of what is written already.
    pub(super) fn say(&self, written: Option<Written>, lane: Lane) {
        debug_assert!(written.is_some(), "arguments that are no array");
        if let Some(written) = written.filter(|_| self.is_joined()) {
            written.frames(self.protocol).for_each(|frame| self.outlet.push(&frame, lane));
        }
    }
}
