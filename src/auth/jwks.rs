//! The issuer's key set, fetched from the one configured address and kept fresh by one background task.
//!
//! It alone fetches keys: one fetch at a time, bounded in time and size, and a failure keeps the last good set.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use reqwest::redirect::Policy;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};
use url::{Host, Url};

use super::keys::KeySet;

/// Unknown key names are free to invent, so they may cause no more than one fetch in this time.
pub(super) const REFETCH_GAP: Duration = Duration::from_secs(10);
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
const RETRY_PAUSE: Duration = Duration::from_secs(30);
const MOST_BYTES: usize = 256 * 1024;

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("{0}")]
    Transport(reqwest::Error),
    #[error("answered with status {0}")]
    Status(u16),
    #[error("answered with more than {MOST_BYTES} bytes")]
    TooLarge,
    #[error("answered without a usable key")]
    Unusable,
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        // The address may hold credentials.
        Self::Transport(error.without_url())
    }
}

/// Dropping it ends its task.
pub(super) struct Jwks {
    shared: Arc<Shared>,
    keeper: Option<AbortHandle>,
}

struct Shared {
    client: reqwest::Client,
    url: Url,
    gap: Duration,
    keys: ArcSwapOption<KeySet>,
    wanted: Notify,
    fetches: watch::Sender<Fetches>,
}

#[derive(Default)]
struct Fetches {
    finished: u64,
    running: bool,
    asked: Option<Instant>,
}

impl Jwks {
    /// Within a Tokio runtime the first fetch begins at once; without one (a mere check of the settings) none does.
    pub fn start(url: Url, refresh: Duration, gap: Duration) -> Result<Self, reqwest::Error> {
        let mut client = reqwest::Client::builder().redirect(Policy::none()).timeout(FETCH_TIMEOUT);
        if is_loopback(&url) {
            client = client.no_proxy();
        }
        let runtime = Handle::try_current().ok();
        let fetches = Fetches { running: runtime.is_some(), ..Fetches::default() };
        let shared = Arc::new(Shared {
            client: client.build()?,
            url,
            gap,
            keys: ArcSwapOption::empty(),
            wanted: Notify::new(),
            fetches: watch::Sender::new(fetches),
        });
        let keep = |runtime: Handle| runtime.spawn(keep_fresh(shared.clone(), refresh)).abort_handle();
        let keeper = runtime.map(keep);
        Ok(Self { shared, keeper })
    }

    /// The last good set, if any was ever fetched.
    pub fn keys(&self) -> Option<Arc<KeySet>> {
        self.shared.keys.load_full()
    }

    /// Waits for the fetch under way, or asks for one if enough time has passed; returns at once otherwise.
    pub async fn renewed(&self) {
        if self.keeper.is_none() {
            return;
        }
        let Some(before) = self.shared.fetch_to_wait_for() else { return };
        let mut fetches = self.shared.fetches.subscribe();
        let finished = fetches.wait_for(|fetches| fetches.finished > before);
        // The keeper's own limit comes first; this one only says that nobody waits for ever.
        drop(timeout(FETCH_TIMEOUT * 2, finished).await);
    }

    /// Waits until a fetch has begun or ended.
    #[cfg(test)]
    pub async fn stirs(&self) {
        drop(self.shared.fetches.subscribe().changed().await);
    }
}

impl Drop for Jwks {
    fn drop(&mut self) {
        if let Some(keeper) = &self.keeper {
            keeper.abort();
        }
    }
}

impl Shared {
    /// How many fetches had finished before the one worth waiting for; none if there is nothing to wait for.
    fn fetch_to_wait_for(&self) -> Option<u64> {
        let mut before = None;
        let asked = self.fetches.send_if_modified(|fetches| {
            let too_soon = fetches.asked.is_some_and(|at| at.elapsed() < self.gap);
            if !fetches.running && too_soon {
                return false;
            }
            before = Some(fetches.finished);
            if fetches.running {
                return false;
            }
            fetches.running = true;
            fetches.asked = Some(Instant::now());
            true
        });
        if asked {
            self.wanted.notify_one();
        }
        before
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        let request = self.client.get(self.url.clone()).header("accept", "application/json");
        let mut response = request.send().await?;
        if response.status().as_u16() != 200 {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len().saturating_add(chunk.len()) > MOST_BYTES {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        KeySet::from_json(&body).ok_or(FetchError::Unusable)
    }

    async fn refresh(&self) -> bool {
        let fetched = self.fetch().await;
        let good = fetched.is_ok();
        match fetched {
            Ok(keys) => {
                log::debug!("jwks fetched, {} usable keys", keys.len());
                self.keys.store(Some(Arc::new(keys)));
            }
            Err(error) => log::warn!("jwks not refreshed, the last good keys stay: {error}"),
        }
        good
    }
}

async fn keep_fresh(shared: Arc<Shared>, refresh: Duration) {
    loop {
        let good = shared.refresh().await;
        shared.fetches.send_modify(|fetches| {
            fetches.finished += 1;
            fetches.running = false;
        });
        let pause = if good { refresh } else { refresh.min(RETRY_PAUSE) };
        tokio::select! {
            () = sleep(pause) => {}
            () = shared.wanted.notified() => {}
        }
        shared.fetches.send_modify(|fetches| fetches.running = true);
    }
}

/// This machine is never behind a proxy.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
