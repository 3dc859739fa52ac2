//! The books of what is owed to endpoints, each call as one piece of work for the writer or a reader.
//!
//! What is owed is written by `append`, in the transaction of the entry; here it is read and settled.

mod due;
mod settle;

use futures_util::future::BoxFuture;
use recado_actors::clock::Timestamp;
use recado_actors::id::{RoomId, Seq};
use recado_actors::ports::LogError;
use recado_actors::ports::letters::{DeadLetter, Due, EndpointId, Letters, Replay, Settled, Tally};
use rusqlite::{Connection, Row, params};

use super::error::Fault;
use super::{SqliteStore, row};

type Answer<T> = BoxFuture<'static, Result<T, LogError>>;

impl Letters for SqliteStore {
    fn owe(&self, endpoints: Vec<EndpointId>) -> Answer<u64> {
        self.writer().ask(move |conn| settle::owe(conn, &endpoints))
    }

    fn due(&self, endpoint: &EndpointId, busy: Vec<RoomId>, now: Timestamp, limit: usize) -> Answer<Due> {
        let endpoint = endpoint.clone();
        self.reader().ask(move |conn| due::due(conn, &endpoint, &busy, now, limit))
    }

    fn settle(&self, batch: Vec<Settled>, now: Timestamp) -> Answer<()> {
        self.writer().ask(move |conn| settle::settle(conn, &batch, now))
    }

    fn enable(&self, endpoint: &EndpointId, now: Timestamp) -> Answer<bool> {
        let endpoint = endpoint.clone();
        self.writer().ask(move |conn| settle::enable(conn, &endpoint, now))
    }

    fn tallies(&self) -> Answer<Vec<Tally>> {
        self.reader().ask(|conn| tallies(conn))
    }

    fn dead(&self, after: u64, limit: usize) -> Answer<Vec<DeadLetter>> {
        self.reader().ask(move |conn| dead(conn, Seq(after), limit))
    }

    fn replay(&self, which: Replay, now: Timestamp) -> Answer<u64> {
        self.writer().ask(move |conn| settle::replay(conn, &which, now))
    }

    fn forget_dead(&self, before: Timestamp) -> Answer<u64> {
        self.writer().ask(move |conn| {
            let gone =
                conn.execute("DELETE FROM dead_letters WHERE due IS NULL AND died < ?1", [before.0])?;
            Ok(counted(gone))
        })
    }
}

fn tallies(conn: &Connection) -> Result<Vec<Tally>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT name, disabled, failure, failed_at,
                (SELECT coalesce(sum(rooms.head - lanes.done), 0) FROM lanes JOIN rooms ON rooms.id = lanes.room
                 WHERE lanes.endpoint = endpoints.id),
                (SELECT min(since) FROM lanes WHERE lanes.endpoint = endpoints.id),
                (SELECT count(*) FROM dead_letters WHERE endpoint = endpoints.id AND due IS NULL),
                (SELECT count(*) FROM dead_letters WHERE endpoint = endpoints.id AND due IS NOT NULL)
         FROM endpoints ORDER BY id",
    )?;
    let rows = statement.query_map([], |row| {
        let name: String = row.get(0)?;
        let (failure, failed_at): (Option<String>, Option<i64>) = (row.get(2)?, row.get(3)?);
        let replaying = row::unsigned(row, 7)?;
        Ok(Tally {
            endpoint: EndpointId::new(&name),
            disabled: row.get(1)?,
            pending: row::unsigned(row, 4)?.saturating_add(replaying),
            since: row.get::<_, Option<i64>>(5)?.map(Timestamp),
            dead: row::unsigned(row, 6)?,
            failure: failure.zip(failed_at.map(Timestamp)),
        })
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

fn dead(conn: &Connection, after: Seq, limit: usize) -> Result<Vec<DeadLetter>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT dead_letters.id, endpoints.name, rooms.name, rooms.epoch, seq, attempts, died, why, due IS NOT NULL
         FROM dead_letters JOIN endpoints ON endpoints.id = endpoint JOIN rooms ON rooms.id = room
         WHERE dead_letters.id > ?1 ORDER BY dead_letters.id LIMIT ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![row::signed(after), limit], |row| Ok(dead_letter(row)))?;
    rows.map(|letter| letter?).collect()
}

fn dead_letter(row: &Row<'_>) -> Result<DeadLetter, Fault> {
    let (endpoint, room): (String, String) = (row.get(1)?, row.get(2)?);
    Ok(DeadLetter {
        id: row::unsigned(row, 0)?,
        endpoint: EndpointId::new(&endpoint),
        room: room_named(&room)?,
        epoch: recado_actors::id::Epoch(row::unsigned(row, 3)?),
        seq: Seq(row::unsigned(row, 4)?),
        attempts: row.get(5)?,
        died: Timestamp(row.get(6)?),
        why: row.get(7)?,
        replaying: row.get(8)?,
    })
}

fn room_named(name: &str) -> Result<RoomId, Fault> {
    RoomId::parse(name).map_err(|_| Fault::Damaged("a room has a damaged name".into()))
}

/// A list of texts as one parameter.
fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    serde_json::Value::from(texts.collect::<Vec<_>>()).to_string()
}

fn counted(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
