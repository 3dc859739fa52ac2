//! What SQLite's errors mean for the broker.
//!
//! A disk that failed to sync, or a damaged file, is never called a passing trouble.

use std::io;
use std::path::PathBuf;

use recado_actors::ports::LogError;
use rusqlite::ErrorCode;
use rusqlite::ffi::{
    SQLITE_IOERR_CORRUPTFS, SQLITE_IOERR_DATA, SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC,
    SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_WRITE,
};

/// Why a database file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreOpenError {
    #[error("cannot prepare {path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("{path} is in use by another process, which holds {lock}")]
    InUse { path: PathBuf, lock: PathBuf },
    #[error("{path} is not a database of recado")]
    Foreign { path: PathBuf },
    #[error("{path} has schema version {found}, this release knows up to {known}: start a newer release")]
    Newer { path: PathBuf, found: u32, known: u32 },
    #[error("sqlite {found} is too old, {needed} or newer is needed")]
    Library { found: &'static str, needed: &'static str },
    #[error("{path} cannot be kept durably: journal mode is {journal_mode}, synchronous is {synchronous}")]
    NotDurable { path: PathBuf, journal_mode: String, synchronous: i64 },
    #[error("cannot start a thread for {path}: {source}")]
    Thread { path: PathBuf, source: io::Error },
    #[error("cannot open {path}: {source}")]
    Sqlite { path: PathBuf, source: rusqlite::Error },
}

/// Why a piece of work on a connection failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// What came back from the file is not what was put there.
    #[error("{0}")]
    Damaged(String),
    #[error("{0}")]
    Unfit(String),
}

impl From<Fault> for LogError {
    fn from(fault: Fault) -> Self {
        let text = fault.to_string();
        match fault {
            Fault::Damaged(_) => Self::Untrusted(text),
            Fault::Unfit(_) => Self::Unavailable(text),
            Fault::Sqlite(error) => sorted(&error, text),
        }
    }
}

fn sorted(error: &rusqlite::Error, text: String) -> LogError {
    let Some(failure) = error.sqlite_error() else { return LogError::Unavailable(text) };
    match (failure.code, failure.extended_code) {
        (ErrorCode::DiskFull, _) | (_, SQLITE_IOERR_WRITE | SQLITE_IOERR_SHMSIZE) => LogError::Full(text),
        (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _)
        | (_, SQLITE_IOERR_FSYNC | SQLITE_IOERR_DIR_FSYNC | SQLITE_IOERR_DATA | SQLITE_IOERR_CORRUPTFS) => {
            LogError::Untrusted(text)
        }
        _ => LogError::Unavailable(text),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn meaning(code: i32) -> LogError {
        Fault::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)).into()
    }

    #[test]
    fn each_error_means_wait_retry_or_stop() {
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_SHMSIZE] {
            assert!(matches!(meaning(code), LogError::Full(_)), "{code}");
        }
        for code in [
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_DIR_FSYNC,
            ffi::SQLITE_CORRUPT,
            ffi::SQLITE_CORRUPT_INDEX,
            ffi::SQLITE_NOTADB,
        ] {
            assert!(matches!(meaning(code), LogError::Untrusted(_)), "{code}");
        }
        for code in [ffi::SQLITE_BUSY, ffi::SQLITE_IOERR_READ, ffi::SQLITE_NOMEM, ffi::SQLITE_CANTOPEN] {
            assert!(matches!(meaning(code), LogError::Unavailable(_)), "{code}");
        }
    }
}
