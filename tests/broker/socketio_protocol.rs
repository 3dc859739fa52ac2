//! Socket.IO to the letter: who is let into which namespace, and what ends a connection.

use tokio_tungstenite::tungstenite::Message;

use crate::echoing::{CALM, Talker, echoing};
use crate::house::House;

async fn arrives(house: &House) -> Talker {
    let mut talker = Talker::dials(house, "/socket.io/?EIO=4&transport=websocket").await;
    assert!(talker.hears().await.starts_with("0{"));
    talker
}

/// The same, in the root namespace.
async fn enters(house: &House) -> Talker {
    let mut talker = arrives(house).await;
    talker.says("40").await;
    assert!(talker.hears().await.starts_with(r#"40{"sid":""#));
    assert_eq!(talker.hears().await, r#"42["auth",{}]"#);
    talker
}

#[actix_web::test]
async fn whoever_connects_is_told_its_id_and_what_it_showed() {
    let house = echoing(&CALM).await;
    let mut talker = arrives(&house).await;
    talker.says(r#"40/custom,{"token":"abc"}"#).await;
    assert!(talker.hears().await.starts_with(r#"40/custom,{"sid":""#));
    assert_eq!(talker.hears().await, r#"42/custom,["auth",{"token":"abc"}]"#);
    talker.says("40/random").await;
    assert_eq!(talker.hears().await, r#"44/random,{"message":"Invalid namespace"}"#);
    talker.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn events_and_answers_come_back_with_their_attachments() {
    let house = echoing(&CALM).await;
    let mut talker = enters(&house).await;
    talker.says(r#"42["message",1,"2",{"3":[true]}]"#).await;
    assert_eq!(talker.hears().await, r#"42["message-back",1,"2",{"3":[true]}]"#);
    talker.says(r#"42456["message-with-ack",1]"#).await;
    assert_eq!(talker.hears().await, "43456[1]");
    talker.says(r#"451-789["message-with-ack",{"_placeholder":true,"num":0}]"#).await;
    talker.sends(&[1, 2, 3]).await;
    assert_eq!(talker.hears().await, r#"461-789[{"_placeholder":true,"num":0}]"#);
    assert_eq!(talker.next().await, Message::binary(vec![1, 2, 3]));
    talker.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_leaves_a_namespace_stays_in_the_others_and_may_come_again() {
    let house = echoing(&CALM).await;
    let mut talker = enters(&house).await;
    talker.says("40/custom").await;
    assert!(talker.hears().await.starts_with("40/custom,"));
    assert_eq!(talker.hears().await, r#"42/custom,["auth",{}]"#);
    talker.says("41/custom").await;
    talker.says(r#"42["message","to the root"]"#).await;
    assert_eq!(talker.hears().await, r#"42["message-back","to the root"]"#);
    talker.says("40/custom").await;
    assert!(talker.hears().await.starts_with("40/custom,"));
    talker.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_breaks_the_protocol_is_hung_up_on() {
    let house = echoing(&CALM).await;
    for said in [
        "4abc",
        "42{}",
        "42[]",
        r#"42["connect"]"#,
        r#"42abc["message"]"#,
        r#"42/custom,["message"]"#,
        "43/custom,1[]",
        "41/custom",
        "40",
        "43[]",
        r#"452-["message",{"_placeholder":true,"num":0}]"#,
        r#"4599-["message"]"#,
    ] {
        let mut talker = enters(&house).await;
        talker.says(said).await;
        assert_eq!(talker.ends().await, Some(1002), "{said}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn an_attachment_nobody_announced_and_text_in_its_place_are_hung_up_on() {
    let house = echoing(&CALM).await;
    let mut talker = enters(&house).await;
    talker.sends(&[1]).await;
    assert_eq!(talker.ends().await, Some(1002));
    let mut talker = enters(&house).await;
    talker.says(r#"451-["message",{"_placeholder":true,"num":0}]"#).await;
    talker.says(r#"42["message"]"#).await;
    assert_eq!(talker.ends().await, Some(1002));
    house.ends().await;
}

#[actix_web::test]
async fn whoever_joins_no_namespace_in_time_is_let_go_and_whoever_was_in_one_is_not() {
    let mut settings = CALM.to_vec();
    settings.push(("RECADO_DOORS__CHAT__CONNECT_TIMEOUT_MS", "2500"));
    let house = echoing(&settings).await;
    let mut was_in = enters(&house).await;
    was_in.says("41").await;
    let mut refused = arrives(&house).await;
    refused.says("40/random").await;
    assert!(refused.hears().await.starts_with("44/random,"));
    assert_eq!(refused.ends().await, Some(1008));
    was_in.says("40").await;
    assert!(was_in.hears().await.starts_with("40{"));
    was_in.leaves().await;
    house.ends().await;
}
