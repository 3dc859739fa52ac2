//! `recado healthcheck`: one request to the server these settings describe, for images without a shell.
//!
//! It guarantees an answer within three seconds, and needs no key for it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{answer, fail};
use crate::config::{Config, Server};

const PATIENCE: Duration = Duration::from_secs(3);
/// Enough for the first line of any answer.
const HEAD_BYTES: usize = 64;

pub(super) fn run(config: &Config) -> ExitCode {
    let outcome = actix_rt::System::new().block_on(check(&config.server));
    match outcome {
        Ok(()) => answer("the server lives"),
        Err(error) => fail(&format_args!("{error:#}")),
    }
}

pub(super) async fn check(server: &Server) -> anyhow::Result<()> {
    ensure!(server.port != 0, "server.port is 0, so the server listens where nobody knows");
    let host = reachable(&server.host);
    let place = format!("{host} port {}", server.port);
    let Ok(status) = timeout(PATIENCE, ask(host, server.port)).await else {
        bail!("{place} did not answer in time");
    };
    let status = status.with_context(|| format!("{place} cannot be asked"))?;
    ensure!((200..300).contains(&status), "{place} answered with status {status}");
    Ok(())
}

/// An address that means "all of mine" can be listened on, but not called.
fn reachable(host: &str) -> &str {
    match host.trim_start_matches('[').trim_end_matches(']') {
        "0.0.0.0" => "127.0.0.1",
        "::" => "::1",
        host => host,
    }
}

async fn ask(host: &str, port: u16) -> anyhow::Result<u16> {
    let mut stream = TcpStream::connect((host, port)).await?;
    let request = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await?;
    let mut head = [0; HEAD_BYTES];
    let mut length = 0;
    while let Some(room) = head.get_mut(length..).filter(|room| !room.is_empty()) {
        let count = stream.read(room).await?;
        if count == 0 {
            break;
        }
        length += count;
    }
    status(head.get(..length).unwrap_or_default()).context("the answer is not http")
}

fn status(head: &[u8]) -> Option<u16> {
    let line = str::from_utf8(head.split(|byte| *byte == b'\r').next()?).ok()?;
    let (version, rest) = line.split_once(' ')?;
    version.strip_prefix("HTTP/1.")?;
    rest.split(' ').next()?.parse().ok()
}
