//! Opens the file: directories, lock, permissions, connections.
//!
//! At most one process writes to a file at a time, and no connection writes less durably than promised.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use super::error::StoreOpenError;
use super::migrate::{identify, migrate};

/// How long a connection waits for a lock that another one holds, such as a backup's.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// More than there are different statements.
const STATEMENTS: usize = 128;

/// 3.51.3 repaired a way for a checkpoint to lose what was committed.
const LIBRARY: (i32, &str) = (3_051_003, "3.51.3");

/// The one connection that writes, and the lock that makes it the only one.
pub(super) struct Opened {
    pub(super) conn: Connection,
    pub(super) lock: File,
    pub(super) path: PathBuf,
}

pub(super) fn open_for_writing(path: &Path) -> Result<Opened, StoreOpenError> {
    if rusqlite::version_number() < LIBRARY.0 {
        return Err(StoreOpenError::Library { found: rusqlite::version(), needed: LIBRARY.1 });
    }
    // Absolute, so that no name has a special meaning for SQLite.
    let path = std::path::absolute(path).map_err(unprepared(path))?;
    make_directory(&path).map_err(unprepared(&path))?;
    let lock = lock(&path)?;
    private_file(&path).and_then(|_| sync_directory(&path)).map_err(unprepared(&path))?;
    let conn = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(broken(&path))?;
    identify(&conn, &path)?;
    let mut conn = durable(conn, &path)?;
    migrate(&mut conn).map_err(broken(&path))?;
    Ok(Opened { conn, lock, path })
}

pub(super) fn open_for_reading(path: &Path) -> Result<Connection, StoreOpenError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(broken(path))
}

fn connect(path: &Path, mode: OpenFlags) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    // Else a statement with `LIMIT ?` is compiled anew whenever it is asked with another value, to plan by that.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // What a tampered file's schema may do is kept small.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.execute_batch("PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;")?;
    Ok(conn)
}

fn durable(conn: Connection, path: &Path) -> Result<Connection, StoreOpenError> {
    // Checkpoints are ours to run: SQLite would keep quiet about a failed sync in its own. Its cache holds at most
    // 16 MiB: the last pages of some thousand busy rooms.
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                    PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384;";
    conn.execute_batch(settings).map_err(broken(path))?;
    let (journal_mode, synchronous) = durability(&conn).map_err(broken(path))?;
    if journal_mode != "wal" || synchronous != 2 {
        return Err(StoreOpenError::NotDurable { path: path.into(), journal_mode, synchronous });
    }
    Ok(conn)
}

/// `journal_mode` and `synchronous` as they really are.
pub(super) fn durability(conn: &Connection) -> rusqlite::Result<(String, i64)> {
    let journal_mode = conn.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    let synchronous = conn.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    Ok((journal_mode, synchronous))
}

/// The lock file stays when the lock is released: removing it would let two processes lock two files of one name.
fn lock(path: &Path) -> Result<File, StoreOpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock = PathBuf::from(name);
    let file = private_file(&lock).map_err(unprepared(&lock))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreOpenError::InUse { path: path.into(), lock }),
        Err(TryLockError::Error(source)) => Err(StoreOpenError::File { path: lock, source }),
    }
}

fn make_directory(path: &Path) -> io::Result<()> {
    let Some(directory) = path.parent() else { return Ok(()) };
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// Made readable by its owner only; SQLite gives its companions the same mode.
fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// A new file's name must survive a power cut as its content does.
fn sync_directory(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}

fn unprepared(path: &Path) -> impl FnOnce(io::Error) -> StoreOpenError {
    let path = path.to_owned();
    move |source| StoreOpenError::File { path, source }
}

fn broken(path: &Path) -> impl FnOnce(rusqlite::Error) -> StoreOpenError {
    let path = path.to_owned();
    move |source| StoreOpenError::Sqlite { path, source }
}
