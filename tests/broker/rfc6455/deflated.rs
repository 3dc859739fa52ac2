//! Chapters 12 and 13: permessage-deflate with every offer of the suite, for texts and bytes of every size, cut or not.

use flate2::{Decompress, FlushDecompress};

use super::{as_the_suites_expect, dials};
use crate::packing::packed;
use crate::raw_socket::{BINARY, CONTINUATION, FIN, RSV1, RawSocket, TEXT, frame, header};

const DEFAULT: &str = "permessage-deflate; client_no_context_takeover; client_max_window_bits";

/// What is asked for beyond the default offer, and how far back the answers then may look.
const OFFERS: &[(&str, u8)] = &[
    ("", 15),
    ("; server_no_context_takeover", 15),
    ("; server_max_window_bits=8", 8),
    ("; server_max_window_bits=9", 9),
    ("; server_max_window_bits=15", 15),
    ("; server_no_context_takeover; server_max_window_bits=8", 8),
    ("; server_no_context_takeover; server_max_window_bits=9", 9),
    ("; server_no_context_takeover; server_max_window_bits=15", 15),
];

/// The length of a message and of the fragments it is cut into.
const SIZES: &[(usize, usize)] = &[
    (0, 0),
    (16, 0),
    (64, 0),
    (256, 0),
    (1024, 0),
    (4096, 0),
    (8192, 256),
    (16_384, 0),
    (32_768, 256),
    (65_536, 0),
    (131_072, 0),
    (131_072, 1024),
    (131_072, 32_768),
];

/// Lets a client in that offers this; the head of the answer.
async fn agrees(socket: &mut RawSocket, offer: &str) -> String {
    let head = socket.opens("/echo", &[&format!("Sec-WebSocket-Extensions: {offer}")]).await;
    header(&head, "sec-websocket-extensions").expect("an agreement").to_owned()
}

/// A compressed message cut as its client likes; the first frame alone says that it is compressed.
fn cut(kind: u8, plain: &[u8], size: usize) -> Vec<u8> {
    let packed = packed(plain);
    let size = if size == 0 { packed.len() } else { size };
    let count = packed.len().div_ceil(size);
    let frames = packed.chunks(size).enumerate().map(|(number, part)| {
        let opcode = if number == 0 { RSV1 | kind } else { CONTINUATION };
        frame(if number + 1 == count { FIN | opcode } else { opcode }, part)
    });
    frames.collect::<Vec<_>>().concat()
}

/// What came, to a client that keeps no more of the past than it said.
fn read(first: u8, payload: Vec<u8>, window: u8) -> Vec<u8> {
    if first & RSV1 == 0 {
        return payload;
    }
    let mut inflate = Decompress::new_with_window_bits(false, window.max(9));
    let mut plain = Vec::with_capacity(1 << 20);
    let whole = [&payload[..], &[0, 0, 0xff, 0xff]].concat();
    inflate.decompress_vec(&whole, &mut plain, FlushDecompress::Sync).expect("it inflates");
    assert!(window > 8 || plain.len() <= 256, "further back than asked for");
    plain
}

async fn comes_back(socket: &mut RawSocket, kind: u8, plain: &[u8], window: u8, name: &str) {
    let (first, payload) = socket.hears_frame().await.expect(name);
    assert_eq!(first & !RSV1, FIN | kind, "{name}");
    assert!(read(first, payload, window) == plain, "{name}: something else came back");
}

#[actix_web::test]
async fn whatever_is_agreed_on_messages_come_back() {
    let house = as_the_suites_expect().await;
    let text: Vec<u8> =
        (0..40_000).map(|number| format!("{{\"a\":{}}},", number * number % 977)).collect::<String>().into();
    for (asked, window) in OFFERS {
        let mut socket = RawSocket::dials(house.address()).await;
        agrees(&mut socket, &format!("{DEFAULT}{asked}")).await;
        for (length, size) in SIZES {
            for kind in [TEXT, BINARY] {
                let plain = &text[*length..2 * length];
                let name = format!("{kind} of {length} in {size}{asked}");
                socket.sends(&cut(kind, plain, *size)).await;
                comes_back(&mut socket, kind, plain, *window, &name).await;
                socket.sends(&frame(FIN | kind, plain)).await;
                comes_back(&mut socket, kind, plain, *window, &format!("{name}, plain")).await;
            }
        }
        socket.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn the_first_offer_that_can_be_kept_is_taken_and_confirmed() {
    let house = as_the_suites_expect().await;
    let ours = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    let three = |bits: u8| {
        format!(
            "{DEFAULT}; server_no_context_takeover; server_max_window_bits={bits}, {DEFAULT}; server_no_context_takeover, {DEFAULT}"
        )
    };
    for (offer, agreed) in [
        (three(8), format!("{ours}; server_max_window_bits=8")),
        (three(9), format!("{ours}; server_max_window_bits=9")),
        (three(7), ours.to_owned()),
    ] {
        let mut socket = RawSocket::dials(house.address()).await;
        assert_eq!(agrees(&mut socket, &offer).await, agreed);
        socket.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn nothing_is_compressed_for_whoever_did_not_offer_it() {
    let house = as_the_suites_expect().await;
    let mut socket = dials(&house, &[]).await;
    let long = vec![b'*'; 100_000];
    socket.sends(&frame(FIN | TEXT, &long)).await;
    assert_eq!(socket.hears_frame().await, Some((FIN | TEXT, long)));
    socket.leaves().await;
    house.ends().await;
}
