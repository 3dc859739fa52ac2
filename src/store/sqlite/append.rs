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
    room: CachedStatement<'tx>,
    open_room: CachedStatement<'tx>,
    first: CachedStatement<'tx>,
    posted: CachedStatement<'tx>,
    number: CachedStatement<'tx>,
    insert: CachedStatement<'tx>,
    carriers: CachedStatement<'tx>,
    rewrite: CachedStatement<'tx>,
    owe: CachedStatement<'tx>,
    withdrew: bool,
}

impl<'tx> Pen<'tx> {
    fn new(conn: &'tx Connection) -> rusqlite::Result<Self> {
        let columns = row::COLUMNS;
        Ok(Self {
            room: conn.prepare_cached("SELECT id, epoch FROM rooms WHERE name = ?1")?,
            open_room: conn.prepare_cached(
                "INSERT INTO rooms (name, epoch) SELECT ?1, value FROM meta WHERE key = 'epoch' RETURNING id, epoch",
            )?,
            first: conn.prepare_cached(&format!(
                "SELECT {columns} FROM entries WHERE room = ?1 AND sender = ?2 AND client_id = ?3"
            ))?,
            posted: conn.prepare_cached(&format!(
                "SELECT {columns} FROM entries
                 WHERE room = ?1 AND message_id = ?2 AND kind = 'message_posted' ORDER BY seq LIMIT 1"
            ))?,
            number: conn.prepare_cached(
                "UPDATE rooms SET head = head + 1, closed = coalesce(?2, closed) WHERE id = ?1 RETURNING head",
            )?,
            insert: conn.prepare_cached(&format!(
                "INSERT INTO entries (room, message_id, kind, {columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
            ))?,
            carriers: conn.prepare_cached(&format!(
                "SELECT {columns} FROM entries WHERE room = ?1 AND message_id = ?2 ORDER BY seq"
            ))?,
            rewrite: conn.prepare_cached("UPDATE entries SET body = ?3, checksum = ?4 WHERE room = ?1 AND seq = ?2")?,
            // Where an endpoint still waits for earlier ones of the room, this one is owed with them.
            owe: conn.prepare_cached(
                "INSERT INTO lanes (endpoint, room, done, since, due) SELECT id, ?1, ?2 - 1, ?3, ?3 FROM endpoints
                 WHERE true ON CONFLICT DO NOTHING",
            )?,
            withdrew: false,
        })
    }

    fn add(&mut self, draft: Draft, at: Timestamp) -> Result<Appended, Fault> {
        let (room, epoch) = self.room(&draft.room)?;
        if let Some(first) = self.known(room, &draft)? {
            return Ok(Appended { epoch, entry: first.entry()?, duplicate: true });
        }
        let mut body = draft.body;
        if let EntryBody::MessageDeleted { message } = &body {
            self.withdraw(room, &message.id)?;
            row::withdraw(&mut body);
        }
        let entry = Entry { seq: self.number(room, &body)?, at, by: draft.by, body };
        self.insert(room, &entry, draft.client_id.as_str())?;
        self.owe.execute(params![room, row::signed(entry.seq), at.0])?;
        Ok(Appended { epoch, entry: Arc::new(entry), duplicate: false })
    }

    /// What the same draft became before.
    fn known(&mut self, room: i64, draft: &Draft) -> rusqlite::Result<Option<Stored>> {
        if let Some(id) = draft.on_record() {
            let posted = self.posted.query_row(params![room, id.as_str()], Stored::read).optional()?;
            if posted.is_some() {
                return Ok(posted);
            }
        }
        let sender = row::sender(draft.by.as_ref());
        self.first.query_row(params![room, sender, draft.client_id.as_str()], Stored::read).optional()
    }

    /// The row of a room, made if this is its first entry.
    fn room(&mut self, name: &RoomId) -> Result<(i64, Epoch), Fault> {
        let identity = |row: &Row<'_>| Ok((row.get(0)?, row::unsigned(row, 1)?));
        let known = self.room.query_row([name.as_str()], identity).optional()?;
        let (id, epoch) = match known {
            Some(known) => known,
            None => self.open_room.query_row([name.as_str()], identity)?,
        };
        Ok((id, Epoch(epoch)))
    }

    fn number(&mut self, room: i64, body: &EntryBody) -> Result<Seq, Fault> {
        let closed = match body {
            EntryBody::RoomClosed => Some(true),
            EntryBody::RoomReopened => Some(false),
            EntryBody::MessagePosted { .. }
            | EntryBody::MessageEdited { .. }
            | EntryBody::MessageDeleted { .. }
            | EntryBody::AgentJoined { .. } => None,
        };
        Ok(Seq(self.number.query_row(params![room, closed], |row| row::unsigned(row, 0))?))
    }

    fn insert(&mut self, room: i64, entry: &Entry, client_id: &str) -> Result<(), Fault> {
        let stored = Stored::of(entry, client_id)?;
        let message = entry.body.message().map(|message| message.id.as_str());
        let kind = row::kind(&entry.body);
        let Stored { seq, at, sender, client_id, body, .. } = &stored;
        self.insert.execute(params![
            room,
            message,
            kind,
            seq,
            at,
            sender,
            client_id,
            body,
            stored.checksum()
        ])?;
        Ok(())
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
