//! Many rooms of two, in which both talk: what answering and delivering costs where nobody shares a broadcast.
//!
//! Without a rate every client says the next thing when the last is answered; with one, each message leaves when it is
//! due, and its answer is counted from then.

mod side;

use super::Outcome;
use super::crowd::{self, Client, Crowd, HIGHEST_RATE, MOST_CLIENTS};
use super::kind::{Heard, Kind};
use super::lags::Lags;
use super::meter::Meter;
use super::pace::Pace;
use super::tally::{Figures, Span, Tally};
use super::target::{Target, TargetArgs};
use crate::frame;
use anyhow::{Context, Result, ensure};
use clap::Args;
use clap::builder::RangedU64ValueParser;
use serde::Serialize;
use side::Side;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

#[derive(Args)]
pub struct PairsArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    talk: Talk,
    #[command(flatten)]
    pub span: Span,
}

#[derive(Args, Serialize)]
struct Talk {
    /// Rooms of two
    #[arg(long, default_value_t = 500, value_parser = RangedU64ValueParser::<usize>::new().range(1..=MOST_CLIENTS / 2))]
    rooms: usize,
    /// Length of what is said, without its envelope
    #[arg(long, default_value_t = 128, value_parser = RangedU64ValueParser::<usize>::new().range(1..=65_536))]
    bytes: usize,
    /// Messages each client has outstanding at once; with --rate the most
    #[arg(long, default_value_t = 1, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000))]
    in_flight: usize,
    /// Messages a second over all rooms, whatever the answers
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=HIGHEST_RATE))]
    rate: Option<u64>,
    /// Speak in typing signals, which nobody stores; the other's hearing it is the answer
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

/// What all pairs share.
struct Hall {
    kind: Kind,
    signal: bool,
    content: String,
    /// None while messages leave by the clock.
    in_flight: Option<usize>,
    tally: Tally,
    lags: RefCell<Lags>,
}

pub async fn run(args: PairsArgs) -> Result<Outcome> {
    let PairsArgs { target, talk, span } = args;
    let server = target.server_pid;
    let target = Rc::new(Target::from_args(target, if talk.signal { "&echo=0" } else { "" }).await?);
    let hall = Rc::new(Hall {
        kind: target.kind,
        signal: talk.signal,
        content: "x".repeat(talk.bytes),
        in_flight: talk.rate.is_none().then_some(talk.in_flight),
        tally: Tally::default(),
        lags: RefCell::new(Lags::new()?),
    });
    let mut crowd = gather(&target, &talk, &hall).await?;

    let _meter = Meter::count_down("measuring", Duration::from_secs(span.warmup + span.seconds));
    crowd::hold(&mut crowd, Duration::from_secs(span.warmup)).await?;
    hall.lags.borrow_mut().clear();
    let from = hall.tally.mark(server)?;
    crowd::hold(&mut crowd, Duration::from_secs(span.seconds)).await?;
    let to = hall.tally.mark(server)?;

    let lags = hall.lags.borrow();
    ensure!(lags.count() > 0, "no message was answered in the measured time");
    let figures = Figures::between(&from, &to, lags.percentiles())?;
    let kind = target.kind.name();
    let summary = format!("{kind}, {} rooms of two: {figures}", talk.rooms);
    Outcome::new(summary, &Report { run: "pairs", kind, talk: &talk, figures: &figures })
}

async fn gather(target: &Rc<Target>, talk: &Talk, hall: &Rc<Hall>) -> Result<Crowd> {
    let inside = crowd::connect(target, talk.rooms * 2, "pair", |client| client / 2).await?;
    let sides = inside.iter().zip("ab".chars().cycle()).zip(0..);
    let side = |((client, letter), number): ((&Client, char), usize)| {
        Rc::new(Side::new(client.voice.clone(), letter, number / 2))
    };
    let sides: Vec<_> = sides.map(side).collect();
    let mut crowd = Crowd::new();
    for (client, room) in inside.into_iter().zip(0..) {
        let side = sides.get(room).cloned().context("every client has a side")?;
        let other = sides.get(room ^ 1).cloned().context("every client has a partner")?;
        crowd.spawn_local(talk_along(client, side, other, hall.clone()));
    }
    if let Some(rate) = talk.rate {
        crowd.spawn_local(talk_on_time(sides, rate, hall.clone()));
    }
    Ok(crowd)
}

/// One client of a pair.
async fn talk_along(client: Client, side: Rc<Side>, other: Rc<Side>, hall: Rc<Hall>) -> Result<()> {
    let Client { mut ear, voice, .. } = client;
    hall.refill(&side)?;
    let mut open = true;
    while open {
        let turn = ear.turn(|head, payload| {
            let heard =
                if head.opcode == frame::TEXT { hall.kind.hear(payload, side.letter) } else { Heard::Other };
            match heard {
                Heard::Message => hall.delivered(head.payload.end),
                Heard::Signal => {
                    hall.delivered(head.payload.end);
                    if hall.signal {
                        hall.answered(&other, None)?;
                    }
                }
                Heard::Answer(tag) => {
                    if hall.kind == Kind::Floor {
                        hall.delivered(head.payload.end);
                    }
                    hall.answered(&side, tag)?;
                }
                Heard::Ping | Heard::Complaint | Heard::Other => {
                    crowd::stay_alive(hall.kind, &voice, head, payload)?;
                }
            }
            Ok(())
        });
        open = turn.await?;
        hall.refill(if hall.signal { &other } else { &side })?;
    }
    Ok(())
}

async fn talk_on_time(sides: Vec<Rc<Side>>, rate: u64, hall: Rc<Hall>) -> Result<()> {
    let mut pace = Pace::new(rate);
    for side in sides.iter().cycle() {
        let due = pace.tick().await;
        hall.post(side, due)?;
    }
    Ok(())
}

impl Hall {
    fn delivered(&self, bytes: usize) {
        self.tally.deliveries.set(self.tally.deliveries.get() + 1);
        self.tally.bytes.set(self.tally.bytes.get() + bytes);
    }

    fn answered(&self, side: &Side, tag: Option<usize>) -> Result<()> {
        let due = side.answered(tag)?;
        self.tally.answers.set(self.tally.answers.get() + 1);
        self.lags.borrow_mut().record(due.elapsed());
        Ok(())
    }

    fn refill(&self, side: &Side) -> Result<()> {
        let Some(in_flight) = self.in_flight else { return Ok(()) };
        while side.in_flight() < in_flight {
            self.post(side, Instant::now())?;
        }
        Ok(())
    }

    fn post(&self, side: &Side, due: Instant) -> Result<()> {
        let tag = side.departs(due)?;
        self.tally.messages.set(self.tally.messages.get() + 1);
        let said = if self.signal {
            self.kind.signal(side.room)
        } else {
            self.kind.post(side.room, &self.content, side.letter, Some(tag))
        };
        side.voice.say(&said)
    }
}
