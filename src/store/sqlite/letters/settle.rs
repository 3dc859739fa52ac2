//! Writes down what became of letters, and to whom letters are owed at all.
//!
//! An outcome counts only for the letter a room stands at, so one told twice changes nothing.

use recado_actors::clock::Timestamp;
use recado_actors::id::RoomId;
use recado_actors::ports::letters::{EndpointId, Outcome, Replay, Settled};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{counted, list};
use crate::store::sqlite::error::Fault;
use crate::store::sqlite::row;

const STRANGERS: &str =
    "endpoint IN (SELECT id FROM endpoints WHERE name NOT IN (SELECT value FROM json_each(?1)))";

pub(super) fn owe(conn: &mut Connection, endpoints: &[EndpointId]) -> Result<u64, Fault> {
    let names = list(endpoints.iter().map(EndpointId::as_str));
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let owed = format!(
        "SELECT (SELECT coalesce(sum(rooms.head - lanes.done), 0) FROM lanes JOIN rooms ON rooms.id = room
                 WHERE {STRANGERS}) + (SELECT count(*) FROM dead_letters WHERE {STRANGERS})"
    );
    let dropped = tx.query_row(&owed, [&names], |row| row::unsigned(row, 0))?;
    tx.execute(&format!("DELETE FROM lanes WHERE {STRANGERS}"), [&names])?;
    tx.execute(&format!("DELETE FROM dead_letters WHERE {STRANGERS}"), [&names])?;
    tx.execute("DELETE FROM endpoints WHERE name NOT IN (SELECT value FROM json_each(?1))", [&names])?;
    tx.execute(
        "INSERT INTO endpoints (name) SELECT value FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING",
        [&names],
    )?;
    tx.commit()?;
    Ok(dropped)
}

pub(super) fn settle(conn: &mut Connection, batch: &[Settled], now: Timestamp) -> Result<(), Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for settled in batch {
        let Some(place) = Place::find(&tx, &settled.endpoint, &settled.room)? else { continue };
        place.note_failure(&tx, &settled.outcome, now)?;
        match settled.dead {
            Some(id) => settle_again(&tx, row::signed(recado_actors::id::Seq(id)), settled)?,
            None => place.settle_next(&tx, settled, now)?,
        }
    }
    tx.commit()?;
    Ok(())
}

/// An endpoint and a room by their row numbers.
struct Place {
    endpoint: i64,
    room: i64,
}

impl Place {
    fn find(tx: &Transaction<'_>, endpoint: &EndpointId, room: &RoomId) -> Result<Option<Self>, Fault> {
        let mut statement = tx.prepare_cached(
            "SELECT endpoints.id, rooms.id FROM endpoints, rooms WHERE endpoints.name = ?1 AND rooms.name = ?2",
        )?;
        let place = statement.query_row([endpoint.as_str(), room.as_str()], |row| {
            Ok(Self { endpoint: row.get(0)?, room: row.get(1)? })
        });
        Ok(place.optional()?)
    }

    fn note_failure(&self, tx: &Transaction<'_>, outcome: &Outcome, now: Timestamp) -> Result<(), Fault> {
        let (why, gone) = match outcome {
            Outcome::Taken => return Ok(()),
            Outcome::Later { why, .. } | Outcome::Dead { why } => (why.as_str(), false),
            Outcome::Gone => ("it answered 410", true),
        };
        let mut statement = tx.prepare_cached(
            "UPDATE endpoints SET failure = ?2, failed_at = ?3, disabled = disabled OR ?4 WHERE id = ?1",
        )?;
        statement.execute(params![self.endpoint, why, now.0, gone])?;
        Ok(())
    }

    fn settle_next(&self, tx: &Transaction<'_>, settled: &Settled, now: Timestamp) -> Result<(), Fault> {
        let seq = row::signed(settled.seq);
        match &settled.outcome {
            Outcome::Later { at, .. } => {
                let mut statement = tx.prepare_cached(
                    "UPDATE lanes SET attempts = ?4, due = ?5 WHERE endpoint = ?1 AND room = ?2 AND done = ?3 - 1",
                )?;
                statement.execute(params![self.endpoint, self.room, seq, settled.attempts, at.0])?;
            }
            Outcome::Taken => _ = self.go_on(tx, seq, now)?,
            Outcome::Dead { why } => {
                if self.go_on(tx, seq, now)? {
                    let mut statement = tx.prepare_cached(
                        "INSERT INTO dead_letters (endpoint, room, seq, attempts, died, why)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )?;
                    statement.execute(params![
                        self.endpoint,
                        self.room,
                        seq,
                        settled.attempts,
                        now.0,
                        why
                    ])?;
                }
            }
            Outcome::Gone => {}
        }
        Ok(())
    }

    /// The room goes on to the next; false if it did not stand at this one.
    fn go_on(&self, tx: &Transaction<'_>, seq: i64, now: Timestamp) -> Result<bool, Fault> {
        let mut forward = tx.prepare_cached(
            "UPDATE lanes SET done = ?3, attempts = 0, due = ?4, since = coalesce(
                 (SELECT at FROM entries WHERE entries.room = ?2 AND entries.seq = ?3 + 1), since)
             WHERE endpoint = ?1 AND room = ?2 AND done = ?3 - 1",
        )?;
        let moved = forward.execute(params![self.endpoint, self.room, seq, now.0])? > 0;
        let mut finish = tx.prepare_cached(
            "DELETE FROM lanes WHERE endpoint = ?1 AND room = ?2
             AND done >= (SELECT head FROM rooms WHERE id = ?2)",
        )?;
        finish.execute(params![self.endpoint, self.room])?;
        Ok(moved)
    }
}

fn settle_again(tx: &Transaction<'_>, id: i64, settled: &Settled) -> Result<(), Fault> {
    match &settled.outcome {
        Outcome::Taken => _ = tx.prepare_cached("DELETE FROM dead_letters WHERE id = ?1")?.execute([id])?,
        Outcome::Later { at, .. } => {
            let sql = "UPDATE dead_letters SET attempts = ?2, due = ?3 WHERE id = ?1";
            tx.prepare_cached(sql)?.execute(params![id, settled.attempts, at.0])?;
        }
        Outcome::Dead { why } => {
            let sql = "UPDATE dead_letters SET attempts = ?2, why = ?3, due = NULL WHERE id = ?1";
            tx.prepare_cached(sql)?.execute(params![id, settled.attempts, why])?;
        }
        Outcome::Gone => {}
    }
    Ok(())
}

pub(super) fn enable(conn: &mut Connection, endpoint: &EndpointId, now: Timestamp) -> Result<bool, Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = "UPDATE endpoints SET disabled = 0 WHERE name = ?1 RETURNING id";
    let id: Option<i64> = tx.query_row(sql, [endpoint.as_str()], |row| row.get(0)).optional()?;
    if let Some(id) = id {
        tx.execute("UPDATE lanes SET due = ?2 WHERE endpoint = ?1", [id, now.0])?;
        tx.execute("UPDATE dead_letters SET due = ?2 WHERE endpoint = ?1 AND due IS NOT NULL", [id, now.0])?;
    }
    tx.commit()?;
    Ok(id.is_some())
}

pub(super) fn replay(conn: &mut Connection, which: &Replay, now: Timestamp) -> Result<u64, Fault> {
    let replayed = match which {
        Replay::One(id) => conn.execute(
            "UPDATE dead_letters SET due = ?2, attempts = 0 WHERE id = ?1 AND due IS NULL",
            [row::signed(recado_actors::id::Seq(*id)), now.0],
        )?,
        Replay::AllOf(endpoint) => conn.execute(
            "UPDATE dead_letters SET due = ?2, attempts = 0
             WHERE due IS NULL AND endpoint = (SELECT id FROM endpoints WHERE name = ?1)",
            params![endpoint.as_str(), now.0],
        )?,
    };
    Ok(counted(replayed))
}
