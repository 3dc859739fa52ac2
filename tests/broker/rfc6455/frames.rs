//! Chapters 1 to 5: messages of every form of length, pings and pongs, reserved bits and opcodes, and fragments.

use super::{Row, all_hold};
use crate::raw_socket::{BINARY, CONTINUATION, FIN, PING, PONG, TEXT, frame};

#[actix_web::test]
async fn messages_of_every_form_of_length_come_back() {
    let mut rows = Vec::new();
    for kind in [TEXT, BINARY] {
        for length in [0, 125, 126, 127, 128, 65_535, 65_536] {
            let payload = vec![b'*'; length];
            let sent = frame(FIN | kind, &payload);
            rows.push(Row::echoed(format!("{kind} of {length}"), &[sent], &[(FIN | kind, payload)]));
        }
    }
    all_hold(&rows).await;
}

#[actix_web::test]
async fn pings_are_answered_with_what_they_carry_and_pongs_not_at_all() {
    let ping = |payload: &[u8]| frame(FIN | PING, payload);
    let pong = |payload: &[u8]| (FIN | PONG, payload.to_vec());
    let mut rows = Vec::new();
    for payload in [&b""[..], b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", &[0xfe; 125]] {
        rows.push(Row::echoed(format!("a ping of {}", payload.len()), &[ping(payload)], &[pong(payload)]));
    }
    rows.push(Row::refused("a ping of 126", &[ping(&[0xfe; 126])], 1002));
    for payload in [&b""[..], b"unsolicited pong payload"] {
        let unasked = frame(FIN | PONG, payload);
        rows.push(Row::echoed("a pong nobody asked for", &[unasked, ping(b"ping")], &[pong(b"ping")]));
    }
    let ten: Vec<_> = (0..10).map(|number| format!("payload-{number}").into_bytes()).collect();
    let pings: Vec<_> = ten.iter().map(|payload| ping(payload)).collect();
    let pongs: Vec<_> = ten.iter().map(|payload| pong(payload)).collect();
    rows.push(Row::echoed("ten pings", &pings, &pongs));
    all_hold(&rows).await;
}

/// What came whole before it is answered first.
#[actix_web::test]
async fn bits_and_opcodes_that_mean_nothing_are_refused_after_what_came_before() {
    let hello = || frame(FIN | TEXT, b"Hello, world!");
    let heard = [(FIN | TEXT, b"Hello, world!".to_vec())];
    let mut rows = Vec::new();
    for bits in 1..=7_u8 {
        for kind in [TEXT, BINARY, PING] {
            let wrong = frame(FIN | (bits << 4) | kind, b"Hello, world!");
            let sent = [hello(), wrong, frame(FIN | PING, b"")];
            rows.push(Row::new(format!("bits {bits} of {kind}"), &sent, &heard, Some(1002)));
        }
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        for payload in [&b""[..], b"reserved opcode payload"] {
            let sent = [hello(), frame(FIN | opcode, payload), frame(FIN | PING, b"")];
            rows.push(Row::new(format!("opcode {opcode}"), &sent, &heard, Some(1002)));
        }
    }
    all_hold(&rows).await;
}

fn text(payload: &[u8]) -> Vec<u8> {
    frame(TEXT, payload)
}

fn more(payload: &[u8]) -> Vec<u8> {
    frame(CONTINUATION, payload)
}

fn last(payload: &[u8]) -> Vec<u8> {
    frame(FIN | CONTINUATION, payload)
}

#[actix_web::test]
async fn fragments_become_one_message_and_control_frames_between_them_are_served_at_once() {
    let ping = || frame(FIN | PING, b"ping");
    let pong = || (FIN | PONG, b"ping".to_vec());
    let whole = |payload: &[u8]| (FIN | TEXT, payload.to_vec());
    all_hold(&[
        Row::echoed("two", &[text(b"one"), last(b"two")], &[whole(b"onetwo")]),
        Row::echoed("a ping between", &[text(b"one"), ping(), last(b"two")], &[pong(), whole(b"onetwo")]),
        Row::echoed("none empty but the middle", &[text(b"a"), more(b""), last(b"b")], &[whole(b"ab")]),
        Row::echoed("all empty", &[text(b""), more(b""), last(b"")], &[whole(b"")]),
        Row::echoed("binary", &[frame(BINARY, &[0xff]), last(&[0xfe])], &[(FIN | BINARY, vec![0xff, 0xfe])]),
        Row::echoed(
            "five with two pings between",
            &[text(b"1"), more(b"2"), ping(), more(b"3"), more(b"4"), ping(), last(b"5")],
            &[pong(), pong(), whole(b"12345")],
        ),
    ])
    .await;
}

#[actix_web::test]
async fn fragments_that_belong_to_nothing_are_refused_after_what_came_before() {
    let hello = || frame(FIN | TEXT, b"Hello");
    let heard = [(FIN | TEXT, b"onetwo".to_vec())];
    all_hold(&[
        Row::refused("a ping in parts", &[frame(PING, b"a"), last(b"b")], 1002),
        Row::refused("a pong in parts", &[frame(PONG, b"a"), last(b"b")], 1002),
        Row::refused("an end of nothing", &[last(b"end"), hello()], 1002),
        Row::refused("a middle of nothing", &[more(b"middle"), hello()], 1002),
        Row::refused("two beginnings", &[text(b"one"), frame(FIN | TEXT, b"two")], 1002),
        Row::refused("two kinds", &[text(b"one"), frame(FIN | BINARY, b"two")], 1002),
        Row::new(
            "an end too many",
            &[text(b"one"), last(b"two"), last(b"three"), hello()],
            &heard,
            Some(1002),
        ),
        Row::new(
            "a middle too many",
            &[text(b"one"), last(b"two"), more(b"three"), hello()],
            &heard,
            Some(1002),
        ),
    ])
    .await;
}
