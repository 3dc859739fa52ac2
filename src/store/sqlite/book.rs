//! Receipts, bans, used tickets and answered keys as rows.
//!
//! Each change is one transaction on the only writing connection, so whoever comes first has come first.

use recado_actors::clock::Timestamp;
use recado_actors::id::{RoomId, Seq, UserId};
use recado_actors::message::receipt::{Receipt, Watermark};
use recado_actors::ports::{Ban, KeyedAnswer};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::error::Fault;
use super::row::{signed, unsigned};

const ANSWERS_LIVE_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) fn save_receipts(conn: &mut Connection, batch: &[Receipt]) -> Result<(), Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut merge = tx.prepare_cached(
        "INSERT INTO receipts (room, user, delivered, read) VALUES (?1, ?2, max(?3, ?4), ?4)
         ON CONFLICT (room, user) DO UPDATE SET
             delivered = max(delivered, excluded.delivered), read = max(read, excluded.read)
         WHERE excluded.delivered > delivered OR excluded.read > read",
    )?;
    for Receipt { room, user, mark } in batch {
        merge.execute(params![room.as_str(), user.as_str(), signed(mark.delivered), signed(mark.read)])?;
    }
    drop(merge);
    Ok(tx.commit()?)
}

pub(super) fn load_receipts(conn: &Connection, room: &RoomId) -> Result<Vec<Receipt>, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT user, delivered, read FROM receipts WHERE room = ?1 ORDER BY user")?;
    let mut rows = statement.query([room.as_str()])?;
    let mut receipts = Vec::new();
    while let Some(row) = rows.next()? {
        let user = named(row.get(0)?, UserId::parse)?;
        let mark = Watermark { delivered: Seq(unsigned(row, 1)?), read: Seq(unsigned(row, 2)?) };
        receipts.push(Receipt { room: room.clone(), user, mark });
    }
    Ok(receipts)
}

pub(super) fn bans(conn: &Connection) -> Result<Vec<Ban>, Fault> {
    let mut statement = conn.prepare_cached("SELECT user, token_id, room, until FROM bans ORDER BY rowid")?;
    let mut rows = statement.query([])?;
    let mut bans = Vec::new();
    while let Some(row) = rows.next()? {
        let user = row.get::<_, Option<String>>(0)?.map(|text| named(text, UserId::parse)).transpose()?;
        let room = row.get::<_, Option<String>>(2)?.map(|text| named(text, RoomId::parse)).transpose()?;
        let until = row.get::<_, Option<i64>>(3)?.map(Timestamp);
        bans.push(Ban { user, token_id: row.get(1)?, room, until });
    }
    Ok(bans)
}

/// A ban on the same user, token and room replaces the one before.
pub(super) fn add_ban(conn: &mut Connection, ban: &Ban) -> Result<(), Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    lift_ban(&tx, ban)?;
    tx.execute(
        "INSERT INTO bans (user, token_id, room, until) VALUES (?1, ?2, ?3, ?4)",
        params![
            ban.user.as_ref().map(UserId::as_str),
            ban.token_id,
            ban.room.as_ref().map(RoomId::as_str),
            ban.until.map(|until| until.0)
        ],
    )?;
    Ok(tx.commit()?)
}

pub(super) fn lift_ban(conn: &Connection, ban: &Ban) -> Result<usize, Fault> {
    let user = ban.user.as_ref().map(UserId::as_str);
    let room = ban.room.as_ref().map(RoomId::as_str);
    let mut statement =
        conn.prepare_cached("DELETE FROM bans WHERE user IS ?1 AND token_id IS ?2 AND room IS ?3")?;
    Ok(statement.execute(params![user, ban.token_id, room])?)
}

pub(super) fn spend_ticket(
    conn: &mut Connection,
    id: &str,
    ends: Timestamp,
    now: Timestamp,
) -> Result<bool, Fault> {
    if ends < now {
        // It would be forgotten at once and could be spent again.
        return Ok(false);
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute("DELETE FROM tickets WHERE ends < ?1", [now.0])?;
    let spent = tx.execute(
        "INSERT INTO tickets (id, ends) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![id, ends.0],
    )?;
    tx.commit()?;
    Ok(spent == 1)
}

pub(super) fn keyed_answer(
    conn: &Connection,
    key: &str,
    now: Timestamp,
) -> Result<Option<KeyedAnswer>, Fault> {
    let mut statement = conn
        .prepare_cached("SELECT key, request, status, body, at FROM answers WHERE key = ?1 AND at >= ?2")?;
    Ok(statement.query_row(params![key, now.plus_ms(-ANSWERS_LIVE_MS).0], answer).optional()?)
}

pub(super) fn remember_answer(conn: &mut Connection, new: &KeyedAnswer) -> Result<KeyedAnswer, Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute("DELETE FROM answers WHERE at < ?1", [new.at.plus_ms(-ANSWERS_LIVE_MS).0])?;
    tx.execute(
        "INSERT INTO answers (key, request, status, body, at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        params![new.key, new.request, new.status, new.body, new.at.0],
    )?;
    let kept = "SELECT key, request, status, body, at FROM answers WHERE key = ?1";
    let kept = tx.query_row(kept, [&new.key], answer)?;
    tx.commit()?;
    Ok(kept)
}

fn answer(row: &Row<'_>) -> rusqlite::Result<KeyedAnswer> {
    Ok(KeyedAnswer {
        key: row.get(0)?,
        request: row.get(1)?,
        status: row.get(2)?,
        body: row.get(3)?,
        at: Timestamp(row.get(4)?),
    })
}

fn named<T, E: std::fmt::Display>(
    text: String,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, Fault> {
    parse(&text).map_err(|error| Fault::Damaged(format!("a stored name {error}")))
}
