//! A person in a group chat: a client of Socket.IO 5 over a WebSocket, as stock clients speak it.
//!
//! What it hears is kept until it is asked for, by name and in order.

use std::collections::VecDeque;

use futures_util::{SinkExt, StreamExt};
use recado::auth::wall_clock;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::house::{House, SOON};
use crate::tokens::sign;

/// A token as the original's login makes it: the id is a number.
pub fn token(user: u64) -> String {
    let now = wall_clock();
    sign(&json!({ "id": user, "email": format!("user{user}@example.org"), "iat": now, "exp": now + 3600 }))
}

/// A group with these members, the first its admin.
pub async fn group(house: &House, id: u64, members: &[u64]) {
    put_group(house, id, "group", members).await;
}

/// What only these two say to each other.
pub async fn direct(house: &House, id: u64, pair: [u64; 2]) {
    put_group(house, id, "direct", &pair).await;
}

async fn put_group(house: &House, id: u64, kind: &str, members: &[u64]) {
    for user in members {
        let name = json!({ "name": format!("User {user}") });
        let (status, body) = house.internal(Method::PUT, &format!("/users/{user}"), name).await;
        assert!(status < 300, "{status} {body}");
    }
    let role = |place| if place == 0 { "admin" } else { "member" };
    let members: Vec<Value> = members
        .iter()
        .enumerate()
        .map(|(place, user)| json!({ "userId": user.to_string(), "role": role(place) }))
        .collect();
    let group = json!({ "name": format!("Group {id}"), "type": kind, "members": members });
    let (status, body) = house.internal(Method::PUT, &format!("/groups/{id}"), group).await;
    assert!(status < 300, "{status} {body}");
}

pub struct Chatter {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// What came with `connected`.
    pub welcome: Value,
    pub sid: String,
    heard: VecDeque<(String, Value)>,
    answers: Vec<(u64, Value)>,
    next: u64,
}

impl Chatter {
    /// Someone who has been let in.
    pub async fn comes(house: &House, user: u64) -> Self {
        let mut chatter = Self::knocks(house, json!({ "token": token(user) })).await.expect("let in");
        chatter.welcome = chatter.hears("connected").await;
        chatter
    }

    /// Opens a socket and shows this; what a `connect_error` says, if one comes.
    pub async fn knocks(house: &House, auth: Value) -> Result<Self, Value> {
        Self::knocks_at(house, "/socket.io/?EIO=4&transport=websocket", auth).await
    }

    pub async fn knocks_at(house: &House, path: &str, auth: Value) -> Result<Self, Value> {
        Self::dials(&house.ws_url(path), auth).await
    }

    /// The same where the whole address is known.
    pub async fn dials(url: &str, auth: Value) -> Result<Self, Value> {
        let (socket, _) = connect_async(url).await.expect("a socket");
        let (welcome, sid, heard, answers) = (Value::Null, String::new(), VecDeque::new(), Vec::new());
        let mut chatter = Self { socket, welcome, sid, heard, answers, next: 0 };
        assert!(chatter.reads().await.starts_with('0'), "an opening");
        let auth = if auth.is_null() { String::new() } else { auth.to_string() };
        chatter.says(&format!("40{auth}")).await;
        let answer = chatter.reads().await;
        let payload = serde_json::from_str(&answer[2..]).unwrap_or(Value::Null);
        match &answer[..2] {
            "40" => {
                chatter.sid = payload["sid"].as_str().expect("an id").to_owned();
                Ok(chatter)
            }
            "44" => {
                chatter.leaves().await;
                Err(payload)
            }
            other => panic!("not an answer to a connect: {other}"),
        }
    }

    pub async fn says(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("it can be sent");
    }

    pub async fn attaches(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::binary(bytes)).await.expect("it can be sent");
    }

    /// The next packet; a ping is answered and is none.
    async fn reads(&mut self) -> String {
        loop {
            let next = timeout(SOON, self.socket.next()).await.expect("in time");
            let text = next.expect("not the end").expect("a message").into_text().expect("text").to_string();
            if text != "2" {
                return text;
            }
            self.says("3").await;
        }
    }

    /// The next packet as it is.
    pub async fn reads_bare(&mut self) -> String {
        self.reads().await
    }

    async fn listens(&mut self) {
        let packet = self.reads().await;
        let start = packet.find('[').unwrap_or_else(|| panic!("no event: {packet}"));
        let args: Value = serde_json::from_str(&packet[start..]).expect("JSON");
        match &packet[..2] {
            "42" => {
                let name = args[0].as_str().expect("a name").to_owned();
                self.heard.push_back((name, args[1].clone()));
            }
            "43" => {
                let id = packet[2..start].parse().expect("the id of an answer");
                assert_eq!(args.as_array().map(Vec::len), Some(1), "answers are one object");
                self.answers.push((id, args[0].clone()));
            }
            other => panic!("neither event nor answer: {other}"),
        }
    }

    pub async fn emits(&mut self, name: &str, payload: Value) {
        self.says(&format!("42{}", json!([name, payload]))).await;
    }

    /// Emits and waits for the answer.
    pub async fn asks(&mut self, name: &str, payload: Value) -> Value {
        let id = self.begins(name, payload).await;
        self.is_answered(id).await
    }

    /// Emits what wants an answer.
    pub async fn begins(&mut self, name: &str, payload: Value) -> u64 {
        self.next += 1;
        self.says(&format!("42{}{}", self.next, json!([name, payload]))).await;
        self.next
    }

    pub async fn is_answered(&mut self, id: u64) -> Value {
        loop {
            if let Some(at) = self.answers.iter().position(|(answered, _)| *answered == id) {
                return self.answers.remove(at).1;
            }
            self.listens().await;
        }
    }

    /// What the next event of this name says; others are kept.
    pub async fn hears(&mut self, name: &str) -> Value {
        loop {
            if let Some(at) = self.heard.iter().position(|(heard, _)| heard == name) {
                return self.heard.remove(at).expect("it is there").1;
            }
            self.listens().await;
        }
    }

    /// A new message that says this, past others of its own; what it says.
    pub async fn hears_content(&mut self, content: &str) -> Value {
        loop {
            let told = self.hears("new_message").await["content"].clone();
            if told == content {
                return told;
            }
        }
    }

    /// Nothing by these names came until now, nor what was under way.
    pub async fn has_not_heard(&mut self, names: &[&str]) {
        // Twice: the first is answered in the turn in which the last was announced.
        for _ in 0..2 {
            self.asks("leave_group", json!({ "groupId": 9_999_999 })).await;
        }
        let unwanted = self.heard.iter().find(|(name, _)| names.contains(&name.as_str()));
        assert!(unwanted.is_none(), "heard {unwanted:?}");
    }

    /// Sends a text and waits until it is taken; the message.
    pub async fn sends(&mut self, group: u64, content: &str) -> Value {
        let answer = self.asks("send_message", json!({ "groupId": group, "content": content })).await;
        assert_eq!(answer["success"], true, "{answer}");
        answer["message"].clone()
    }

    /// Asks for something and is told no; the words.
    pub async fn is_refused(&mut self, name: &str, payload: Value) -> String {
        let answer = self.asks(name, payload).await;
        assert_eq!(answer["success"], false, "{answer}");
        answer["error"].as_str().expect("words").to_owned()
    }

    pub async fn leaves(mut self) {
        // The other side may have been first.
        let _ = self.socket.close(None).await;
        let _ = timeout(SOON, async { while let Some(Ok(_)) = self.socket.next().await {} }).await;
    }
}

/// All of them leave.
pub async fn all_leave(chatters: impl IntoIterator<Item = Chatter>) {
    for chatter in chatters {
        chatter.leaves().await;
    }
}
