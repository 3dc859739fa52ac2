//! Payloads there and back, and what the crate that knows the protocol makes of them.

use engineioxide_core::{Packet as Foreign, ProtocolVersion, payload};
use futures_util::{FutureExt, StreamExt};
use proptest::prelude::*;

use super::super::packet::Message;
use super::super::packet::tests::{any_packet, foreign};
use super::*;

const MANY: usize = 1000;

fn written(packets: &[Packet]) -> Vec<u8> {
    let mut payload = Vec::new();
    for packet in packets {
        match packet.frame(Protocol::V4) {
            Message::Text(text) => add_text(&mut payload, text.as_bytes()),
            Message::Binary(bytes) => add_binary(&mut payload, &bytes),
        }
    }
    payload
}

fn packets(payload: &[u8], most: usize) -> Result<Vec<Packet>, Fault> {
    read(Bytes::copy_from_slice(payload), most)?.collect()
}

/// None if the crate refuses any of it.
fn read_by_the_crate(payload: &str) -> Option<Vec<Foreign>> {
    let most = u64::try_from(payload.len()).unwrap();
    let packets = payload::decoder(payload.to_owned(), None, ProtocolVersion::V4, most).collect::<Vec<_>>();
    packets.now_or_never().unwrap().into_iter().collect::<Result<_, _>>().ok()
}

#[test]
fn packets_stand_between_separators() {
    let said = |said: &'static str| Packet::Message(Message::Text(ByteString::from_static(said)));
    let raw = Packet::Message(Message::Binary(Bytes::from_static(&[1, 2, 3, 4])));
    let all = [said("hello€"), raw, Packet::Noop, said("")];
    let wire = "4hello€\x1ebAQIDBA==\x1e6\x1e4".as_bytes();
    assert_eq!(written(&all), wire);
    assert_eq!(packets(wire, MANY), Ok(all.to_vec()));
    assert_eq!(binary_len(4), "bAQIDBA==".len());
}

#[test]
fn what_is_no_payload_is_said_by_its_fault() {
    for (wire, fault) in [
        ("", Fault::Empty),
        ("\x1e", Fault::Empty),
        ("4a\x1e", Fault::Empty),
        ("4a\x1e\x1e4b", Fault::Empty),
        ("abc", Fault::UnknownType),
        ("4a\x1ebx", Fault::NotBase64),
    ] {
        assert_eq!(packets(wire.as_bytes(), MANY), Err(fault), "{wire:?}");
    }
    assert_eq!(packets(b"4\xff", MANY), Err(Fault::NotText));
    assert_eq!(packets(b"4a\x1e4b\x1e4c", 2), Err(Fault::TooMany));
    assert_eq!(packets(b"4a\x1e4b", 2).map(|packets| packets.len()), Ok(2));
}

#[test]
fn what_came_before_a_fault_is_read_and_nothing_after() {
    let mut packets = read(Bytes::from_static(b"4a\x1e9\x1e4b"), MANY).unwrap();
    assert!(packets.next().unwrap().is_ok());
    assert_eq!(packets.next(), Some(Err(Fault::UnknownType)));
    assert_eq!(packets.next(), None);
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(all in prop::collection::vec(any_packet(), 1..8)) {
        let wire = written(&all);
        prop_assert_eq!(packets(&wire, MANY), Ok(all.clone()));
        let theirs = read_by_the_crate(std::str::from_utf8(&wire).unwrap()).unwrap();
        prop_assert_eq!(theirs.len(), all.len());
        for (ours, theirs) in all.iter().zip(theirs) {
            prop_assert!(foreign(Protocol::V4, ours).is_none_or(|ours| ours == theirs));
        }
    }

    #[test]
    fn what_is_read_is_what_the_crate_reads(wire in "([1-7b]?[A-Za-z0-9€=]{0,4}\x1e?){0,6}") {
        // It lets an empty end pass.
        let ends = wire.is_empty() || wire.ends_with('\x1e');
        match packets(wire.as_bytes(), MANY) {
            Ok(ours) => prop_assert_eq!(read_by_the_crate(&wire).map(|theirs| theirs.len()), Some(ours.len())),
            Err(_) => prop_assert!(ends || read_by_the_crate(&wire).is_none()),
        }
    }

    #[test]
    fn any_bytes_are_a_payload_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = packets(&bytes, 3);
    }
}
