//! Real processes: the product as it ships, and the Node programs that play what surrounds it.
//!
//! Each is ended with its story, by its own id, however the story ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// How long anything that must happen in another process may take.
const SOON: Duration = Duration::from_secs(20);

/// Whether a tool is there. Where nothing may be skipped, it must be.
pub fn has(tool: &str, beside: &Path) -> bool {
    let quiet = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let there = quiet.is_ok_and(|status| status.success()) && beside.exists();
    let required = std::env::var("RECADO_TEST_TOOLS").is_ok_and(|value| value == "required");
    assert!(there || !required, "{tool} or {} is not installed", beside.display());
    if !there {
        eprintln!("skipped: {tool} or {} is not installed", beside.display());
    }
    there
}

pub struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: UnboundedReceiver<String>,
    errors: UnboundedReceiver<String>,
    heard: Vec<String>,
    /// Where it works; gone when it is.
    _folder: TempDir,
}

/// What a process left behind.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub errors: String,
}

impl Program {
    /// The product, with no settings but these, in a folder of its own.
    pub fn recado(words: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_recado"));
        command.args(words).env_clear().envs(settings.iter().copied());
        Self::start(command)
    }

    pub fn start(mut command: Command) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        command.current_dir(folder.path());
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("the program starts");
        let lines = listen(child.stdout.take().expect("a pipe"));
        let errors = listen(child.stderr.take().expect("a pipe"));
        let stdin = child.stdin.take();
        Self { child, stdin, lines, errors, heard: Vec::new(), _folder: folder }
    }

    /// Where the product says that it listens.
    pub async fn listens(&mut self) -> SocketAddr {
        let line = self.says(|line| line["msg"] == "listening").await;
        line["address"].as_str().and_then(|address| address.parse().ok()).expect("an address")
    }

    /// The next line of JSON that is the wanted one.
    pub async fn says(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        self.says_within(SOON, wanted).await
    }

    /// Waits for a line with this in it, whatever else it is.
    pub async fn mentions(&mut self, text: &str) {
        let line = timeout(SOON, async {
            while let Some(line) = self.lines.recv().await {
                let found = line.contains(text);
                self.heard.push(line);
                if found {
                    return true;
                }
            }
            false
        });
        assert!(line.await.unwrap_or(false), "never mentioned {text}: {:#?}", self.heard);
    }

    pub async fn says_within(&mut self, longest: Duration, wanted: impl Fn(&Value) -> bool) -> Value {
        let line = timeout(longest, async {
            while let Some(line) = self.lines.recv().await {
                let value = serde_json::from_str(&line).unwrap_or(Value::Null);
                self.heard.push(line);
                if wanted(&value) {
                    return Some(value);
                }
            }
            None
        });
        line.await.ok().flatten().unwrap_or_else(|| panic!("never said it: {:#?}", self.heard))
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that holds this text.
    pub async fn prints(&mut self, text: &str) {
        let found = timeout(SOON, async {
            while let Some(line) = self.lines.recv().await {
                self.heard.push(line);
                if self.heard.last().is_some_and(|line| line.contains(text)) {
                    return true;
                }
            }
            false
        });
        assert!(found.await.unwrap_or(false), "{text} was never printed: {:#?}", self.heard);
    }

    pub fn is_told(&mut self, command: &Value) {
        let stdin = self.stdin.as_mut().expect("it still listens");
        writeln!(stdin, "{command}").expect("it takes the line");
    }

    /// Sends a signal, by the id of this process.
    pub fn is_signalled(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{signal} was not sent");
    }

    /// A figure of its memory in KiB, as in `VmRSS` or, for the most it ever was, `VmHWM`.
    pub fn memory(&self, figure: &str) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("the process is there");
        let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).expect("a figure")
    }

    /// Waits for its end.
    pub async fn ends(mut self) -> Ended {
        let out = timeout(SOON, rest(&mut self.lines)).await.expect("it ends in time");
        let errors = timeout(SOON, rest(&mut self.errors)).await.expect("it ends in time");
        // Its pipes are closed, so it is gone or about to be.
        let code = self.child.wait().expect("a child of ours").code();
        let out = self.heard.drain(..).chain(out).collect::<Vec<_>>().join("\n");
        Ended { code, out, errors: errors.join("\n") }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself, which is what was wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn rest(lines: &mut UnboundedReceiver<String>) -> Vec<String> {
    let mut rest = Vec::new();
    while let Some(line) = lines.recv().await {
        rest.push(line);
    }
    rest
}

/// Hands over the lines of a pipe as they come; ends with it.
fn listen(pipe: impl Read + Send + 'static) -> UnboundedReceiver<String> {
    let (told, lines) = unbounded_channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if told.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
