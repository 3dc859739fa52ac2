//! What must hold of everything that reads what Socket.IO clients send: payloads, packets, and packets in packets.

use std::sync::Arc;

use bytes::Bytes;
use recado::doors::socketio::engine::packet::{Fault, Message, Packet, Protocol};
use recado::doors::socketio::engine::{payload, payload3};
use recado::doors::socketio::packet::{Assembler, Heard, LARGEST_ID, Limits, RESERVED, Written, writing};

const MOST: usize = 16;
const LIMITS: Limits =
    Limits { attachments: 3, attachment_bytes: 64, namespace_bytes: 16, depth: 8, values: 40 };

/// A polling payload, in each of the three ways that there are.
pub fn read_payload(input: &[u8]) {
    let payload = Bytes::copy_from_slice(input);
    if let Ok(packets) = payload::read(payload.clone(), MOST) {
        hear_all(Protocol::V4, packets);
    }
    for shape in [payload3::Shape::Text, payload3::Shape::Bytes] {
        if let Ok(packets) = payload3::read(shape, payload.clone(), MOST) {
            hear_all(Protocol::V3, packets);
        }
    }
}

fn hear_all(protocol: Protocol, packets: impl Iterator<Item = Result<Packet, Fault>>) {
    let mut assembler = Assembler::new(Arc::new(LIMITS));
    let mut read = Vec::new();
    let mut lost = false;
    for packet in packets {
        assert!(!lost, "something follows a fault");
        let Ok(packet) = packet else {
            lost = true;
            continue;
        };
        read.push(packet.clone());
        let Packet::Message(message) = packet else { continue };
        if let Ok(Some(heard)) = assembler.hear(message) {
            is_in_order(&heard);
            assert_eq!(echoed(&heard).as_ref().map(shape), Some(shape(&heard)), "{heard:?}");
        }
    }
    assert!(read.len() <= MOST, "{} packets were taken", read.len());
    assert_eq!(read_back(protocol, &read), read, "what was written is not what was read");
}

fn is_in_order(heard: &Heard) {
    match heard {
        Heard::Connect { .. } | Heard::Disconnect { .. } => {}
        Heard::Event { name, attachments, ack, .. } => {
            assert!(!RESERVED.contains(&name.as_str()) && ack.is_none_or(|id| id <= LARGEST_ID));
            is_within_limits(attachments);
        }
        Heard::Ack { id, attachments, .. } => {
            assert!(*id <= LARGEST_ID);
            is_within_limits(attachments);
        }
    }
}

fn is_within_limits(attachments: &[Bytes]) {
    let bytes: usize = attachments.iter().map(Bytes::len).sum();
    assert!(attachments.len() <= LIMITS.attachments && bytes <= LIMITS.attachment_bytes);
}

/// What a client hears that is told the same, if it is something that a server tells.
fn echoed(heard: &Heard) -> Option<Heard> {
    let written = match heard {
        Heard::Connect { namespace, .. } => writing::connected_v3(namespace),
        Heard::Disconnect { namespace } => writing::disconnected(namespace),
        Heard::Event { namespace, name, args, attachments, ack } => {
            writing::event(namespace, name, args, attachments, *ack)?
        }
        Heard::Ack { namespace, id, args, attachments } => writing::ack(namespace, *id, args, attachments)?,
    };
    hear(&written)
}

fn hear(written: &Written) -> Option<Heard> {
    let mut assembler = Assembler::new(Arc::new(LIMITS));
    let text = written.text.get(1..)?;
    let mut heard = assembler.hear(Message::Text(text.into())).expect("what was written is a packet");
    for attachment in &written.attachments {
        assert!(heard.is_none(), "a packet is whole before its last attachment");
        heard = assembler.hear(Message::Binary(attachment.clone())).expect("an attachment was announced");
    }
    heard
}

/// All of it but the values, whose numbers may be written in other ways than they came.
fn shape(heard: &Heard) -> (String, String, Option<u64>, usize, Vec<Bytes>) {
    match heard {
        Heard::Connect { namespace, .. } | Heard::Disconnect { namespace } => {
            (namespace.to_string(), String::new(), None, 0, Vec::new())
        }
        Heard::Event { namespace, name, args, attachments, ack } => {
            (namespace.to_string(), name.clone(), *ack, args.len(), attachments.clone())
        }
        Heard::Ack { namespace, id, args, attachments } => {
            (namespace.to_string(), String::new(), Some(*id), args.len(), attachments.clone())
        }
    }
}

fn read_back(protocol: Protocol, packets: &[Packet]) -> Vec<Packet> {
    let mut written = Vec::new();
    for packet in packets {
        match (protocol, packet.frame(protocol)) {
            (Protocol::V4, Message::Text(text)) => payload::add_text(&mut written, text.as_bytes()),
            (Protocol::V4, Message::Binary(bytes)) => payload::add_binary(&mut written, &bytes),
            (Protocol::V3, _) => {
                payload3::add_text(payload3::Shape::Text, &mut written, &packet.text(protocol));
            }
        }
    }
    if packets.is_empty() {
        return Vec::new();
    }
    let all: Result<Vec<_>, _> = match protocol {
        Protocol::V4 => payload::read(written.into(), MOST).and_then(Iterator::collect),
        Protocol::V3 => {
            payload3::read(payload3::Shape::Text, written.into(), MOST).and_then(Iterator::collect)
        }
    };
    all.expect("what was written can be read")
}
