//! The load: clients that are cheap to keep, because they share the machine with the server they measure.
//!
//! Every run ends by itself, with one report or with the reason why its figures would not have been honest.

mod crowd;
mod fanout;
mod idle;
mod kind;
mod lags;
mod meter;
mod pace;
mod pairs;
mod polling;
mod progress;
mod reconnect;
mod tally;
mod target;
mod token;
mod voice;

use anyhow::{Context, Result};
use clap::Subcommand;
use serde::Serialize;
use std::future::Future;
use std::io::Write;
use std::time::Duration;
use tokio::time::timeout;

/// What a run may take beyond the time it was asked for: connecting, settling, hanging up.
const MARGIN: Duration = Duration::from_secs(120);

#[derive(Subcommand)]
pub enum LoadCommand {
    /// One room: deliveries per second of the server's processor time
    Fanout(fanout::FanoutArgs),
    /// Many rooms of two, both talking: deliveries, answers and how long an answer takes
    Pairs(pairs::PairsArgs),
    /// Many silent connections: memory for each of them, and what connecting costs
    Idle(idle::IdleArgs),
    /// All connections cut at once, or the server restarted: how soon they are back, and whether anything was lost
    Reconnect(reconnect::ReconnectArgs),
}

/// What a run says at its end.
struct Outcome {
    /// For people.
    summary: String,
    /// For programs.
    report: serde_json::Value,
}

impl Outcome {
    fn new(summary: String, report: &impl Serialize) -> Result<Self> {
        Ok(Self { summary, report: serde_json::to_value(report)? })
    }
}

/// Runs to its end on a runtime of its own. `secret` signs tokens where the command brings none.
pub fn run(mut command: LoadCommand, secret: Option<String>) -> Result<()> {
    command.target().offer_secret(secret);
    let (json, longest) = (command.target().json, command.longest());
    let outcome = on_this_thread(async move {
        timeout(longest, begin(command)).await.context("the run did not end in time")?
    })?;
    eprintln!("{}", outcome.summary);
    if json { report(&outcome.report) } else { Ok(()) }
}

async fn begin(command: LoadCommand) -> Result<Outcome> {
    match command {
        LoadCommand::Fanout(args) => fanout::run(args).await,
        LoadCommand::Pairs(args) => pairs::run(args).await,
        LoadCommand::Idle(args) => idle::run(args).await,
        LoadCommand::Reconnect(args) => Box::pin(reconnect::run(args)).await,
    }
}

impl LoadCommand {
    fn target(&mut self) -> &mut target::TargetArgs {
        match self {
            Self::Fanout(args) => &mut args.target,
            Self::Pairs(args) => &mut args.target,
            Self::Idle(args) => &mut args.target,
            Self::Reconnect(args) => &mut args.target,
        }
    }

    fn longest(&self) -> Duration {
        let asked = match self {
            Self::Fanout(args) => args.span.seconds + args.span.warmup,
            Self::Pairs(args) => args.span.seconds + args.span.warmup,
            Self::Idle(args) => args.longest_seconds(),
            Self::Reconnect(args) => args.longest_seconds(),
        };
        MARGIN + Duration::from_secs(asked)
    }
}

/// One thread for all clients: what it costs is seen on one core.
pub fn on_this_thread<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build_local(tokio::runtime::LocalOptions::default())?;
    runtime.block_on(work)
}

/// One line of JSON on stdout: what scripts read.
pub fn report(line: &impl Serialize) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(line)?)?;
    Ok(out.flush()?)
}
