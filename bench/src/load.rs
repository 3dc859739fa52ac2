//! The load: clients that are cheap to keep, because they share the machine with the server they measure.
//!
//! Every run ends with one line of JSON, or with the reason why its figures would not have been honest.

mod crowd;
mod fanout;
mod idle;
mod progress;
mod score;
mod target;
mod token;

use anyhow::Result;
use clap::Subcommand;

#[derive(Subcommand)]
pub enum LoadCommand {
    /// One room, one publisher: deliveries per second of the server's processor time
    Fanout(fanout::FanoutArgs),
    /// Many silent connections: resident bytes for each of them
    Idle(idle::IdleArgs),
}

pub async fn run(command: LoadCommand) -> Result<()> {
    match command {
        LoadCommand::Fanout(args) => fanout::run(args).await,
        LoadCommand::Idle(args) => idle::run(args).await,
    }
}
