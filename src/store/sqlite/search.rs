//! Finds messages by what they say, and keeps the index they are found by.
//!
//! The index only proposes: what is shown was read from the log and says what was asked for.

use std::collections::BTreeSet;

use recado_actors::folding::fold;
use recado_actors::id::{RoomId, RoomKind, Seq};
use recado_actors::message::room::EntryBody;
use recado_actors::ports::search::{Found, Search};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::error::Fault;
use super::read::{RoomRow, as_it_stands, find_room};
use super::row::{self, Stored};

/// What the index is made of.
const PIECE: usize = 3;

/// More pieces of a text than these narrow the search no further.
const PIECES: usize = 24;

/// The statements that change the index.
pub(super) struct Index<'tx> {
    add: CachedStatement<'tx>,
    cut: CachedStatement<'tx>,
}

impl<'tx> Index<'tx> {
    pub(super) fn new(conn: &'tx Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            add: conn.prepare_cached("INSERT INTO message_index (rowid, text, room) VALUES (?1, ?2, ?3)")?,
            cut: conn.prepare_cached(
                "INSERT INTO message_index (message_index, rowid, text, room) VALUES ('delete', ?1, ?2, ?3)",
            )?,
        })
    }

    /// The message says this now, and said that before; nothing said is nothing indexed.
    pub(super) fn turn(&mut self, number: i64, room: i64, before: &str, now: &str) -> rusqlite::Result<()> {
        let (before, now) = (fold(before), fold(now));
        if before == now {
            return Ok(());
        }
        let room = key(room);
        if !before.is_empty() {
            // The index holds no text: it must be told exactly what it was given.
            self.cut.execute(params![number, before, room])?;
        }
        if !now.is_empty() {
            self.add.execute(params![number, now, room])?;
        }
        Ok(())
    }
}

/// A room as one piece of letters that nobody writes.
fn key(room: i64) -> String {
    const BASE: u64 = 0xf000;
    let room = room.unsigned_abs();
    let digits = [room / (BASE * BASE) % BASE, room / BASE % BASE, room % BASE];
    let letter = |digit| u32::try_from(digit).ok().and_then(|digit| char::from_u32(0xf_0000 + digit));
    digits.into_iter().filter_map(letter).collect()
}

/// In the language of the index: every piece of the text, in this room.
fn question(text: &str, room: i64) -> String {
    let letters: Vec<char> = text.chars().collect();
    let pieces: BTreeSet<String> = letters.windows(PIECE).map(|piece| piece.iter().collect()).collect();
    let quoted = pieces.iter().take(PIECES).map(|piece| format!("\"{}\"", piece.replace('"', "\"\"")));
    quoted.chain([format!("\"{}\"", key(room))]).collect::<Vec<_>>().join(" AND ")
}

pub(super) fn search(
    conn: &mut Connection,
    room: &RoomId,
    mut search: Search,
    before: Seq,
) -> Result<Found, Fault> {
    if search.text().is_empty() {
        return Ok(search.end());
    }
    let tx = conn.transaction()?;
    let Some(RoomRow { id, .. }) = find_room(&tx, room)? else { return Ok(search.end()) };
    let indexed = room.kind() == RoomKind::Group && search.text().chars().count() >= PIECE;
    if !indexed {
        by_reading(&tx, id, before, &mut search)?;
    } else if let Some(newest) = newest_number(&tx, id, before)? {
        by_index(&tx, id, newest, &mut search)?;
    }
    Ok(search.end())
}

/// In a room, numbers grow with places: the number of the newest message before this one.
fn newest_number(conn: &Connection, room: i64, before: Seq) -> Result<Option<i64>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT message_id FROM entries
         WHERE room = ?1 AND kind = 'message_posted' AND seq < ?2 ORDER BY seq DESC LIMIT 1",
    )?;
    let newest: Option<String> =
        statement.query_row(params![room, row::signed(before)], |row| row.get(0)).optional()?;
    Ok(newest.and_then(|number| number.parse().ok()))
}

fn by_index(conn: &Connection, room: i64, newest: i64, search: &mut Search) -> Result<(), Fault> {
    let columns = row::COLUMNS;
    let mut proposed = conn.prepare_cached(
        "SELECT rowid FROM message_index WHERE message_index MATCH ?1 AND rowid <= ?2 ORDER BY rowid DESC",
    )?;
    let mut posted = conn.prepare_cached(&format!(
        "SELECT {columns} FROM entries
         WHERE room = ?1 AND seq = (SELECT seq FROM numbers WHERE number = ?2 AND room = ?1)"
    ))?;
    let mut numbers = proposed.query(params![question(search.text(), room), newest])?;
    while let Some(number) = numbers.next()? {
        let number: i64 = number.get(0)?;
        let Some(stored) = posted.query_row(params![room, number], Stored::read).optional()? else {
            continue;
        };
        if !search.look(as_it_stands(conn, room, stored.entry()?)?) {
            break;
        }
    }
    Ok(())
}

fn by_reading(conn: &Connection, room: i64, before: Seq, search: &mut Search) -> Result<(), Fault> {
    let columns = row::COLUMNS;
    let mut posted = conn.prepare_cached(&format!(
        "SELECT {columns} FROM entries
         WHERE room = ?1 AND kind = 'message_posted' AND seq < ?2 ORDER BY seq DESC"
    ))?;
    let mut rows = posted.query(params![room, row::signed(before)])?;
    while let Some(row) = rows.next()? {
        let entry = Stored::read(row)?.entry()?;
        if !search.look(as_it_stands(conn, room, entry)?) {
            break;
        }
    }
    Ok(())
}

/// The content of a message that is about to change; none if this room did not post it under its number.
pub(super) fn said_before(
    conn: &Connection,
    room: i64,
    name: &RoomId,
    body: &EntryBody,
) -> Result<Option<(i64, String)>, Fault> {
    if name.kind() != RoomKind::Group {
        return Ok(None);
    }
    let number = match body {
        EntryBody::MessageEdited { message } | EntryBody::MessageDeleted { message } => message.id.number(),
        EntryBody::MessagePosted { .. }
        | EntryBody::AgentJoined { .. }
        | EntryBody::EventPublished { .. }
        | EntryBody::RoomClosed
        | EntryBody::RoomReopened => None,
    };
    let Some(number) = number.and_then(|number| i64::try_from(number).ok()) else { return Ok(None) };
    let columns = row::COLUMNS;
    let mut newest = conn.prepare_cached(&format!(
        "SELECT {columns} FROM entries WHERE room = ?1 AND message_id = CAST(?2 AS TEXT)
             AND EXISTS (SELECT 1 FROM numbers WHERE number = ?2 AND room = ?1) ORDER BY seq DESC LIMIT 1"
    ))?;
    let Some(stored) = newest.query_row(params![room, number], Stored::read).optional()? else {
        return Ok(None);
    };
    let content = stored.entry()?.body.message().map(|message| message.content.clone());
    Ok(Some((number, content.unwrap_or_default())))
}
