//! The real binary as a child process, on a port and in a directory of its own.
//!
//! It never outlives the test, and what it printed is shown when the test fails.

mod launch;
mod port;

use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

use crate::stage::run;
pub use launch::Launch;

pub const JWT_SECRET: &str = "chaos-jwt-secret-of-at-least-32-bytes";
pub const INTERNAL_SECRET: &str = "chaos-internal-secret-of-at-least-32-bytes";

const READY_WITHIN: Duration = Duration::from_secs(10);
const POLL_EVERY: Duration = Duration::from_millis(5);

pub struct Broker {
    child: Child,
    port: u16,
    data: PathBuf,
    http: reqwest::Client,
    home: TempDir,
}

impl Broker {
    pub async fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().to_owned();
        Self::start_in(home, data, &Launch::Plain).await
    }

    /// Keeps its database in `data`, which may lie on another disk than its home.
    pub async fn start_in(home: TempDir, data: PathBuf, launch: &Launch) -> Self {
        let port = port::free();
        let child = launch.spawn(port, &data, &log_file(&home));
        // No idle connections: each would be a broken one after the next kill.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(5));
        let mut broker = Self { child, port, data, http: http.build().unwrap(), home };
        broker.becomes_ready().await;
        broker
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn database(&self) -> PathBuf {
        launch::database(&self.data)
    }

    /// SIGKILL: no handler, no flush, no goodbye.
    pub fn kill9(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after its end; answers how long it took to be ready.
    pub async fn restart(&mut self) -> Duration {
        self.restart_as(&Launch::Plain).await
    }

    pub async fn restart_as(&mut self, launch: &Launch) -> Duration {
        let begun = Instant::now();
        self.child = launch.spawn(self.port, &self.data, &log_file(&self.home));
        self.becomes_ready().await;
        begun.elapsed()
    }

    /// SIGTERM: what a platform sends before it gives up waiting.
    pub fn is_told_to_end(&self) {
        assert!(run("kill", &["-s", "TERM", &self.pid().to_string()]), "the signal was not sent");
    }

    /// Waits until this many clients are connected.
    pub async fn holds(&self, clients: usize, patience: Duration) {
        let deadline = Instant::now() + patience;
        loop {
            let answer = self.http.get(self.url("/health")).send().await.unwrap().text().await.unwrap();
            let health: Value = serde_json::from_str(&answer).unwrap();
            let connected = health["connections"]["total"].as_u64().unwrap();
            if connected == u64::try_from(clients).unwrap() {
                return;
            }
            assert!(Instant::now() < deadline, "{connected} of {clients} clients after {patience:?}");
            sleep(POLL_EVERY * 10).await;
        }
    }

    /// Waits for the process to end by itself.
    pub async fn exits_within(&mut self, patience: Duration) -> ExitStatus {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the broker still runs after {patience:?}");
            sleep(POLL_EVERY).await;
        }
    }

    pub async fn becomes_ready(&mut self) -> Duration {
        self.answers_ready_with(200, READY_WITHIN).await
    }

    /// Asks `/health/ready` until it answers with this status. A process offers no event to wait for, so this polls.
    pub async fn answers_ready_with(&mut self, wanted: u16, patience: Duration) -> Duration {
        let begun = Instant::now();
        let url = self.url("/health/ready");
        let mut last = "no answer".to_owned();
        while begun.elapsed() < patience {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the broker ended while /health/ready was awaited: {status}");
            }
            match timeout(patience, self.http.get(&url).send()).await {
                Ok(Ok(answer)) if answer.status().as_u16() == wanted => return begun.elapsed(),
                Ok(Ok(answer)) => last = answer.status().to_string(),
                Ok(Err(error)) => last = error.to_string(),
                Err(_) => last = "no answer in time".to_owned(),
            }
            sleep(POLL_EVERY).await;
        }
        panic!("/health/ready did not become {wanted} within {patience:?}, last: {last}");
    }

    /// GET on the internal API.
    pub async fn internal(&self, path: &str) -> Value {
        let request = self.http.get(self.url(path)).header("X-Internal-Secret", INTERNAL_SECRET);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "GET {path} answered {status}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let printed = std::fs::read_to_string(log_file(&self.home)).unwrap_or_default();
            let lines: Vec<&str> = printed.lines().collect();
            let tail = lines[lines.len().saturating_sub(60)..].join("\n");
            eprintln!("--- the broker's last lines ---\n{tail}\n---");
        }
    }
}

fn log_file(home: &TempDir) -> PathBuf {
    home.path().join("broker.log")
}
