//! Payloads of protocol 3 there and back, and what the crate that knows the protocol makes of them.

use engineioxide_core::{Packet as Foreign, ProtocolVersion, payload};
use futures_util::{FutureExt, StreamExt};
use proptest::prelude::*;

use super::super::packet::Message;
use super::super::packet::tests::{any_packet, foreign};
use super::*;

const MANY: usize = 1000;
const BOTH: [Shape; 2] = [Shape::Text, Shape::Bytes];

fn written(shape: Shape, packets: &[Packet]) -> Vec<u8> {
    let mut payload = Vec::new();
    for packet in packets {
        match packet {
            Packet::Message(Message::Binary(bytes)) => add_binary(shape, &mut payload, bytes),
            _ => add_text(shape, &mut payload, &packet.text(Protocol::V3)),
        }
    }
    payload
}

fn packets(shape: Shape, payload: &[u8], most: usize) -> Result<Vec<Packet>, Fault> {
    read(shape, Bytes::copy_from_slice(payload), most)?.collect()
}

fn said(said: &'static str) -> Packet {
    Packet::Message(Message::Text(ByteString::from_static(said)))
}

/// None if the crate refuses any of it.
fn read_by_the_crate(payload: &str) -> Option<Vec<Foreign>> {
    let most = u64::try_from(payload.len()).unwrap();
    let packets = payload::decoder(payload.to_owned(), None, ProtocolVersion::V3, most).collect::<Vec<_>>();
    packets.now_or_never().unwrap().into_iter().collect::<Result<_, _>>().ok()
}

#[test]
fn lengths_of_text_are_utf_16_units() {
    let raw = Packet::Message(Message::Binary(Bytes::from_static(&[1, 2, 3, 4])));
    let all = [said("hello€"), said("\u{1F600}!"), raw, Packet::Ping("".into())];
    let wire = "7:4hello€4:4\u{1F600}!10:b4AQIDBA==1:2".as_bytes();
    assert_eq!(written(Shape::Text, &all), wire);
    assert_eq!(packets(Shape::Text, wire, MANY), Ok(all.to_vec()));
}

#[test]
fn lengths_of_bytes_are_bytes() {
    let raw = Packet::Message(Message::Binary(Bytes::from_static(&[1, 2, 3, 4])));
    let all = [said("hello€\u{1F600}"), raw];
    let wire = [
        b"\x00\x01\x03\xff4hello\xe2\x82\xac\xf0\x9f\x98\x80".as_slice(),
        b"\x01\x05\xff\x04\x01\x02\x03\x04",
    ];
    assert_eq!(written(Shape::Bytes, &all), wire.concat());
    assert_eq!(packets(Shape::Bytes, &wire.concat(), MANY), Ok(all.to_vec()));
}

#[test]
fn what_is_no_payload_is_said_by_its_fault() {
    let text: &[(&str, Fault)] = &[
        ("", Fault::BadLength),
        ("4hello", Fault::BadLength),
        (":4a", Fault::BadLength),
        ("+2:4a", Fault::BadLength),
        ("3:4a", Fault::BadLength),
        ("2:4\u{1F600}", Fault::BadLength),
        ("2:4a3:", Fault::BadLength),
        ("99999999999999999999:4a", Fault::BadLength),
        ("0:", Fault::Empty),
        ("2:9a", Fault::UnknownType),
    ];
    for (wire, fault) in text {
        assert_eq!(packets(Shape::Text, wire.as_bytes(), MANY), Err(*fault), "{wire}");
    }
    let bytes: &[(&[u8], Fault)] = &[
        (b"", Fault::BadLength),
        (b"\x00\xff", Fault::BadLength),
        (b"\xff", Fault::BadLength),
        (b"\x00\x0a\xff4", Fault::BadLength),
        (b"\x00\x02\xff4", Fault::BadLength),
        (b"\x00\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff4", Fault::BadLength),
        (b"\x02\x01\xff4", Fault::UnknownType),
        (b"\x01\x01\xff4", Fault::UnknownType),
        (b"\x01\x00\xff", Fault::Empty),
        (b"\x00\x01\xff\xff", Fault::NotText),
    ];
    for (wire, fault) in bytes {
        assert_eq!(packets(Shape::Bytes, wire, MANY), Err(*fault), "{wire:?}");
    }
    assert_eq!(packets(Shape::Text, b"1:21:2", 1), Err(Fault::TooMany));
    assert_eq!(packets(Shape::Text, b"2:4\xff", MANY), Err(Fault::NotText));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(all in prop::collection::vec(any_packet(), 1..8)) {
        for shape in BOTH {
            prop_assert_eq!(packets(shape, &written(shape, &all), MANY), Ok(all.clone()));
        }
    }

    #[test]
    fn what_is_written_is_what_the_crate_writes(all in prop::collection::vec(any_packet(), 1..8)) {
        for packet in all {
            let Some(theirs) = foreign(Protocol::V3, &packet) else { continue };
            let text = payload::packet_encoder(theirs.clone(), ProtocolVersion::V3, false);
            prop_assert_eq!(written(Shape::Text, std::slice::from_ref(&packet)), text.as_ref());
            if matches!(packet, Packet::Message(Message::Binary(_))) {
                let bytes = payload::packet_encoder(theirs, ProtocolVersion::V3, true);
                prop_assert_eq!(written(Shape::Bytes, &[packet]), bytes.as_ref());
            }
        }
    }

    #[test]
    fn the_crate_reads_what_is_written(all in prop::collection::vec(any_packet(), 1..8)) {
        let wire = String::from_utf8(written(Shape::Text, &all)).unwrap();
        let theirs = read_by_the_crate(&wire).unwrap();
        prop_assert_eq!(theirs.len(), all.len());
        for (ours, theirs) in all.iter().zip(theirs) {
            prop_assert!(foreign(Protocol::V3, ours).is_none_or(|ours| ours == theirs));
        }
    }

    #[test]
    fn what_is_read_the_crate_reads_too(wire in "([0-9]{1,2}:[1-7b]?[a-z0-9€\u{1F600}]{0,4}){0,5}") {
        if let Ok(ours) = packets(Shape::Text, wire.as_bytes(), MANY) {
            prop_assert_eq!(read_by_the_crate(&wire).map(|theirs| theirs.len()), Some(ours.len()));
        }
    }

    #[test]
    fn any_bytes_are_a_payload_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        for shape in BOTH {
            let _ = packets(shape, &bytes, 3);
        }
    }

    #[test]
    fn any_headers_are_a_payload_or_a_fault(parts in prop::collection::vec((0_u8..3, prop::collection::vec(0_u8..11, 0..4), prop::collection::vec(any::<u8>(), 0..12)), 0..5)) {
        let wire: Vec<u8> = parts.into_iter().flat_map(|(kind, digits, packet)| [vec![kind], digits, vec![0xFF], packet].concat()).collect();
        let _ = packets(Shape::Bytes, &wire, MANY);
    }
}
