//! What a client may do with frames, and what ends its connection: size, fragments, time, text, form.
//!
//! Whatever one of them does, whoever sits beside it talks on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::house::House;
use crate::raw_socket::{
    BINARY, CLOSE, CONTINUATION, FIN, Heard, PING, RSV1, RawSocket, TEXT, frame, frame_header, handshake,
    post,
};
use crate::tokens::{claims, sign};

const LIMIT: usize = 64 << 10;
const FRAGMENTS: usize = 64;
const TOO_BIG: (u16, &str) = (1009, "Message too big");
const MALFORMED: (u16, &str) = (1002, "Protocol error");
const POLICY: u16 = 1008;

fn ping_of(length: usize) -> Vec<u8> {
    let mut text = br#"{"type":"ping"}"#.to_vec();
    text.resize(length, b' ');
    text
}

async fn is_closed_with(socket: &mut RawSocket, (code, reason): (u16, &str)) {
    assert_eq!(socket.is_closed().await, (code, reason.to_owned()));
}

/// Someone beside the one who misbehaves is still heard.
async fn ends_unharmed(house: House) {
    house.is_down_to(0).await;
    let mut ann = RawSocket::enters(&house, "ann", "chat_1").await;
    ann.posts("all is well").await;
    ann.hears_message("all is well").await;
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_frame_that_declares_a_gibibyte_is_refused_at_its_header() {
    let house = House::start().await;
    let mut eve = RawSocket::enters(&house, "eve", "chat_1").await;
    eve.sends(&frame_header(FIN | TEXT, 1 << 30)).await;
    is_closed_with(&mut eve, TOO_BIG).await;
    ends_unharmed(house).await;
}

#[actix_web::test]
async fn a_message_of_the_largest_size_passes_and_one_byte_more_does_not() {
    let house = House::start().await;
    let mut ann = RawSocket::enters(&house, "ann", "chat_1").await;
    ann.sends_frame(FIN | TEXT, &ping_of(LIMIT)).await;
    assert_eq!(ann.hears_text().await, json!({ "type": "pong" }));

    ann.sends_frame(TEXT, &ping_of(LIMIT - 10)).await;
    ann.sends_frame(FIN | CONTINUATION, &[b' '; 10]).await;
    assert_eq!(ann.hears_text().await, json!({ "type": "pong" }));

    ann.sends_frame(TEXT, &ping_of(LIMIT - 10)).await;
    ann.sends_frame(FIN | CONTINUATION, &[b' '; 11]).await;
    is_closed_with(&mut ann, TOO_BIG).await;
    let mut bob = RawSocket::enters(&house, "bob", "chat_1").await;
    bob.sends_frame(FIN | TEXT, &ping_of(LIMIT + 1)).await;
    is_closed_with(&mut bob, TOO_BIG).await;
    ends_unharmed(house).await;
}

#[actix_web::test]
async fn the_limit_of_a_message_is_the_operators() {
    let house = House::with(&[("RECADO_LIMITS__MAX_MESSAGE_BYTES", "100")]).await;
    let mut ann = RawSocket::enters(&house, "ann", "chat_1").await;
    ann.sends_frame(FIN | TEXT, &ping_of(100)).await;
    assert_eq!(ann.hears_text().await, json!({ "type": "pong" }));
    ann.sends(&frame_header(FIN | TEXT, 101)).await;
    is_closed_with(&mut ann, TOO_BIG).await;
    ends_unharmed(house).await;
}

#[actix_web::test]
async fn a_million_empty_fragments_end_at_the_sixty_fifth() {
    let house = House::start().await;
    let mut eve = RawSocket::enters(&house, "eve", "chat_1").await;
    eve.sends_frame(TEXT, b"").await;
    eve.sends(&frame(CONTINUATION, b"").repeat(FRAGMENTS - 1)).await;
    eve.sends_frame(FIN | PING, b"here").await;
    assert_eq!(eve.hears().await, Heard::Pong(b"here".to_vec()));

    eve.sends(&frame(CONTINUATION, b"").repeat(1_000_000 - FRAGMENTS)).await;
    assert_eq!(eve.is_closed().await.0, POLICY);
    ends_unharmed(house).await;
}

#[actix_web::test]
async fn a_message_that_never_ends_is_ended() {
    let house = House::with(&[("RECADO_LIMITS__FRAGMENTS_MS", "200")]).await;
    let mut eve = RawSocket::enters(&house, "eve", "chat_1").await;
    eve.sends_frame(TEXT, b"{").await;
    eve.sends_frame(FIN | PING, b"still here").await;
    assert_eq!(eve.is_closed().await.0, POLICY);
    ends_unharmed(house).await;
}

#[actix_web::test]
async fn a_frame_that_drips_is_ended() {
    let house = House::with(&[("RECADO_LIMITS__FRAME_MS", "200")]).await;
    let mut eve = RawSocket::enters(&house, "eve", "chat_1").await;
    let mut drops = tokio::time::interval(Duration::from_millis(50));
    for byte in frame(FIN | TEXT, post("drip").as_bytes()).into_iter().take(20) {
        drops.tick().await;
        eve.sends(&[byte]).await;
    }
    assert_eq!(eve.is_closed().await.0, POLICY);
    ends_unharmed(house).await;
}

#[actix_web::test]
async fn a_client_that_is_always_within_some_frame_is_not_slow() {
    let house = House::with(&[("RECADO_LIMITS__FRAME_MS", "3000")]).await;
    let mut ann = RawSocket::enters(&house, "ann", "chat_1").await;
    let ping = frame(FIN | TEXT, &ping_of(20));
    let (head, tail) = ping.split_at(12);
    let mut pace = tokio::time::interval(Duration::from_millis(100));
    ann.sends(head).await;
    for _ in 0..35 {
        pace.tick().await;
        ann.sends(&[tail, head].concat()).await;
        assert_eq!(ann.hears_text().await, json!({ "type": "pong" }));
    }
    ann.sends(tail).await;
    assert_eq!(ann.hears_text().await, json!({ "type": "pong" }));
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn fragments_are_joined_wherever_they_were_cut() {
    let house = House::start().await;
    let mut ann = RawSocket::enters(&house, "ann", "chat_1").await;
    let mut bob = house.widget("bob", "chat_1").await;
    bob.settles().await;
    let text = post("né€😀");
    let (last, others) = text.as_bytes().split_last().expect("a text");
    assert!(others.len() < FRAGMENTS);
    for (place, byte) in others.iter().enumerate() {
        ann.sends_frame(if place == 0 { TEXT } else { CONTINUATION }, &[*byte]).await;
    }
    ann.sends_frame(FIN | CONTINUATION, &[*last]).await;
    bob.hears_message("né€😀").await;
    ann.hears_message("né€😀").await;
    ann.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_ping_between_two_fragments_is_answered_with_what_it_carried() {
    let house = House::start().await;
    let mut ann = RawSocket::enters(&house, "ann", "chat_1").await;
    ann.sends_frame(TEXT, br#"{"type":"#).await;
    ann.sends_frame(FIN | PING, b"between").await;
    assert_eq!(ann.hears().await, Heard::Pong(b"between".to_vec()));
    ann.sends_frame(FIN | CONTINUATION, br#""ping"}"#).await;
    assert_eq!(ann.hears_text().await, json!({ "type": "pong" }));
    ann.sends_frame(FIN | PING, &[7; 125]).await;
    assert_eq!(ann.hears().await, Heard::Pong(vec![7; 125]));
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn text_that_is_no_text_is_refused() {
    let house = House::start().await;
    for wrong in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"{\"type\":\"ping\xc3\"}"] {
        let mut eve = RawSocket::enters(&house, "eve", "chat_1").await;
        eve.sends_frame(FIN | TEXT, wrong).await;
        assert_eq!(eve.is_closed().await.0, 1007, "{wrong:?}");
    }
    let mut eve = RawSocket::enters(&house, "eve", "chat_1").await;
    eve.sends_frame(TEXT, "é".as_bytes().get(..1).expect("a half")).await;
    eve.sends_frame(FIN | CONTINUATION, b"a").await;
    assert_eq!(eve.is_closed().await.0, 1007, "in two fragments");
    ends_unharmed(house).await;
}

#[actix_web::test]
async fn a_binary_frame_is_read_as_text() {
    let house = House::start().await;
    let mut ann = RawSocket::enters(&house, "ann", "chat_1").await;
    ann.sends_frame(FIN | BINARY, post("hello").as_bytes()).await;
    ann.hears_message("hello").await;
    ann.sends_frame(FIN | BINARY, b"\xff\xfe").await;
    let error = ann.hears_text().await;
    assert_eq!((&error["type"], &error["error"]), (&json!("error"), &json!("Failed to process message")));
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn frames_of_a_wrong_form_are_refused() {
    let house = House::start().await;
    let wrong: &[(&str, &[u8])] = &[
        ("not masked", b"\x81\x02{}"),
        ("a reserved bit", &frame(FIN | RSV1 | TEXT, b"{}")),
        ("a reserved bit on a fragment", &frame(RSV1 | TEXT, b"{}")),
        ("an unknown opcode", &frame(FIN | 0x3, b"{}")),
        ("an unknown control opcode", &frame(FIN | 0xB, b"")),
        ("a ping in fragments", &frame(PING, b"")),
        ("a long ping", &frame(FIN | PING, &[0; 126])),
        ("an end without a beginning", &frame(FIN | CONTINUATION, b"{}")),
        ("a beginning within a message", &frame(TEXT, b"{").repeat(2)),
        ("half a close code", &frame(FIN | CLOSE, &[3])),
    ];
    for (what, bytes) in wrong {
        let mut eve = RawSocket::enters(&house, "eve", "chat_1").await;
        eve.sends(bytes).await;
        let (code, reason) = eve.is_closed().await;
        assert_eq!((code, reason.as_str()), MALFORMED, "{what}");
    }
    ends_unharmed(house).await;
}

#[actix_web::test]
async fn a_goodbye_is_answered_with_its_own_code() {
    let house = House::start().await;
    for (said, answered) in [
        (&[][..], (1005, "")),
        (&1000_u16.to_be_bytes()[..], (1000, "")),
        (b"\x03\xe9going home", (1001, "")),
        (b"\x0b\xb8our own", (3000, "")),
    ] {
        let mut ann = RawSocket::enters(&house, "ann", "chat_1").await;
        ann.sends_frame(FIN | CLOSE, said).await;
        is_closed_with(&mut ann, answered).await;
    }
    house.is_down_to(0).await;
    house.ends().await;
}

#[actix_web::test]
async fn frames_in_the_same_packet_as_the_handshake_are_served() {
    let house = House::start().await;
    let mut ann = RawSocket::dials(house.address()).await;
    let mut packet = handshake(&format!("/?token={}", sign(&claims("ann", "chat_1")))).into_bytes();
    packet.extend(frame(FIN | TEXT, &ping_of(15)));
    packet.extend(frame(FIN | TEXT, post("already here").as_bytes()));
    ann.sends(&packet).await;
    let (head, _) = ann.hears_answer().await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let kinds: [Value; 2] = [ann.hears_text().await["type"].take(), ann.hears_text().await["type"].take()];
    assert_eq!(kinds, ["connected", "pong"]);
    ann.hears_message("already here").await;
    ann.leaves().await;
    house.ends().await;
}
