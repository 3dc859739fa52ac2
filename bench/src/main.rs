//! The kit's own program: the load, the floor that everything is compared with, and the verdict on what was measured.

mod floor;

use anyhow::Result;
use clap::{Parser, Subcommand};
use recado_bench::load::{self, LoadCommand};

#[derive(Parser)]
#[command(about = "Measures WebSocket servers on this machine's loopback")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the bare broadcaster that everything else is compared with
    Floor(floor::FloorArgs),
    /// Put load on a server and say what it cost
    #[command(subcommand)]
    Load(Box<LoadCommand>),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Floor(args) => load::on_this_thread(floor::serve(args)),
        Command::Load(command) => load::run(*command),
    }
}
