//! The command line: serve, make a token, check the settings, ask a running server how it is, put load
//! on one, or examine one from outside.
//!
//! It alone ends the process: 0 for good, 1 for a failure, 2 for a question that cannot be answered.

mod bench;
mod doctor;
mod healthcheck;
mod serve;
mod token;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use recado_bench::load::LoadCommand;

use crate::config::{Config, ConfigErrors, Environment};
use doctor::DoctorWish;

/// Read when no other file is named.
const DEFAULT_FILE: &str = "config.toml";
const UNANSWERABLE: u8 = 2;

/// A message broker for conversations.
#[derive(Parser)]
#[command(name = "recado", version)]
struct CommandLine {
    /// File with settings; ./config.toml if there is one.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the broker (what happens without a command, too).
    Serve,
    /// Print a token a client can connect with.
    Token(TokenWish),
    /// Tell what is wrong with the settings, without starting.
    CheckConfig,
    /// Ask the server these settings describe whether it lives.
    Healthcheck,
    /// Put load on a server and say what it costs.
    #[command(subcommand)]
    Bench(Box<LoadCommand>),
    /// Examine a deployment from outside and say what to mend.
    Doctor(DoctorWish),
}

#[derive(Args)]
struct TokenWish {
    /// The chat the token opens.
    #[arg(long, value_name = "CHAT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    chat: String,
    /// The user it speaks for.
    #[arg(long, value_name = "USER", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    user: String,
    /// The user is signed in and may write as an agent.
    #[arg(long)]
    agent: bool,
    /// The name others see.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How long it is valid.
    #[arg(long, value_name = "SECONDS", default_value_t = 7200, value_parser = clap::value_parser!(u32).range(1..))]
    ttl: u32,
}

pub fn run() -> ExitCode {
    let line = CommandLine::parse();
    match line.command.unwrap_or(Command::Serve) {
        // The server it measures may be elsewhere: the settings here are none of its business.
        Command::Bench(load) => bench::run(*load),
        Command::Doctor(wish) => doctor::run(&wish),
        Command::Serve => configured(line.config.as_deref(), serve::run),
        Command::Token(wish) => configured(line.config.as_deref(), |config| token::run(&config, wish)),
        Command::CheckConfig => configured(line.config.as_deref(), |config| check_config(&config)),
        Command::Healthcheck => configured(line.config.as_deref(), |config| healthcheck::run(&config)),
    }
}

fn configured(file: Option<&Path>, then: impl FnOnce(Config) -> ExitCode) -> ExitCode {
    match load(file) {
        Ok(config) => then(config),
        Err(errors) => fail(&errors),
    }
}

fn load(file: Option<&Path>) -> Result<Config, ConfigErrors> {
    let default = Path::new(DEFAULT_FILE);
    let file = file.or_else(|| default.is_file().then_some(default));
    Config::load(file, &environment())
}

/// A variable that is no valid text cannot be a setting; its odd letters make it fail where it is used.
fn environment() -> Environment {
    let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
}

fn check_config(config: &Config) -> ExitCode {
    for warning in config.warnings() {
        tell(&format!("warning: {warning}"));
    }
    answer("configuration is valid")
}

/// The one thing a command was asked for. Nobody left to read it is a failure, not a panic.
fn answer(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn tell(text: &str) {
    // Whoever closed standard error does not want to be told.
    writeln!(io::stderr(), "{text}").ok();
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    tell(&error.to_string());
    ExitCode::FAILURE
}
