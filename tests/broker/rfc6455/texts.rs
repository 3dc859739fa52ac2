//! Chapter 6: what is UTF-8 comes back, and what cannot be any more is refused at once.

use super::{Row, all_hold, as_the_suites_expect, dials, ends};
use crate::raw_socket::{CONTINUATION, FIN, TEXT, frame, frame_header};

/// Rows of the suite's tables, from its own chapters and Markus Kuhn's examples.
const VALID: &[&[u8]] = &[
    b"",
    b"Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
    b"\x00",
    b"\xc2\x80",
    b"\xe0\xa0\x80",
    b"\xf0\x90\x80\x80",
    b"\x7f",
    b"\xdf\xbf",
    b"\xef\xbf\xbf",
    b"\xf4\x8f\xbf\xbf",
    b"\xed\x9f\xbf",
    b"\xee\x80\x80",
    b"\xef\xbf\xbd",
    b"\xef\xbf\xbe",
    b"\xf0\x9f\xbf\xbe",
    b"\xf3\xbf\xbf\xbf",
];

const INVALID: &[&[u8]] = &[
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    b"\xce",
    b"\xce\xba\xe1",
    b"\xce\xba\xe1\xbd",
    b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xf7\xbf\xbf\xbf",
    b"\xfb\xbf\xbf\xbf\xbf",
    b"\xfd\xbf\xbf\xbf\xbf\xbf",
    b"\xf4\x90\x80\x80",
    b"\x80",
    b"\xbf",
    b"\x80\xbf\x80\xbf",
    b"\xc0 \xc1 \xc2 ",
    b"\xe0 \xe1 \xef ",
    b"\xf0 \xf4 ",
    b"\xc0",
    b"\xe0\x80",
    b"\xf0\x80\x80",
    b"\xdf",
    b"\xef\xbf",
    b"\xf7\xbf\xbf",
    b"\xfe",
    b"\xff",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",
    b"\xf0\x8f\xbf\xbf",
    b"\xed\xa0\x80",
    b"\xed\xaf\xbf",
    b"\xed\xb0\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
];

/// The same text cut into fragments of one byte each.
fn crumbs(text: &[u8]) -> Vec<Vec<u8>> {
    let first = frame(TEXT, b"");
    let crumbs = text.iter().map(|byte| frame(CONTINUATION, &[*byte]));
    std::iter::once(first).chain(crumbs).chain([frame(FIN | CONTINUATION, b"")]).collect()
}

#[actix_web::test]
async fn what_is_text_comes_back_however_its_characters_are_cut() {
    let mut rows = Vec::new();
    for text in VALID {
        let heard = [(FIN | TEXT, text.to_vec())];
        rows.push(Row::echoed(format!("{text:x?}"), &[frame(FIN | TEXT, text)], &heard));
        rows.push(Row::echoed(format!("{text:x?} in crumbs"), &crumbs(text), &heard));
    }
    all_hold(&rows).await;
}

#[actix_web::test]
async fn what_is_no_text_is_refused_however_it_is_cut() {
    let mut rows = Vec::new();
    for text in INVALID {
        rows.push(Row::refused(format!("{text:x?}"), &[frame(FIN | TEXT, text)], 1007));
        rows.push(Row::refused(format!("{text:x?} in crumbs"), &crumbs(text), 1007));
    }
    all_hold(&rows).await;
}

/// Neither message ends, so only its beginning can be what is refused.
#[actix_web::test]
async fn what_cannot_become_text_is_refused_before_it_ends() {
    let house = as_the_suites_expect().await;
    let good = "κόσμε".as_bytes();
    let mut socket = dials(&house, &[]).await;
    socket.sends(&[frame(TEXT, good), frame(CONTINUATION, b"\xf4\x90")].concat()).await;
    ends(&mut socket, 1007, "in fragments").await;
    let mut socket = dials(&house, &[]).await;
    let begun = frame(FIN | TEXT, &[good, b"\xf4\x90"].concat()).split_off(6);
    socket.sends(&[frame_header(FIN | TEXT, 100), begun].concat()).await;
    ends(&mut socket, 1007, "in one frame").await;
    house.ends().await;
}
