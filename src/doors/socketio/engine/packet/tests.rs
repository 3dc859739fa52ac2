//! Packets there and back, with the crate that knows the protocol as the judge of what is right.

use proptest::prelude::*;

use super::*;

const BOTH: [Protocol; 2] = [Protocol::V3, Protocol::V4];

fn text(text: &str) -> ByteString {
    text.into()
}

fn said(said: &str) -> Packet {
    Packet::Message(Message::Text(text(said)))
}

fn raw(bytes: &'static [u8]) -> Packet {
    Packet::Message(Message::Binary(Bytes::from_static(bytes)))
}

#[test]
fn every_type_is_read_and_written_as_the_protocol_says() {
    let packets = [
        ("1", Packet::Close),
        ("2", Packet::Ping(text(""))),
        ("2probe", Packet::Ping(text("probe"))),
        ("3", Packet::Pong(text(""))),
        ("3probe", Packet::Pong(text("probe"))),
        ("4", said("")),
        ("4hello €", said("hello €")),
        ("4\"\u{1F600}\"", said("\"\u{1F600}\"")),
        ("5", Packet::Upgrade),
        ("6", Packet::Noop),
    ];
    for (wire, packet) in packets {
        for protocol in BOTH {
            assert_eq!(read_text(protocol, text(wire)), Ok(packet.clone()), "{wire}");
            assert_eq!(packet.text(protocol), wire);
            assert_eq!(packet.frame(protocol), Message::Text(text(wire)));
        }
    }
}

#[test]
fn binary_is_base64_in_text_and_itself_in_a_frame() {
    let packet = raw(&[1, 2, 3, 4]);
    for (protocol, wire) in [(Protocol::V4, "bAQIDBA=="), (Protocol::V3, "b4AQIDBA==")] {
        assert_eq!(read_text(protocol, text(wire)), Ok(packet.clone()));
        assert_eq!(packet.text(protocol), wire);
    }
    assert_eq!(packet.frame(Protocol::V4), Message::Binary(Bytes::from_static(&[1, 2, 3, 4])));
    assert_eq!(packet.frame(Protocol::V3), Message::Binary(Bytes::from_static(&[4, 1, 2, 3, 4])));
    assert_eq!(read_binary(Protocol::V4, Bytes::new()), Ok(raw(&[])));
    assert_eq!(read_binary(Protocol::V3, Bytes::from_static(&[4])), Ok(raw(&[])));
}

#[test]
fn what_is_no_packet_is_said_by_its_fault() {
    for protocol in BOTH {
        for (wire, fault) in [
            ("", Fault::Empty),
            ("0{}", Fault::UnknownType),
            ("7", Fault::UnknownType),
            ("é", Fault::UnknownType),
            ("\u{1F600}", Fault::UnknownType),
        ] {
            assert_eq!(read_text(protocol, text(wire)), Err(fault), "{wire}");
        }
    }

    assert_eq!(read_text(Protocol::V4, text("b=")), Err(Fault::NotBase64));
    assert_eq!(read_text(Protocol::V3, text("b4€")), Err(Fault::NotBase64));
    assert_eq!(read_text(Protocol::V3, text("b2AQID")), Err(Fault::UnknownType));
    assert_eq!(read_binary(Protocol::V3, Bytes::new()), Err(Fault::Empty));
    assert_eq!(read_binary(Protocol::V3, Bytes::from_static(&[2, 1])), Err(Fault::UnknownType));
}

#[test]
fn the_servers_first_packet_has_what_stock_clients_read() {
    let open = Open {
        sid: "lv_VI97HAXpY6yYWAAAC".to_owned(),
        upgrades: true,
        ping_interval: Duration::from_millis(25_000),
        ping_timeout: Duration::from_millis(20_000),
        max_payload: 1_000_000,
    };
    let rest = "\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}";
    let wire = |upgrades| format!("0{{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"upgrades\":{upgrades},{rest}");
    assert_eq!(Packet::Open(open.clone()).text(Protocol::V4), wire("[\"websocket\"]"));
    assert_eq!(Packet::Open(Open { upgrades: false, ..open }).text(Protocol::V4), wire("[]"));
}

pub(in super::super) fn any_message() -> impl Strategy<Value = Packet> {
    prop_oneof![
        // Anything but the separator of payloads, which no text of Socket.IO contains.
        "[^\u{1E}]{0,40}".prop_map(|said| Packet::Message(Message::Text(said.into()))),
        prop::collection::vec(any::<u8>(), 0..40)
            .prop_map(|bytes| Packet::Message(Message::Binary(bytes.into()))),
    ]
}

pub(in super::super) fn any_packet() -> impl Strategy<Value = Packet> {
    let word = "[^\u{1E}]{0,8}";
    prop_oneof![
        4 => any_message(),
        1 => word.prop_map(|said| Packet::Ping(said.into())),
        1 => word.prop_map(|said| Packet::Pong(said.into())),
        1 => prop::sample::select(vec![Packet::Close, Packet::Upgrade, Packet::Noop]),
    ]
}

/// The same packet as the crate has it; it keeps no other text of pings than `probe`.
pub(in super::super) fn foreign(protocol: Protocol, packet: &Packet) -> Option<Foreign> {
    Some(match packet {
        Packet::Open(_) => return None,
        Packet::Close => Foreign::Close,
        Packet::Ping(said) if said.is_empty() => Foreign::Ping,
        Packet::Ping(said) if said == "probe" => Foreign::PingUpgrade,
        Packet::Pong(said) if said.is_empty() => Foreign::Pong,
        Packet::Pong(said) if said == "probe" => Foreign::PongUpgrade,
        Packet::Ping(_) | Packet::Pong(_) => return None,
        Packet::Message(Message::Text(said)) => Foreign::Message(Str::copy_from_slice(said)),
        Packet::Message(Message::Binary(bytes)) => match protocol {
            Protocol::V3 => Foreign::BinaryV3(bytes.clone()),
            Protocol::V4 => Foreign::Binary(bytes.clone()),
        },
        Packet::Upgrade => Foreign::Upgrade,
        Packet::Noop => Foreign::Noop,
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(packet in any_packet()) {
        for protocol in BOTH {
            prop_assert_eq!(read_text(protocol, packet.text(protocol)), Ok(packet.clone()));
            let back = match packet.frame(protocol) {
                Message::Text(text) => read_text(protocol, text),
                Message::Binary(bytes) => read_binary(protocol, bytes),
            };
            prop_assert_eq!(back, Ok(packet.clone()));
        }
    }

    #[test]
    fn what_is_written_is_what_the_crate_writes(packet in any_packet()) {
        for protocol in BOTH {
            if let Some(foreign) = foreign(protocol, &packet) {
                prop_assert_eq!(String::from(packet.text(protocol)), String::from(foreign));
            }
        }
    }

    #[test]
    fn what_is_read_is_what_the_crate_reads(wire in "([0-7b]4?)?(probe|[A-Za-z0-9+/]{0,9}={0,2}|\\PC{0,6})") {
        for protocol in BOTH {
            let known = if protocol == Protocol::V3 { ProtocolVersion::V3 } else { ProtocolVersion::V4 };
            let theirs = Foreign::parse(known, Str::copy_from_slice(&wire));
            match read_text(protocol, wire.clone().into()) {
                Ok(ours) if foreign(protocol, &ours).is_some() => prop_assert_eq!(foreign(protocol, &ours), theirs.ok()),
                Ok(_) => prop_assert!(matches!(theirs, Ok(Foreign::Ping | Foreign::Pong))),
                Err(_) => prop_assert!(theirs.is_err()),
            }
        }
    }

    #[test]
    fn any_bytes_are_a_packet_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        for protocol in BOTH {
            let _ = read_binary(protocol, bytes.clone().into());
            let _ = read_text(protocol, String::from_utf8_lossy(&bytes).into_owned().into());
        }
    }
}
