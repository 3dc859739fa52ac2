//! What a dialect over Socket.IO is asked: who may join which namespace, and what becomes of what clients say there.
//!
//! An echo needs no more of it than a room behind the broker does; neither sees packets or transports.

use std::borrow::Cow;
use std::rc::Rc;

use bytes::Bytes;
use bytestring::ByteString;
use futures_util::future::LocalBoxFuture;
use recado_actors::refusal::Farewell;
use serde::Serialize;
use serde_json::{Map, Value};

use super::engine::rider::{Seat, Work};
use super::peer::Peer;

/// A client that asks to join a namespace.
pub struct Knock {
    pub namespace: ByteString,
    /// What it showed of itself; nothing if it showed nothing.
    pub auth: Map<String, Value>,
    /// Its connection, which may carry several namespaces.
    pub seat: Rc<Seat>,
    /// The way to it. Before it is let in, it is told nothing.
    pub peer: Rc<Peer>,
}

/// A `connect_error`, in the dialect's words.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection {
    pub message: Cow<'static, str>,
    pub extra: Option<Value>,
}

/// Lets a client in, sooner or later.
pub type Admission = LocalBoxFuture<'static, Result<Box<dyn Talk>, Rejection>>;

/// One door's dialect.
pub trait Talks: Send + Sync + 'static {
    /// None: there is no such namespace.
    fn admit(&self, knock: Knock) -> Option<Admission>;
}

/// One client in one namespace.
pub trait Talk: 'static {
    /// The client is about to know that it is in: what it is told before is said now.
    fn coming(&mut self) {}
    /// The client knows that it is in.
    fn joined(&mut self) -> Option<Work>;
    /// It said something. What takes longer than this turn is returned, and nothing more is heard until that is done.
    fn hear(&mut self, event: Event) -> Option<Work>;
    /// It left, or is gone: then `farewell` says why.
    fn left(&mut self, farewell: Option<Farewell>);
}

/// What a client said.
pub struct Event {
    pub name: String,
    /// With placeholders where attachments belong.
    pub args: Vec<Value>,
    pub attachments: Vec<Bytes>,
    /// It wants an answer.
    pub ack: Option<Ack>,
}

/// The answer a client waits for; given once or never.
pub struct Ack {
    pub(super) peer: Rc<Peer>,
    pub(super) id: u64,
}

impl Ack {
    /// `args` becomes an array: a tuple, a slice or a list.
    pub fn answer(self, args: &(impl Serialize + ?Sized), attachments: &[Bytes]) {
        self.peer.acknowledge(self.id, args, attachments);
    }
}
