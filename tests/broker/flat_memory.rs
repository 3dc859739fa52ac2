//! The memory of the whole process while clients do their worst, measured from outside it.
//!
//! What is bounded is the most it ever took, so that nothing can hide between two looks.

use serde_json::json;

use crate::house::UNLIMITED;
use crate::packing::{OFFER, packed};
use crate::person::Person;
use crate::programs::Program;
use crate::raw_socket::{CONTINUATION, FIN, PING, RSV1, RawSocket, TEXT, frame, frame_header, post};
use crate::tokens::{INTERNAL, SECRET, claims, sign};

const MIB: u64 = 1024;
/// Together many times what a client's network and queue hold.
const BURSTS: usize = 80;
const BURST: usize = 10;

/// The product on memory, and where it listens.
async fn product() -> (Program, std::net::SocketAddr) {
    let settings = [
        ("JWT_SECRET", SECRET),
        ("INTERNAL_API_SECRET", INTERNAL),
        ("RECADO_SERVER__PORT", "0"),
        ("RECADO_SERVER__WORKERS", "1"),
        ("RECADO_STORE__URL", "memory:"),
    ];
    let mut recado = Program::recado(&[], &[&settings[..], &UNLIMITED].concat());
    let address = recado.listens().await;
    (recado, address)
}

async fn enters(address: std::net::SocketAddr) -> RawSocket {
    let mut socket = RawSocket::dials(address).await;
    let path = format!("/?token={}", sign(&claims("eve", "chat_1")));
    socket.comes_in_with(&path, &[OFFER]).await;
    socket
}

/// The allocator takes its pages in the first rounds: 300 rounds grow no more than 20 do. The kernel may give it a huge
/// one of 2 MiB at any time, so no bound is below that.
const WARM_UP: usize = 10;

/// Has a client do its worst this often after the warm-up, and bounds what that costs.
async fn stays_flat(worst: &[Vec<u8>], times: usize, code: u16, most: u64) {
    let (recado, address) = product().await;
    let mut before = 0;
    for time in 1..=WARM_UP + times {
        let mut eve = enters(address).await;
        for bytes in worst {
            eve.sends(bytes).await;
        }
        assert_eq!(eve.is_closed().await.0, code);
        if time == WARM_UP {
            before = recado.memory("VmHWM");
        }
    }
    // The kernel adds up what its processors counted, so a later look may see a little less.
    let grown = recado.memory("VmHWM").saturating_sub(before);
    assert!(grown <= most, "grew by {grown} KiB");
}

#[actix_web::test]
async fn declared_gibibytes_cost_nothing() {
    let one = frame_header(FIN | TEXT, 1 << 30);
    stays_flat(&[one, vec![0; 1 << 20]], 50, 1009, 4 * MIB).await;
}

#[actix_web::test]
async fn a_million_empty_fragments_cost_nothing() {
    let fragments = frame(CONTINUATION, b"").repeat(1_000_000);
    stays_flat(&[frame(TEXT, b""), fragments], 10, 1008, 4 * MIB).await;
}

#[actix_web::test]
async fn a_message_in_fragments_that_grows_for_ever_costs_its_limit_at_most() {
    let fragment = frame(CONTINUATION, &[b' '; 2000]);
    stays_flat(&[frame(TEXT, b"{"), fragment.repeat(1000)], 50, 1009, 4 * MIB).await;
}

#[actix_web::test]
async fn a_compressed_bomb_costs_its_limit_at_most() {
    // 64 MiB of nothing, which as a message is as long as the longest that is let in.
    let bomb = packed(&vec![b' '; 64 << 20]);
    stays_flat(&[frame(FIN | RSV1 | TEXT, &bomb)], 50, 1009, 4 * MIB).await;
}

#[actix_web::test]
async fn a_bomb_in_fragments_costs_no_more() {
    let bomb = packed(&vec![b' '; 64 << 20]);
    let mut frames: Vec<_> = bomb.chunks(1500).map(|chunk| frame(CONTINUATION, chunk)).collect();
    frames[0] = frame(RSV1 | TEXT, &bomb[..1500]);
    frames.push(frame(FIN | CONTINUATION, b""));
    stays_flat(&frames, 50, 1009, 4 * MIB).await;
}

#[actix_web::test]
async fn a_flood_of_small_frames_waits_in_the_network_and_not_here() {
    let (recado, address) = product().await;
    let mut eve = enters(address).await;
    // Taken without a word, so that nothing but the reading can hold it up.
    let ignored = json!({ "type": "typing", "isTyping": "perhaps" }).to_string();
    let flood = frame(FIN | TEXT, ignored.as_bytes()).repeat(10_000);
    eve.sends(&flood).await;
    let before = recado.memory("VmHWM");
    for _ in 0..80 {
        eve.sends(&flood).await;
    }
    eve.sends_frame(FIN | PING, b"done").await;
    eve.sends_frame(FIN | TEXT, post("and now a word").as_bytes()).await;
    eve.hears_among_others("message").await;
    let grown = recado.memory("VmHWM").saturating_sub(before);
    assert!(grown <= 4 * MIB, "grew by {grown} KiB");
    eve.leaves().await;
}

/// Says a lot, a few messages at a time; how much that was, in KiB.
async fn talks(ann: &mut Person) -> u64 {
    let long = "€".repeat(4000);
    for _ in 0..BURSTS {
        for _ in 0..BURST {
            ann.posts(&long).await;
        }
        for _ in 0..BURST {
            ann.hears_message(&long).await;
        }
    }
    u64::try_from(BURSTS * BURST * long.len()).expect("a number") >> 10
}

#[actix_web::test]
async fn clients_that_never_read_cost_their_queue_and_no_more() {
    let (recado, address) = product().await;
    let url = format!("ws://{address}/?token={}", sign(&claims("ann", "chat_1")));
    let mut ann = Person::connect(&url, &[]).await;
    ann.is_welcomed().await;
    ann.settles().await;
    talks(&mut ann).await;

    let before = recado.memory("VmHWM");
    let mut frozen = Vec::new();
    for _ in 0..20 {
        let mut eve = RawSocket::dials_with_a_small_buffer(address).await;
        eve.comes_in(&sign(&claims("eve", "chat_1"))).await;
        frozen.push(eve);
    }
    // The log is in memory here, and keeps what is said.
    let said = talks(&mut ann).await;
    for eve in &mut frozen {
        eve.is_cut_off().await;
    }
    let grown = recado.memory("VmHWM").saturating_sub(before);
    assert!(grown <= said + 4 * MIB, "grew by {grown} KiB while {said} KiB were said");
    ann.leaves().await;
}
