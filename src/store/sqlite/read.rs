//! Reads rooms and their entries.
//!
//! A stretch is whole or it is an error: a missing number is never passed over in silence.

use std::sync::Arc;

use recado_actors::id::{Epoch, MessageId, RoomId, Seq};
use recado_actors::message::room::{Entry, EntryBody, Head};
use recado_actors::ports::{Page, Place, Stretch};
use rusqlite::{Connection, OptionalExtension, params};

use super::error::Fault;
use super::row::{self, Stored};

pub(super) struct RoomRow {
    pub(super) id: i64,
    pub(super) head: Head,
}

/// The epoch of rooms nothing was written to yet.
pub(super) fn epoch(conn: &Connection) -> rusqlite::Result<Epoch> {
    conn.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row::unsigned(row, 0)).map(Epoch)
}

pub(super) fn head(conn: &Connection, room: &RoomId) -> Result<Head, Fault> {
    match find_room(conn, room)? {
        Some(room) => Ok(room.head),
        None => Ok(Head { epoch: epoch(conn)?, seq: Seq::START, closed: false }),
    }
}

pub(super) fn find_room(conn: &Connection, room: &RoomId) -> rusqlite::Result<Option<RoomRow>> {
    let mut statement = conn.prepare_cached("SELECT id, epoch, head, closed FROM rooms WHERE name = ?1")?;
    let row = statement.query_row([room.as_str()], |row| {
        let (epoch, seq) = (Epoch(row::unsigned(row, 1)?), Seq(row::unsigned(row, 2)?));
        let head = Head { epoch, seq, closed: row.get(3)? };
        Ok(RoomRow { id: row.get(0)?, head })
    });
    row.optional()
}

pub(super) fn read(
    conn: &mut Connection,
    room: &RoomId,
    stretch: Stretch,
    limit: usize,
) -> Result<Page, Fault> {
    // One transaction, so that head and entries are of the same moment.
    let tx = conn.transaction()?;
    let Some(RoomRow { id, head }) = find_room(&tx, room)? else { return nothing(&tx) };
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let (from, to) = match stretch {
        Stretch::After(seq) => {
            let from = seq.0.min(head.seq.0);
            (from, from.saturating_add(limit).min(head.seq.0))
        }
        Stretch::Before(seq) => {
            let to = seq.0.saturating_sub(1).min(head.seq.0);
            (to.saturating_sub(limit), to)
        }
    };
    let more = match stretch {
        Stretch::After(_) => to < head.seq.0,
        Stretch::Before(_) => from > 0,
    };
    let entries = between(&tx, id, Seq(from), Seq(to))?;
    Ok(Page { epoch: head.epoch, entries, more })
}

/// Every entry after `from` up to and with `to`.
fn between(conn: &Connection, room: i64, from: Seq, to: Seq) -> Result<Vec<Arc<Entry>>, Fault> {
    let columns = row::COLUMNS;
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {columns} FROM entries WHERE room = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq"
    ))?;
    let rows = statement.query_map(params![room, row::signed(from), row::signed(to)], Stored::read)?;
    let mut entries = Vec::new();
    let mut last = from;
    for stored in rows {
        let entry = stored?.entry()?;
        if entry.seq != last.next() {
            return Err(missing(room, last.next()));
        }
        last = entry.seq;
        entries.push(entry);
    }
    if last < to {
        return Err(missing(room, last.next()));
    }
    Ok(entries)
}

fn missing(room: i64, seq: Seq) -> Fault {
    Fault::Damaged(format!("entry {} of room row {room} is missing", seq.0))
}

fn nothing(conn: &Connection) -> Result<Page, Fault> {
    Ok(Page { epoch: epoch(conn)?, entries: Vec::new(), more: false })
}

pub(super) fn messages(
    conn: &mut Connection,
    room: &RoomId,
    before: Seq,
    limit: usize,
) -> Result<Page, Fault> {
    let tx = conn.transaction()?;
    let Some(RoomRow { id, head }) = find_room(&tx, room)? else { return nothing(&tx) };
    let columns = row::COLUMNS;
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {columns} FROM entries
         WHERE room = ?1 AND kind = 'message_posted' AND seq < ?2 ORDER BY seq DESC LIMIT ?3"
    ))?;
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let rows = statement.query_map(params![id, row::signed(before), one_more], Stored::read)?;
    let mut posted = rows.collect::<Result<Vec<_>, _>>()?;
    let more = posted.len() > limit;
    posted.truncate(limit);
    let mut entries = Vec::with_capacity(posted.len());
    for stored in posted.into_iter().rev() {
        entries.push(as_it_stands(&tx, id, stored.entry()?)?);
    }
    Ok(Page { epoch: head.epoch, entries, more })
}

pub(super) fn as_it_stands(conn: &Connection, room: i64, posted: Arc<Entry>) -> Result<Arc<Entry>, Fault> {
    let Some(message) = posted.body.message() else { return Ok(posted) };
    let Some(newest) = newest(conn, room, &message.id)? else { return Ok(posted) };
    let Some(message) = newest.body.message() else { return Ok(posted) };
    let body = EntryBody::MessagePosted { message: message.clone() };
    Ok(Arc::new(Entry { body, ..Entry::clone(&posted) }))
}

pub(super) fn find(
    conn: &mut Connection,
    room: &RoomId,
    message: &MessageId,
) -> Result<Option<Arc<Entry>>, Fault> {
    let tx = conn.transaction()?;
    match find_room(&tx, room)? {
        Some(room) => newest(&tx, room.id, message),
        None => Ok(None),
    }
}

pub(super) fn place_of(conn: &Connection, number: u64) -> Result<Option<Place>, Fault> {
    let Ok(number) = i64::try_from(number) else { return Ok(None) };
    let mut statement = conn.prepare_cached(
        "SELECT r.name, n.seq FROM numbers n JOIN rooms r ON r.id = n.room WHERE n.number = ?1",
    )?;
    let place = statement.query_row([number], |row| Ok((row.get::<_, String>(0)?, row::unsigned(row, 1)?)));
    let Some((name, seq)) = place.optional()? else { return Ok(None) };
    let damaged = |_| Fault::Damaged(format!("message {number} is in a room with a damaged name"));
    Ok(Some(Place { room: RoomId::parse(&name).map_err(damaged)?, seq: Seq(seq) }))
}

fn newest(conn: &Connection, room: i64, message: &MessageId) -> Result<Option<Arc<Entry>>, Fault> {
    let columns = row::COLUMNS;
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {columns} FROM entries WHERE room = ?1 AND message_id = ?2 ORDER BY seq DESC LIMIT 1"
    ))?;
    let newest = statement.query_row(params![room, message.as_str()], Stored::read).optional()?;
    newest.map(Stored::entry).transpose()
}
