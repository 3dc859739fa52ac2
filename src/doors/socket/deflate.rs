//! permessage-deflate (RFC 7692): what is agreed on, and one thread's engines for it; and what polls are answered with.
//!
//! No context outlives a message in either direction. So a connection that agreed keeps no window, a thread's engines
//! serve all its sockets, and a broadcast is compressed once for everyone who can read the same form.

mod deflating;
mod inflating;
mod offers;
mod squeezing;

pub use deflating::{DeflateRules, Deflater};
pub use inflating::Inflater;
pub use offers::{Agreed, Window, agree};
pub use squeezing::{Squeezed, squeezed};

/// What a sync flush ends with; it is left out on the wire (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
/// The most memory an engine keeps between two messages for the next.
const KEPT: usize = 256 << 10;

/// Empties a buffer that is used again and again, and lets it go if one message made it large.
fn emptied(buffer: &mut Vec<u8>) {
    buffer.clear();
    buffer.shrink_to(KEPT);
}

#[cfg(test)]
mod tests;
