//! One WebSocket to the deployment, through whatever stands between.

use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::Context;
use recado_bench::frame;
use reqwest::header::{
    CONNECTION, HeaderMap, ORIGIN, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use reqwest::{StatusCode, Upgraded};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use super::Patient;

/// The sample key of RFC 6455; the answer to it is checked by nobody here, only that there is one.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// The most that is kept of a frame that has not ended.
const UNREAD: usize = 1 << 20;

/// How a socket is asked for.
#[derive(Default)]
pub(super) struct Ask<'a> {
    pub token: Option<&'a str>,
    pub origin: Option<&'a str>,
    pub compressed: bool,
}

/// An upgrade that did not come about.
pub(super) enum Unopened {
    Answered(StatusCode),
    Failed(String),
}

pub(super) enum Heard {
    Text(Value),
    /// The server's heartbeat; answered already.
    Ping,
    Closed {
        code: u16,
        reason: String,
    },
    /// The connection ended without a goodbye.
    CutOff,
}

pub(super) struct Line {
    stream: Upgraded,
    unread: Vec<u8>,
    pub compressed: bool,
}

impl Line {
    pub async fn open(patient: &Patient, ask: &Ask<'_>) -> Result<Self, Unopened> {
        let failed = |error: reqwest::Error| Unopened::Failed(error.without_url().to_string());
        let mut url = patient.at("/");
        if let Some(token) = ask.token {
            url.query_pairs_mut().append_pair("token", token);
        }
        let mut request = patient.client.get(url).header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
        request = request.header(SEC_WEBSOCKET_VERSION, "13").header(SEC_WEBSOCKET_KEY, KEY);
        if let Some(origin) = ask.origin {
            request = request.header(ORIGIN, origin);
        }
        if ask.compressed {
            request = request.header(SEC_WEBSOCKET_EXTENSIONS, "permessage-deflate");
        }
        let answer = request.send().await.map_err(failed)?;
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(Unopened::Answered(answer.status()));
        }
        let compressed = names(answer.headers(), "permessage-deflate");
        let stream = answer.upgrade().await.map_err(failed)?;
        Ok(Self { stream, unread: Vec::new(), compressed })
    }

    pub async fn say(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(self.stream.write_all(&frame::masked(frame::TEXT, text.as_bytes())?).await?)
    }

    /// The next thing the server says; none if it is silent for so long.
    pub async fn hear(&mut self, within: Duration) -> anyhow::Result<Option<Heard>> {
        let until = Instant::now() + within;
        loop {
            if let ControlFlow::Break(heard) = self.next_whole().await? {
                return Ok(Some(heard));
            }
            let read = timeout_at(until, self.stream.read_buf(&mut self.unread)).await;
            match read {
                Err(_) => return Ok(None),
                Ok(Ok(0) | Err(_)) => return Ok(Some(Heard::CutOff)),
                Ok(Ok(_)) => {
                    anyhow::ensure!(self.unread.len() <= UNREAD, "the server sends one endless frame")
                }
            }
        }
    }

    async fn next_whole(&mut self) -> anyhow::Result<ControlFlow<Heard>> {
        let Some(found) = frame::first(&self.unread)? else { return Ok(ControlFlow::Continue(())) };
        let rest = self.unread.split_off(found.payload.end);
        let whole = std::mem::replace(&mut self.unread, rest);
        let payload = whole.get(found.payload).unwrap_or_default();
        let heard = match found.opcode {
            frame::PING => {
                self.stream.write_all(&frame::masked(frame::PONG, payload)?).await?;
                Heard::Ping
            }
            frame::CLOSE => goodbye(payload),
            _ => Heard::Text(
                serde_json::from_slice(payload).context("the server speaks something else than json")?,
            ),
        };
        Ok(ControlFlow::Break(heard))
    }
}

fn goodbye(payload: &[u8]) -> Heard {
    match payload {
        [high, low, reason @ ..] => Heard::Closed {
            code: u16::from_be_bytes([*high, *low]),
            reason: String::from_utf8_lossy(reason).into_owned(),
        },
        _ => Heard::Closed { code: 1005, reason: String::new() },
    }
}

fn names(headers: &HeaderMap, extension: &str) -> bool {
    let told = headers.get(SEC_WEBSOCKET_EXTENSIONS).and_then(|value| value.to_str().ok());
    told.is_some_and(|told| told.contains(extension))
}
