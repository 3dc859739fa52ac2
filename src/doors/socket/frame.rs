//! WebSocket frames as the server sends them (RFC 6455 section 5.2): whole, unmasked, ready to share.

use bytes::Bytes;
use recado_actors::dialect::Frame;
use serde::Serialize;

const FIN: u8 = 0x80;
const TEXT: u8 = 0x1;
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

/// The one, and right behind it the other.
pub fn both(first: &Frame, second: &Frame) -> Frame {
    Frame::new([first.wire().as_ref(), second.wire().as_ref()].concat().into(), 0)
}

fn control(opcode: u8, payload: &[u8]) -> Frame {
    let mut wire = vec![0; HEADER];
    wire.extend(payload.iter().take(CONTROL));
    finish(opcode, wire)
}

/// Writes the header into the room left for it, right before the payload.
fn finish(opcode: u8, mut wire: Vec<u8>) -> Frame {
    let payload = wire.len().saturating_sub(HEADER);
    let mut header = vec![FIN | opcode];
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
    fn a_close_frame_says_code_and_reason_within_its_limit() {
        assert_eq!(close(1001, "bye").wire().as_ref(), b"\x88\x05\x03\xe9bye");
        assert_eq!(close(1000, &"x".repeat(500)).wire().len(), 2 + CONTROL);
        assert_eq!(close(1005, "").wire().as_ref(), b"\x88\x00");
    }
}
