//! The ways to start the binary: as it is, without the signal of a file limit, or under strace.
//!
//! In each way the child's pid is the broker's own, so that killing it kills the broker and waiting gives its status.

use std::fs::File;
use std::io::PipeReader;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{INTERNAL_SECRET, JWT_SECRET};

/// The binary under test: this build's, unless another is named.
fn binary() -> String {
    std::env::var("RECADO_CHAOS_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_recado").to_owned())
}

/// Its clients say as much as they can, all from one address: what is tested here is what becomes of it.
const UNLIMITED: [(&str, &str); 5] = [
    ("RECADO_LIMITS__CONNECTION_RATE", "0"),
    ("RECADO_LIMITS__USER_RATE", "0"),
    ("RECADO_LIMITS__ADDRESS_RATE", "0"),
    ("RECADO_LIMITS__ROOM_RATE", "0"),
    ("RECADO_LIMITS__CONNECTS_PER_SECOND", "0"),
];

pub enum Launch {
    Plain,
    /// With a drain and a spread of the returns, in milliseconds, and room for a crowd from one address.
    Draining {
        within: u64,
        spread: u64,
    },
    /// A write beyond RLIMIT_FSIZE is an error instead of the end of the process.
    DeafToFileLimit,
    /// From a thread's n-th sync on, every sync fails with EIO; the calls are written to a file.
    FailingSync {
        from: u32,
        calls: PathBuf,
    },
}

impl Launch {
    pub fn spawn(&self, port: u16, data: &Path, log: &Path) -> Child {
        let (reader, writer) = std::io::pipe().unwrap();
        let mut command = self.command();
        let child = command
            .arg("serve")
            .current_dir(data)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("RECADO_SERVER__HOST", "127.0.0.1")
            .env("RECADO_SERVER__PORT", port.to_string())
            .env("RECADO_STORE__URL", format!("sqlite:{}", database(data).display()))
            .env("JWT_SECRET", JWT_SECRET)
            .env("INTERNAL_API_SECRET", INTERNAL_SECRET)
            .env("RUST_BACKTRACE", "1")
            .envs(UNLIMITED)
            .envs(self.settings())
            .stdin(Stdio::null())
            .stdout(writer.try_clone().unwrap())
            .stderr(writer)
            .spawn()
            .unwrap();
        keep_log(reader, log);
        child
    }

    fn settings(&self) -> Vec<(&str, String)> {
        let Self::Draining { within, spread } = self else { return Vec::new() };
        vec![
            ("RECADO_SERVER__DRAIN_MS", within.to_string()),
            ("RECADO_SERVER__RETURN_SPREAD_MS", spread.to_string()),
            ("RECADO_LIMITS__MAX_CONNECTIONS_PER_ADDRESS", "5000".to_owned()),
        ]
    }

    fn command(&self) -> Command {
        match self {
            Self::Plain | Self::Draining { .. } => Command::new(binary()),
            Self::DeafToFileLimit => {
                let mut shell = Command::new("sh");
                shell.args(["-c", r#"trap "" XFSZ; exec "$0" "$@""#, &binary()]);
                shell
            }
            Self::FailingSync { from, calls } => {
                let mut strace = Command::new("strace");
                // -D makes strace the grandchild: the child stays the broker.
                strace.args(["-D", "-f", "-qq", "-e", "trace=fdatasync,fsync", "-e"]);
                strace.arg(format!("inject=fdatasync,fsync:error=EIO:when={from}+"));
                strace.arg("-o").arg(calls).arg(binary());
                strace
            }
        }
    }
}

pub fn database(data: &Path) -> PathBuf {
    data.join("recado.db")
}

/// Copies what it prints through a pipe: a file of its own would fall under the limits that some stories set.
fn keep_log(mut from: PipeReader, log: &Path) {
    let mut file = File::options().create(true).append(true).open(log).unwrap();
    std::thread::spawn(move || std::io::copy(&mut from, &mut file));
}
