//! Everybody is cut off at once, or the server is restarted underneath: how soon they are back, and what they missed.
//!
//! Clients behave as careful ones do: they resume by number, wait longer after every failure and say again, under the
//! same name, what was not confirmed. At the end every client must have heard every confirmed number exactly once.

mod backoff;
mod hearing;
mod herd;
mod member;
mod verdict;

use super::Outcome;
use super::crowd::{HIGHEST_RATE, MOST_CLIENTS};
use super::kind::Kind;
use super::meter::Meter;
use super::pace::Pace;
use super::target::{Target, TargetArgs};
use crate::gauge;
use anyhow::{Context, Result, ensure};
use clap::Args;
use clap::builder::RangedU64ValueParser;
use herd::Herd;
use serde::Serialize;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use verdict::{Verdict, Wave};

const SPARE_FILES: usize = 64;

#[derive(Args)]
pub struct ReconnectArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    flock: Flock,
    /// Seconds that are watched when nothing is cut from here, as while the server is restarted
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
}

#[derive(Args, Serialize)]
struct Flock {
    #[arg(long, default_value_t = 1000, value_parser = RangedU64ValueParser::<usize>::new().range(1..=MOST_CLIENTS))]
    clients: usize,
    /// Clients in each room
    #[arg(long, default_value_t = 10, value_parser = RangedU64ValueParser::<usize>::new().range(1..=MOST_CLIENTS))]
    room_size: usize,
    /// How often all are cut off at once; 0 leaves that to the server
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=1000))]
    drops: u64,
    /// Seconds from one cut to the next
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    every: u64,
    /// Messages a second over all rooms, all the while
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=HIGHEST_RATE))]
    rate: u64,
    /// Length of what is said
    #[arg(long, default_value_t = 64, value_parser = RangedU64ValueParser::<usize>::new().range(1..=65_536))]
    bytes: usize,
    /// Longest first wait before coming back; it doubles with every failure, up to half a minute
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(0..=30_000))]
    backoff_ms: u64,
    /// Seconds within which everybody must be back, and everything heard
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=600))]
    patience: u64,
}

#[derive(Serialize)]
struct Report<'a> {
    run: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    flock: &'a Flock,
    #[serde(flatten)]
    verdict: &'a Verdict,
}

impl ReconnectArgs {
    pub fn longest_seconds(&self) -> u64 {
        let Flock { drops, every, patience, .. } = self.flock;
        self.seconds + drops * (every + 2 * patience) + 2 * patience
    }
}

pub async fn run(args: ReconnectArgs) -> Result<Outcome> {
    let ReconnectArgs { target, flock, seconds } = args;
    gauge::ensure_files(flock.clients + SPARE_FILES)?;
    let target = Target::from_args(target, "&extras=1").await?;
    ensure!(target.kind == Kind::Recado, "only recado numbers what it says, so only there can it be counted");
    let patience = Duration::from_secs(flock.patience);
    let herd = Rc::new(Herd::new(target, &flock)?);
    let mut lives = JoinSet::new();
    for member in &herd.members {
        lives.spawn_local(member.clone().live(herd.clone()));
    }
    let seen = herd.clone();
    let meter = Meter::show("connecting", move || (seen.inside.get(), seen.members.len()));
    let gathered = herd.until(patience, || herd.is_whole()).await;
    drop(meter);
    gathered.with_context(|| herd.complaint("not everybody was let in"))?;
    herd.begin_counting();

    let mut talk = JoinSet::new();
    talk.spawn_local(speak(herd.clone(), flock.rate));
    let waves = if flock.drops == 0 { watch(seconds).await } else { cut(&herd, &flock).await? };
    talk.shutdown().await;
    herd.call_the_roll();
    // what is missing after this is the verdict's to tell
    let settled = herd.until(patience, || herd.is_settled()).await.is_ok();
    let verdict = Verdict::on(&herd, waves, settled);
    lives.shutdown().await;
    let summary = format!("recado, {} clients: {verdict}", flock.clients);
    Outcome::new(summary, &Report { run: "reconnect", kind: "recado", flock: &flock, verdict: &verdict })
}

async fn watch(seconds: u64) -> Vec<Wave> {
    let whole = Duration::from_secs(seconds);
    let _meter = Meter::count_down("watching", whole);
    sleep(whole).await;
    Vec::new()
}

/// Cuts everybody off, waits until all are back and each has heard something new.
async fn cut(herd: &Rc<Herd>, flock: &Flock) -> Result<Vec<Wave>> {
    let patience = Duration::from_secs(flock.patience);
    let mut waves = Vec::new();
    for drop in 1..=flock.drops {
        let _meter = Meter::count_down("talking", Duration::from_secs(flock.every));
        sleep(Duration::from_secs(flock.every)).await;
        let cut = Instant::now();
        herd.cut_off();
        herd.until(patience, || herd.is_whole_again())
            .await
            .with_context(|| herd.complaint(&format!("after cut {drop} not everybody came back")))?;
        let all_back = cut.elapsed();
        herd.call_the_roll();
        herd.until(patience, || herd.is_settled())
            .await
            .with_context(|| herd.complaint(&format!("after cut {drop} not everybody heard everything")))?;
        waves.push(Wave::new(all_back, cut.elapsed()));
    }
    Ok(waves)
}

/// Somebody says something whenever it is due, connected or not.
async fn speak(herd: Rc<Herd>, rate: u64) {
    let mut pace = Pace::new(rate);
    for member in herd.members.iter().cycle() {
        let due = pace.tick().await;
        member.post(&herd, due);
    }
}
