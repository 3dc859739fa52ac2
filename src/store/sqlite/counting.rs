//! How many messages a room has, and where the one is that has so many newer ones: what pages by number need.

use recado_actors::id::{RoomId, Seq, UserId};
use rusqlite::{Connection, OptionalExtension, params};

use super::error::Fault;
use super::row;

pub(super) fn count_posted(
    conn: &Connection,
    room: &RoomId,
    after: Seq,
    but: Option<&UserId>,
) -> Result<u64, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*) FROM entries e JOIN rooms r ON r.id = e.room
         WHERE r.name = ?1 AND e.kind = 'message_posted' AND e.seq > ?2 AND (?3 IS NULL OR e.sender <> ?3)",
    )?;
    let but = but.map(UserId::as_str);
    Ok(statement.query_row(params![room.as_str(), row::signed(after), but], |row| row::unsigned(row, 0))?)
}

pub(super) fn nth_newest(conn: &Connection, room: &RoomId, newer: u64) -> Result<Option<Seq>, Fault> {
    let Ok(newer) = i64::try_from(newer) else { return Ok(None) };
    let mut statement = conn.prepare_cached(
        "SELECT e.seq FROM entries e JOIN rooms r ON r.id = e.room
         WHERE r.name = ?1 AND e.kind = 'message_posted' ORDER BY e.seq DESC LIMIT 1 OFFSET ?2",
    )?;
    let seq = statement.query_row(params![room.as_str(), newer], |row| row::unsigned(row, 0));
    Ok(seq.optional()?.map(Seq))
}
