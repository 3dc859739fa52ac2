//! Writes entries: numbers them, answers retries, withdraws what was deleted.
//!
//! A batch is one transaction: on any error nothing of it is stored and no number is spent.

use std::sync::Arc;

use recado_actors::clock::Timestamp;
use recado_actors::id::{Epoch, MessageId, RoomId, Seq};
use recado_actors::message::room::{Entry, EntryBody};
use recado_actors::ports::{Appended, Draft};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::error::Fault;
use super::row::{self, Stored};
use super::search::{Index, said_before};

/// What a batch did.
pub(super) struct Written {
    pub(super) answers: Vec<Appended>,
    pub(super) withdrew: bool,
}

pub(super) fn append(conn: &mut Connection, batch: Vec<Draft>, at: Timestamp) -> Result<Written, Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut pen = Pen::new(&tx)?;
    let mut answers = Vec::with_capacity(batch.len());
    for draft in batch {
        answers.push(pen.add(draft, at)?);
    }
    let withdrew = pen.withdrew;
    drop(pen);
    tx.commit()?;
    Ok(Written { answers, withdrew })
}

/// The statements of a batch, prepared once in the life of the connection.
struct Pen<'tx> {
    conn: &'tx Connection,
    room: CachedStatement<'tx>,
    open_room: CachedStatement<'tx>,
    first: CachedStatement<'tx>,
    posted: CachedStatement<'tx>,
    insert: CachedStatement<'tx>,
    advance: CachedStatement<'tx>,
    carriers: CachedStatement<'tx>,
    rewrite: CachedStatement<'tx>,
    owe: CachedStatement<'tx>,
    number: CachedStatement<'tx>,
    /// The number that the next message in a group gets; none until it is asked for.
    next_number: Option<i64>,
    index: Index<'tx>,
    /// There are endpoints that are told of every entry.
    owes: bool,
    withdrew: bool,
}

/// The row of a room: its key, and where it stands.
struct Place {
    id: i64,
    epoch: Epoch,
    head: u64,
}

impl Place {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, epoch: Epoch(row::unsigned(row, 1)?), head: row::unsigned(row, 2)? })
    }
}

impl<'tx> Pen<'tx> {
    fn new(conn: &'tx Connection) -> rusqlite::Result<Self> {
        let columns = row::COLUMNS;
        Ok(Self {
            conn,
            room: conn.prepare_cached("SELECT id, epoch, head FROM rooms WHERE name = ?1")?,
            open_room: conn.prepare_cached(
                "INSERT INTO rooms (name, epoch) SELECT ?1, value FROM meta WHERE key = 'epoch'
                 RETURNING id, epoch, head",
            )?,
            first: conn.prepare_cached(&format!(
                "SELECT {columns} FROM entries WHERE room = ?1 AND sender = ?2 AND client_id = ?3"
            ))?,
            posted: conn.prepare_cached(&format!(
                "SELECT {columns} FROM entries
                 WHERE room = ?1 AND message_id = ?2 AND kind = 'message_posted' ORDER BY seq LIMIT 1"
            ))?,
            // A retry meets its first in the index it would be added to, so it is not looked for before.
            insert: conn.prepare_cached(&format!(
                "INSERT INTO entries (room, message_id, kind, {columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (room, sender, client_id) DO NOTHING"
            ))?,
            advance: conn
                .prepare_cached("UPDATE rooms SET head = ?2, closed = coalesce(?3, closed) WHERE id = ?1")?,
            carriers: conn.prepare_cached(&format!(
                "SELECT {columns} FROM entries WHERE room = ?1 AND message_id = ?2 ORDER BY seq"
            ))?,
            rewrite: conn.prepare_cached("UPDATE entries SET body = ?3, checksum = ?4 WHERE room = ?1 AND seq = ?2")?,
            // Where an endpoint still waits for earlier ones of the room, this one is owed with them.
            owe: conn.prepare_cached(
                "INSERT INTO lanes (endpoint, room, done, since, due) SELECT id, ?1, ?2 - 1, ?3, ?3 FROM endpoints
                 WHERE true ON CONFLICT DO NOTHING",
            )?,
            number: conn.prepare_cached("INSERT INTO numbers (number, room, seq) VALUES (?1, ?2, ?3)")?,
            next_number: None,
            index: Index::new(conn)?,
            owes: conn
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM endpoints)")?
                .query_row([], |row| row.get(0))?,
            withdrew: false,
        })
    }

    fn add(&mut self, mut draft: Draft, at: Timestamp) -> Result<Appended, Fault> {
        let Place { id: room, epoch, head } = self.place(&draft.room)?;
        let number = self.number(&mut draft)?;
        if let Some(first) = self.on_record(room, &draft)? {
            return Ok(Appended { epoch, entry: first.entry()?, duplicate: true });
        }
        let before = match number {
            Some(number) => Some((number, String::new())),
            None => said_before(self.conn, room, &draft.room, &draft.body)?,
        };
        let mut body = draft.body;
        let mut deleted = None;
        if let EntryBody::MessageDeleted { message } = &body {
            deleted = Some(message.id.clone());
            row::withdraw(&mut body);
        }
        let client_id = Some(draft.client_id.clone());
        let entry = Entry { seq: Seq(head).next(), at, by: draft.by, client_id, body };
        if !self.insert(room, &entry, draft.client_id.as_str())? {
            let sender = row::sender(entry.by.as_ref());
            let first =
                self.first.query_row(params![room, sender, draft.client_id.as_str()], Stored::read)?;
            return Ok(Appended { epoch, entry: first.entry()?, duplicate: true });
        }
        if let Some((number, before)) = before {
            let now = entry.body.message().map_or("", |message| &message.content);
            self.index.turn(number, room, &before, now)?;
        }
        if let Some(number) = number {
            self.number.execute(params![number, room, row::signed(entry.seq)])?;
            self.next_number = Some(number.saturating_add(1));
        }
        self.advance.execute(params![room, row::signed(entry.seq), closed_by(&entry.body)])?;
        if let Some(message) = deleted {
            self.withdraw(room, &message)?;
        }
        if self.owes {
            self.owe.execute(params![room, row::signed(entry.seq), at.0])?;
        }
        Ok(Appended { epoch, entry: Arc::new(entry), duplicate: false })
    }

    /// Names a message in a group. The number is spent only when the entry is written.
    fn number(&mut self, draft: &mut Draft) -> Result<Option<i64>, Fault> {
        if !draft.is_numbered() {
            return Ok(None);
        }
        let next = match self.next_number {
            Some(next) => next,
            None => {
                let mut last =
                    self.conn.prepare_cached("SELECT coalesce(max(number), 0) + 1 FROM numbers")?;
                last.query_row([], |row| row.get(0))?
            }
        };
        self.next_number = Some(next);
        draft.take_number(u64::try_from(next).map_err(|_| Fault::Damaged(format!("number {next}")))?);
        Ok(Some(next))
    }

    /// The same message, if the backend announced it before or had it announced.
    fn on_record(&mut self, room: i64, draft: &Draft) -> rusqlite::Result<Option<Stored>> {
        match draft.on_record() {
            Some(id) => self.posted.query_row(params![room, id.as_str()], Stored::read).optional(),
            None => Ok(None),
        }
    }

    /// Where a room stands; made if this is its first entry.
    fn place(&mut self, name: &RoomId) -> rusqlite::Result<Place> {
        match self.room.query_row([name.as_str()], Place::read).optional()? {
            Some(place) => Ok(place),
            None => self.open_room.query_row([name.as_str()], Place::read),
        }
    }

    /// False: this sender's client id is there already.
    fn insert(&mut self, room: i64, entry: &Entry, client_id: &str) -> Result<bool, Fault> {
        let stored = Stored::of(entry, client_id)?;
        let message = entry.body.message().map(|message| message.id.as_str());
        let kind = row::kind(&entry.body);
        let Stored { seq, at, sender, client_id, body, .. } = &stored;
        let sum = stored.checksum();
        let rows =
            self.insert.execute(params![room, message, kind, seq, at, sender, client_id, body, sum])?;
        Ok(rows == 1)
    }

    fn withdraw(&mut self, room: i64, message: &MessageId) -> Result<(), Fault> {
        self.withdrew = true;
        let rows = self.carriers.query_map(params![room, message.as_str()], Stored::read)?;
        let carriers = rows.collect::<Result<Vec<_>, _>>()?;
        for stored in carriers {
            let client_id = stored.client_id.clone();
            let mut entry = Entry::clone(&*stored.entry()?);
            row::withdraw(&mut entry.body);
            let emptied = Stored::of(&entry, &client_id)?;
            self.rewrite.execute(params![room, emptied.seq, emptied.body, emptied.checksum()])?;
        }
        Ok(())
    }
}

/// Whether a room is closed from this entry on; none: as it was.
fn closed_by(body: &EntryBody) -> Option<bool> {
    match body {
        EntryBody::RoomClosed => Some(true),
        EntryBody::RoomReopened => Some(false),
        EntryBody::MessagePosted { .. }
        | EntryBody::MessageEdited { .. }
        | EntryBody::MessageDeleted { .. }
        | EntryBody::AgentJoined { .. }
        | EntryBody::EventPublished { .. } => None,
    }
}
