//! What comes compressed and should not have come: each ends its own connection with a word why, and no other.
//!
//! The limits are those of plain messages, counted after inflating.

use flate2::{Compress, Compression};

use crate::house::House;
use crate::packing::{Packer, packed, packed_after};
use crate::raw_socket::{CONTINUATION, FIN, PING, RSV1, RawSocket, TEXT, frame, post};

const LIMIT: usize = 64 << 10;
const TOO_BIG: (u16, &str) = (1009, "Message too big");
const MALFORMED: (u16, &str) = (1002, "Protocol error");
const NOT_TEXT: (u16, &str) = (1007, "Text is not UTF-8");
const RSV2: u8 = 0x20;
const RSV3: u8 = 0x10;

/// Someone beside the one who misbehaves is still heard, compressed and not.
async fn ends_unharmed(house: House) {
    house.is_down_to(0).await;
    let mut ann = Packer::enters(&house, "ann", "").await;
    let mut bob = house.widget("bob", "chat_1").await;
    bob.settles().await;
    let all_is_well = "all is well ".repeat(100);
    ann.posts(&all_is_well).await;
    bob.hears_message(&all_is_well).await;
    assert_eq!(ann.hears_a("message").await["data"]["content"], all_is_well);
    ann.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

async fn is_closed_after(house: &House, frames: &[Vec<u8>], (code, reason): (u16, &str)) {
    let mut eve = Packer::enters(house, "eve", "").await;
    for frame in frames {
        eve.socket.sends(frame).await;
    }
    assert_eq!(eve.socket.is_closed().await, (code, reason.to_owned()), "{:x?}", frames[0].first());
}

fn ping_of(length: usize) -> Vec<u8> {
    let mut text = br#"{"type":"ping"}"#.to_vec();
    text.resize(length, b' ');
    text
}

#[actix_web::test]
async fn the_limit_counts_what_was_meant_and_not_what_was_sent() {
    let house = House::start().await;
    let mut ann = Packer::enters(&house, "ann", "").await;
    ann.socket.sends_frame(FIN | RSV1 | TEXT, &packed(&ping_of(LIMIT))).await;
    assert_eq!(ann.hears().await["type"], "pong");
    ann.leaves().await;
    is_closed_after(&house, &[frame(FIN | RSV1 | TEXT, &packed(&ping_of(LIMIT + 1)))], TOO_BIG).await;
    let bomb = packed(&vec![b' '; 32 << 20]);
    is_closed_after(&house, &[frame(FIN | RSV1 | TEXT, &bomb)], TOO_BIG).await;
    ends_unharmed(house).await;
}

#[actix_web::test]
async fn a_stream_that_was_cut_or_never_was_one_is_refused() {
    let house = House::start().await;
    let whole = packed(post(&"a long story ".repeat(100)).as_bytes());
    for payload in [&whole[..whole.len() / 2], &whole[1..], b"\xff\xff\xff\xff", b"{\"type\":\"ping\"}"] {
        is_closed_after(&house, &[frame(FIN | RSV1 | TEXT, payload)], MALFORMED).await;
    }
    ends_unharmed(house).await;
}

#[actix_web::test]
async fn a_message_that_leans_on_the_one_before_is_refused() {
    let house = House::start().await;
    let mut remembers = Compress::new(Compression::best(), false);
    let text = post(&"the same again, ".repeat(20));
    let twice = [(); 2].map(|()| packed_after(&mut remembers, text.as_bytes()));
    assert!(twice[1].len() < twice[0].len() / 2, "the second leans on the first");
    let frames = twice.map(|payload| frame(FIN | RSV1 | TEXT, &payload));
    is_closed_after(&house, &frames, MALFORMED).await;
    ends_unharmed(house).await;
}

#[actix_web::test]
async fn the_bit_that_means_compressed_is_refused_where_it_has_no_place() {
    let house = House::start().await;
    let text = packed(br#"{"type":"ping"}"#);
    for frames in [
        vec![frame(FIN | RSV1 | PING, b"ping")],
        vec![frame(RSV1 | TEXT, &text), frame(FIN | RSV1 | CONTINUATION, b"")],
        vec![frame(TEXT, b"{"), frame(FIN | RSV1 | CONTINUATION, b"}")],
        vec![frame(FIN | RSV2 | TEXT, b"{}")],
        vec![frame(FIN | RSV3 | RSV1 | TEXT, &text)],
    ] {
        is_closed_after(&house, &frames, MALFORMED).await;
    }
    let mut eve = RawSocket::enters(&house, "eve", "chat_1").await;
    eve.sends_frame(FIN | RSV1 | TEXT, &text).await;
    let (code, reason) = MALFORMED;
    assert_eq!(eve.is_closed().await, (code, reason.to_owned()), "nothing was agreed on");
    ends_unharmed(house).await;
}

#[actix_web::test]
async fn text_that_is_none_after_inflating_is_refused_as_such() {
    let house = House::start().await;
    let nonsense = packed(b"{\"type\":\"ping\xff\"}");
    is_closed_after(&house, &[frame(FIN | RSV1 | TEXT, &nonsense)], NOT_TEXT).await;
    ends_unharmed(house).await;
}

#[actix_web::test]
async fn fragments_of_a_compressed_message_are_counted_and_weighed() {
    let house = House::start().await;
    let mut endless = vec![frame(RSV1 | TEXT, b"")];
    endless.extend((0..64).map(|_| frame(CONTINUATION, b"")));
    is_closed_after(&house, &endless, (1008, "Too many or too slow fragments")).await;
    let heavy: Vec<_> =
        (0..40).map(|n| frame(if n == 0 { RSV1 | TEXT } else { CONTINUATION }, &[0; 2000])).collect();
    is_closed_after(&house, &heavy, TOO_BIG).await;
    ends_unharmed(house).await;
}
