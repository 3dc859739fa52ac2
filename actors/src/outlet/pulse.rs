//! How an outlet is looked after: heartbeats, and the end of what has lasted too long.
//!
//! It alone decides that a client is gone without having said so.

use std::collections::VecDeque;
use std::rc::Rc;

use tokio::time::Instant;

use super::{Outlet, State};
use crate::dialect::Lane;
use crate::refusal::Farewell;

impl Outlet {
    /// Something came in from the client.
    pub fn heard(&self) {
        self.asked.set(false);
    }

    /// Most clients are idle most of the time: no room is kept for what they may be told.
    fn rest(&self) {
        let mut queue = self.queue.borrow_mut();
        if queue.is_empty() {
            *queue = VecDeque::new();
        }
    }

    /// Ends what has lasted too long; asks a silent client whether it is there.
    pub fn pulse(self: &Rc<Self>, now: Instant) {
        self.rest();
        let limits = self.flusher.limits();
        let stalled = self.blocked.get().is_some_and(|since| now.duration_since(since) >= limits.stall);
        match self.state.get() {
            State::Open | State::Parting(_) if stalled => self.hang_up(Farewell::TooSlow),
            State::Open => self.heartbeat(now),
            State::Parting(farewell) if now.duration_since(self.turned.get()) >= limits.goodbye => {
                self.close(farewell);
            }
            State::Closing(farewell) if now.duration_since(self.turned.get()) >= limits.goodbye => {
                self.hang_up(farewell);
            }
            State::Parting(_) | State::Closing(_) | State::Closed(_) => {}
        }
    }

    fn heartbeat(self: &Rc<Self>, now: Instant) {
        let Some(dialect) = self.flusher.dialects().get(self.dialect.get()).cloned() else { return };
        if now.duration_since(self.turned.get()) < dialect.heartbeat() {
            return;
        }
        self.turned.set(now);
        if self.asked.replace(true) {
            return self.close(Farewell::NoHeartbeat);
        }
        self.push(&dialect.ping(), Lane::Firm);
    }
}
