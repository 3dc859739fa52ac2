//! Chapters 9 and 10: messages to 16 MiB, in as many fragments and pieces as a client likes, and no more than that.

use super::{as_the_suites_expect, dials, ends};
use crate::raw_socket::{BINARY, CLOSE, CONTINUATION, FIN, RawSocket, TEXT, frame, frame_header};

const MIB: usize = 1 << 20;

/// The message as frames of this many bytes each.
fn fragments(kind: u8, payload: &[u8], size: usize) -> Vec<u8> {
    let count = payload.len().div_ceil(size);
    let frames = payload.chunks(size).enumerate().map(|(number, part)| {
        let opcode = if number == 0 { kind } else { CONTINUATION };
        frame(if number + 1 == count { FIN | opcode } else { opcode }, part)
    });
    frames.collect::<Vec<_>>().concat()
}

/// Each piece of it has a time of its own.
async fn sends_slowly(socket: &mut RawSocket, wire: &[u8]) {
    for piece in wire.chunks(MIB) {
        socket.sends(piece).await;
    }
}

async fn comes_back(socket: &mut RawSocket, kind: u8, payload: &[u8], name: &str) {
    let heard = socket.hears_frame().await.expect(name);
    assert!(heard.0 == FIN | kind && heard.1 == payload, "{name}: {:#x}, {} bytes", heard.0, heard.1.len());
}

#[actix_web::test]
async fn messages_to_sixteen_mebibytes_come_back() {
    let house = as_the_suites_expect().await;
    let mut socket = dials(&house, &[]).await;
    for length in [64 << 10, MIB, 16 * MIB] {
        for kind in [TEXT, BINARY] {
            let payload = vec![b'*'; length];
            sends_slowly(&mut socket, &frame(FIN | kind, &payload)).await;
            comes_back(&mut socket, kind, &payload, &format!("{length} of {kind}")).await;
        }
    }
    socket.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn four_mebibytes_in_fragments_of_any_size_come_back() {
    let house = as_the_suites_expect().await;
    let mut socket = dials(&house, &[]).await;
    let payload: Vec<u8> = (b'a'..=b'z').cycle().take(4 * MIB).collect();
    for size in [64, 4 << 10, MIB] {
        for kind in [TEXT, BINARY] {
            sends_slowly(&mut socket, &fragments(kind, &payload, size)).await;
            comes_back(&mut socket, kind, &payload, &format!("{kind} in fragments of {size}")).await;
        }
    }
    // Chapter 10: as a client does that cuts all it says.
    let long = &payload[..65_536];
    socket.sends(&fragments(TEXT, long, 1300)).await;
    comes_back(&mut socket, TEXT, long, "cut by its client").await;
    socket.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn one_frame_that_comes_in_many_pieces_comes_back() {
    let house = as_the_suites_expect().await;
    let mut socket = dials(&house, &[]).await;
    let payload = "é€".repeat(20_000).into_bytes();
    for kind in [TEXT, BINARY] {
        for size in [64, 128, 256, 512, 1024, 2048] {
            for piece in frame(FIN | kind, &payload).chunks(size) {
                socket.sends(piece).await;
            }
            comes_back(&mut socket, kind, &payload, &format!("{kind} in pieces of {size}")).await;
        }
    }
    socket.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_thousand_messages_at_once_come_back_in_order() {
    let house = as_the_suites_expect().await;
    let mut socket = dials(&house, &[]).await;
    for length in [0, 16, 64, 256, 1024] {
        let told: Vec<_> = (0..1000_usize)
            .map(|number| vec![b'a' + u8::try_from(number % 26).expect("a letter"); length])
            .collect();
        socket.sends(&told.iter().flat_map(|payload| frame(FIN | TEXT, payload)).collect::<Vec<_>>()).await;
        for payload in &told {
            comes_back(&mut socket, TEXT, payload, &format!("{length}")).await;
        }
    }
    socket.sends(&frame(FIN | CLOSE, &1000_u16.to_be_bytes())).await;
    ends(&mut socket, 1000, "the end").await;
    house.ends().await;
}

#[actix_web::test]
async fn one_byte_or_one_fragment_more_is_refused() {
    let house = as_the_suites_expect().await;
    let mut socket = dials(&house, &[]).await;
    socket.sends(&frame_header(FIN | BINARY, u64::try_from(16 * MIB).expect("a length") + 1)).await;
    ends(&mut socket, 1009, "a byte more").await;
    let mut socket = dials(&house, &[]).await;
    let begun = fragments(TEXT, &[b'*'; 131_073], 1);
    socket.sends(&begun).await;
    ends(&mut socket, 1008, "a fragment more").await;
    house.ends().await;
}
