//! What may be sent to an endpoint now: the next of each room, and dead letters that are sent again.
//!
//! Reads no more than was asked for, however much is owed.

use recado_actors::clock::Timestamp;
use recado_actors::id::{Epoch, RoomId};
use recado_actors::ports::letters::{Due, EndpointId, Letter};
use rusqlite::{Connection, OptionalExtension, params};

use super::{list, room_named};
use crate::store::sqlite::error::Fault;
use crate::store::sqlite::row::{self, Stored};

/// Behind the columns of the entry: its room, the failures so far, and the number of a dead letter.
const NEXT: &str = "
    FROM lanes JOIN rooms ON rooms.id = lanes.room
    JOIN entries ON entries.room = lanes.room AND entries.seq = lanes.done + 1
    WHERE lanes.endpoint = ?1 AND lanes.due <= ?2
      AND rooms.name NOT IN (SELECT value FROM json_each(?3))
    ORDER BY lanes.due LIMIT ?4";

/// Of a room only the first, so that they come again in the order they had.
const AGAIN: &str = "
    FROM dead_letters JOIN rooms ON rooms.id = dead_letters.room
    JOIN entries ON entries.room = dead_letters.room AND entries.seq = dead_letters.seq
    WHERE dead_letters.endpoint = ?1 AND dead_letters.due <= ?2
      AND rooms.name NOT IN (SELECT value FROM json_each(?3))
      AND NOT EXISTS (SELECT 1 FROM dead_letters AS earlier
          WHERE earlier.endpoint = dead_letters.endpoint AND earlier.room = dead_letters.room
            AND earlier.id < dead_letters.id AND earlier.due IS NOT NULL)
    ORDER BY dead_letters.due LIMIT ?4";

const COMING: &str = "
    SELECT min(due) FROM (
        SELECT min(due) AS due FROM lanes WHERE endpoint = ?1 AND due > ?2
        UNION ALL SELECT min(due) FROM dead_letters WHERE endpoint = ?1 AND due > ?2)";

pub(super) fn due(
    conn: &mut Connection,
    endpoint: &EndpointId,
    busy: &[RoomId],
    now: Timestamp,
    limit: usize,
) -> Result<Due, Fault> {
    // One transaction, so that a letter and its entry are of the same moment.
    let tx = conn.transaction()?;
    let mut enabled = tx.prepare_cached("SELECT id FROM endpoints WHERE name = ?1 AND disabled = 0")?;
    let id: Option<i64> = enabled.query_row([endpoint.as_str()], |row| row.get(0)).optional()?;
    let Some(id) = id else { return Ok(Due::default()) };
    let busy = list(busy.iter().map(RoomId::as_str));
    let mut letters = Vec::new();
    for (more, from) in [("dead_letters.attempts, dead_letters.id", AGAIN), ("lanes.attempts, NULL", NEXT)] {
        let room = i64::try_from(limit.saturating_sub(letters.len())).unwrap_or(i64::MAX);
        let mut statement = tx.prepare_cached(&format!(
            "SELECT entries.seq, at, sender, client_id, body, checksum, rooms.name, rooms.epoch, {more} {from}"
        ))?;
        let rows = statement.query_map(params![id, now.0, busy, room], |row| {
            let (name, dead): (String, Option<i64>) = (row.get(6)?, row.get(9)?);
            Ok((Stored::read(row)?, name, Epoch(row::unsigned(row, 7)?), row.get(8)?, dead))
        })?;
        for found in rows {
            let (stored, name, epoch, attempts, dead) = found?;
            letters.push(Letter {
                endpoint: endpoint.clone(),
                room: room_named(&name)?,
                epoch,
                entry: stored.entry()?,
                attempts,
                dead: dead.and_then(|id| u64::try_from(id).ok()),
            });
        }
    }
    let next: Option<i64> = tx.prepare_cached(COMING)?.query_row(params![id, now.0], |row| row.get(0))?;
    Ok(Due { letters, next: next.map(Timestamp) })
}
