//! How many messages a room has, and where the one is that has so many newer ones: what pages by number need.

use recado_actors::id::{RoomId, Seq, UserId};
use rusqlite::{Connection, OptionalExtension, params};

use super::error::Fault;
use super::row;

pub(super) fn count_posted(conn: &Connection, room: &RoomId) -> Result<u64, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*) FROM entries e JOIN rooms r ON r.id = e.room
         WHERE r.name = ?1 AND e.kind = 'message_posted'",
    )?;
    Ok(statement.query_row([room.as_str()], |row| row::unsigned(row, 0))?)
}

pub(super) fn count_unread(
    conn: &Connection,
    room: &RoomId,
    after: Seq,
    user: &UserId,
) -> Result<u64, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*) FROM entries e JOIN rooms r ON r.id = e.room
         WHERE r.name = ?1 AND e.kind = 'message_posted' AND e.seq > ?2 AND e.sender <> ?3 AND NOT EXISTS (
             SELECT 1 FROM entries d
             WHERE d.room = e.room AND d.message_id = e.message_id AND d.kind = 'message_deleted')",
    )?;
    let after = row::signed(after);
    Ok(statement.query_row(params![room.as_str(), after, user.as_str()], |row| row::unsigned(row, 0))?)
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
