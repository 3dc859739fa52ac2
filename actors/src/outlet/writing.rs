//! How an outlet's queue gets into its socket: as much as it takes, in as few calls as possible.
//!
//! Never waits: on a full socket one task takes over until it drains.

use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

use tokio::time::Instant;

use super::{Outlet, Queued, State, Wire};
use crate::refusal::Farewell;

impl Outlet {
    /// Writes what the socket takes. True when nothing is left to do.
    fn flush(&self, scratch: &mut Vec<u8>) -> bool {
        let mut queue = self.queue.borrow_mut();
        while !queue.is_empty() {
            match write_some(self.wire.as_ref(), &queue, scratch) {
                Ok(0) => break,
                Ok(wrote) => self.took(&mut queue, wrote),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(_) => break,
            }
        }
        let broken = !queue.is_empty();
        if queue.capacity() > 1 {
            // After a burst a client is idle again, most likely.
            *queue = VecDeque::with_capacity(1);
        }
        drop(queue);
        if broken {
            self.hang_up(Farewell::ByClient(1006));
        }
        self.tell_drained();
        true
    }

    fn took(&self, queue: &mut VecDeque<Queued>, mut wrote: usize) {
        self.queued.set(self.queued.get().saturating_sub(wrote));
        self.flusher.wrote(wrote);
        if self.blocked.get().is_some() {
            // Progress: the stall is counted from here. Whoever drains a full socket is there, though its answer to a
            // heartbeat may lie unread while it is sent its past.
            self.blocked.set(Some(Instant::now()));
            self.asked.set(false);
        }
        while let Some(front) = queue.front_mut() {
            if wrote < front.bytes.len() {
                front.bytes = front.bytes.slice(wrote..);
                return;
            }
            wrote = wrote.saturating_sub(front.bytes.len());
            queue.pop_front();
        }
    }

    /// Flushes; on a full socket one task waits for room and goes on.
    pub(super) fn flush_or_wait(self: &Rc<Self>) {
        self.dirty.set(false);
        if self.blocked.get().is_some() || self.flusher.with_scratch(|scratch| self.flush(scratch)) {
            return;
        }
        self.blocked.set(Some(Instant::now()));
        let outlet = self.clone();
        tokio::task::spawn_local(async move {
            while outlet.wire.writable().await.is_ok() && !matches!(outlet.state.get(), State::Closed(_)) {
                if outlet.flusher.with_scratch(|scratch| outlet.flush(scratch)) {
                    break;
                }
            }
            outlet.blocked.set(None);
        });
    }
}

/// One write: a single frame as it is, several gathered into one call.
fn write_some(wire: &dyn Wire, queue: &VecDeque<Queued>, scratch: &mut Vec<u8>) -> io::Result<usize> {
    const GATHER: usize = 64 << 10;
    if let (Some(only), 1) = (queue.front(), queue.len()) {
        return wire.try_write(&only.bytes);
    }
    scratch.clear();
    for queued in queue {
        if !scratch.is_empty() && scratch.len().saturating_add(queued.bytes.len()) > GATHER {
            break;
        }
        scratch.extend_from_slice(&queued.bytes);
    }
    wire.try_write(scratch)
}
