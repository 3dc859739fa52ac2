//! A house with the doors of the protocol echo, and clients that speak Engine.IO to it request by request.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use recado::app::{Annex, World};
use recado::config::Config;
use reqwest::{Method, Response};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::house::{House, SOON, config};
use crate::protocol_echo;

/// Heartbeats nobody needs to think of.
pub const CALM: [(&str, &str); 4] = [
    ("RECADO_DOORS__CHAT__HEARTBEAT_MS", "25000"),
    ("RECADO_DOORS__CHAT__TIMEOUT_MS", "20000"),
    ("RECADO_DOORS__CHAT__MAX_MESSAGE_BYTES", "1000000"),
    ("RECADO_DOORS__CHAT__EIO3", "false"),
];

/// The same, but quick to ask, and to give up as soon as no machine is too busy to answer.
pub const HASTY: [(&str, &str); 4] = [
    ("RECADO_DOORS__CHAT__HEARTBEAT_MS", "300"),
    ("RECADO_DOORS__CHAT__TIMEOUT_MS", "2500"),
    ("RECADO_DOORS__CHAT__MAX_MESSAGE_BYTES", "1000000"),
    ("RECADO_DOORS__CHAT__EIO3", "false"),
];

/// As the suites of the protocols find it, but for the port.
pub async fn as_the_suites_expect() -> House {
    let mut settings = protocol_echo::EXPECTED.to_vec();
    settings.extend([("RECADO_SERVER__PORT", "0"), ("RECADO_SERVER__WORKERS", "2")]);
    echoing(&settings).await
}

pub async fn echoing(settings: &[(&str, &str)]) -> House {
    with_doors(settings, protocol_echo::annex).await
}

/// The echo has the chat's path.
pub async fn with_doors(settings: &[(&str, &str)], doors: fn(&Config) -> Annex) -> House {
    let settings = [settings, &[("RECADO_DOORS__CHAT__ENABLED", "false")]].concat();
    let annex = doors(&config(&settings));
    House::in_world(&settings, World { annex, ..World::default() }).await
}

/// A client that polls.
pub struct Poller<'a> {
    pub house: &'a House,
    pub sid: String,
    pub opening: Value,
}

impl<'a> Poller<'a> {
    pub async fn opens(house: &'a House) -> Self {
        let answer = asks(house, Method::GET, "?EIO=4&transport=polling").await;
        assert_eq!(answer.status(), 200);
        let text = answer.text().await.expect("a body");
        let opening: Value = serde_json::from_str(text.strip_prefix('0').expect("an opening")).expect("JSON");
        let sid = opening["sid"].as_str().expect("an id").to_owned();
        Self { house, sid, opening }
    }

    pub fn query(&self) -> String {
        format!("?EIO=4&transport=polling&sid={}", self.sid)
    }

    pub async fn polls(&self) -> (u16, String) {
        told(asks(self.house, Method::GET, &self.query()).await).await
    }

    pub async fn posts(&self, body: impl Into<reqwest::Body>) -> (u16, String) {
        let request = self.house.request(Method::POST, &format!("/engine.io/{}", self.query())).body(body);
        told(request.send().await.expect("an answer")).await
    }

    /// Nobody knows it any more.
    pub async fn is_unknown(&self) {
        assert_eq!(self.polls().await, (400, r#"{"code":1,"message":"Session ID unknown"}"#.to_owned()));
    }

    /// Its WebSocket, open and not asked anything yet.
    pub async fn tries_a_socket(&self) -> Talker {
        Talker::dials(self.house, &format!("/engine.io/?EIO=4&transport=websocket&sid={}", self.sid)).await
    }
}

pub async fn asks(house: &House, method: Method, query: &str) -> Response {
    house.request(method, &format!("/engine.io/{query}")).send().await.expect("an answer")
}

pub async fn told(answer: Response) -> (u16, String) {
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

/// A client with a WebSocket.
pub struct Talker(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Talker {
    pub async fn dials(house: &House, path: &str) -> Self {
        let (socket, _) = connect_async(house.ws_url(path)).await.expect("a socket");
        Self(socket)
    }

    /// A session by WebSocket from the first.
    pub async fn opens(house: &House) -> (Self, Value) {
        let mut talker = Self::dials(house, "/engine.io/?EIO=4&transport=websocket").await;
        let opening = talker.hears().await;
        let opening = serde_json::from_str(opening.strip_prefix('0').expect("an opening"));
        (talker, opening.expect("JSON"))
    }

    pub async fn says(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("it can be sent");
    }

    pub async fn sends(&mut self, bytes: &'static [u8]) {
        self.0.send(Message::binary(bytes)).await.expect("it can be sent");
    }

    pub async fn next(&mut self) -> Message {
        let next = timeout(SOON, self.0.next()).await.expect("in time");
        next.expect("not the end").expect("a whole message")
    }

    pub async fn hears(&mut self) -> String {
        self.next().await.into_text().expect("text").to_string()
    }

    /// It is hung up on; the code it is told.
    pub async fn ends(mut self) -> Option<u16> {
        loop {
            match timeout(SOON, self.0.next()).await.expect("in time") {
                Some(Ok(Message::Close(frame))) => return frame.map(|CloseFrame { code, .. }| code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    pub async fn leaves(mut self) {
        // The other side may have been first.
        let _ = self.0.close(None).await;
        let _ = timeout(Duration::from_secs(1), self.0.next()).await;
    }
}
