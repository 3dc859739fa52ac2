//! One of the two in a room: what it has said that is not answered.
//!
//! Answers come in the order of what was said; one that does not ends the run.

use super::super::voice::Voice;
use anyhow::{Context, Result, ensure};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use tokio::time::Instant;

/// Past this the server does not keep up, and waiting longer would only take memory.
const MOST_WAITING: usize = 10_000;

pub struct Side {
    pub voice: Voice,
    pub letter: char,
    /// Its number.
    pub room: usize,
    waiting: RefCell<VecDeque<(usize, Instant)>>,
    next: Cell<usize>,
}

impl Side {
    pub fn new(voice: Voice, letter: char, room: usize) -> Self {
        Self { voice, letter, room, waiting: RefCell::default(), next: Cell::new(1) }
    }

    pub fn in_flight(&self) -> usize {
        self.waiting.borrow().len()
    }

    /// The number of what is said now and was due then.
    pub fn departs(&self, due: Instant) -> Result<usize> {
        ensure!(
            self.in_flight() < MOST_WAITING,
            "the server is {MOST_WAITING} answers behind for one client"
        );
        let tag = self.next.replace(self.next.get() + 1);
        self.waiting.borrow_mut().push_back((tag, due));
        Ok(tag)
    }

    /// When what is answered was due.
    pub fn answered(&self, tag: Option<usize>) -> Result<Instant> {
        let (oldest, due) =
            self.waiting.borrow_mut().pop_front().context("an answer came to nothing that was said")?;
        ensure!(tag.is_none_or(|tag| tag == oldest), "message {oldest} waits, and {tag:?} was answered");
        Ok(due)
    }
}
