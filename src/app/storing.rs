//! What remembers: the store the configuration names, behind every port that it serves.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use recado_actors::clock::Clock;
use recado_actors::id::Epoch;
use recado_actors::ports::documents::Documents;
use recado_actors::ports::files::Catalogue;
use recado_actors::ports::letters::Webhooks;
use recado_actors::ports::memory::MemoryStore;
use recado_actors::ports::people::People;
use recado_actors::ports::{Backend, Book, Log, Ports, Receipts};

use super::webhooks;
use crate::backend::next::{NextBackend, NextSettings};
use crate::config::{Config, Place};
use crate::store::sqlite::SqliteStore;

/// What remembers.
pub(super) struct Stores {
    pub ports: Ports,
    pub catalogue: Arc<dyn Catalogue>,
    pub documents: Arc<dyn Documents>,
    /// To be closed at the end.
    pub store: Option<SqliteStore>,
}

/// The ports the configuration names, unless others are given.
pub(super) async fn ports(config: &Config, given: Option<Ports>, clock: &Clock) -> anyhow::Result<Stores> {
    let memory = || Arc::new(MemoryStore::new(Epoch(fresh_epoch())));
    if let Some(ports) = given {
        return Ok(Stores { ports, catalogue: memory(), documents: memory(), store: None });
    }
    let backend = backend(config)?;
    match config.store.place() {
        Some(Place::Memory) => {
            let store = memory();
            let webhooks = webhooks::open(config, store.clone(), clock).await?;
            let ports = remembering(store.clone(), backend, webhooks);
            Ok(Stores { ports, catalogue: store.clone(), documents: store, store: None })
        }
        Some(Place::Sqlite(path)) => {
            let store = SqliteStore::open(&path, config.store.readers).context("opening the store")?;
            let port = Arc::new(store.clone());
            let webhooks = webhooks::open(config, port.clone(), clock).await?;
            let ports = remembering(port.clone(), backend, webhooks);
            Ok(Stores { ports, catalogue: port.clone(), documents: port, store: Some(store) })
        }
        None => bail!("store.url names no store"),
    }
}

/// Everything is remembered in one store.
fn remembering<S: Log + Receipts + Book + People>(
    store: Arc<S>,
    backend: Option<Arc<dyn Backend>>,
    webhooks: Option<Webhooks>,
) -> Ports {
    let (log, receipts, book, people) = (store.clone(), store.clone(), store.clone(), store);
    Ports { log, receipts, book, people, backplane: None, backend, webhooks }
}

/// What is in memory has a life of its own each time.
fn fresh_epoch() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0 >> 16
}

fn backend(config: &Config) -> anyhow::Result<Option<Arc<dyn Backend>>> {
    if config.backend.next_api_url.is_empty() {
        return Ok(None);
    }
    let next = NextBackend::new(NextSettings {
        base_url: config.backend.next_api_url.clone(),
        secret: config.backend.secret.expose().to_owned(),
        timeout: Duration::from_millis(config.backend.timeout_ms),
        max_answer_bytes: config.limits.body_bytes,
    })?;
    Ok(Some(Arc::new(next)))
}
