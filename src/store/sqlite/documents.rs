//! Documents as rows: one for each change, until a whole takes their place.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use recado_actors::id::RoomId;
use recado_actors::ports::LogError;
use recado_actors::ports::documents::{Documents, Kept};
use rusqlite::{Connection, TransactionBehavior, params};

use super::SqliteStore;
use super::error::Fault;

type Answer<T> = BoxFuture<'static, Result<T, LogError>>;

impl Documents for SqliteStore {
    fn load(&self, document: &RoomId) -> Answer<Kept> {
        let document = document.clone();
        self.reader().ask(move |conn| load(conn, &document))
    }

    fn append(&self, document: &RoomId, updates: Vec<Bytes>) -> Answer<u64> {
        let document = document.clone();
        self.writer().ask(move |conn| append(conn, &document, &updates))
    }

    fn compact(&self, document: &RoomId, up_to: u64, whole: Bytes) -> Answer<()> {
        let document = document.clone();
        self.writer().ask(move |conn| compact(conn, &document, up_to, &whole))
    }
}

fn load(conn: &Connection, document: &RoomId) -> Result<Kept, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT seq, change FROM documents WHERE document = ?1 ORDER BY seq")?;
    let mut rows = statement.query([document.as_str()])?;
    let mut kept = Kept::default();
    while let Some(row) = rows.next()? {
        kept.last = number(row.get(0)?);
        kept.updates.push(Bytes::from(row.get::<_, Vec<u8>>(1)?));
    }
    Ok(kept)
}

fn append(conn: &mut Connection, document: &RoomId, updates: &[Bytes]) -> Result<u64, Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut last: i64 = tx
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM documents WHERE document = ?1")?
        .query_row([document.as_str()], |row| row.get(0))?;
    let mut statement =
        tx.prepare_cached("INSERT INTO documents (document, seq, change) VALUES (?1, ?2, ?3)")?;
    for update in updates {
        last = last.saturating_add(1);
        statement.execute(params![document.as_str(), last, update.as_ref()])?;
    }
    drop(statement);
    tx.commit()?;
    Ok(number(last))
}

fn compact(conn: &mut Connection, document: &RoomId, up_to: u64, whole: &Bytes) -> Result<(), Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let up_to = i64::try_from(up_to).unwrap_or(i64::MAX);
    let last: Option<i64> = tx
        .prepare_cached("SELECT max(seq) FROM documents WHERE document = ?1 AND seq <= ?2")?
        .query_row(params![document.as_str(), up_to], |row| row.get(0))?;
    let Some(last) = last else { return Ok(()) };
    tx.execute("DELETE FROM documents WHERE document = ?1 AND seq < ?2", params![document.as_str(), last])?;
    tx.execute(
        "UPDATE documents SET change = ?3 WHERE document = ?1 AND seq = ?2",
        params![document.as_str(), last, whole.as_ref()],
    )?;
    tx.commit()?;
    Ok(())
}

/// SQLite's integers are signed; numbers begin at 1.
fn number(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or_default()
}
