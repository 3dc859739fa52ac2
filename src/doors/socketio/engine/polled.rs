//! What a poll is answered with: the frames of an outlet's queue, taken apart and put as a polling payload. Pure.
//!
//! | frame | protocol 4 | protocol 3 |
//! |---|---|---|
//! | text | the packet | its length and the packet |
//! | binary | `b` and base64 | as bytes, or as `b4` and base64 where the client asked for that |
//! | close | `1` | `1` |

use bytes::Bytes;

use super::packet::Protocol;
use super::payload3::Shape;
use super::{payload, payload3};
use crate::doors::socket::frame::{self, Kind};

/// In which words a client that polls is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    pub protocol: Protocol,
    /// Protocol 3 only: the client takes no bytes (`b64=1`).
    pub base64: bool,
    /// The most packets it takes at once; none if it takes any number.
    pub most: Option<usize>,
}

/// A payload and how to announce it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polled {
    pub bytes: Bytes,
    pub content_type: &'static str,
}

impl Encoding {
    /// As many of these whole frames as go into one payload. A close goes by itself: stock clients hand on what they
    /// are told a moment later, and not at all if the same payload ends them.
    pub fn portion(self, frames: &[u8]) -> &[u8] {
        let frames = frame::before_close(frames);
        self.most.map_or(frames, |most| frame::leading(frames, most))
    }

    /// The payload of finished WebSocket frames; none if nothing in them is for a client that polls.
    pub fn payload(self, frames: &[u8]) -> Option<Polled> {
        let shape = self.shape(frames);
        let mut bytes = Vec::with_capacity(frames.len());
        for (kind, said) in frame::split(frames) {
            match kind {
                Kind::Text => self.add_text(shape, &mut bytes, said),
                Kind::Binary => self.add_binary(shape, &mut bytes, said),
                Kind::Close => self.add_text(shape, &mut bytes, b"1"),
                Kind::Other => {}
            }
        }
        let content_type = shape.content_type();
        (!bytes.is_empty()).then(|| Polled { bytes: bytes.into(), content_type })
    }

    /// The payload of one packet that is text.
    pub fn one(self, packet: &str) -> Polled {
        let mut bytes = Vec::with_capacity(packet.len() + 4);
        self.add_text(Shape::Text, &mut bytes, packet.as_bytes());
        Polled { bytes: bytes.into(), content_type: Shape::Text.content_type() }
    }

    fn shape(self, frames: &[u8]) -> Shape {
        let may_be_bytes = self.protocol == Protocol::V3 && !self.base64;
        if may_be_bytes && frame::split(frames).any(|(kind, _)| kind == Kind::Binary) {
            Shape::Bytes
        } else {
            Shape::Text
        }
    }

    fn add_text(self, shape: Shape, bytes: &mut Vec<u8>, packet: &[u8]) {
        match self.protocol {
            Protocol::V4 => payload::add_text(bytes, packet),
            // What we made is text.
            Protocol::V3 => payload3::add_text(shape, bytes, &String::from_utf8_lossy(packet)),
        }
    }

    fn add_binary(self, shape: Shape, bytes: &mut Vec<u8>, said: &[u8]) {
        match self.protocol {
            Protocol::V4 => payload::add_binary(bytes, said),
            // On a WebSocket the type comes first.
            Protocol::V3 => payload3::add_binary(shape, bytes, said.get(1..).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: Encoding = Encoding { protocol: Protocol::V4, base64: false, most: None };
    const V3: Encoding = Encoding { protocol: Protocol::V3, base64: false, most: None };
    const V3_TEXT: Encoding = Encoding { protocol: Protocol::V3, base64: true, most: None };

    fn queue(frames: &[recado_actors::dialect::Frame]) -> Vec<u8> {
        frames.iter().flat_map(|frame| frame.wire().to_vec()).collect()
    }

    #[test]
    fn frames_become_packets_in_their_order() {
        let long = "4".repeat(70_000);
        let queue = queue(&[
            frame::text("4hello"),
            frame::binary(&[1, 2, 3, 4]),
            frame::ping(),
            frame::text(&long),
            frame::close(1000, "bye"),
        ]);
        let expected = format!("4hello\x1ebAQIDBA==\x1e{long}\x1e1");
        assert_eq!(V4.payload(&queue).unwrap().bytes, expected);
        assert_eq!(V4.one("6").bytes, "6");
    }

    #[test]
    fn whoever_takes_only_some_packets_gets_those_first() {
        let queue = queue(&[frame::text("4a"), frame::ping(), frame::text("4b"), frame::text("4c")]);
        let portion = |most| Encoding { most, ..V4 }.portion(&queue);
        assert_eq!(V4.payload(portion(Some(3))).unwrap().bytes, "4a\x1e4b");
        assert_eq!(V4.payload(&queue[portion(Some(3)).len()..]).unwrap().bytes, "4c");
        assert_eq!((portion(Some(9)), portion(None), portion(Some(4))), (&queue[..], &queue[..], &queue[..]));
    }

    #[test]
    fn a_close_goes_by_itself() {
        let told = queue(&[frame::text("4a"), frame::ping(), frame::close(1001, "bye")]);
        let portion = V4.portion(&told);
        assert_eq!(V4.payload(portion).unwrap().bytes, "4a");
        let rest = &told[portion.len()..];
        assert_eq!((V4.portion(rest), V4.payload(rest).unwrap().bytes.as_ref()), (rest, &b"1"[..]));
        let twice = queue(&[frame::close(1001, ""), frame::close(1001, "")]);
        assert_eq!((V4.portion(&twice).len(), V4.portion(b"").len()), (4, 0));
    }

    #[test]
    fn control_frames_alone_are_nothing_to_tell() {
        assert_eq!(V4.payload(&queue(&[frame::ping()])), None);
        assert_eq!(V4.payload(b""), None);
    }

    #[test]
    fn protocol_3_is_told_bytes_only_where_there_are_some_and_it_takes_them() {
        let text = queue(&[frame::text("4hé")]);
        assert_eq!(V3.payload(&text).unwrap().bytes, "3:4hé");
        assert_eq!(V3.payload(&text).unwrap().content_type, "text/plain; charset=UTF-8");
        let mixed = queue(&[frame::text("4h"), frame::binary(&[4, 1, 2])]);
        let told = V3.payload(&mixed).unwrap();
        assert_eq!(told.bytes.as_ref(), b"\x00\x02\xff4h\x01\x03\xff\x04\x01\x02");
        assert_eq!(told.content_type, "application/octet-stream");
        assert_eq!(V3_TEXT.payload(&mixed).unwrap().bytes, "2:4h6:b4AQI=");
    }
}
