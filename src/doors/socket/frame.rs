//! WebSocket frames (RFC 6455 section 5.2) as the server sends them: whole, unmasked, ready to share; and as its codec
//! wants to read one.

use bytes::{BufMut, Bytes, BytesMut};
use recado_actors::dialect::Frame;
use serde::Serialize;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
/// RSV1, which permessage-deflate gives the meaning "compressed" (RFC 7692 section 6).
const COMPRESSED: u8 = 0x40;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
/// The longest header of an unmasked frame.
const HEADER: usize = 10;
/// The most a control frame may carry (RFC 6455 section 5.5).
const CONTROL: usize = 125;

/// A text frame with this value as JSON. None only if the value cannot be JSON, which no frame of ours is.
pub fn json(value: &impl Serialize) -> Option<Frame> {
    let mut wire = vec![0; HEADER];
    let written = serde_json::to_writer(&mut wire, value);
    debug_assert!(written.is_ok(), "a frame that cannot be JSON");
    written.ok().map(|()| finish(TEXT, wire))
}

/// A text frame.
pub fn text(text: &str) -> Frame {
    whole(TEXT, text.as_bytes())
}

/// A binary frame.
pub fn binary(bytes: &[u8]) -> Frame {
    whole(BINARY, bytes)
}

/// What a frame of ours carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Binary,
    Close,
    Other,
}

/// Whole frames as `finish` makes them, one after the other, taken apart again.
pub fn split(mut frames: &[u8]) -> impl Iterator<Item = (Kind, &[u8])> {
    std::iter::from_fn(move || {
        let (kind, payload, rest) = first(frames)?;
        frames = rest;
        Some((kind, payload))
    })
}

/// The first so many of whole frames, or all if there are no more.
pub fn leading(frames: &[u8], count: usize) -> &[u8] {
    let mut rest = frames;
    for _ in 0..count {
        let Some((_, _, after)) = first(rest) else { return frames };
        rest = after;
    }
    frames.get(..frames.len() - rest.len()).unwrap_or_default()
}

/// All before the first close frame, or that frame alone where nothing is before it.
pub fn before_close(frames: &[u8]) -> &[u8] {
    let before = split(frames).take_while(|(kind, _)| *kind != Kind::Close).count();
    leading(frames, before.max(1))
}

fn first(frames: &[u8]) -> Option<(Kind, &[u8], &[u8])> {
    let (first, rest) = frames.split_first()?;
    let (length, rest) = rest.split_first()?;
    let extended = match length {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let (declared, rest) = rest.split_at_checked(extended)?;
    let declared = declared.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let length = if extended == 0 { u64::from(*length) } else { declared };
    let (payload, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    let kind = match first & !FIN {
        TEXT => Kind::Text,
        BINARY => Kind::Binary,
        CLOSE => Kind::Close,
        _ => Kind::Other,
    };
    Some((kind, payload, rest))
}

/// Does it carry a message, and one that is not compressed?
pub fn is_plain_message(frame: &Frame) -> bool {
    frame.wire().first().is_some_and(|first| matches!(first & !FIN, TEXT | BINARY))
}

/// The frame that carries `payload`, which is what `frame` carries, compressed.
pub fn compressed(frame: &Frame, payload: &[u8]) -> Frame {
    let opcode = frame.wire().first().map_or(TEXT, |first| first & !FIN);
    whole(COMPRESSED | opcode, payload)
}

pub fn ping() -> Frame {
    control(PING, &[])
}

pub fn pong(payload: &[u8]) -> Frame {
    control(PONG, payload)
}

/// A close frame; the codes that stand for "none was sent" are answered without one.
pub fn close(code: u16, reason: &str) -> Frame {
    if matches!(code, 1005 | 1006 | 1015) {
        return control(CLOSE, &[]);
    }
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason.as_bytes());
    control(CLOSE, &payload)
}

fn control(opcode: u8, payload: &[u8]) -> Frame {
    let mut wire = vec![0; HEADER];
    wire.extend(payload.iter().take(CONTROL));
    finish(opcode, wire)
}

fn whole(first: u8, payload: &[u8]) -> Frame {
    let mut wire = Vec::with_capacity(HEADER + payload.len());
    wire.resize(HEADER, 0);
    wire.extend_from_slice(payload);
    finish(first, wire)
}

/// One frame as a client would have sent it, with a mask that changes nothing.
pub(super) fn write_masked(opcode: u8, payload: &[u8], out: &mut BytesMut) {
    let length = payload.len();
    out.put_u8(FIN | opcode);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => out.put_u8(MASKED | short),
        (_, Ok(medium)) => {
            out.put_u8(MASKED | 126);
            out.put_u16(medium);
        }
        _ => {
            out.put_u8(MASKED | 127);
            out.put_u64(u64::try_from(length).unwrap_or(u64::MAX));
        }
    }
    out.put_u32(0);
    out.extend_from_slice(payload);
}

/// Writes the header into the room left for it, right before the payload.
fn finish(first: u8, mut wire: Vec<u8>) -> Frame {
    let payload = wire.len().saturating_sub(HEADER);
    let mut header = vec![FIN | first];
    match (u8::try_from(payload), u16::try_from(payload)) {
        (Ok(short), _) if short < 126 => header.push(short),
        (_, Ok(medium)) => {
            header.push(126);
            header.extend(medium.to_be_bytes());
        }
        _ => {
            header.push(127);
            header.extend(u64::try_from(payload).unwrap_or(u64::MAX).to_be_bytes());
        }
    }
    let start = HEADER.saturating_sub(header.len());
    for (place, byte) in wire.iter_mut().skip(start).zip(&header) {
        *place = *byte;
    }
    let header = u8::try_from(header.len()).unwrap_or(u8::MAX);
    Frame::new(Bytes::from(wire).slice(start..), header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        for (length, header) in [(0, 2), (123, 2), (124, 4), (65_533, 4), (65_534, 10)] {
            let frame = json(&"x".repeat(length)).unwrap();
            assert_eq!(frame.wire().len(), header + length + 2, "{length}");
            assert_eq!(frame.packet().len(), length + 2);
            assert_eq!(frame.packet().first(), Some(&b'"'));
        }
    }

    #[test]
    fn text_and_binary_are_carried_as_they_are() {
        assert_eq!(text("40€").wire().as_ref(), b"\x81\x0540\xe2\x82\xac");
        assert_eq!(binary(&[4, 0xff]).wire().as_ref(), b"\x82\x02\x04\xff");
        assert_eq!(binary(&[7; 70_000]).packet(), vec![7; 70_000]);
    }

    #[test]
    fn a_close_frame_says_code_and_reason_within_its_limit() {
        assert_eq!(close(1001, "bye").wire().as_ref(), b"\x88\x05\x03\xe9bye");
        assert_eq!(close(1000, &"x".repeat(500)).wire().len(), 2 + CONTROL);
        assert_eq!(close(1005, "").wire().as_ref(), b"\x88\x00");
    }
}
