//! A server that wants answers: clients that give them, late, twice, or never; and how many namespaces one may be in.

use tokio_tungstenite::tungstenite::Message;

use crate::asker;
use crate::echoing::{CALM, Talker, with_doors};
use crate::house::House;

async fn asking() -> House {
    with_doors(&CALM, asker::annex).await
}

/// Sits in the root namespace.
async fn enters(house: &House) -> Talker {
    let mut talker = Talker::dials(house, "/asking.io/?EIO=4&transport=websocket").await;
    assert!(talker.hears().await.starts_with("0{"));
    talker.says("40").await;
    assert!(talker.hears().await.starts_with(r#"40{"sid":""#));
    talker
}

#[actix_web::test]
async fn what_a_client_answers_reaches_whoever_asked_with_its_attachments() {
    let house = asking().await;
    let mut talker = enters(&house).await;
    talker.says(r#"42["ask",1,"2"]"#).await;
    assert_eq!(talker.hears().await, r#"420["question",1,"2"]"#);
    talker.says(r#"430["yes",{"a":null}]"#).await;
    assert_eq!(talker.hears().await, r#"42["answered","yes",{"a":null}]"#);
    talker.says(r#"451-["ask",{"_placeholder":true,"num":0}]"#).await;
    talker.sends(&[1, 2]).await;
    assert_eq!(talker.hears().await, r#"451-1["question",{"_placeholder":true,"num":0}]"#);
    assert_eq!(talker.next().await, Message::binary(vec![1, 2]));
    talker.says(r#"461-1[{"_placeholder":true,"num":0}]"#).await;
    talker.sends(&[3]).await;
    assert_eq!(talker.hears().await, r#"451-["answered",{"_placeholder":true,"num":0}]"#);
    assert_eq!(talker.next().await, Message::binary(vec![3]));
    talker.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn an_answer_that_comes_too_late_twice_or_to_nothing_is_none() {
    let house = asking().await;
    let mut talker = enters(&house).await;
    talker.says(r#"42["ask"]"#).await;
    assert_eq!(talker.hears().await, r#"420["question"]"#);
    assert_eq!(talker.hears().await, r#"42["unanswered"]"#);
    for late in ["430[]", "430[]", "437[1]", "439007199254740991[]"] {
        talker.says(late).await;
    }
    talker.says(r#"42["ask"]"#).await;
    assert_eq!(talker.hears().await, r#"421["question"]"#);
    talker.says("431[]").await;
    assert_eq!(talker.hears().await, r#"42["answered"]"#);
    talker.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn no_more_answers_are_waited_for_than_a_thousand_and_they_are_given_up_with_those_who_asked() {
    let house = asking().await;
    let mut talker = enters(&house).await;
    for _ in 0..2 {
        talker.says(r#"42["ask-often",1100]"#).await;
        for _ in 0..1024 {
            assert!(talker.hears().await.ends_with(r#"["question",1100]"#));
        }
        assert_eq!(talker.hears().await, r#"42["asked",76]"#);
    }
    talker.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_leaves_is_waited_for_no_longer() {
    let house = asking().await;
    let mut talker = enters(&house).await;
    talker.says(r#"42["ask"]"#).await;
    assert_eq!(talker.hears().await, r#"420["question"]"#);
    talker.says(r#"42["goodbye"]"#).await;
    assert_eq!(talker.hears().await, "41");
    // It may come again, and its old answers are nobody's.
    talker.says("40").await;
    assert!(talker.hears().await.starts_with("40{"));
    talker.says("430[]").await;
    talker.says(r#"42["ask"]"#).await;
    assert_eq!(talker.hears().await, r#"420["question"]"#);
    talker.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn one_connection_is_in_sixteen_namespaces_and_no_more() {
    let house = asking().await;
    let mut talker = enters(&house).await;
    for number in 1..16 {
        talker.says(&format!("40/room{number}")).await;
        assert!(talker.hears().await.starts_with(&format!("40/room{number},{{")));
    }
    talker.says("40/room16").await;
    assert_eq!(talker.hears().await, r#"44/room16,{"message":"Too many namespaces"}"#);
    talker.says("41/room3").await;
    talker.says("40/room16").await;
    assert!(talker.hears().await.starts_with("40/room16,{"));
    talker.leaves().await;
    house.ends().await;
}
