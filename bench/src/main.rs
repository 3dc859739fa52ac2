//! The measuring kit: a bare broadcaster as the floor, and the load that measures it and Recado alike.
//!
//! One thread per program and no framework, so that a figure says something about the server alone.

mod floor;
mod frame;
mod gauge;
mod handshake;
mod load;
mod reader;

use anyhow::Result;
use clap::{Parser, Subcommand};
use serde::Serialize;
use std::io::Write;

#[derive(Parser)]
#[command(about = "Measures WebSocket fan-out and idle cost on this machine's loopback")]
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
    Load(load::LoadCommand),
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build_local(tokio::runtime::LocalOptions::default())?;
    runtime.block_on(async {
        match cli.command {
            Command::Floor(args) => floor::serve(args).await,
            Command::Load(command) => load::run(command).await,
        }
    })
}

/// One line of JSON on stdout: what scripts read.
fn report(line: &impl Serialize) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(line)?)?;
    Ok(out.flush()?)
}
