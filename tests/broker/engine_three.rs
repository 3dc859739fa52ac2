//! Protocol 3 of Engine.IO to the letter, where a mount serves it: lengths before packets, bytes, and who asks whom.

use reqwest::Method;

use crate::echoing::{CALM, asks, echoing, told};
use crate::house::House;

const OLD: (&str, &str) = ("RECADO_DOORS__CHAT__EIO3", "true");

/// A client that polls, by its path.
struct Elder<'a> {
    house: &'a House,
    query: String,
}

impl<'a> Elder<'a> {
    async fn opens(house: &'a House, more: &str) -> Self {
        let (status, text) =
            told(asks(house, Method::GET, &format!("?EIO=3&transport=polling{more}")).await).await;
        let (length, packet) = text.split_once(':').expect("a length");
        assert_eq!((status, length), (200, packet.len().to_string().as_str()));
        let opening: serde_json::Value =
            serde_json::from_str(packet.strip_prefix('0').expect("an opening")).expect("JSON");
        let sid = opening["sid"].as_str().expect("an id");
        Self { house, query: format!("?EIO=3&transport=polling{more}&sid={sid}") }
    }

    async fn posts(&self, kind: &str, body: &'static [u8]) -> u16 {
        let request = self.house.request(Method::POST, &format!("/engine.io/{}", self.query));
        request.header("content-type", kind).body(body).send().await.expect("an answer").status().as_u16()
    }

    async fn says(&self, body: &'static str) -> u16 {
        self.posts("text/plain;charset=UTF-8", body.as_bytes()).await
    }

    async fn polls(&self) -> (String, Vec<u8>) {
        let answer = asks(self.house, Method::GET, &self.query).await;
        let kind = answer.headers()["content-type"].to_str().expect("text").to_owned();
        (kind, answer.bytes().await.expect("a body").to_vec())
    }

    async fn hears(&self) -> String {
        String::from_utf8(self.polls().await.1).expect("text")
    }
}

#[actix_web::test]
async fn packets_follow_their_lengths_in_characters_as_javascript_counts_them() {
    let house = echoing(&[&CALM[..], &[OLD]].concat()).await;
    let elder = Elder::opens(&house, "").await;
    assert_eq!(elder.says("6:4hello5:4é😀!").await, 200);
    assert_eq!(elder.hears().await, "6:4hello5:4é😀!");
    assert_eq!(elder.says("1:1").await, 200);
    assert_eq!(elder.hears().await, "1:6");
    house.ends().await;
}

#[actix_web::test]
async fn bytes_go_as_bytes_or_in_base64_as_the_client_asked() {
    let house = echoing(&[&CALM[..], &[OLD]].concat()).await;
    let payload = b"\x00\x06\xff4hello\x01\x04\xff\x04\x01\x02\x03";
    let elder = Elder::opens(&house, "").await;
    assert_eq!(elder.posts("application/octet-stream", payload).await, 200);
    assert_eq!(elder.polls().await, ("application/octet-stream".to_owned(), payload.to_vec()));
    let other = Elder::opens(&house, "&b64=1").await;
    assert_eq!(other.says("6:4hello6:b4AQID").await, 200);
    assert_eq!(other.hears().await, "6:4hello6:b4AQID");
    for elder in [elder, other] {
        assert_eq!((elder.says("1:1").await, elder.hears().await), (200, "1:6".to_owned()));
    }
    house.ends().await;
}

#[actix_web::test]
async fn the_client_asks_and_whoever_does_not_is_let_go() {
    let settings =
        [("RECADO_DOORS__CHAT__HEARTBEAT_MS", "1000"), ("RECADO_DOORS__CHAT__TIMEOUT_MS", "2000"), OLD];
    let house = echoing(&settings).await;
    let elder = Elder::opens(&house, "").await;
    for _ in 0..3 {
        assert_eq!(elder.says("1:2").await, 200);
        assert_eq!(elder.hears().await, "1:3");
    }
    assert_eq!(elder.hears().await, "1:1");
    assert_eq!(elder.says("1:2").await, 400);
    house.ends().await;
}

#[actix_web::test]
async fn whatever_has_another_length_than_it_says_ends_the_session() {
    let house = echoing(&[&CALM[..], &[OLD]].concat()).await;
    for body in ["abc", "", "7:4hello", "99999999999:4a", "-1:4a", "0:", ":4a"] {
        let elder = Elder::opens(&house, "").await;
        assert_eq!((elder.says(body).await, elder.says("6:4hello").await), (400, 400), "{body}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn where_it_is_not_served_it_is_refused() {
    let house = echoing(&CALM).await;
    let refused = told(asks(&house, Method::GET, "?EIO=3&transport=polling").await).await;
    assert_eq!(refused, (400, r#"{"code":5,"message":"Unsupported protocol version"}"#.to_owned()));
    house.ends().await;
}
