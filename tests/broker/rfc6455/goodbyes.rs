//! Chapter 7: how either side says goodbye, and that nothing is said after it.

use super::{Row, all_hold, as_the_suites_expect, dials};
use crate::raw_socket::{CLOSE, CONTINUATION, FIN, PING, TEXT, frame};

fn goodbye(payload: &[u8]) -> Vec<u8> {
    frame(FIN | CLOSE, payload)
}

#[actix_web::test]
async fn what_follows_a_goodbye_is_not_heard() {
    let normal = || goodbye(&1000_u16.to_be_bytes());
    let hello = || frame(FIN | TEXT, b"Hello");
    let heard = [(FIN | TEXT, b"Hello".to_vec())];
    all_hold(&[
        Row::new("a message before it", &[hello(), normal()], &heard, Some(1000)),
        Row::new("two of them", &[normal(), normal()], &[], Some(1000)),
        Row::new("a ping", &[normal(), frame(FIN | PING, b"")], &[], Some(1000)),
        Row::new("a message", &[normal(), hello()], &[], Some(1000)),
        Row::new("what is no frame", &[normal(), vec![0xff; 20]], &[], Some(1000)),
        Row::new(
            "half a message",
            &[frame(TEXT, b"one"), normal(), frame(FIN | CONTINUATION, b"two")],
            &[],
            Some(1000),
        ),
    ])
    .await;
}

#[actix_web::test]
async fn codes_that_may_be_said_are_said_back() {
    let codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999_u16];
    let row = |code: &u16| Row::new(format!("{code}"), &[goodbye(&code.to_be_bytes())], &[], Some(*code));
    all_hold(&codes.iter().map(row).collect::<Vec<_>>()).await;
}

#[actix_web::test]
async fn codes_that_may_not_be_said_are_refused() {
    let codes = [0, 999, 1004, 1005, 1006, 1012, 1013, 1014, 1015, 1016, 1100, 2000, 2999, 5000, 65535_u16];
    let row = |code: &u16| Row::refused(format!("{code}"), &[goodbye(&code.to_be_bytes())], 1002);
    all_hold(&codes.iter().map(row).collect::<Vec<_>>()).await;
}

#[actix_web::test]
async fn a_goodbye_has_a_reason_of_text_that_fits_or_is_refused() {
    let with = |reason: &[u8]| goodbye(&[&1000_u16.to_be_bytes(), reason].concat());
    all_hold(&[
        Row::new("a reason", &[with(b"Hello World!")], &[], Some(1000)),
        Row::new("the longest", &[with(&[b'*'; 123])], &[], Some(1000)),
        Row::refused("one byte more", &[with(&[b'*'; 124])], 1002),
        Row::refused("half a code", &[goodbye(b"a")], 1002),
        Row::refused("a reason that is no text", &[with(b"\xce\xba\xed\xa0\x80edited")], 1007),
    ])
    .await;
}

#[actix_web::test]
async fn a_goodbye_without_a_code_is_answered_with_one_without() {
    let house = as_the_suites_expect().await;
    let mut socket = dials(&house, &[]).await;
    socket.sends(&goodbye(b"")).await;
    assert_eq!(socket.hears_frame().await, Some((FIN | CLOSE, Vec::new())));
    assert_eq!(socket.hears_frame().await, None);
    house.ends().await;
}
