//! The kit's own program: the load, the floor that everything is compared with, and the verdict on what was measured.

mod floor;
mod instructions;
mod verdict;

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
    /// Say how a comparison stands beside its aims, and draw it
    Verdict(verdict::VerdictArgs),
    /// Count the instructions of the hot functions, and fail if one has grown
    Instructions(instructions::InstructionsArgs),
    /// Put load on a server and say what it cost
    #[command(subcommand)]
    Load(Box<LoadCommand>),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Floor(args) => load::on_this_thread(floor::serve(args)),
        Command::Verdict(args) => verdict::give(args),
        Command::Instructions(args) => instructions::judge(&args),
        Command::Load(command) => load::run(*command, std::env::var("JWT_SECRET").ok()),
    }
}
