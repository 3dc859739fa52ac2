//! Moves what was committed from the write-ahead log into the database file.
//!
//! Runs between pieces of work and after their answers, so it delays no acknowledgement; what was withdrawn
//! does not outlive it in the write-ahead log.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use super::error::Fault;
use super::open::BUSY;

/// Changed rows after which the write-ahead log is long enough: two for an entry, a few tens of megabytes.
const CHANGES: u64 = 4000;

/// How long to wait for readers when the write-ahead log is to be emptied.
const PATIENCE: Duration = Duration::from_millis(100);

pub(super) struct Upkeep {
    /// Held for as long as the connection writes.
    _lock: File,
    withdrew: Arc<AtomicBool>,
    changes_at_checkpoint: u64,
}

impl Upkeep {
    /// `withdrew` is set by work that took content back.
    pub(super) fn new(lock: File, withdrew: Arc<AtomicBool>) -> Self {
        Self { _lock: lock, withdrew, changes_at_checkpoint: 0 }
    }

    pub(super) fn after_work(&mut self, conn: &Connection) -> Result<(), Fault> {
        let due = conn.total_changes().saturating_sub(self.changes_at_checkpoint) >= CHANGES;
        let withdrew = self.withdrew.load(Ordering::Relaxed);
        if !due && !withdrew {
            return Ok(());
        }
        self.changes_at_checkpoint = conn.total_changes();
        if !withdrew {
            checkpoint(conn)?;
            return Ok(());
        }
        // Readers in the way: the next work tries again.
        let emptied = empty(conn)?;
        self.withdrew.store(!emptied, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn before_close(&mut self, conn: &Connection) -> Result<(), Fault> {
        empty(conn)?;
        Ok(())
    }
}

/// Moves what it can without waiting for anybody.
pub(super) fn checkpoint(conn: &Connection) -> Result<(), Fault> {
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    Ok(())
}

/// Moves everything and cuts the write-ahead log to nothing; false if readers were in the way.
fn empty(conn: &Connection) -> Result<bool, Fault> {
    conn.busy_timeout(PATIENCE)?;
    let busy = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    conn.busy_timeout(BUSY)?;
    Ok(!busy?)
}
