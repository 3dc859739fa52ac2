//! A few speak to one room; everybody's deliveries are counted.
//!
//! Without a rate exactly so many messages are outstanding as were asked for: the next leaves when every listener has
//! the oldest. With a rate each leaves when it is due.

use super::Outcome;
use super::crowd::{self, Client, Crowd, HIGHEST_RATE, MOST_CLIENTS};
use super::kind::{Heard, Kind};
use super::lags::Percentiles;
use super::meter::Meter;
use super::pace::Pace;
use super::progress::Progress;
use super::tally::{Figures, Span, Tally};
use super::target::{Target, TargetArgs};
use super::voice::Voice;
use crate::frame;
use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use clap::builder::RangedU64ValueParser;
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// A message that takes longer than this to reach everybody is lost.
const STALL: Duration = Duration::from_secs(10);

#[derive(Args)]
pub struct FanoutArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    talk: Talk,
    #[command(flatten)]
    pub span: Span,
}

#[derive(Args, Serialize)]
struct Talk {
    /// Everybody in the room, the senders among them
    #[arg(long, default_value_t = 1000, value_parser = RangedU64ValueParser::<usize>::new().range(2..=MOST_CLIENTS))]
    clients: usize,
    /// How many of them speak, in turns: Recado takes the next message of a client when the last is stored
    #[arg(long, default_value_t = 1, value_parser = RangedU64ValueParser::<usize>::new().range(1..=MOST_CLIENTS))]
    senders: usize,
    /// Length of what is said, without its envelope
    #[arg(long, default_value_t = 128, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    bytes: usize,
    /// Messages outstanding at once; with --rate the most that may be
    #[arg(long, default_value_t = 1, value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    in_flight: usize,
    /// Messages a second, whatever the answers; latency then counts from the moment each was due
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=HIGHEST_RATE))]
    rate: Option<u64>,
    /// Speak in typing signals, which nobody stores and the sender does not hear; --bytes has no meaning then
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
    /// From the moment a message was due to its last delivery.
    last_delivery: Percentiles,
}

/// What the clients of one run share.
struct Room {
    kind: Kind,
    tally: Tally,
    progress: RefCell<Progress>,
    room_for_more: Notify,
}

pub async fn run(args: FanoutArgs) -> Result<Outcome> {
    let FanoutArgs { target, talk, span } = args;
    ensure!(talk.senders <= talk.clients, "only clients can be senders");
    ensure!(!talk.signal || talk.senders == 1, "signals have one sender: it hears none");
    let server = target.server_pid;
    let target = Rc::new(Target::from_args(target, if talk.signal { "&echo=0" } else { "" }).await?);
    let listeners = if talk.signal { talk.clients - 1 } else { talk.clients };
    let room = Rc::new(Room {
        kind: target.kind,
        tally: Tally::default(),
        progress: RefCell::new(Progress::new(listeners)?),
        room_for_more: Notify::new(),
    });
    let mut crowd = gather(&target, &talk, &room).await?;

    let _meter = Meter::count_down("measuring", Duration::from_secs(span.warmup + span.seconds));
    crowd::hold(&mut crowd, Duration::from_secs(span.warmup)).await?;
    room.progress.borrow_mut().forget_lags();
    let from = room.tally.mark(server)?;
    crowd::hold(&mut crowd, Duration::from_secs(span.seconds)).await?;
    let to = room.tally.mark(server)?;

    let progress = room.progress.borrow();
    ensure!(progress.last.count() > 0, "no message reached everybody in the measured time");
    let figures = Figures::between(&from, &to, progress.each.percentiles())?;
    let (kind, last_delivery) = (target.kind.name(), progress.last.percentiles());
    let summary = format!("{kind}, {} clients, {} in flight: {figures}", talk.clients, talk.in_flight);
    Outcome::new(summary, &Report { run: "fanout", kind, talk: &talk, figures: &figures, last_delivery })
}

/// Brings everybody in, then lets the first of them speak.
async fn gather(target: &Rc<Target>, talk: &Talk, room: &Rc<Room>) -> Result<Crowd> {
    // a room of its own for every run: what was said before must not count
    let inside = crowd::connect(target, talk.clients, "fanout", |_| 0).await?;
    let senders = inside.iter().take(talk.senders).map(|client| client.voice.clone()).collect();
    let mut crowd = Crowd::new();
    for client in inside {
        crowd.spawn_local(listen(client, room.clone()));
    }
    let said =
        if talk.signal { room.kind.signal(0) } else { room.kind.post(0, &"x".repeat(talk.bytes), 'x', None) };
    let speech = Speech { senders, turn: Cell::new(0), said };
    match talk.rate {
        Some(rate) => crowd.spawn_local(speak_on_time(speech, rate, talk.in_flight, room.clone())),
        None => crowd.spawn_local(speak_when_heard(speech, talk.in_flight, room.clone())),
    };
    Ok(crowd)
}

async fn listen(client: Client, room: Rc<Room>) -> Result<()> {
    let Client { mut ear, voice, .. } = client;
    let (mut seen, mut open) = (0, true);
    while open {
        let (mut more, mut bytes) = (0, 0);
        let turn = ear.turn(|head, payload| {
            let is_text = head.opcode == frame::TEXT;
            if is_text && matches!(room.kind.hear(payload, ' '), Heard::Message | Heard::Signal) {
                more += 1;
                bytes += head.payload.end;
                return Ok(());
            }
            crowd::stay_alive(room.kind, &voice, head, payload)
        });
        open = turn.await?;
        room.count(seen, more, bytes)?;
        seen += more;
    }
    Ok(())
}

impl Room {
    /// A listener that had heard `before` messages has heard `more`, in so many bytes of frames.
    fn count(&self, before: usize, more: usize, bytes: usize) -> Result<()> {
        self.tally.deliveries.set(self.tally.deliveries.get() + more);
        self.tally.bytes.set(self.tally.bytes.get() + bytes);
        if more > 0 && self.progress.borrow_mut().heard(before, more)? {
            self.room_for_more.notify_one();
        }
        Ok(())
    }

    fn depart(&self, messages: usize, due: Instant) {
        self.tally.messages.set(self.tally.messages.get() + messages);
        self.progress.borrow_mut().depart(messages, due);
    }

    fn stalled(&self) -> anyhow::Error {
        let progress = self.progress.borrow();
        let (next, sent) = (progress.done() + 1, progress.sent());
        anyhow!("message {next} of {sent} has not reached everybody within {STALL:?}")
    }
}

struct Speech {
    senders: Vec<Voice>,
    turn: Cell<usize>,
    said: String,
}

impl Speech {
    /// So many messages leave: in one breath of a single sender, or each from the next of several.
    async fn say(&self, times: usize) -> Result<()> {
        let breath = if self.senders.len() == 1 { times } else { 1 };
        for _ in 0..times / breath.max(1) {
            let turn = self.turn.replace(self.turn.get() + 1) % self.senders.len().max(1);
            let voice = self.senders.get(turn).context("nobody can speak")?;
            voice.say_often(&self.said, breath).await?;
        }
        Ok(())
    }
}

async fn speak_when_heard(speech: Speech, in_flight: usize, room: Rc<Room>) -> Result<()> {
    loop {
        let free = in_flight - room.progress.borrow().in_flight();
        if free == 0 {
            timeout(STALL, room.room_for_more.notified()).await.map_err(|_| room.stalled())?;
            continue;
        }
        room.depart(free, Instant::now());
        speech.say(free).await?;
    }
}

async fn speak_on_time(speech: Speech, rate: u64, in_flight: usize, room: Rc<Room>) -> Result<()> {
    let most = in_flight.max(usize::try_from(rate)?.saturating_mul(10));
    let mut pace = Pace::new(rate);
    loop {
        let due = pace.tick().await;
        if room.progress.borrow().in_flight() >= most {
            bail!("the server is more than {most} messages behind");
        }
        room.depart(1, due);
        speech.say(1).await?;
    }
}
