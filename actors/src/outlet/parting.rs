//! How an outlet ends in order: the client gets the answer it waits for, then the last words, then the end.
//!
//! No step is waited for longer than a goodbye may take.

use std::rc::Rc;

use tokio::time::Instant;

use super::{Outlet, State};
use crate::dialect::{Frame, Lane};
use crate::refusal::Farewell;

impl Outlet {
    /// Something the client asked for is being served.
    pub fn take_in_hand(&self) {
        self.in_hand.set(self.in_hand.get().saturating_add(1));
    }

    /// One of those is done with; a goodbye that waited for the last of them is said.
    pub fn put_down(self: &Rc<Self>) {
        self.in_hand.set(self.in_hand.get().saturating_sub(1));
        if let (State::Parting(farewell), 0) = (self.state.get(), self.in_hand.get()) {
            self.close(farewell);
        }
    }

    /// Says goodbye: at once, or when what is in hand was answered.
    pub fn part(self: &Rc<Self>, farewell: Farewell) {
        if self.in_hand.get() == 0 {
            return self.close(farewell);
        }
        if self.state.get() == State::Open {
            self.state.set(State::Parting(farewell));
            self.turned.set(Instant::now());
        }
    }

    /// Says goodbye and hangs up: after the queue where the dialect has a word for it, at once where not.
    pub fn close(self: &Rc<Self>, farewell: Farewell) {
        if !self.is_open() {
            return;
        }
        let words = self.last_words(farewell);
        if words.is_empty() {
            return self.hang_up(farewell);
        }
        self.state.set(State::Closing(farewell));
        self.turned.set(Instant::now());
        for word in words {
            self.enqueue(word.wire().clone(), Lane::Firm);
        }
    }

    fn last_words(&self, farewell: Farewell) -> Vec<Frame> {
        match farewell {
            Farewell::TooSlow | Farewell::NoHeartbeat => Vec::new(),
            _ => {
                let dialect = self.flusher.dialects().get(self.dialect.get());
                dialect.map(|dialect| dialect.farewell(farewell)).unwrap_or_default()
            }
        }
    }
}
