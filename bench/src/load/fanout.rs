//! One publisher speaks to one room; everybody's deliveries are counted.
//!
//! Exactly so many messages are outstanding as were asked for: the next leaves when every listener has the oldest.

use super::crowd::{self, Client, Crowd};
use super::progress::Progress;
use super::score::{Figures, Score};
use super::target::{Kind, Target, TargetArgs};
use crate::frame;
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;
use serde_json::json;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::timeout;

/// A message that takes longer than this to reach everybody is lost.
const STALL: Duration = Duration::from_secs(10);

#[derive(Args)]
pub struct FanoutArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    talk: Talk,
    /// Seconds that are measured
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Seconds that come before and do not count
    #[arg(long, default_value_t = 2)]
    warmup: u64,
}

#[derive(Args, Serialize)]
struct Talk {
    /// Everybody in the room, the publisher among them
    #[arg(long, default_value_t = 1000)]
    clients: usize,
    /// Length of what is said, without its envelope
    #[arg(long, default_value_t = 128)]
    bytes: usize,
    /// Messages outstanding at once
    #[arg(long, default_value_t = 1)]
    in_flight: usize,
    /// Speak in Recado's typing signals, which nobody stores and the sender does not hear; --bytes has no meaning then
    #[arg(long)]
    signal: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    run: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    talk: &'a Talk,
    #[serde(flatten)]
    figures: &'a Figures,
}

pub async fn run(args: FanoutArgs) -> Result<()> {
    let FanoutArgs { target, talk, seconds, warmup } = args;
    ensure!(talk.in_flight > 0 && talk.clients > 1, "nothing to measure without a message and two clients");
    let server = target.server_pid;
    let target = Rc::new(Target::from_args(target)?);
    let (said, heading) = words(target.kind, &talk)?;
    let listeners = if talk.signal { talk.clients - 1 } else { talk.clients };
    let score = Rc::new(Score::new(heading, Progress::new(listeners, talk.in_flight)));
    let mut crowd = gather(&target, talk.clients, talk.in_flight, &said, &score).await?;

    crowd::hold(&mut crowd, Duration::from_secs(warmup)).await?;
    score.progress.borrow_mut().forget_lags();
    let from = score.mark(server)?;
    crowd::hold(&mut crowd, Duration::from_secs(seconds)).await?;
    let to = score.mark(server)?;

    let figures = Figures::between(&from, &to, &mut score.progress.borrow_mut())?;
    let kind = target.kind.name();
    eprintln!("{kind}, {} clients, {} in flight: {figures}", talk.clients, talk.in_flight);
    crate::report(&Report { run: "fanout", kind, talk: &talk, figures: &figures })
}

/// What the publisher says, and how the frames begin that deliver it.
fn words(kind: Kind, talk: &Talk) -> Result<(String, &'static [u8])> {
    ensure!(!talk.signal || kind == Kind::Recado, "only recado knows signals");
    let content = "x".repeat(talk.bytes);
    if kind == Kind::Floor {
        return Ok((content, b""));
    }
    if talk.signal {
        return Ok((json!({ "type": "typing", "isTyping": true }).to_string(), br#"{"type":"typing""#));
    }
    let message = json!({ "type": "message", "content": content, "role": "USER" });
    Ok((message.to_string(), br#"{"type":"message""#))
}

/// Brings everybody in, then lets the first of them speak.
async fn gather(
    target: &Rc<Target>,
    clients: usize,
    in_flight: usize,
    said: &str,
    score: &Rc<Score>,
) -> Result<Crowd> {
    let inside = crowd::connect(target, clients, |_| room()).await?;
    let publisher = inside.first().map(|client| client.writer.clone()).context("nobody can publish")?;
    let mut crowd = Crowd::new();
    for client in inside {
        crowd.spawn_local(listen(client, score.clone()));
    }
    let said = frame::masked(frame::TEXT, said.as_bytes())?;
    crowd.spawn_local(publish(publisher, said, in_flight, score.clone()));
    Ok(crowd)
}

/// A room of its own for every run: what was said before must not count.
fn room() -> String {
    format!("fanout-{}", std::process::id())
}

async fn listen(client: Client, score: Rc<Score>) -> Result<()> {
    let Client { mut reader, writer } = client;
    let (mut seen, mut open) = (0, true);
    while open {
        let (mut more, mut bytes) = (0, 0);
        let turn = reader.turn(|head, payload| {
            if head.opcode != frame::TEXT {
                return crowd::stay_alive(&writer, head, payload);
            }
            if !payload.starts_with(score.heading) {
                return score.overhear(payload);
            }
            more += 1;
            bytes += head.payload.end;
            Ok(())
        });
        open = turn.await?;
        score.count(seen, more, bytes)?;
        seen += more;
    }
    Ok(())
}

async fn publish(
    writer: Rc<OwnedWriteHalf>,
    said: Vec<u8>,
    in_flight: usize,
    score: Rc<Score>,
) -> Result<()> {
    let volley = said.repeat(in_flight);
    loop {
        let free = score.progress.borrow_mut().depart();
        if free == 0 {
            timeout(STALL, score.room_for_more.notified()).await.map_err(|_| score.stalled(STALL))?;
            continue;
        }
        let mut unsaid = volley.get(..free * said.len()).unwrap_or_default();
        while !unsaid.is_empty() {
            writer.writable().await?;
            match writer.try_write(unsaid) {
                Ok(wrote) => unsaid = unsaid.get(wrote..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
