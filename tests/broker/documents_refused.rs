//! What documents do not take: malformed, too big, too many, not one's own. Nobody else notices.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::editor::{RawEditor, house, pass, reading_pass};
use crate::tokens::{claims_with, sign};

/// Lengths and clocks as Yjs writes them.
fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(u8::try_from(number & 0x7f).expect("seven bits") | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).expect("seven bits"));
    bytes
}

/// This client writes so many letters into the text, at its front, from this clock on.
fn letters(client: u8, clock: usize, letters: usize) -> Vec<u8> {
    let text = vec![b'x'; letters];
    [&[1, 1, client][..], &number(clock), &[4, 1, 4, b't', b'e', b'x', b't'], &number(letters), &text, &[0]]
        .concat()
}

fn changed(update: &[u8]) -> Vec<u8> {
    [&[0, 2][..], &number(update.len()), update].concat()
}

/// Client 9 shows this.
fn shown(clock: u8, state: &str) -> Vec<u8> {
    let state = [&[1, 9, clock][..], &number(state.len()), state.as_bytes()].concat();
    [&[1][..], &number(state.len()), &state].concat()
}

const ALL: [u8; 4] = [0, 0, 1, 0];

#[actix_web::test]
async fn malformed_bytes_close_their_socket_and_no_other() {
    let house = house(&[]).await;
    let mut ann = RawEditor::opens(&house, "notes", &pass("ann", "notes")).await;
    ann.says(&changed(&letters(1, 0, 3))).await;
    let deep: Vec<u8> = [&[1, 1, 1, 0, 8, 1, 1, b'r', 1][..], &[117, 1].repeat(100_000), &[127, 0]].concat();
    let bad: &[&[u8]] = &[
        &[],
        &[9],
        &[0, 7, 0],
        &[0, 2, 200],
        &[0, 2, 3, 1, 2, 3],
        &[0, 0, 1, 9],
        &[1, 1, 9],
        &[0, 2, 5, 0xff, 0xff, 0xff, 0xff, 0x0f],
        &changed(&deep),
        &shown(1, "no json"),
        &shown(1, &format!("\"{}\"", "x".repeat(20_000))),
    ];
    for bytes in bad {
        let mut eve = RawEditor::opens(&house, "notes", &pass("eve", "notes")).await;
        eve.says(bytes).await;
        assert_eq!(eve.is_closed().await, 4400, "{:?}", &bytes[..bytes.len().min(20)]);
    }
    let mut eve = RawEditor::opens(&house, "notes", &pass("eve", "notes")).await;
    eve.sends(Message::text("hello")).await;
    assert_eq!(eve.is_closed().await, 4400);

    let mut bob = RawEditor::opens(&house, "notes", &pass("bob", "notes")).await;
    bob.says(&ALL).await;
    assert!(bob.hears_of(&[0, 1]).await.ends_with(&[3, b'x', b'x', b'x', 0]));
    ann.says(&changed(&letters(1, 3, 1))).await;
    assert!(bob.hears_of(&[0, 2]).await.ends_with(&[1, b'x', 0]));
    assert_eq!(house.broker().vitals().restarts_of("document"), 0);
    ann.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_change_that_comes_before_its_cause_is_asked_for_with_it() {
    let house = house(&[]).await;
    let mut ann = RawEditor::opens(&house, "notes", &pass("ann", "notes")).await;
    ann.hears_of(&[0, 0]).await;
    let mut bob = RawEditor::opens(&house, "notes", &pass("bob", "notes")).await;
    bob.hears_of(&[0, 0]).await;
    // As between two tabs of one browser, bob has heard from another what we have not: his letter stands behind that.
    let (cause, letter) = ([1, 7, 0, 4, 1, 1, b't', 1, b'x'], [1, 8, 0, 0x84, 7, 0, 1, b'y']);
    bob.says(&changed(&[&[1][..], &letter, &[0]].concat())).await;
    assert_eq!(bob.hears().await, ALL, "nothing is known");
    let both = [&[2][..], &letter, &cause, &[0]].concat();
    bob.says(&[&[0, 1][..], &number(both.len()), &both].concat()).await;
    assert_eq!(ann.hears().await, changed(&both));
    // Were even that not whole, it would not be asked for for ever.
    bob.says(&[0, 1, 7, 1, 1, 9, 5, 0, 1, 0]).await;
    bob.says(&ALL).await;
    assert!(bob.hears().await.starts_with(&[0, 1]));
    ann.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_giant_change_is_refused() {
    let house = house(&[("RECADO_DOORS__DOCUMENTS__MAX_CHANGE_BYTES", "1024")]).await;
    for size in [1010, 1500, 100_000] {
        let mut ann = RawEditor::opens(&house, "notes", &pass("ann", "notes")).await;
        ann.says(&changed(&letters(1, 0, size))).await;
        if size < 1024 {
            ann.says(&ALL).await;
            assert!(ann.hears_of(&[0, 1]).await.len() > size);
            ann.leaves().await;
        } else {
            assert_eq!(ann.is_closed().await, 4413, "{size}");
        }
    }
    house.ends().await;
}

#[actix_web::test]
async fn a_full_document_takes_no_more_and_is_still_read() {
    let house = house(&[
        ("RECADO_DOORS__DOCUMENTS__MAX_BYTES", "2048"),
        ("RECADO_DOORS__DOCUMENTS__MAX_CHANGE_BYTES", "1024"),
    ])
    .await;
    let mut ann = RawEditor::opens(&house, "notes", &pass("ann", "notes")).await;
    for part in 0..3 {
        ann.says(&changed(&letters(1, part * 900, 900))).await;
    }
    assert_eq!(ann.is_closed().await, 4413);
    let mut bob = RawEditor::opens(&house, "notes", &reading_pass("bob", "notes")).await;
    bob.says(&ALL).await;
    let whole = bob.hears_of(&[0, 1]).await.len();
    assert!((1800..2048).contains(&whole), "{whole}");
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn too_many_are_sent_away_for_a_while() {
    let house = house(&[
        ("RECADO_DOORS__DOCUMENTS__MAX_MEMBERS", "1"),
        ("RECADO_DOORS__DOCUMENTS__MAX_OPEN", "1"),
        ("RECADO_ROOMS__IDLE_MS", "20"),
    ])
    .await;
    let mut ann = RawEditor::opens(&house, "notes", &pass("ann", "notes")).await;
    ann.hears_of(&[0, 0]).await;
    let mut bob = RawEditor::opens(&house, "notes", &pass("bob", "notes")).await;
    assert_eq!(bob.is_closed().await, 1013);
    let mut cid = RawEditor::opens(&house, "other", &pass("cid", "other")).await;
    assert_eq!(cid.is_closed().await, 1013);
    ann.leaves().await;
    house.until("it is put away", |broker| broker.library().is_some_and(|library| library.is_empty())).await;
    let mut cid = RawEditor::opens(&house, "other", &pass("cid", "other")).await;
    cid.hears_of(&[0, 0]).await;
    cid.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn what_one_shows_is_told_to_all_and_nobody_takes_it_back_for_another() {
    let house = house(&[]).await;
    let mut ann = RawEditor::opens(&house, "notes", &pass("ann", "notes")).await;
    ann.hears_of(&[0, 0]).await;
    let mut bob = RawEditor::opens(&house, "notes", &pass("bob", "notes")).await;
    bob.hears_of(&[0, 0]).await;
    ann.says(&shown(1, "{}")).await;
    // Stock providers take half a minute of silence for a broken connection, so they hear themselves.
    assert_eq!(ann.hears().await, shown(1, "{}"));
    assert_eq!(bob.hears().await, shown(1, "{}"));
    bob.says(&shown(5, "null")).await;
    bob.says(&[3]).await;
    assert_eq!(bob.hears().await, shown(1, "{}"));
    ann.leaves().await;
    assert_eq!(bob.hears().await, shown(2, "null"));
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn strange_names_and_claims_open_nothing() {
    let house = house(&[("RECADO_DOORS__DOCUMENTS__OPEN_TO_ALL_USERS", "true")]).await;
    let token = |changes| sign(&claims_with("ann", "x", changes));
    for (path, changes, code) in [
        ("%00", json!({}), 4403),
        ("%ff", json!({}), 4403),
        ("notes", json!({ "documents": [] }), 4403),
        ("notes", json!({ "documents": "notes" }), 4401),
        ("notes", json!({ "documents": [""] }), 4401),
        ("notes", json!({ "documentId": "", "documents": ["notes"] }), 4401),
        ("notes", json!({ "readOnly": "yes" }), 4401),
        ("notes", json!({ "userId": null }), 4401),
        ("notes", json!({ "exp": 1 }), 4401),
    ] {
        let mut ann = RawEditor::opens(&house, path, &token(changes.clone())).await;
        assert!(ann.hears().await.starts_with(&[2, 0]), "{changes} says that it is denied");
        assert_eq!(ann.is_closed().await, code, "{path} {changes}");
    }
    for changes in [json!({ "room": "doc:a b" }), json!({ "documents": ["x", "a b"] }), json!({ "room": 7 })]
    {
        let mut ann = RawEditor::opens(&house, "a%20b", &token(changes)).await;
        ann.hears_of(&[0, 0]).await;
        ann.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn a_ban_ends_an_editor_and_keeps_it_out() {
    let house = house(&[]).await;
    let mut ann = RawEditor::opens(&house, "notes", &pass("ann", "notes")).await;
    ann.hears_of(&[0, 0]).await;
    let (status, _) = house.internal(reqwest::Method::POST, "/bans", json!({ "userId": "ann" })).await;
    assert!(status < 300, "{status}");
    assert_eq!(ann.is_closed().await, 4403);
    let mut ann = RawEditor::opens(&house, "notes", &pass("ann", "notes")).await;
    assert_eq!(ann.is_closed().await, 4403);
    house.ends().await;
}
