//! permessage-deflate as people meet it: who offers it hears less on the wire and the same in the room.
//!
//! What is compressed, and for whom, is nobody else's affair.

use serde_json::{Value, json};

use crate::house::House;
use crate::packing::{OFFER, Packer, packed, unpacked};
use crate::raw_socket::{CONTINUATION, FIN, Heard, PING, RSV1, RawSocket, TEXT, header, post};
use crate::tokens::{claims, sign};

/// About as long as a message may be, and about as dull as chats are.
fn long() -> String {
    (0..180).map(|number| format!("line {number} of the log\n")).collect()
}

#[actix_web::test]
async fn who_offers_compression_talks_compressed_both_ways() {
    let house = House::start().await;
    let mut ann = Packer::enters(&house, "ann", "").await;
    ann.posts(&long()).await;
    let heard = ann.hears_a("message").await;
    assert_eq!(heard["data"]["content"], long());
    assert!(ann.came_packed().is_some_and(|bytes| bytes < long().len() / 4), "{:?}", ann.came_packed());
    // The window of one message is gone with the next.
    ann.posts(&long()).await;
    assert_eq!(ann.hears_a("message").await["data"]["content"], long());
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_mixed_room_hears_the_same() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    let mut bob = Packer::enters(&house, "bob", "").await;
    let mut zoe = Packer::enters(&house, "zoe", "").await;
    let mut narrow = Vec::new();
    for bits in 9..15 {
        narrow.push(Packer::enters_with(&house, "eve", "", bits).await);
    }
    ann.posts(&long()).await;
    let heard = ann.hears("message").await;
    assert_eq!(bob.hears().await, heard);
    assert_eq!(zoe.hears().await, heard);
    assert!(bob.came.is_some());
    assert_eq!(bob.came, zoe.came, "compressed once for both");
    for mut eve in narrow {
        assert_eq!(eve.hears().await, heard);
        assert!(eve.came_packed().is_some_and(|bytes| bytes < long().len()));
        eve.leaves().await;
    }
    ann.leaves().await;
    bob.leaves().await;
    zoe.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn short_messages_are_sent_as_they_are() {
    let house = House::start().await;
    let mut ann = Packer::enters(&house, "ann", "").await;
    for (content, is_packed) in [("hello".to_owned(), false), ("hello ".repeat(100), true)] {
        ann.posts(&content).await;
        assert_eq!(ann.hears_a("message").await["data"]["content"], content);
        assert_eq!(ann.came.is_some(), is_packed, "{content}");
    }
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn which_messages_are_short_is_a_setting() {
    for (least, is_packed) in [("100", true), ("4000", false)] {
        let house = House::with(&[("RECADO_COMPRESSION__LEAST_BYTES", least)]).await;
        let mut ann = Packer::enters(&house, "ann", "").await;
        ann.posts(&"hello ".repeat(30)).await;
        ann.hears_a("message").await;
        assert_eq!(ann.came.is_some(), is_packed, "{least}");
        ann.leaves().await;
        house.ends().await;
    }
}

#[actix_web::test]
async fn who_asks_for_more_goes_on_compressed() {
    let house = House::start().await;
    let mut ann = Packer::enters(&house, "ann", "").await;
    let text = json!({ "type": "message", "content": long(), "role": "USER", "tempId": "t1" });
    ann.says(&text.to_string()).await;
    // Whether the answer or the message comes first is not promised, and who is there may be told between.
    let mut missing = vec!["message", "sent"];
    while !missing.is_empty() {
        let heard = ann.hears().await;
        missing.retain(|kind| heard["type"] != *kind);
        if heard["type"] == "message" {
            assert_eq!(heard["data"]["seq"], 1, "it is told the numbers now");
            assert!(ann.came.is_some());
        }
    }
    ann.says(r#"{"type":"history"}"#).await;
    let history = ann.hears_among_others("history").await;
    assert_eq!(history["data"]["messages"][0]["content"], long());
    assert!(ann.came.is_some(), "an answer for one is compressed too");
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn what_was_missed_comes_compressed() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    for _ in 0..3 {
        ann.posts(&long()).await;
        ann.hears("message").await;
    }
    let mut bob = RawSocket::dials(house.address()).await;
    let path = format!("/?since=0&token={}", sign(&claims("bob", "chat_1")));
    bob.opens(&path, &[OFFER]).await;
    assert_eq!(bob.hears_text().await["type"], "connected");
    for seq in 1..=3 {
        let Heard::Packed(missed) = bob.hears().await else { panic!("not compressed") };
        assert_eq!(unpacked(&missed, 15)["data"]["seq"], seq);
    }
    bob.leaves().await;
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_compressed_message_may_come_in_fragments_with_pings_between() {
    let house = House::start().await;
    let mut ann = Packer::enters(&house, "ann", "").await;
    let text = packed(post(&long()).as_bytes());
    let (one, rest) = text.split_at(1);
    let (two, three) = rest.split_at(rest.len() / 2);
    ann.socket.sends_frame(RSV1 | TEXT, one).await;
    ann.socket.sends_frame(FIN | PING, b"between").await;
    ann.socket.sends_frame(CONTINUATION, two).await;
    ann.socket.sends_frame(CONTINUATION, b"").await;
    ann.socket.sends_frame(FIN | CONTINUATION, three).await;
    assert_eq!(ann.socket.hears().await, Heard::Pong(b"between".to_vec()));
    assert_eq!(ann.hears_a("message").await["data"]["content"], long());
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn plain_messages_are_welcome_from_those_who_could_compress() {
    let house = House::start().await;
    let mut ann = Packer::enters(&house, "ann", "").await;
    ann.socket.posts("in plain words").await;
    assert_eq!(ann.hears_a("message").await["data"]["content"], "in plain words");
    // Compressed to no use, and not at all.
    for text in [packed(br#"{"type":"ping"}"#), b"\0\x0f\0\xf0\xff{\"type\":\"ping\"}\0".to_vec()] {
        ann.socket.sends_frame(FIN | RSV1 | TEXT, &text).await;
        assert_eq!(ann.hears().await, json!({ "type": "pong" }));
    }
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn nobody_is_answered_what_was_not_offered_or_is_switched_off() {
    let path = format!("/?token={}", sign(&claims("ann", "chat_1")));
    let declined = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7";
    for (enabled, lines) in [("true", &[][..]), ("true", &[declined]), ("false", &[OFFER])] {
        let house = House::with(&[("RECADO_COMPRESSION__ENABLED", enabled)]).await;
        let mut ann = RawSocket::dials(house.address()).await;
        let head = ann.comes_in_with(&path, lines).await;
        assert_eq!(header(&head, "sec-websocket-extensions"), None, "{lines:?}");
        ann.posts(&long()).await;
        ann.hears_message(&long()).await;
        ann.leaves().await;
        house.ends().await;
    }
}

#[actix_web::test]
async fn an_offer_in_a_second_header_or_behind_another_is_found() {
    let house = House::start().await;
    let path = format!("/?token={}", sign(&claims("ann", "chat_1")));
    let other = "Sec-WebSocket-Extensions: x-other; a=1, permessage-deflate; server_max_window_bits=7";
    let mut ann = RawSocket::dials(house.address()).await;
    let head = ann.comes_in_with(&path, &[other, OFFER]).await;
    assert!(header(&head, "sec-websocket-extensions").is_some(), "{head}");
    ann.posts(&long()).await;
    assert!(matches!(ann.hears().await, Heard::Packed(_)));
    ann.leaves().await;
    house.ends().await;
}

/// What everybody is told at once is told to each in the form they take.
#[actix_web::test]
async fn a_broadcast_of_the_backend_reaches_both_kinds() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    ann.settles().await;
    let mut bob = Packer::enters(&house, "bob", "").await;
    let body = json!({ "message": long(), "level": "info" });
    let (status, answer): (u16, Value) = house.internal(reqwest::Method::POST, "/broadcast", body).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(bob.hears_a("notice").await, ann.hears("notice").await);
    assert!(bob.came.is_some());
    ann.leaves().await;
    bob.leaves().await;
    house.ends().await;
}
