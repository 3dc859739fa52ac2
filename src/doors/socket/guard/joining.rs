//! A message whose parts are being put together: unmasked, and text refused at the first byte that cannot be text.
//!
//! Whatever it says is whole is what the client said; a goodbye among it has a code and a reason that may be said.

use bytes::BytesMut;
use recado_actors::refusal::Farewell;

use super::{CLOSE, TEXT};

pub(super) struct Joining {
    pub opcode: u8,
    pub packed: bool,
    pub payload: BytesMut,
    pub count: usize,
    /// How much of it is known to be text.
    text: usize,
}

impl Joining {
    pub fn new(opcode: u8, packed: bool) -> Box<Self> {
        Box::new(Self { opcode, packed, payload: BytesMut::new(), count: 0, text: 0 })
    }

    /// Adds what came of a frame, `at` bytes of which came before.
    pub fn add(&mut self, masked: &[u8], mask: [u8; 4], at: usize) -> Result<(), Farewell> {
        let held = self.payload.len();
        self.payload.extend_from_slice(masked);
        unmask(self.payload.get_mut(held..).unwrap_or_default(), mask, at);
        if self.opcode == TEXT && !self.packed { self.check_text() } else { Ok(()) }
    }

    /// A character may be cut anywhere, so its beginning is no fault yet.
    fn check_text(&mut self) -> Result<(), Farewell> {
        match std::str::from_utf8(self.payload.get(self.text..).unwrap_or_default()) {
            Ok(_) => self.text = self.payload.len(),
            Err(error) if error.error_len().is_none() => self.text += error.valid_up_to(),
            Err(_) => return Err(Farewell::NotText),
        }
        Ok(())
    }

    /// Asked when all of it is here.
    pub fn check_goodbye(&self) -> Result<(), Farewell> {
        let Some((code, reason)) = self.payload.split_first_chunk() else {
            return if self.payload.is_empty() { Ok(()) } else { Err(Farewell::Malformed) };
        };
        if !may_be_said(u16::from_be_bytes(*code)) {
            return Err(Farewell::Malformed);
        }
        std::str::from_utf8(reason).map(|_| ()).map_err(|_| Farewell::NotText)
    }

    pub fn is_goodbye(&self) -> bool {
        self.opcode == CLOSE
    }
}

/// RFC 6455 section 7.4, for clients: what a server says of itself (1012 to 1014) is not theirs to say.
fn may_be_said(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1011 | 3000..=4999)
}

fn unmask(payload: &mut [u8], mut mask: [u8; 4], at: usize) {
    mask.rotate_left(at % 4);
    for four in payload.chunks_mut(4) {
        for (byte, key) in four.iter_mut().zip(mask) {
            *byte ^= key;
        }
    }
}
