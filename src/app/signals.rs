//! What the system tells the process, and the process's last word.

use std::io::{self, Write};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::telemetry;

/// The exit code after a fault of the store that makes going on unsafe (`EX_IOERR` of sysexits).
const STORE_UNTRUSTED: i32 = 74;
/// Sent when a file outgrows its limit. Handled, so that the write fails instead of the process.
const SIGXFSZ: i32 = 25;

pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    _file_size: Signal,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _file_size: signal(SignalKind::from_raw(SIGXFSZ))?,
        })
    }

    /// Ends when the process is asked to stop.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Ends the process at once: nothing more may be acknowledged.
pub(super) fn die(reason: &str) {
    log::error!("stopping: {reason}");
    telemetry::flush();
    std::process::exit(STORE_UNTRUSTED);
}

/// For the person who started it by hand.
pub(super) fn tell(text: &str) {
    // Whoever closed standard error does not want to be told.
    let _ = writeln!(io::stderr(), "{text}");
}
