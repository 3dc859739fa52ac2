//! The log: one line per event on standard output, as JSON or as text.
//!
//! It alone guarantees that an event is exactly one line, that no token stands in it, and that telling
//! never holds up the one who tells.

mod drain;
mod escape;
mod line;
pub mod metrics;
pub mod process;
mod redact;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::panic;
use std::sync::OnceLock;
use std::time::Duration;

use env_logger::{Builder, Target};
use jiff::Timestamp;
use log::LevelFilter;

pub use redact::redact;

use crate::config::Log;
use drain::Drain;
use line::Form;

/// Targets whose news is of interest only to those who look for a fault in them.
const NOISY: &[&str] = &[
    "actix_codec",
    "actix_http",
    "actix_server",
    "actix_web",
    "h2",
    "hyper",
    "hyper_util",
    "mio",
    "reqwest",
    "rustls",
];
const FLUSH: Duration = Duration::from_secs(2);

// The logger is the process's own, and so is the end of its pipe.
static DRAIN: OnceLock<Drain> = OnceLock::new();

/// Starts the log of this process. Any further call changes nothing.
pub fn start(settings: &Log, node: &str) {
    let level = settings.level.parse().unwrap_or(LevelFilter::Info);
    let form = Form::new(settings.format == "json", &machine_name(), node);
    let lost = form.clone();
    let drain = Drain::start(io::stdout(), move |count| lost.lost(count, &now_iso())).ok();
    let target = match &drain {
        Some(drain) => Target::Pipe(Box::new(drain.clone())),
        None => Target::Stdout,
    };
    let mut builder = Builder::new();
    builder.filter_level(level).target(target);
    if level < LevelFilter::Debug {
        for noisy in NOISY {
            builder.filter_module(noisy, level.min(LevelFilter::Warn));
        }
    }
    builder.format(move |out, record| out.write_all(form.line(record, &now_iso()).as_bytes()));
    if builder.try_init().is_err() {
        return;
    }
    if let Some(drain) = drain {
        DRAIN.get_or_init(|| drain);
    }
    if level != LevelFilter::Off {
        tell_panics();
    }
}

/// Waits, though not for ever, until everything told so far is written.
pub fn flush() {
    if let Some(drain) = DRAIN.get() {
        drain.flush(FLUSH);
    }
}

/// Lines given up so far because whoever reads the log did not keep up.
pub fn lines_dropped() -> u64 {
    DRAIN.get().map_or(0, Drain::dropped)
}

/// The time of day as it stands in the log, such as `2024-01-15T10:30:00.000Z`.
pub fn now_iso() -> String {
    iso(Timestamp::now())
}

fn iso(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

fn machine_name() -> String {
    hostname::get().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The standard report of a panic has several lines and hides nothing.
fn tell_panics() {
    panic::set_hook(Box::new(|report| {
        let place = report.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
        let text = report.payload_as_str().unwrap_or("panicked");
        log::error!(target: "panic", place = place, thread = thread; "{text}");
        // It may be the last thing the process does.
        flush();
    }));
}
