//! Where each session of a mount is: from its id, which the client says with every request, to its actor while it polls.
//!
//! What concurrent requests of one session must agree on stands here, so it is decided before anybody waits.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

use actix::Addr;
use dashmap::DashMap;

use super::packet::Protocol;
use super::session::Session;
use super::sid::Sid;

/// How a session stands at the moment, for requests on any thread.
#[derive(Default)]
pub struct Standing {
    /// A body is being taken in.
    posting: AtomicBool,
    /// A WebSocket is trying to replace polling.
    probing: AtomicBool,
    /// It came or went on to a WebSocket.
    socket: AtomicBool,
}

impl Standing {
    /// False if somebody posts already.
    pub fn begin_post(&self) -> bool {
        !self.posting.swap(true, AcqRel)
    }

    pub fn end_post(&self) {
        self.posting.store(false, Release);
    }

    /// False if a WebSocket tries already, or has replaced polling.
    pub fn begin_probe(&self) -> bool {
        !self.is_socket() && !self.probing.swap(true, AcqRel)
    }

    pub fn is_probed(&self) -> bool {
        self.probing.load(Acquire)
    }

    pub fn end_probe(&self) {
        self.probing.store(false, Release);
    }

    pub fn is_socket(&self) -> bool {
        self.socket.load(Acquire)
    }

    pub fn becomes_socket(&self) {
        self.socket.store(true, Release);
    }
}

#[derive(Clone)]
pub struct Entry {
    /// None: it is on a WebSocket, and nothing is asked of it in another way.
    pub session: Option<Addr<Session>>,
    pub standing: Arc<Standing>,
    pub protocol: Protocol,
}

#[derive(Default)]
pub struct Registry(DashMap<Sid, Entry>);

impl Registry {
    pub fn get(&self, sid: &Sid) -> Option<Entry> {
        self.0.get(sid).map(|entry| entry.clone())
    }

    pub fn add(&self, sid: Sid, entry: Entry) {
        self.0.insert(sid, entry);
    }

    /// Nobody asks its actor for anything new.
    pub fn goes_by_socket(&self, sid: &Sid) {
        let session = self.0.get_mut(sid).and_then(|mut entry| entry.session.take());
        // Whoever asked before holds on to it.
        drop(session);
    }

    pub fn remove(&self, sid: &Sid) -> Option<Entry> {
        self.0.remove(sid).map(|(_, entry)| entry)
    }
}
