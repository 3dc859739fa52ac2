//! Coming in: the token in each of its places, the welcome, and what was sent too early to wait for it.
//!
//! The flows are written once and walked for every place.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::house::{House, SOON};
use crate::person::Person;
use crate::shape::{is_iso, keys};
use crate::tokens::{claims, sign};

/// Where a client shows its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Behind this path, which has begun its query.
    Query(&'static str),
    Bearer,
    Subprotocol,
    /// As browsers should: beside a name that can be answered without the token.
    SubprotocolBesideRecado,
    FirstFrame,
    /// Announced by `?auth=frame`.
    AnnouncedFrame,
}

pub const PLACES: [Place; 10] = [
    Place::Query("/?"),
    Place::Query("/ws?"),
    Place::Query("/deep/down/a%20path?theme=dark&"),
    Place::Query("/health?"),
    Place::Query("/api/ws/stats?"),
    Place::Bearer,
    Place::Subprotocol,
    Place::SubprotocolBesideRecado,
    Place::FirstFrame,
    Place::AnnouncedFrame,
];

/// What a client says until it may be let in.
struct Knock {
    path: String,
    header: Option<(&'static str, String)>,
    frame: Option<Value>,
}

impl Place {
    fn knock(self, token: &str) -> Knock {
        let knock = |path: &str, header| Knock { path: path.to_owned(), header, frame: None };
        let frame = Some(json!({ "type": "auth", "token": token }));
        let protocol = "Sec-WebSocket-Protocol";
        match self {
            Self::Query(path) => knock(&format!("{path}token={token}"), None),
            Self::Bearer => knock("/ws", Some(("Authorization", format!("Bearer {token}")))),
            Self::Subprotocol => knock("/ws", Some((protocol, format!("recado-token.{token}")))),
            Self::SubprotocolBesideRecado => {
                knock("/ws", Some((protocol, format!("recado, recado-token.{token}"))))
            }
            Self::FirstFrame => Knock { frame, ..knock("/ws", None) },
            Self::AnnouncedFrame => Knock { frame, ..knock("/ws?auth=frame", None) },
        }
    }

    /// Shows the token here, whatever comes of it.
    pub async fn shows(self, house: &House, token: &str) -> Person {
        let Knock { path, header, frame } = self.knock(token);
        let header = header.as_ref().map(|(name, value)| (*name, value.as_str()));
        let mut person = house.connects_with(&path, header.as_slice()).await;
        if let Some(frame) = frame {
            person.sends(frame).await;
        }
        person
    }

    /// Shows the token here and is welcomed.
    pub async fn enters(self, house: &House, token: &str) -> Person {
        let mut person = self.shows(house, token).await;
        person.is_welcomed().await;
        person
    }

    /// Sends the handshake and all these frames in one piece.
    async fn bursts_in(self, house: &House, token: &str, frames: &[Value]) -> Person {
        let Knock { path, header, frame } = self.knock(token);
        let header = header.map(|(name, value)| format!("{name}: {value}\r\n")).unwrap_or_default();
        let mut burst = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n{header}\r\n"
        )
        .into_bytes();
        for frame in frame.iter().chain(frames) {
            burst.extend(masked(&frame.to_string()));
        }
        let address: SocketAddr =
            house.http_url("").trim_start_matches("http://").parse().expect("an address");
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(&burst).await.expect("the socket takes it");
        let rest = timeout(SOON, past_the_answer(&mut stream)).await.expect("an answer in time");
        Person::after_handshake(stream, rest).await
    }
}

/// A short text frame under a mask that changes nothing.
fn masked(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short frame");
    let mut frame = vec![0x81, 0x80 | 126];
    frame.extend(length.to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(text.bytes());
    frame
}

/// Reads the answer to a handshake; what came behind it already.
async fn past_the_answer(stream: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    loop {
        assert!(stream.read_buf(&mut read).await.expect("bytes") > 0, "hung up without an answer");
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            assert!(read.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&read));
            return read.split_off(end + 4);
        }
    }
}

fn chat_of(place: Place) -> String {
    format!("chat {place:?}")
}

#[actix_web::test]
async fn a_token_opens_the_door_from_each_of_its_places() {
    let house = House::start().await;
    for place in PLACES {
        let chat = chat_of(place);
        let mut bob = house.widget("bob", &chat).await;
        let mut ann = place.enters(&house, &sign(&claims("ann", &chat))).await;
        assert_eq!(keys(&ann.welcome), "chatId timestamp type", "{place:?}");
        assert_eq!(ann.welcome["chatId"], chat, "{place:?}");
        assert!(is_iso(&ann.welcome["timestamp"]), "{place:?}");

        ann.posts("hello").await;
        assert_eq!(bob.hears_message("hello").await["sender"]["id"], "ann", "{place:?}");
        ann.hears_message("hello").await;
        bob.posts("welcome").await;
        ann.hears_message("welcome").await;
        ann.hears_nothing_more().await;
        ann.leaves().await;
        bob.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn what_is_sent_right_behind_the_handshake_is_answered_in_order() {
    let house = House::start().await;
    let say = |content: &str| json!({ "type": "message", "content": content, "role": "USER" });
    let ping = json!({ "type": "ping" });
    let early = [ping.clone(), say("one"), json!({ "type": "shout" }), say("two"), ping];
    for place in PLACES {
        let token = sign(&claims("ann", &chat_of(place)));
        let mut ann = place.bursts_in(&house, &token, &early).await;
        ann.hears("connected").await;
        let (mut answers, mut messages) = (Vec::new(), Vec::new());
        for _ in 0..early.len() {
            let frame = ann.hears_next().await;
            match frame["type"].as_str() {
                Some("message") => messages.push(frame["data"]["content"].clone()),
                _ => answers.push(frame["type"].clone()),
            }
        }
        assert_eq!(answers, ["pong", "error", "pong"], "{place:?}");
        assert_eq!(messages, ["one", "two"], "{place:?}");
        ann.hears_nothing_more().await;
        ann.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn the_subprotocol_that_is_answered_holds_no_token_when_recado_was_offered_too() {
    let house = House::start().await;
    let token = sign(&claims("ann", "chat_1"));
    let beside = Place::SubprotocolBesideRecado.enters(&house, &token).await;
    assert_eq!(beside.protocol.as_deref(), Some("recado"));
    // Nothing else was offered, and a browser hangs up when nothing is chosen.
    let alone = Place::Subprotocol.enters(&house, &token).await;
    assert_eq!(alone.protocol, Some(format!("recado-token.{token}")));
    let query = Place::Query("/?").enters(&house, &token).await;
    assert_eq!(query.protocol, None);
    for person in [beside, alone, query] {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn one_user_may_come_in_twice_and_hears_everything_at_both_places() {
    let house = House::start().await;
    let token = sign(&claims("ann", "chat_1"));
    let mut phone = Place::Bearer.enters(&house, &token).await;
    let mut laptop = Place::AnnouncedFrame.enters(&house, &token).await;
    phone.posts("from the phone").await;
    for screen in [&mut phone, &mut laptop] {
        screen.hears_message("from the phone").await;
        screen.hears_nothing_more().await;
    }
    phone.leaves().await;
    laptop.posts("from the laptop").await;
    laptop.hears_message("from the laptop").await;
    laptop.leaves().await;
    house.ends().await;
}
