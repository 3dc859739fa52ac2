//! What every story here needs around it: a clock, a seed, a voice, and the tools of the machine.
//!
//! A story that cannot be told on this machine says so where it is seen, even when the test passes.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::history::Micros;

/// One monotonic clock for all clients of a story.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn micros(self) -> Micros {
        Micros::try_from(self.0.elapsed().as_micros()).unwrap()
    }
}

/// Writes past the test runner's capture, which hides what passing tests print.
pub fn say(line: &str) {
    writeln!(std::io::stderr().lock(), "{line}").unwrap();
}

pub fn seed() -> u64 {
    let drawn = || u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap();
    let seed = number("RECADO_CHAOS_SEED").unwrap_or_else(drawn);
    say(&format!("RECADO_CHAOS_SEED={seed}"));
    seed
}

pub fn storm_length() -> Duration {
    let usual = if is_full() { 60 } else { 12 };
    Duration::from_secs(number("RECADO_CHAOS_SECONDS").unwrap_or(usual))
}

/// Runs a tool to its end; true when it said yes.
pub fn run(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Ends a story that this machine cannot tell: a visible line, or a failure where tools are required.
pub fn skip(reason: &str) {
    assert!(!is_set("RECADO_CHAOS_REQUIRE_TOOLS"), "required, yet {reason}");
    say(&format!("skipped: {reason}"));
}

pub fn is_full() -> bool {
    is_set("RECADO_CHAOS_FULL")
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}

fn is_set(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| value == "1")
}
