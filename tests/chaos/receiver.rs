//! A receiver of webhooks that writes down all it is told, and answers when it may.
//!
//! It outlives the broker's deaths; what it took and did not answer was delivered and never marked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);
const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// One request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub id: String,
    pub room: String,
    pub seq: u64,
    pub body: String,
}

pub struct Receiver {
    address: SocketAddr,
    heard: mpsc::UnboundedReceiver<Told>,
    may_answer: watch::Sender<bool>,
    pub minutes: Vec<Told>,
}

impl Receiver {
    pub async fn listens() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, heard) = mpsc::unbounded_channel();
        let may_answer = watch::Sender::new(true);
        let allowed = may_answer.subscribe();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A broker that dies breaks the connection off, which ends this.
                tokio::spawn(serve(stream, tell.clone(), allowed.clone()));
            }
        });
        Self { address, heard, may_answer, minutes: Vec::new() }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// While it may not, it takes requests and says nothing.
    pub fn may_answer(&self, may: bool) {
        self.may_answer.send_replace(may);
    }

    pub async fn hears(&mut self) -> Told {
        let told = timeout(PATIENCE, self.heard.recv()).await.expect("a webhook in time").unwrap();
        self.minutes.push(told.clone());
        told
    }

    /// Listens until each room's numbers up to its head were told.
    pub async fn hears_up_to(&mut self, heads: &BTreeMap<String, u64>) {
        let newest = |minutes: &[Told], room: &str| {
            minutes.iter().filter(|told| told.room == room).map(|told| told.seq).max().unwrap_or(0)
        };
        while heads.iter().any(|(room, head)| newest(&self.minutes, room) < *head) {
            self.hears().await;
        }
    }
}

async fn serve(mut stream: TcpStream, tell: mpsc::UnboundedSender<Told>, mut allowed: watch::Receiver<bool>) {
    let mut read = Vec::new();
    while let Some(told) = request(&mut stream, &mut read).await {
        // The story may have ended.
        let _ = tell.send(told);
        if allowed.wait_for(|may| *may).await.is_err() || stream.write_all(ANSWER).await.is_err() {
            return;
        }
    }
}

/// The next whole request; none when the connection ended before.
async fn request(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<Told> {
    loop {
        if let Some((told, length)) = parse(read) {
            read.drain(..length);
            return Some(told);
        }
        if stream.read_buf(read).await.ok()? == 0 {
            return None;
        }
    }
}

fn parse(read: &[u8]) -> Option<(Told, usize)> {
    let end = read.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(read[..end].to_vec()).unwrap();
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let length = end + header("content-length").expect("a length").parse::<usize>().unwrap();
    let body = String::from_utf8(read.get(end..length)?.to_vec()).unwrap();
    let event: Value = serde_json::from_str(&body).unwrap();
    let room = event["data"]["room"].as_str().expect("a room").to_owned();
    let seq = event["data"]["seq"].as_u64().expect("a number");
    Some((Told { id: header("webhook-id").expect("an id"), room, seq, body }, length))
}
