//! Stands before the codec: refuses a frame by its declared length, joins fragments and inflates under limits.
//!
//! Pure. Whatever comes in, it holds at most one message of the permitted size, and what it lets through are whole,
//! plain, unfragmented, masked frames. (The codec alone would buffer any declared length, never join nor inflate.)
//! Text that cannot be text is refused before it ends, and nothing is let in after a goodbye.

mod joining;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use recado_actors::refusal::Farewell;

use super::deflate::Inflater;
use super::frame::write_masked;
use joining::Joining;

/// What one client may send at once.
#[derive(Debug, Clone, Copy)]
pub struct GuardLimits {
    /// The most bytes of a message, joined and inflated.
    pub message_bytes: usize,
    /// The most fragments of a message.
    pub fragments_count: usize,
    /// How long a fragmented message may take to end.
    pub fragments: Duration,
    /// How long a single frame may take to arrive.
    pub frame: Duration,
}

const FIN: u8 = 0x80;
/// RSV1, where permessage-deflate was agreed on (RFC 7692 section 6).
const PACKED: u8 = 0x40;
/// RSV2 and RSV3, which nothing gives a meaning.
const RESERVED: u8 = 0x30;
const MASKED: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
/// The longest header of a masked frame: 2 bytes, 8 of length, 4 of mask.
const LONGEST_HEADER: usize = 14;

pub struct Guard {
    limits: Arc<GuardLimits>,
    /// None: no compression was agreed on.
    inflater: Option<Rc<Inflater>>,
    header: [u8; LONGEST_HEADER],
    header_len: usize,
    /// What is left of the present frame's payload.
    left: usize,
    present: Present,
    joining: Option<Box<Joining>>,
    passed: usize,
    joined: usize,
    /// The client said goodbye.
    over: bool,
}

/// What has begun and not ended; numbered, so that the next is not taken for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfinished {
    Message(usize),
    Frame(usize),
}

/// What becomes of the present frame's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Present {
    Header,
    /// It goes on as it is.
    Pass,
    /// It is unmasked into the message being joined; `last` ends that. So is text that comes in several goes, and a
    /// goodbye.
    Join {
        mask: [u8; 4],
        at: usize,
        last: bool,
    },
}

/// A frame header, read.
struct Header {
    fin: bool,
    packed: bool,
    opcode: u8,
    length: usize,
    mask: [u8; 4],
}

impl Guard {
    pub fn limits(&self) -> &GuardLimits {
        &self.limits
    }

    pub fn new(limits: Arc<GuardLimits>, inflater: Option<Rc<Inflater>>) -> Self {
        Self {
            limits,
            inflater,
            header: [0; LONGEST_HEADER],
            header_len: 0,
            left: 0,
            present: Present::Header,
            joining: None,
            passed: 0,
            joined: 0,
            over: false,
        }
    }

    /// A fragmented message, or else a frame, of which only a part is here.
    pub fn unfinished(&self) -> Option<Unfinished> {
        let mid_frame = self.header_len > 0 || self.present != Present::Header;
        let frame = mid_frame.then_some(Unfinished::Frame(self.let_through()));
        let whole = matches!(self.present, Present::Join { last: true, .. });
        // A message in one frame may be joined too.
        let fragments = self.joining.as_ref().filter(|joining| !whole || joining.count > 1);
        fragments.map(|_| Unfinished::Message(self.joined)).or(frame)
    }

    /// How many whole frames were let through.
    pub fn let_through(&self) -> usize {
        self.passed + self.joined
    }

    /// Takes bytes as they come; what may go on is added to `out`.
    pub fn feed(&mut self, mut input: &[u8], out: &mut BytesMut) -> Result<(), Farewell> {
        while !self.over && (!input.is_empty() || self.at_end_of_payload()) {
            input = match self.present {
                Present::Header => self.read_header(input, out)?,
                Present::Pass => self.pass(input, out),
                Present::Join { mask, at, last } => self.join(input, mask, at, last, out)?,
            };
        }
        Ok(())
    }

    /// A payload of no bytes ends without any input.
    fn at_end_of_payload(&self) -> bool {
        self.present != Present::Header && self.left == 0
    }

    fn read_header<'a>(&mut self, input: &'a [u8], out: &mut BytesMut) -> Result<&'a [u8], Farewell> {
        let Some((byte, rest)) = input.split_first() else { return Ok(input) };
        if let Some(place) = self.header.get_mut(self.header_len) {
            *place = *byte;
        }
        self.header_len += 1;
        if let Some(header) = self.parsed()? {
            self.begin(&header, rest.len(), out);
            self.header_len = 0;
        }
        Ok(rest)
    }

    /// The header, once all of it is here. A length past the limit is refused before its last byte.
    fn parsed(&self) -> Result<Option<Header>, Farewell> {
        let [first, second, rest @ ..] = &self.header;
        if self.header_len < 2 {
            return Ok(None);
        }
        if second & MASKED == 0 {
            return Err(Farewell::Malformed);
        }
        let extended = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if self.header_len < 2 + extended {
            return Ok(None);
        }
        let declared = match second & 0x7f {
            short @ ..126 => u64::from(short),
            _ => rest.iter().take(extended).fold(0, |sum, byte| (sum << 8) | u64::from(*byte)),
        };
        let length = usize::try_from(declared).unwrap_or(usize::MAX);
        let (fin, packed, opcode) = (first & FIN != 0, first & PACKED != 0, first & 0x0f);
        let mut header = Header { fin, packed, opcode, length, mask: [0; 4] };
        self.check(&header, first & RESERVED)?;
        if self.header_len < 2 + extended + 4 {
            return Ok(None);
        }
        for (to, from) in header.mask.iter_mut().zip(rest.iter().skip(extended)) {
            *to = *from;
        }
        Ok(Some(header))
    }

    fn check(&self, header: &Header, reserved: u8) -> Result<(), Farewell> {
        let Header { fin, packed, opcode, length, .. } = *header;
        let may_be_packed = self.inflater.is_some() && matches!(opcode, TEXT | BINARY);
        if reserved != 0 || (packed && !may_be_packed) {
            return Err(Farewell::Malformed);
        }
        if opcode >= 0x8 {
            // RFC 6455 section 5.5: control frames are short and whole.
            return if length > 125 || !fin { Err(Farewell::Malformed) } else { Ok(()) };
        }
        let held = self.joining.as_ref().map_or(0, |joining| joining.payload.len());
        let packed = packed || self.joining.as_ref().is_some_and(|joining| joining.packed);
        let most = if packed { packed_at_most(self.limits.message_bytes) } else { self.limits.message_bytes };
        if held.saturating_add(length) > most {
            return Err(Farewell::TooBig);
        }
        match (&self.joining, opcode) {
            (None, CONTINUATION) => Err(Farewell::Malformed),
            (Some(joining), CONTINUATION) if joining.count >= self.limits.fragments_count => {
                Err(Farewell::TooFragmented)
            }
            (Some(_), CONTINUATION) | (None, _) => Ok(()),
            (Some(_), _) => Err(Farewell::Malformed),
        }
    }

    /// Of the payload this much is here, or more.
    fn begin(&mut self, header: &Header, here: usize, out: &mut BytesMut) {
        let Header { fin, packed, opcode, length, mask } = *header;
        self.left = length;
        if opcode == CLOSE {
            // What it was saying will not end.
            self.joining = None;
        }
        let is_all_here = opcode != TEXT || length <= here;
        let is_plain = fin && !packed && is_all_here && self.joining.is_none();
        if opcode > CLOSE || (is_plain && opcode != CLOSE) {
            self.present = Present::Pass;
            out.extend(self.header.iter().take(self.header_len));
            return;
        }
        self.joining.get_or_insert_with(|| Joining::new(opcode, packed)).count += 1;
        self.present = Present::Join { mask, at: 0, last: fin };
    }

    fn pass<'a>(&mut self, input: &'a [u8], out: &mut BytesMut) -> &'a [u8] {
        let (payload, rest) = input.split_at(self.left.min(input.len()));
        out.extend_from_slice(payload);
        self.left -= payload.len();
        if self.left == 0 {
            self.present = Present::Header;
            self.passed += 1;
        }
        rest
    }

    fn join<'a>(
        &mut self,
        input: &'a [u8],
        mask: [u8; 4],
        at: usize,
        last: bool,
        out: &mut BytesMut,
    ) -> Result<&'a [u8], Farewell> {
        let (payload, rest) = input.split_at(self.left.min(input.len()));
        self.left -= payload.len();
        if let Some(joining) = &mut self.joining {
            joining.add(payload, mask, at)?;
        }
        self.present = Present::Join { mask, at: at + payload.len(), last };
        if self.left == 0 {
            self.present = Present::Header;
            if last && let Some(joining) = self.joining.take() {
                self.finish(&joining, out)?;
                self.joined += 1;
            }
        }
        Ok(rest)
    }

    fn finish(&mut self, joining: &Joining, out: &mut BytesMut) -> Result<(), Farewell> {
        if joining.is_goodbye() {
            self.over = true;
            joining.check_goodbye()?;
        }
        let Joining { opcode, packed, payload, .. } = joining;
        match (packed, &self.inflater) {
            (true, Some(inflater)) => inflater
                .inflate(payload, self.limits.message_bytes, |plain| write_masked(*opcode, plain, out)),
            _ => {
                write_masked(*opcode, payload, out);
                Ok(())
            }
        }
    }
}

/// How long a message may be compressed: what cannot be made shorter gets a little longer.
fn packed_at_most(plain: usize) -> usize {
    plain.saturating_add(plain / 8).saturating_add(64)
}

#[cfg(test)]
mod tests;
