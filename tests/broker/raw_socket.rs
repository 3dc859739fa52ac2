//! A client made of nothing but TCP, for whatever no honest client would send.
//!
//! It reads what comes strictly as RFC 6455 has it, and waits for nothing longer than it may take.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::house::{House, SOON};
use crate::tokens::{claims, sign};

pub const FIN: u8 = 0x80;
pub const RSV1: u8 = 0x40;
pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xA;

const VERSION: &str = "Sec-WebSocket-Version: 13";
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const MASKED: u8 = 0x80;
const MASK: [u8; 4] = [0x5a, 0x01, 0xff, 0x3c];

/// What comes from the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    Text(Value),
    /// A compressed text: its payload as it came.
    Packed(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
    /// The connection ended, with or without a reset.
    Gone,
}

pub struct RawSocket {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl RawSocket {
    /// A connection that has said nothing yet.
    pub async fn dials(address: SocketAddr) -> Self {
        Self::of(TcpSocket::new_v4().expect("a socket"), address).await
    }

    /// The same with next to no room for what it does not read.
    pub async fn dials_with_a_small_buffer(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        Self::of(socket, address).await
    }

    async fn of(socket: TcpSocket, address: SocketAddr) -> Self {
        let stream = timeout(SOON, socket.connect(address)).await.expect("in time").expect("a connection");
        stream.set_nodelay(true).expect("no waiting");
        Self { stream, unread: Vec::new() }
    }

    /// Lets itself in as a stock widget would, and sits in the room for certain.
    pub async fn enters(house: &House, user: &str, chat: &str) -> Self {
        let mut socket = Self::dials(house.address()).await;
        socket.comes_in(&sign(&claims(user, chat))).await;
        socket
    }

    pub async fn comes_in(&mut self, token: &str) {
        self.comes_in_with(&format!("/?token={token}"), &[]).await;
    }

    /// The same with these lines in the request; the head of the answer.
    pub async fn comes_in_with(&mut self, path: &str, lines: &[&str]) -> String {
        let head = self.opens(path, lines).await;
        assert_eq!(self.hears_text().await["type"], "connected");
        // Frames are served in order, so the pong comes after the join.
        self.sends_frame(FIN | TEXT, br#"{"type":"ping"}"#).await;
        assert_eq!(self.hears_text().await["type"], "pong");
        head
    }

    /// Becomes a WebSocket, whatever is said on it then.
    pub async fn opens(&mut self, path: &str, lines: &[&str]) -> String {
        let lines = [&[VERSION, KEY], lines].concat();
        self.sends(handshake_with(path, &lines).as_bytes()).await;
        let (head, _) = self.hears_answer().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        head
    }

    /// Writes as much as the server takes: it may hang up on the sender of a wrong frame at any byte.
    pub async fn sends(&mut self, bytes: &[u8]) {
        let _ = timeout(SOON, self.stream.write_all(bytes)).await.expect("the server takes it or hangs up");
    }

    pub async fn sends_frame(&mut self, first: u8, payload: &[u8]) {
        self.sends(&frame(first, payload)).await;
    }

    pub async fn posts(&mut self, content: &str) {
        self.sends_frame(FIN | TEXT, post(content).as_bytes()).await;
    }

    /// The head of an HTTP answer, and as much of its body as the head announces.
    pub async fn hears_answer(&mut self) -> (String, String) {
        let end = loop {
            if let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(self.reads().await, "gone without an answer");
        };
        let head = String::from_utf8(self.takes(end)).expect("a head is text");
        let length = header(&head, "content-length").map_or(0, |length| length.parse().expect("a number"));
        while self.unread.len() < length {
            assert!(self.reads().await, "gone within a body");
        }
        let body = String::from_utf8(self.takes(length)).expect("a body is text");
        (head, body)
    }

    /// The next frame as it came: its first byte and its payload. None at the end.
    pub async fn hears_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        while self.whole_frame().is_none() {
            if !self.reads().await {
                assert!(self.unread.is_empty(), "cut off within a frame");
                return None;
            }
        }
        let (start, end) = self.whole_frame().expect("a whole frame is there");
        let mut frame = self.takes(end);
        let payload = frame.split_off(start);
        Some((frame[0], payload))
    }

    /// The next frame, or the end.
    pub async fn hears(&mut self) -> Heard {
        let Some((first, payload)) = self.hears_frame().await else { return Heard::Gone };
        match first {
            0x81 => Heard::Text(serde_json::from_slice(&payload).expect("frames are JSON")),
            0xC1 => Heard::Packed(payload),
            0x88 => closed(&payload),
            0x89 => Heard::Ping(payload),
            0x8A => Heard::Pong(payload),
            other => panic!("no server sends {other:#x}"),
        }
    }

    pub async fn hears_text(&mut self) -> Value {
        match self.hears().await {
            Heard::Text(value) => value,
            other => panic!("waiting for text: {other:?}"),
        }
    }

    pub async fn hears_message(&mut self, content: &str) {
        let frame = self.hears_text().await;
        assert_eq!((&frame["type"], &frame["data"]["content"]), (&json!("message"), &json!(content)));
    }

    /// The next text frame of this type, past anything else.
    pub async fn hears_among_others(&mut self, kind: &str) -> Value {
        loop {
            match self.hears().await {
                Heard::Text(value) if value["type"] == kind => return value,
                Heard::Text(_) | Heard::Ping(_) | Heard::Pong(_) => {}
                other => panic!("waiting for {kind}: {other:?}"),
            }
        }
    }

    /// Past whatever else comes: the close frame, and nothing after it.
    pub async fn is_closed(&mut self) -> (u16, String) {
        loop {
            match self.hears().await {
                Heard::Close(code, reason) => {
                    assert_eq!(self.hears().await, Heard::Gone, "a word after the goodbye");
                    return (code, reason);
                }
                Heard::Gone => panic!("gone without a close frame"),
                Heard::Text(_) | Heard::Packed(_) | Heard::Ping(_) | Heard::Pong(_) => {}
            }
        }
    }

    /// Past whatever else comes: the end, without a close frame and perhaps within another.
    pub async fn is_cut_off(&mut self) {
        loop {
            while let Some((_, end)) = self.whole_frame() {
                assert_ne!(self.takes(end)[0], FIN | CLOSE, "a close frame");
            }
            if !self.reads().await {
                return;
            }
        }
    }

    /// The end, whatever was said before it in whichever protocol.
    pub async fn is_hung_up_on(&mut self) {
        while self.reads().await {}
    }

    pub async fn leaves(mut self) {
        self.sends_frame(FIN | CLOSE, &1000_u16.to_be_bytes()).await;
        assert_eq!(self.is_closed().await.0, 1000);
    }

    /// Where the payload of the first frame starts and ends, if all of it has come.
    fn whole_frame(&self) -> Option<(usize, usize)> {
        let (_, rest) = self.unread.split_first()?;
        let (length, start) = match *rest.first()? {
            short @ ..126 => (usize::from(short), 2),
            126 => (usize::from(u16::from_be_bytes(rest.get(1..3)?.try_into().ok()?)), 4),
            127 => (usize::try_from(u64::from_be_bytes(rest.get(1..9)?.try_into().ok()?)).ok()?, 10),
            masked => panic!("no server masks: {masked:#x}"),
        };
        (self.unread.len() >= start + length).then_some((start, start + length))
    }

    /// Reads some more; false at the end.
    async fn reads(&mut self) -> bool {
        let read = timeout(SOON, self.stream.read_buf(&mut self.unread)).await.expect("something in time");
        read.is_ok_and(|count| count > 0)
    }

    fn takes(&mut self, count: usize) -> Vec<u8> {
        self.unread.drain(..count).collect()
    }
}

fn closed(payload: &[u8]) -> Heard {
    let Some((code, reason)) = payload.split_first_chunk() else { return Heard::Close(1005, String::new()) };
    Heard::Close(u16::from_be_bytes(*code), String::from_utf8_lossy(reason).into_owned())
}

/// The value of a header in an answer's head.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

pub fn handshake(path: &str) -> String {
    handshake_with(path, &[VERSION, KEY])
}

/// A request to upgrade with these lines beside those every one has.
pub fn handshake_with(path: &str, lines: &[&str]) -> String {
    let lines = lines.join("\r\n");
    format!(
        "GET {path} HTTP/1.1\r\nHost: recado.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{lines}\r\n\r\n"
    )
}

/// A stock client's message frame.
pub fn post(content: &str) -> String {
    json!({ "type": "message", "content": content, "role": "USER" }).to_string()
}

/// The header of a masked frame that declares this length.
pub fn frame_header(first: u8, declared: u64) -> Vec<u8> {
    let mut wire = vec![first];
    match (u8::try_from(declared), u16::try_from(declared)) {
        (Ok(short @ ..126), _) => wire.push(MASKED | short),
        (_, Ok(medium)) => {
            wire.push(MASKED | 126);
            wire.extend(medium.to_be_bytes());
        }
        _ => {
            wire.push(MASKED | 127);
            wire.extend(declared.to_be_bytes());
        }
    }
    wire.extend(MASK);
    wire
}

pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut wire = frame_header(first, u64::try_from(payload.len()).expect("a length"));
    wire.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    wire
}
