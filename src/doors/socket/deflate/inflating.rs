//! Inflates a client's messages, one at a time, for all sockets of a thread.
//!
//! The limit holds while inflating, so a small message that stands for gibibytes costs no more than an honest one.

use std::cell::RefCell;

use flate2::{Decompress, FlushDecompress, Status};
use recado_actors::refusal::Farewell;

use super::{TAIL, emptied};

/// How much room is made at a time.
const STEP: usize = 16 << 10;
/// A last block with nothing in it: inflating ends at it exactly if the message before it is whole.
const LAST_BLOCK: [u8; 2] = [0x03, 0x00];

/// Only used within one call, by whichever socket of the thread has a message.
pub struct Inflater(RefCell<Engine>);

struct Engine {
    inflate: Decompress,
    plain: Vec<u8>,
}

impl Default for Inflater {
    fn default() -> Self {
        Self(RefCell::new(Engine { inflate: Decompress::new(false), plain: Vec::new() }))
    }
}

impl Inflater {
    /// Shows what a message was before it was compressed, if that is at most this many bytes.
    pub fn inflate(&self, packed: &[u8], most: usize, show: impl FnOnce(&[u8])) -> Result<(), Farewell> {
        let engine = &mut *self.0.borrow_mut();
        let inflated = engine.inflate(packed, most);
        if inflated.is_ok() {
            show(&engine.plain);
        }
        emptied(&mut engine.plain);
        inflated
    }
}

impl Engine {
    fn inflate(&mut self, packed: &[u8], most: usize) -> Result<(), Farewell> {
        if packed.is_empty() {
            // Strictly it takes one empty byte to say nothing (RFC 7692 section 7.2.3.6).
            return Ok(());
        }
        self.inflate.reset(false);
        if let Some(rest) = self.take(packed, most)? {
            // It ended by itself, as RFC 7692 section 7.2.3.4 permits: then at most one empty byte follows.
            return if matches!(rest, [] | [0]) { Ok(()) } else { Err(Farewell::Malformed) };
        }
        let [a, b, c, d] = TAIL;
        let [e, f] = LAST_BLOCK;
        match self.take(&[a, b, c, d, e, f], most)? {
            Some([]) => Ok(()),
            _ => Err(Farewell::Malformed),
        }
    }

    /// Takes all of the input; or up to the end of the last block, and then what follows it.
    fn take<'a>(&mut self, mut input: &'a [u8], most: usize) -> Result<Option<&'a [u8]>, Farewell> {
        loop {
            // One byte more than allowed is enough to know.
            let room = STEP.min((most + 1).saturating_sub(self.plain.len()));
            self.plain.reserve(room);
            let (taken, made) = (self.inflate.total_in(), self.plain.len());
            let status = self.inflate.decompress_vec(input, &mut self.plain, FlushDecompress::Sync);
            let status = status.map_err(|_| Farewell::Malformed)?;
            if self.plain.len() > most {
                return Err(Farewell::TooBig);
            }
            let taken = usize::try_from(self.inflate.total_in() - taken).unwrap_or(usize::MAX);
            input = input.get(taken..).unwrap_or_default();
            let is_full = self.plain.len() == self.plain.capacity();
            match status {
                Status::StreamEnd => return Ok(Some(input)),
                Status::Ok | Status::BufError if is_full => {}
                Status::Ok | Status::BufError if input.is_empty() => return Ok(None),
                _ if taken == 0 && self.plain.len() == made => return Err(Farewell::Malformed),
                _ => {}
            }
        }
    }
}
