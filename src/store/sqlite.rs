//! Conversations in one SQLite file: one thread writes, a few read.
//!
//! An answer to a write means that the disk has said it holds it.

mod append;
mod book;
mod counting;
mod documents;
mod error;
mod files;
mod letters;
mod migrate;
mod open;
mod people;
mod ports;
mod read;
mod row;
mod search;
mod upkeep;
mod worker;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use recado_actors::id::Epoch;
use recado_actors::ports::LogError;

pub use self::error::StoreOpenError;
use self::open::{Opened, durability, open_for_reading, open_for_writing};
use self::upkeep::Upkeep;
use self::worker::{Distrust, Worker};

/// How many pieces of work may wait for the writer, and for each reader.
const DEPTH: usize = 256;

/// How long a clean close may take; what is not done by then, the next start does.
const CLOSING: Duration = Duration::from_secs(5);

/// Log, receipts, book and directory in one file. Clones are the same store.
#[derive(Clone)]
pub struct SqliteStore(Arc<Desks>);

struct Desks {
    epoch: Epoch,
    writer: Worker,
    /// At least one.
    readers: Vec<Worker>,
    turn: AtomicUsize,
    withdrew: Arc<AtomicBool>,
}

impl SqliteStore {
    /// Opens or makes the file. Blocks while it does.
    pub fn open(path: &Path, readers: usize) -> Result<Self, StoreOpenError> {
        let Opened { conn, lock, path } = open_for_writing(path)?;
        let epoch =
            read::epoch(&conn).map_err(|source| StoreOpenError::Sqlite { path: path.clone(), source })?;
        let unstarted = |source| StoreOpenError::Thread { path: path.clone(), source };
        let (distrust, withdrew) = (Distrust::default(), Arc::<AtomicBool>::default());
        let mut reading = Vec::new();
        for number in 0..readers.max(1) {
            let conn = open_for_reading(&path)?;
            let name = format!("sqlite-read-{number}");
            reading.push(Worker::start(&name, conn, None, DEPTH, distrust.clone()).map_err(unstarted)?);
        }
        let upkeep = Upkeep::new(lock, withdrew.clone());
        let writer = Worker::start("sqlite-write", conn, Some(upkeep), DEPTH, distrust).map_err(unstarted)?;
        Ok(Self(Arc::new(Desks { epoch, writer, readers: reading, turn: AtomicUsize::new(0), withdrew })))
    }

    /// The epoch of rooms that begin now.
    pub fn epoch(&self) -> Epoch {
        self.0.epoch
    }

    /// `journal_mode` and `synchronous` of the connection that writes.
    pub async fn durability(&self) -> Result<(String, i64), LogError> {
        self.0.writer.ask(|conn| Ok(durability(conn)?)).await
    }

    /// Finishes the work in hand and leaves one whole file; true if there was time for all of it.
    pub async fn close(&self) -> bool {
        let all = async {
            for reader in &self.0.readers {
                reader.stop().await;
            }
            // Last, for only the last connection can remove the write-ahead log.
            self.0.writer.stop().await;
        };
        tokio::time::timeout(CLOSING, all).await.is_ok()
    }

    fn writer(&self) -> &Worker {
        &self.0.writer
    }

    /// The reader with the shortest queue; in turn where they are equal.
    fn reader(&self) -> &Worker {
        let turn = self.0.turn.fetch_add(1, Ordering::Relaxed);
        let count = self.0.readers.len().max(1);
        let (late, early) = self.0.readers.split_at(turn.checked_rem(count).unwrap_or_default());
        let shortest = early.iter().chain(late).rev().max_by_key(|reader| reader.room());
        shortest.unwrap_or(&self.0.writer)
    }

    fn withdrew(&self) -> Arc<AtomicBool> {
        self.0.withdrew.clone()
    }
}
