//! Files and uploads as rows: who sent them, who may see them, and what is set aside for each user.
//!
//! Whatever counts and then writes does both in one transaction on the only writing connection.

use futures_util::future::BoxFuture;
use recado_actors::clock::Timestamp;
use recado_actors::id::{RoomId, UserId};
use recado_actors::ports::LogError;
use recado_actors::ports::files::{Allowance, Catalogue, FileKey, FileRecord, OpenUpload, Opened};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::error::Fault;
use super::{SqliteStore, row};

type Answer<T> = BoxFuture<'static, Result<T, LogError>>;

impl Catalogue for SqliteStore {
    fn open_upload(&self, upload: OpenUpload, least: u64, allowance: Allowance) -> Answer<Opened> {
        self.writer().ask(move |conn| open(conn, &upload, least, allowance))
    }

    fn upload(&self, key: &FileKey) -> Answer<Option<OpenUpload>> {
        let key = key.clone();
        self.reader().ask(move |conn| upload(conn, &key))
    }

    fn advance(&self, key: &FileKey, from: u64, to: u64, ends: Timestamp) -> Answer<bool> {
        let key = key.clone();
        self.writer().ask(move |conn| {
            let mut statement =
                conn.prepare_cached("UPDATE uploads SET kept = ?3, ends = ?4 WHERE key = ?1 AND kept = ?2")?;
            Ok(statement.execute(params![key.as_str(), whole(from), whole(to), ends.0])? == 1)
        })
    }

    fn keep(&self, record: FileRecord) -> Answer<bool> {
        self.writer().ask(move |conn| keep(conn, &record))
    }

    fn file(&self, key: &FileKey) -> Answer<Option<FileRecord>> {
        let key = key.clone();
        self.reader().ask(move |conn| file(conn, &key))
    }

    fn condemn(&self, key: &FileKey) -> Answer<bool> {
        let key = key.clone();
        self.writer().ask(move |conn| condemn(conn, &key))
    }

    fn condemned(&self, now: Timestamp, limit: usize) -> Answer<Vec<FileKey>> {
        self.writer().ask(move |conn| condemned(conn, now, limit))
    }

    fn bury(&self, key: &FileKey) -> Answer<()> {
        let key = key.clone();
        self.writer().ask(move |conn| {
            conn.execute("DELETE FROM condemned WHERE key = ?1", [key.as_str()])?;
            Ok(())
        })
    }

    fn used(&self, user: &UserId) -> Answer<u64> {
        let user = user.clone();
        self.reader().ask(move |conn| Ok(used(conn, &user)?))
    }
}

fn used(conn: &Connection, user: &UserId) -> rusqlite::Result<u64> {
    let mut statement = conn.prepare_cached(
        "SELECT (SELECT coalesce(sum(bytes), 0) FROM files WHERE uploader = ?1)
              + (SELECT coalesce(sum(length), 0) FROM uploads WHERE uploader = ?1)",
    )?;
    statement.query_row([user.as_str()], |row| row::unsigned(row, 0))
}

fn open(
    conn: &mut Connection,
    upload: &OpenUpload,
    least: u64,
    allowance: Allowance,
) -> Result<Opened, Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let open = "SELECT count(*) FROM uploads WHERE uploader = ?1";
    let open = tx.query_row(open, [upload.uploader.as_str()], |row| row::unsigned(row, 0))?;
    if usize::try_from(open).unwrap_or(usize::MAX) >= allowance.open {
        return Ok(Opened::TooManyOpen);
    }
    let left = allowance.quota.saturating_sub(used(&tx, &upload.uploader)?);
    if left < least {
        return Ok(Opened::OverQuota { left });
    }
    let granted = upload.length.min(left);
    tx.execute(
        "INSERT INTO uploads (key, title, uploader, room, length, kept, ends) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            upload.key.as_str(),
            upload.title,
            upload.uploader.as_str(),
            upload.room.as_ref().map(RoomId::as_str),
            whole(granted),
            whole(upload.offset),
            upload.ends.0
        ],
    )?;
    tx.commit()?;
    Ok(Opened::Yes(granted))
}

fn upload(conn: &Connection, key: &FileKey) -> Result<Option<OpenUpload>, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT title, uploader, room, length, kept, ends FROM uploads WHERE key = ?1")?;
    let found = statement.query_row([key.as_str()], |row| {
        Ok(owner(row, 1).and_then(|(uploader, room)| {
            Ok(OpenUpload {
                key: key.clone(),
                title: row.get(0)?,
                uploader,
                room,
                length: row::unsigned(row, 3)?,
                offset: row::unsigned(row, 4)?,
                ends: Timestamp(row.get(5)?),
            })
        }))
    });
    found.optional()?.transpose()
}

fn file(conn: &Connection, key: &FileKey) -> Result<Option<FileRecord>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT extension, title, bytes, uploader, room, media, at FROM files WHERE key = ?1",
    )?;
    let found = statement.query_row([key.as_str()], |row| {
        Ok(owner(row, 3).and_then(|(uploader, room)| {
            Ok(FileRecord {
                key: key.clone(),
                extension: row.get(0)?,
                title: row.get(1)?,
                bytes: row::unsigned(row, 2)?,
                uploader,
                room,
                media: row.get(5)?,
                at: Timestamp(row.get(6)?),
            })
        }))
    });
    found.optional()?.transpose()
}

/// Uploader and room, in two columns from this one on.
fn owner(row: &Row<'_>, column: usize) -> Result<(UserId, Option<RoomId>), Fault> {
    let damaged = |_| Fault::Damaged("a stored name is none".to_owned());
    let uploader = UserId::parse(&row.get::<_, String>(column)?).map_err(damaged)?;
    let room: Option<String> = row.get(column + 1)?;
    Ok((uploader, room.map(|room| RoomId::parse(&room)).transpose().map_err(damaged)?))
}

fn keep(conn: &mut Connection, record: &FileRecord) -> Result<bool, Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if tx.execute("DELETE FROM uploads WHERE key = ?1", [record.key.as_str()])? == 0 {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO files (key, extension, title, bytes, media, uploader, room, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            record.key.as_str(),
            record.extension,
            record.title,
            whole(record.bytes),
            record.media,
            record.uploader.as_str(),
            record.room.as_ref().map(RoomId::as_str),
            record.at.0
        ],
    )?;
    tx.commit()?;
    Ok(true)
}

fn condemn(conn: &mut Connection, key: &FileKey) -> Result<bool, Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let gone = tx.execute("DELETE FROM uploads WHERE key = ?1", [key.as_str()])?
        + tx.execute("DELETE FROM files WHERE key = ?1", [key.as_str()])?;
    if gone > 0 {
        tx.execute("INSERT INTO condemned (key) VALUES (?1) ON CONFLICT DO NOTHING", [key.as_str()])?;
    }
    tx.commit()?;
    Ok(gone > 0)
}

fn condemned(conn: &mut Connection, now: Timestamp, limit: usize) -> Result<Vec<FileKey>, Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute(
        "INSERT INTO condemned (key) SELECT key FROM uploads WHERE ends <= ?1 ON CONFLICT DO NOTHING",
        [now.0],
    )?;
    tx.execute("DELETE FROM uploads WHERE ends <= ?1", [now.0])?;
    let mut statement = tx.prepare_cached("SELECT key FROM condemned ORDER BY key LIMIT ?1")?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let keys = statement.query_map([limit], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    drop(statement);
    tx.commit()?;
    let damaged = || Fault::Damaged("a stored key is none".to_owned());
    keys.iter().map(|key| FileKey::parse(key).ok_or_else(damaged)).collect()
}

/// SQLite's integers are signed; no file comes near their end.
fn whole(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
