//! Clients of Socket.IO's dialects, by hand: they join with what they show, say events and hear events, word for word.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::house::{House, SOON};

pub struct Caller {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// What the handshake said.
    pub opening: Value,
}

impl Caller {
    /// Opens a session at this mount, as in `/rooms/socket.io/`.
    pub async fn arrives(house: &House, mount: &str) -> Self {
        Self::dials(&house.ws_url(mount)).await
    }

    /// The same where the whole address is known.
    pub async fn dials(mount: &str) -> Self {
        let url = format!("{mount}?EIO=4&transport=websocket");
        let (socket, _) = timeout(SOON, connect_async(url)).await.expect("in time").expect("a socket");
        let mut caller = Self { socket, opening: Value::Null };
        let opening = caller.hears_packet().await;
        caller.opening = serde_json::from_str(opening.strip_prefix('0').expect("an opening")).expect("JSON");
        caller
    }

    /// Joins with this to show, and is let in.
    pub async fn enters(house: &House, mount: &str, auth: Value) -> Self {
        let mut caller = Self::arrives(house, mount).await;
        caller.is_let_in(auth).await;
        caller
    }

    pub async fn is_let_in(&mut self, auth: Value) {
        self.joins(auth).await;
        let answer = self.hears_packet().await;
        assert!(answer.starts_with(r#"40{"sid":""#), "{answer}");
    }

    /// Asks to be let in; null shows nothing.
    pub async fn joins(&mut self, auth: Value) {
        let shown = if auth.is_null() { String::new() } else { auth.to_string() };
        self.says_packet(&format!("40{shown}")).await;
    }

    /// Is not let in; what it is told.
    pub async fn is_rejected(&mut self) -> Value {
        let answer = self.hears_packet().await;
        serde_json::from_str(answer.strip_prefix("44").expect("a rejection")).expect("JSON")
    }

    pub async fn says_packet(&mut self, packet: &str) {
        self.socket.send(Message::text(packet)).await.expect("it can be sent");
    }

    pub async fn sends(&mut self, bytes: &'static [u8]) {
        self.socket.send(Message::binary(bytes)).await.expect("it can be sent");
    }

    /// Emits an event.
    pub async fn says(&mut self, name: &str, args: Value) {
        let mut event = vec![json!(name)];
        event.extend(args.as_array().expect("arguments").iter().cloned());
        self.says_packet(&format!("42{}", Value::Array(event))).await;
    }

    pub async fn next(&mut self) -> Message {
        let next = timeout(SOON, self.socket.next()).await.expect("in time");
        next.expect("not the end").expect("a whole message")
    }

    /// The next packet that is no heartbeat.
    pub async fn hears_packet(&mut self) -> String {
        loop {
            let packet = self.next().await.into_text().expect("text").to_string();
            if packet != "2" {
                return packet;
            }
            self.says_packet("3").await;
        }
    }

    /// The next event, which must have this name: its arguments.
    pub async fn hears(&mut self, name: &str) -> Value {
        let packet = self.hears_packet().await;
        let event: Value = serde_json::from_str(packet.strip_prefix("42").expect("an event")).expect("JSON");
        assert_eq!(event[0], name, "{packet}");
        Value::Array(event.as_array().expect("an event").iter().skip(1).cloned().collect())
    }

    /// Is hung up on; the code it is told.
    pub async fn ends(mut self) -> Option<u16> {
        loop {
            match timeout(SOON, self.socket.next()).await.expect("in time") {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// Whatever it hears until it is hung up on, or hears this.
    pub async fn heard_until_cut_or(&mut self, last: &str) -> Vec<String> {
        let mut heard = Vec::new();
        while let Some(Ok(said)) = timeout(SOON, self.socket.next()).await.expect("in time") {
            heard.push(said.into_text().expect("text").to_string());
            if heard.iter().any(|packet| packet.contains(last)) {
                break;
            }
        }
        heard
    }

    pub async fn leaves(mut self) {
        // The other side may have been first.
        let _ = self.socket.close(None).await;
        let _ = timeout(SOON, async { while let Some(Ok(_)) = self.socket.next().await {} }).await;
    }
}
