//! The upgrade from HTTP to WebSocket, seen from both ends.
//!
//! Bytes that arrive behind a head are handed back, so no early frame is ever lost.

use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::fmt;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LARGEST_HEAD: usize = 16 * 1024;
const END: &[u8] = b"\r\n\r\n";
const SALT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Answers an upgrade; gives the request's target and what followed its head.
pub async fn answer(stream: &mut TcpStream) -> Result<(String, Vec<u8>)> {
    let (head, rest) = read_head(stream).await?;
    let key = header(&head, "sec-websocket-key").context("the request has no sec-websocket-key")?;
    let target = head.split(' ').nth(1).context("the request has no target")?;
    let accept = accept_key(key);
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await?;
    Ok((target.to_owned(), rest))
}

/// An upgrade that was not granted.
#[derive(Debug)]
pub struct Refused {
    pub status: u16,
    /// When the server wants to be asked again.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the upgrade was refused with {}", self.status)
    }
}

impl std::error::Error for Refused {}

/// Asks for an upgrade with the request's first lines; gives what followed the head of the answer.
pub async fn ask(stream: &mut TcpStream, lines: &str, client: usize) -> Result<Vec<u8>> {
    let key = STANDARD.encode(u128::try_from(client)?.to_be_bytes());
    let request = format!(
        "{lines}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let (head, rest) = read_head(stream).await?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status: u16 = status.context("the answer to the upgrade is not HTTP")?;
    let retry_after = header(&head, "retry-after").and_then(|seconds| seconds.parse().ok());
    ensure!(status == 101, Refused { status, retry_after: retry_after.map(Duration::from_secs) });
    let accept = header(&head, "sec-websocket-accept").unwrap_or_default();
    ensure!(accept == accept_key(&key), "the answer to the handshake's key is wrong");
    Ok(rest)
}

async fn read_head(stream: &mut TcpStream) -> Result<(String, Vec<u8>)> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        ensure!(stream.read_buf(&mut bytes).await? > 0, "the peer hung up during the handshake");
        if let Some(end) = bytes.windows(END.len()).position(|window| window == END) {
            let rest = bytes.split_off(end + END.len());
            return Ok((String::from_utf8(bytes)?, rest));
        }
        ensure!(bytes.len() < LARGEST_HEAD, "the head of the handshake is too long");
    }
}

pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let mut matching = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
    matching.next().map(|(_, value)| value.trim())
}

fn accept_key(key: &str) -> String {
    let salted = [key, SALT].concat();
    STANDARD.encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, salted.as_bytes()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_of_the_rfc_is_answered_as_the_rfc_says() {
        assert_eq!(super::accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
