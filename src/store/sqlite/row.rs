//! Entries as rows and rows as entries.
//!
//! A row is believed only if its checksum says that it is what was written.

use std::sync::Arc;

use recado_actors::clock::Timestamp;
use recado_actors::id::{ClientId, Seq, UserId};
use recado_actors::message::room::{Entry, EntryBody};
use rusqlite::Row;

use super::error::Fault;

/// What [`Stored::read`] expects, in this order.
pub(super) const COLUMNS: &str = "seq, at, sender, client_id, body, checksum";

/// A row as it lies in the file.
pub(super) struct Stored {
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) sender: String,
    pub(super) client_id: String,
    pub(super) body: String,
    checksum: i64,
}

impl Stored {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            at: row.get(1)?,
            sender: row.get(2)?,
            client_id: row.get(3)?,
            body: row.get(4)?,
            checksum: row.get(5)?,
        })
    }

    pub(super) fn checksum(&self) -> i64 {
        let parts = [
            &self.seq.to_be_bytes()[..],
            &self.at.to_be_bytes()[..],
            self.sender.as_bytes(),
            b"\0",
            self.client_id.as_bytes(),
            b"\0",
            self.body.as_bytes(),
        ];
        fnv1a(parts.into_iter().flatten()).cast_signed()
    }

    pub(super) fn entry(self) -> Result<Arc<Entry>, Fault> {
        let damaged = |what: &str| Fault::Damaged(format!("entry {} has a damaged {what}", self.seq));
        if self.checksum != self.checksum() {
            return Err(damaged("row"));
        }
        let by = match self.sender.as_str() {
            "" => None,
            name => Some(UserId::parse(name).map_err(|_| damaged("sender"))?),
        };
        let body: EntryBody = serde_json::from_str(&self.body).map_err(|_| damaged("body"))?;
        let seq = u64::try_from(self.seq).map_err(|_| damaged("number"))?;
        let client_id = ClientId::parse(&self.client_id).ok();
        Ok(Arc::new(Entry { seq: Seq(seq), at: Timestamp(self.at), by, client_id, body }))
    }

    /// The row for an entry that is about to be written.
    pub(super) fn of(entry: &Entry, client_id: &str) -> Result<Self, Fault> {
        let body = serde_json::to_string(&entry.body).map_err(|e| Fault::Unfit(format!("entry: {e}")))?;
        let mut row = Self {
            seq: signed(entry.seq),
            at: entry.at.0,
            sender: sender(entry.by.as_ref()).into(),
            client_id: client_id.into(),
            body,
            checksum: 0,
        };
        row.checksum = row.checksum();
        Ok(row)
    }
}

/// The column for who caused an entry.
pub(super) fn sender(by: Option<&UserId>) -> &str {
    by.map_or("", UserId::as_str)
}

pub(super) fn kind(body: &EntryBody) -> &'static str {
    match body {
        EntryBody::MessagePosted { .. } => "message_posted",
        EntryBody::MessageEdited { .. } => "message_edited",
        EntryBody::MessageDeleted { .. } => "message_deleted",
        EntryBody::AgentJoined { .. } => "agent_joined",
        EntryBody::EventPublished { .. } => "event_published",
        EntryBody::RoomClosed => "room_closed",
        EntryBody::RoomReopened => "room_reopened",
    }
}

/// Takes the content back from whatever carries a message.
pub(super) fn withdraw(body: &mut EntryBody) {
    if let EntryBody::MessagePosted { message }
    | EntryBody::MessageEdited { message }
    | EntryBody::MessageDeleted { message } = body
    {
        message.withdraw();
    }
}

/// A column that holds a number or an epoch.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// SQLite's integers are signed; no number comes near their end.
pub(super) fn signed(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

/// Fowler–Noll–Vo 1a, 64 bits: no single changed byte keeps the sum.
fn fnv1a<'a>(bytes: impl Iterator<Item = &'a u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
