//! Brings a database file to the schema this release knows.
//!
//! A file that is not ours, or that a newer release wrote, is left exactly as it was found.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::error::StoreOpenError;

/// "RCDO", in the header of every file of ours.
pub(super) const APPLICATION_ID: i32 = 0x5243_444f;

/// In order; the first makes version 1. Never edited after a release.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_log_receipts_book.sql"),
    include_str!("../../../migrations/sqlite/0002_letters.sql"),
    include_str!("../../../migrations/sqlite/0003_people.sql"),
    include_str!("../../../migrations/sqlite/0004_numbers.sql"),
    include_str!("../../../migrations/sqlite/0005_search.sql"),
    include_str!("../../../migrations/sqlite/0006_files.sql"),
    include_str!("../../../migrations/sqlite/0007_documents.sql"),
];

/// Refuses strangers before anything is written.
pub(super) fn identify(conn: &Connection, path: &Path) -> Result<(), StoreOpenError> {
    let foreign = || StoreOpenError::Foreign { path: path.into() };
    let failed = |source: rusqlite::Error| match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => foreign(),
        _ => StoreOpenError::Sqlite { path: path.into(), source },
    };
    let marked: i32 = number(conn, "PRAGMA application_id").map_err(failed)?;
    let tables: u32 = number(conn, "SELECT count(*) FROM sqlite_schema").map_err(failed)?;
    let found: u32 = number(conn, "PRAGMA user_version").map_err(failed)?;
    let blank = marked == 0 && tables == 0 && found == 0;
    if !blank && marked != APPLICATION_ID {
        return Err(foreign());
    }
    if found > known() {
        return Err(StoreOpenError::Newer { path: path.into(), found, known: known() });
    }
    Ok(())
}

/// Runs what is missing, all or nothing, alone on the file.
pub(super) fn migrate(conn: &mut Connection) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let found: u32 = number(&tx, "PRAGMA user_version")?;
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    for migration in MIGRATIONS.iter().skip(done) {
        tx.execute_batch(migration)?;
    }
    if found < known() {
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", known())?;
    }
    tx.commit()
}

fn known() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

fn number<T: rusqlite::types::FromSql>(conn: &Connection, sql: &str) -> rusqlite::Result<T> {
    conn.query_row(sql, [], |row| row.get(0))
}
