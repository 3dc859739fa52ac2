//! Engine.IO 4 by long polling, as stock clients do it: one connection that asks, one that tells, both kept alive.
//!
//! What is to be said while a post is under way leaves together in the next one.

use super::target::Target;
use super::voice::{Ear, Voice};
use crate::frame::{self, Frame};
use crate::handshake::header;
use anyhow::{Context, Result, bail, ensure};
use std::cell::RefCell;
use std::rc::Rc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, spawn_local};

const BETWEEN: &str = "\u{1e}";
const END: &[u8] = b"\r\n\r\n";
const LARGEST: usize = 16 * 1024 * 1024;

/// Opens a session; the client has said nothing yet.
pub async fn open(target: &Target, head: &str, streams: [TcpStream; 2]) -> Result<(Ear, Voice)> {
    let [asks, tells] = streams;
    let (mut asks, tells) = (Line::new(asks), Line::new(tells));
    let opened = asks.exchange(format!("{head}\r\n").as_bytes()).await?;
    let opened = opened.strip_prefix(b"0").context("the server did not open a session")?;
    let opened: serde_json::Value = serde_json::from_slice(opened)?;
    let sid = opened.get("sid").and_then(|sid| sid.as_str()).context("the session has no id")?;
    let (get, rest) = head.split_once(" HTTP/1.1\r\n").context("the request has no version")?;
    let path = get.strip_prefix("GET ").context("the request is no GET")?;
    let request = format!("GET {path}&sid={sid} HTTP/1.1\r\n{rest}\r\n").into_bytes();
    let post = format!(
        "POST {path}&sid={sid} HTTP/1.1\r\nHost: {}\r\nContent-Type: text/plain;charset=UTF-8\r\n",
        target.host()
    );
    let outbox = Rc::<Outbox>::default();
    let posting = spawn_local(tell(tells, post, outbox.clone()));
    Ok((Ear::Polls(Poller { line: asks, request, posting }), Voice::Posts(outbox)))
}

/// What a client has said and not posted.
#[derive(Default)]
pub struct Outbox {
    said: RefCell<String>,
    more: Notify,
}

impl Outbox {
    pub fn put(&self, packet: &str) {
        let mut said = self.said.borrow_mut();
        if !said.is_empty() {
            said.push_str(BETWEEN);
        }
        said.push_str(packet);
        self.more.notify_one();
    }
}

async fn tell(mut line: Line, head: String, outbox: Rc<Outbox>) -> Result<()> {
    loop {
        let said = outbox.said.take();
        if said.is_empty() {
            outbox.more.notified().await;
            continue;
        }
        let request = format!("{head}Content-Length: {}\r\n\r\n{said}", said.len());
        let answer = line.exchange(request.as_bytes()).await?;
        ensure!(answer == b"ok", "the server did not take what it was told");
    }
}

pub struct Poller {
    line: Line,
    request: Vec<u8>,
    posting: JoinHandle<Result<()>>,
}

impl Poller {
    pub async fn turn(&mut self, mut hear: impl FnMut(&Frame, &[u8]) -> Result<()>) -> Result<bool> {
        let told = tokio::select! {
            told = self.line.exchange(&self.request) => told?,
            ended = &mut self.posting => {
                ended??;
                bail!("nothing is posted any more");
            }
        };
        for packet in told.split(|byte| [*byte] == BETWEEN.as_bytes()) {
            if packet == b"1" {
                return Ok(false);
            }
            hear(&Frame { opcode: frame::TEXT, mask: None, payload: 0..packet.len() }, packet)?;
        }
        Ok(true)
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.posting.abort();
    }
}

/// One HTTP connection with one request at a time.
struct Line {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Line {
    fn new(stream: TcpStream) -> Self {
        Self { stream, bytes: Vec::new() }
    }

    /// The body of the answer, which must be a good one.
    async fn exchange(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.bytes.clear();
        let (start, end) = loop {
            ensure!(self.stream.read_buf(&mut self.bytes).await? > 0, "the server hung up on a request");
            ensure!(self.bytes.len() < LARGEST, "an answer is too long");
            if let Some(found) = body(&self.bytes)? {
                break found;
            }
        };
        self.bytes.get(start..end).context("the answer is cut")
    }
}

/// Where the body lies, once all of it is there.
fn body(bytes: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(end) = bytes.windows(END.len()).position(|window| window == END) else { return Ok(None) };
    let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
    ensure!(head.starts_with("HTTP/1.1 200 "), "the server answered {head}");
    let length = header(head, "content-length").context("the answer does not say its length")?;
    let start = end + END.len();
    let whole = start + length.parse::<usize>()?;
    Ok((bytes.len() >= whole).then_some((start, whole)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        assert_eq!(body(answer).unwrap(), Some((38, 40)));
        assert!((0..answer.len()).all(|cut| body(&answer[..cut]).unwrap().is_none()));
        assert!(body(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").is_err());
        assert!(body(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn what_is_said_meanwhile_leaves_together() {
        let outbox = Outbox::default();
        outbox.put("3");
        outbox.put("42[]");
        assert_eq!(outbox.said.take(), "3\u{1e}42[]");
    }
}
