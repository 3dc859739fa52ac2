//! Compresses what goes out, for all sockets of a thread.
//!
//! What is short, or would not get shorter, stays as it is; that is each message's own affair (RFC 7692 section 6).

use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress};
use recado_actors::dialect::{Form, Frame};

use super::{TAIL, Window, emptied};
use crate::doors::socket::frame;

/// The forms there are. A window in between takes the next smaller.
const FORMS: [(Form, u8); 3] = [(Form(1), 15), (Form(2), 12), (Form(3), 9)];

/// What is worth compressing, and how hard to try.
#[derive(Debug, Clone, Copy)]
pub struct DeflateRules {
    pub least_bytes: usize,
    /// 1 to 9.
    pub level: u8,
}

/// Only used within one call, by whichever socket of the thread has something to say first.
pub struct Deflater {
    rules: DeflateRules,
    engine: RefCell<Engine>,
}

#[derive(Default)]
struct Engine {
    /// One for each form, made when it is first needed.
    compressors: [Option<Compress>; FORMS.len()],
    packed: Vec<u8>,
}

impl Deflater {
    pub fn new(rules: DeflateRules) -> Self {
        Self { rules, engine: RefCell::default() }
    }

    /// How hard it tries, 1 to 9.
    pub fn level(&self) -> u8 {
        self.rules.level
    }

    /// The form in which a client with this window takes the frame.
    pub fn form(&self, frame: &Frame, window: Window) -> Form {
        let length = frame.packet_len();
        if length < self.rules.least_bytes || !frame::is_plain_message(frame) {
            return Form::BARE;
        }
        // Nobody looks back further than the message's own beginning.
        let fits = |bits: u8| bits <= window.bits() || length <= window.bytes();
        FORMS.iter().find(|(_, bits)| fits(*bits)).map_or(Form::BARE, |(form, _)| *form)
    }

    /// The frame in that form, or as it is where compressing gains nothing.
    pub fn shape(&self, frame: &Frame, form: Form) -> Frame {
        let Engine { compressors, packed } = &mut *self.engine.borrow_mut();
        let places = compressors.iter_mut().zip(FORMS);
        let Some((place, (_, bits))) = places.into_iter().find(|(_, (made, _))| *made == form) else {
            return frame.clone();
        };
        let level = Compression::new(self.rules.level.into());
        let compress = place.get_or_insert_with(|| Compress::new_with_window_bits(level, false, bits));
        let is_shorter = squeeze(compress, &frame.packet(), packed);
        let shaped = if is_shorter { frame::compressed(frame, packed) } else { frame.clone() };
        emptied(packed);
        shaped
    }
}

/// Leaves the message in `packed` as it goes on the wire; false if that is not shorter.
fn squeeze(compress: &mut Compress, plain: &[u8], packed: &mut Vec<u8>) -> bool {
    compress.reset();
    packed.reserve_exact(plain.len());
    let status = compress.compress_vec(plain, packed, FlushCompress::Sync);
    if packed.len() == packed.capacity() {
        // It may not have found room for all.
        return false;
    }
    let Some(length) = packed.strip_suffix(&TAIL).map(<[u8]>::len) else { return false };
    packed.truncate(length);
    status.is_ok() && length < plain.len()
}
