//! Rows of the directory as users, groups and memberships.
//!
//! A row that breaks what the edge checked is a damaged file, never a guess.

use recado_actors::clock::Timestamp;
use recado_actors::id::{GroupId, UserId};
use recado_actors::ports::people::{Group, GroupKind, MemberRole, Membership, Span, User};
use rusqlite::{Row, types};

/// What [`user`] expects, in this order.
pub(super) const USER: &str = "u.id, u.name, u.last_name, u.email, u.verified, u.last_seen";
/// What [`group`] expects.
pub(super) const GROUP: &str = "g.id, g.name, g.description, g.kind, g.image_url, g.active, g.created_at, \
                                g.updated_at, g.max_members";
/// What [`membership`] expects.
pub(super) const MEMBERSHIP: &str =
    "m.user, m.group_id, m.role, m.joined_at, m.last_seen, m.notifications, m.active";

/// How many columns each of them has.
pub(super) const USER_COLUMNS: usize = 6;
pub(super) const GROUP_COLUMNS: usize = 9;
pub(super) const MEMBERSHIP_COLUMNS: usize = 7;

/// Reads a user from these columns on.
pub(super) fn user(row: &Row<'_>, from: usize) -> rusqlite::Result<User> {
    Ok(User {
        id: user_id(row, from)?,
        name: row.get(from + 1)?,
        last_name: row.get(from + 2)?,
        email: row.get(from + 3)?,
        verified: row.get(from + 4)?,
        last_seen: row.get::<_, Option<i64>>(from + 5)?.map(Timestamp),
    })
}

pub(super) fn group(row: &Row<'_>, from: usize) -> rusqlite::Result<Group> {
    let kind: String = row.get(from + 3)?;
    Ok(Group {
        id: group_id(row, from)?,
        name: row.get(from + 1)?,
        description: row.get(from + 2)?,
        kind: GroupKind::parse(&kind).ok_or_else(|| unknown(from + 3, &kind))?,
        image_url: row.get(from + 4)?,
        active: row.get(from + 5)?,
        created_at: Timestamp(row.get(from + 6)?),
        updated_at: Timestamp(row.get(from + 7)?),
        max_members: count(row, from + 8)?,
    })
}

pub(super) fn membership(row: &Row<'_>, from: usize) -> rusqlite::Result<Membership> {
    let role: String = row.get(from + 2)?;
    Ok(Membership {
        user: user_id(row, from)?,
        group: group_id(row, from + 1)?,
        role: MemberRole::parse(&role).ok_or_else(|| unknown(from + 2, &role))?,
        joined_at: Timestamp(row.get(from + 3)?),
        last_seen: row.get::<_, Option<i64>>(from + 4)?.map(Timestamp),
        notifications: row.get(from + 5)?,
        active: row.get(from + 6)?,
    })
}

fn user_id(row: &Row<'_>, column: usize) -> rusqlite::Result<UserId> {
    let text: String = row.get(column)?;
    UserId::parse(&text).map_err(|_| unknown(column, &text))
}

pub(super) fn group_id(row: &Row<'_>, column: usize) -> rusqlite::Result<GroupId> {
    let number: i64 = row.get(column)?;
    let group = u64::try_from(number).ok().and_then(|number| GroupId::new(number).ok());
    group.ok_or(rusqlite::Error::IntegralValueOutOfRange(column, number))
}

pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<usize> {
    let number: i64 = row.get(column)?;
    usize::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

fn unknown(column: usize, text: &str) -> rusqlite::Error {
    let why = format!("column holds {text:?}").into();
    rusqlite::Error::FromSqlConversionFailure(column, types::Type::Text, why)
}

/// SQLite's integers are signed; no number comes near their end.
pub(super) fn signed(group: GroupId) -> i64 {
    i64::try_from(group.number()).unwrap_or(i64::MAX)
}

pub(super) fn counted(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// For `LIMIT … OFFSET …`.
pub(super) fn limits(span: Span) -> (i64, i64) {
    (counted(span.most), counted(span.skip))
}
