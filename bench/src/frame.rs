//! WebSocket frames to bytes and back, as little of RFC 6455 as a measurement needs.
//!
//! Looks at a header once and never copies a payload; a declared length above the limit is refused unread.

use anyhow::{Result, ensure};
use bytes::BufMut;
use std::ops::Range;

pub const TEXT: u8 = 1;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

const LARGEST: u64 = 16 * 1024 * 1024;

pub struct Frame {
    pub opcode: u8,
    pub mask: Option<[u8; 4]>,
    /// Where the payload lies, counted from the frame's first byte.
    pub payload: Range<usize>,
}

/// The frame that starts here, or nothing while bytes are missing.
pub fn first(bytes: &[u8]) -> Result<Option<Frame>> {
    let [kind, size, rest @ ..] = bytes else { return Ok(None) };
    let (wide, length) = match (size & 0x7f, rest) {
        (126, [a, b, ..]) => (2, u64::from(u16::from_be_bytes([*a, *b]))),
        (127, [a, b, c, d, e, f, g, h, ..]) => (8, u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h])),
        (126 | 127, _) => return Ok(None),
        (short, _) => (0, u64::from(short)),
    };
    ensure!(length <= LARGEST, "a frame of {length} bytes is too large");
    let mask = match (size & 0x80 != 0, rest.get(wide..)) {
        (false, _) => None,
        (true, Some([a, b, c, d, ..])) => Some([*a, *b, *c, *d]),
        (true, _) => return Ok(None),
    };
    let start = 2 + wide + mask.map_or(0, |key| key.len());
    let end = start + usize::try_from(length)?;
    let frame = Frame { opcode: kind & 0x0f, mask, payload: start..end };
    Ok((bytes.len() >= end).then_some(frame))
}

/// Masking and its undoing are the same exclusive or.
pub fn mask(payload: &mut [u8], key: [u8; 4]) {
    for chunk in payload.chunks_mut(key.len()) {
        for (byte, key) in chunk.iter_mut().zip(key) {
            *byte ^= key;
        }
    }
}

/// A frame as a server sends it.
pub fn put(out: &mut impl BufMut, opcode: u8, payload: &[u8]) -> Result<()> {
    put_header(out, opcode, payload.len(), 0)?;
    out.put_slice(payload);
    Ok(())
}

/// A frame as a client must send it. The key is fixed: the server's work is the same for any.
pub fn masked(opcode: u8, payload: &[u8]) -> Result<Vec<u8>> {
    const KEY: [u8; 4] = [0x5a, 0xc3, 0x96, 0x0f];
    let mut out = Vec::with_capacity(payload.len() + 14);
    put_header(&mut out, opcode, payload.len(), 0x80)?;
    out.put_slice(&KEY);
    let mut hidden = payload.to_vec();
    mask(&mut hidden, KEY);
    out.put_slice(&hidden);
    Ok(out)
}

fn put_header(out: &mut impl BufMut, opcode: u8, length: usize, masked: u8) -> Result<()> {
    out.put_u8(0x80 | opcode);
    if let Some(short) = u8::try_from(length).ok().filter(|short| *short < 126) {
        out.put_u8(masked | short);
    } else if let Ok(medium) = u16::try_from(length) {
        out.put_u8(masked | 126);
        out.put_u16(medium);
    } else {
        out.put_u8(masked | 127);
        out.put_u64(u64::try_from(length)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_frame_is_seen_once_it_is_whole_and_reads_as_it_was_written() -> Result<()> {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536] {
            let said = vec![b'r'; length];
            let mut bytes = masked(TEXT, &said)?;
            let (_, cut) = bytes.split_last().context("a frame has bytes")?;
            assert!(first(cut)?.is_none());
            let frame = first(&bytes)?.context("the frame is whole")?;
            let heard = bytes.get_mut(frame.payload).context("the payload is there")?;
            mask(heard, frame.mask.context("clients mask")?);
            assert_eq!((heard, frame.opcode), (said.clone().as_mut_slice(), TEXT));
        }
        Ok(())
    }

    #[test]
    fn every_cut_in_a_header_asks_for_more() -> Result<()> {
        let bytes = masked(PING, &vec![0; 70_000])?;
        for end in 0..14 {
            assert!(first(bytes.get(..end).context("the header has 14 bytes")?)?.is_none());
        }
        Ok(())
    }

    #[test]
    fn a_declared_length_above_the_limit_is_refused_before_it_arrives() {
        assert!(first(&[0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0]).is_err());
    }
}
