//! The end of a node as clients of the chat live through it.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::chatting::{Chatter, all_leave, group, token};
use crate::house::House;

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

async fn text(request: &RequestBuilder) -> String {
    let answer = request.try_clone().expect("again").send().await.expect("an answer");
    answer.text().await.expect("a body")
}

/// A client that polls and has been let in: its next poll, to be sent as often as it wants.
async fn polls(house: &House, user: u64) -> RequestBuilder {
    let opening = text(&house.request(Method::GET, POLLING)).await;
    let opening: Value = serde_json::from_str(&opening[1..]).expect("JSON");
    let session = format!("{POLLING}&sid={}", opening["sid"].as_str().expect("an id"));
    let connect = format!("40{}", json!({ "token": token(user) }));
    assert_eq!(text(&house.request(Method::POST, &session).body(connect)).await, "ok");
    let poll = house.request(Method::GET, &session);
    while !text(&poll).await.contains("connected") {}
    poll
}

#[actix_web::test]
async fn a_device_that_was_away_through_a_restart_is_told_what_another_of_its_user_heard_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}", folder.path().join("recado.db").display());
    let settings = [("RECADO_STORE__URL", store.as_str())];
    let house = House::with(&settings).await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut laptop) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let missed = ana.sends(1, "missed").await;
    laptop.hears_content("missed").await;
    laptop.emits("message_delivered", json!({ "messageIds": [missed["id"]] })).await;
    ana.hears("message_delivered").await;
    all_leave([ana, laptop]).await;
    house.ends().await;
    let house = House::with(&settings).await;
    let mut devices = Vec::new();
    for device in ["phone", "tablet"] {
        let mut comes = Chatter::comes(&house, 8).await;
        let told = comes.hears("pending_messages").await;
        assert_eq!(
            (&told["count"], &told["messages"][0]["content"]),
            (&json!(1), &json!("missed")),
            "{device}"
        );
        devices.push(comes);
    }
    all_leave(devices).await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_polls_is_told_of_the_restart_and_closed_by_the_poll_after_it() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (poll, mut bob) = (polls(&house, 7).await, Chatter::comes(&house, 8).await);
    let story = async {
        let told = text(&poll).await;
        let packets: Vec<_> =
            told.split('\x1e').filter(|packet| packet.contains("server_shutdown")).collect();
        assert!(packets.len() == 1 && !told.ends_with("\x1e1"), "{told}");
        assert_eq!(text(&poll).await, "1");
        let words = bob.hears("server_shutdown").await["message"].clone();
        assert_eq!(words, "Servidor reiniciando, reconecte em alguns segundos");
        bob.leaves().await;
    };
    house.ends_while(story).await;
}
