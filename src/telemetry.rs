//! The log: one line per event on standard output and, where asked for, in files; as JSON or as text.
//!
//! It alone guarantees that an event is exactly one line, that no token stands in it, and that telling
//! never holds up the one who tells.

mod drain;
mod escape;
mod files;
mod level;
mod line;
pub mod metrics;
pub mod process;
mod redact;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::panic;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use env_logger::{Builder, Logger, Target};
use jiff::Timestamp;
use log::{Level, LevelFilter, Metadata, Record};

pub use level::Dial;
pub use redact::redact;

use crate::config::Log;
use drain::Drain;
use files::{LogFile, Room};
use line::Form;

const COMBINED: &str = "combined.log";
const ERRORS: &str = "error.log";
const FLUSH: Duration = Duration::from_secs(2);

// The logger is the process's own, and so are the ends of its pipes.
static DRAINS: OnceLock<Vec<Drain>> = OnceLock::new();

/// A log file that cannot be written, worded like any other mistake in the settings.
#[derive(Debug, thiserror::Error)]
#[error("log.folder: {} cannot be written: {}", file, cause)]
pub struct FolderError {
    file: String,
    cause: io::Error,
}

/// Starts the log of this process. Any further call changes nothing.
pub fn start(settings: &Log, node: &str) -> Result<(), FolderError> {
    let form = Form::new(settings.format == "json", &machine_name(), node);
    let files = Files::open(settings, &form)?;
    let lost = form.clone();
    let print = |lines: &[u8]| {
        let mut out = io::stdout().lock();
        out.write_all(lines)?;
        out.flush()
    };
    let printer = Drain::start("log", print, move |count| lost.lost(count, &now_iso())).ok();
    let drains = printer.iter().chain(files.iter().flat_map(Files::drains)).cloned().collect();
    let teller = Teller(logger(form, printer, files));
    if log::set_boxed_logger(Box::new(teller)).is_err() {
        return Ok(());
    }
    log::set_max_level(settings.level());
    DRAINS.get_or_init(|| drains);
    tell_panics();
    Ok(())
}

/// Words each event once, for all who get its line.
fn logger(form: Form, printer: Option<Drain>, files: Option<Files>) -> Logger {
    let target = printer.map_or(Target::Stdout, |drain| Target::Pipe(Box::new(drain)));
    // What is told is decided before, by a level that can be turned.
    let mut builder = Builder::new();
    builder.filter_level(LevelFilter::Trace).target(target);
    builder.format(move |out, record| {
        let line = form.line(record, &now_iso());
        if let Some(files) = &files {
            files.tell(record.level(), line.as_bytes());
        }
        out.write_all(line.as_bytes())
    });
    builder.build()
}

struct Teller(Logger);

impl log::Log for Teller {
    fn enabled(&self, event: &Metadata<'_>) -> bool {
        level::admits(event)
    }

    fn log(&self, event: &Record<'_>) {
        if self.enabled(event.metadata()) {
            self.0.log(event);
        }
    }

    fn flush(&self) {
        flush();
    }
}

/// Everything in one file, and errors in another too.
struct Files {
    combined: Drain,
    errors: Drain,
}

impl Files {
    /// None: no folder is set.
    fn open(settings: &Log, form: &Form) -> Result<Option<Self>, FolderError> {
        if settings.folder.is_empty() {
            return Ok(None);
        }
        let room = Room { bytes: settings.rotate_bytes, files: settings.keep_files };
        let start = |name: &str| {
            let path = Path::new(&settings.folder).join(name);
            let lost = form.clone();
            let drain = LogFile::open(path.clone(), room).and_then(|mut file| {
                let lost_line = move |count| lost.lost(count, &now_iso());
                Drain::start(name, move |lines| file.append(lines), lost_line)
            });
            drain.map_err(|cause| FolderError { file: format!("{:?}", path.display().to_string()), cause })
        };
        Ok(Some(Self { combined: start(COMBINED)?, errors: start(ERRORS)? }))
    }

    fn tell(&self, level: Level, line: &[u8]) {
        self.combined.tell(line);
        if level == Level::Error {
            self.errors.tell(line);
        }
    }

    fn drains(&self) -> [&Drain; 2] {
        [&self.combined, &self.errors]
    }
}

/// Waits, though not for ever, until everything told so far is written.
pub fn flush() {
    for drain in DRAINS.get().into_iter().flatten() {
        drain.flush(FLUSH);
    }
}

/// Lines given up so far because an output did not keep up or could not be written.
pub fn lines_dropped() -> u64 {
    DRAINS.get().into_iter().flatten().map(Drain::dropped).sum()
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
    let standard = panic::take_hook();
    panic::set_hook(Box::new(move |report| {
        if log::max_level() == LevelFilter::Off {
            return standard(report);
        }
        let place = report.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
        let text = report.payload_as_str().unwrap_or("panicked");
        log::error!(target: "panic", place = place, thread = thread; "{text}");
        // It may be the last thing the process does.
        flush();
    }));
}
