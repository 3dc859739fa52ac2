//! Memberships as rows.
//!
//! Whoever leaves keeps a row, so that they are known when they come back.

use recado_actors::clock::Timestamp;
use recado_actors::id::{GroupId, UserId};
use recado_actors::ports::people::{
    Contact, Group, GroupKind, GroupMember, MemberDraft, MemberRole, Membership, PeopleError, Seen, Span,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::rows::{self, MEMBERSHIP, USER, USER_COLUMNS};
use super::{Decided, groups, users};
use crate::store::sqlite::error::Fault;

pub(super) fn membership(
    conn: &Connection,
    group: GroupId,
    user: &UserId,
) -> Result<Option<Membership>, Fault> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {MEMBERSHIP} FROM memberships m WHERE m.group_id = ?1 AND m.user = ?2"
    ))?;
    let found =
        statement.query_row(params![rows::signed(group), user.as_str()], |row| rows::membership(row, 0));
    Ok(found.optional()?)
}

pub(super) fn members(conn: &Connection, group: GroupId, span: Span) -> Result<Vec<GroupMember>, Fault> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {USER}, {MEMBERSHIP} FROM memberships m JOIN users u ON u.id = m.user
         WHERE m.group_id = ?1 AND m.active = 1 ORDER BY m.joined_at, m.user LIMIT ?2 OFFSET ?3"
    ))?;
    let (most, skip) = rows::limits(span);
    let members = statement.query_map(params![rows::signed(group), most, skip], |row| {
        Ok(GroupMember { user: rows::user(row, 0)?, membership: rows::membership(row, USER_COLUMNS)? })
    })?;
    Ok(members.collect::<Result<_, _>>()?)
}

pub(super) fn contacts(conn: &Connection, user: &UserId, span: Span) -> Result<Vec<Contact>, Fault> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {USER}, g.id FROM memberships m JOIN groups g ON g.id = m.group_id AND g.kind = 'direct'
         JOIN users u ON u.id = iif(g.pair_one = m.user, g.pair_other, g.pair_one)
         WHERE m.user = ?1 AND m.active = 1 ORDER BY g.id DESC LIMIT ?2 OFFSET ?3"
    ))?;
    let (most, skip) = rows::limits(span);
    let contacts = statement.query_map(params![user.as_str(), most, skip], |row| {
        Ok(Contact { user: rows::user(row, 0)?, group: rows::group_id(row, USER_COLUMNS)? })
    })?;
    Ok(contacts.collect::<Result<_, _>>()?)
}

/// From now on these and nobody else are in the group.
pub(super) fn replace(
    conn: &Connection,
    group: GroupId,
    members: &[MemberDraft],
    at: Timestamp,
) -> Result<(), Fault> {
    let mut staying =
        conn.prepare_cached("SELECT user FROM memberships WHERE group_id = ?1 AND active = 1")?;
    let users = staying.query_map([rows::signed(group)], |row| row.get::<_, String>(0))?;
    for user in users.collect::<Result<Vec<_>, _>>()? {
        if !members.iter().any(|member| member.user.as_str() == user) {
            leave(conn, group, &user)?;
        }
    }
    for member in members {
        enter(conn, group, member, at)?;
        change_role(conn, group, &member.user, member.role)?;
    }
    Ok(())
}

/// Whoever is in keeps their role.
fn enter(conn: &Connection, group: GroupId, member: &MemberDraft, at: Timestamp) -> Result<(), Fault> {
    let mut enter = conn.prepare_cached(
        "INSERT INTO memberships (group_id, user, role, joined_at, notifications, active)
         VALUES (?1, ?2, ?3, ?4, coalesce(?5, 1), 1)
         ON CONFLICT DO UPDATE SET role = iif(active, role, ?3), joined_at = iif(active, joined_at, ?4),
             notifications = coalesce(?5, notifications), active = 1",
    )?;
    let MemberDraft { user, role, notifications } = member;
    enter.execute(params![rows::signed(group), user.as_str(), role.as_str(), at.0, notifications])?;
    Ok(())
}

fn leave(conn: &Connection, group: GroupId, user: &str) -> Result<bool, Fault> {
    let mut leave = conn.prepare_cached(
        "UPDATE memberships SET active = 0 WHERE group_id = ?1 AND user = ?2 AND active = 1",
    )?;
    Ok(leave.execute(params![rows::signed(group), user])? == 1)
}

pub(super) fn change_role(
    conn: &Connection,
    group: GroupId,
    user: &UserId,
    role: MemberRole,
) -> Result<bool, Fault> {
    let mut change = conn.prepare_cached(
        "UPDATE memberships SET role = ?3 WHERE group_id = ?1 AND user = ?2 AND active = 1",
    )?;
    Ok(change.execute(params![rows::signed(group), user.as_str(), role.as_str()])? == 1)
}

pub(super) fn add(
    conn: &Connection,
    group: GroupId,
    member: &MemberDraft,
    at: Timestamp,
) -> Decided<Membership> {
    let Some(Group { kind, max_members: most, .. }) = groups::group(conn, group)? else {
        return Ok(Err(PeopleError::UnknownGroup(group)));
    };
    if !users::is_known(conn, &member.user)? {
        return Ok(Err(PeopleError::UnknownUser(member.user.clone())));
    }
    match membership(conn, group, &member.user)?.filter(|membership| membership.active) {
        Some(kept) => return Ok(Ok(kept)),
        None if kind == GroupKind::Direct => return Ok(Err(PeopleError::MembersFixed)),
        None if count(conn, group)? >= most => return Ok(Err(PeopleError::Full { most })),
        None => {}
    }
    enter(conn, group, member, at)?;
    let entered = membership(conn, group, &member.user)?;
    Ok(Ok(entered.ok_or_else(|| Fault::Damaged(format!("a member of group {group} is missing")))?))
}

fn count(conn: &Connection, group: GroupId) -> Result<usize, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT count(*) FROM memberships WHERE group_id = ?1 AND active = 1")?;
    Ok(statement.query_row([rows::signed(group)], |row| rows::count(row, 0))?)
}

pub(super) fn remove(conn: &Connection, group: GroupId, user: &UserId) -> Decided<bool> {
    match groups::group(conn, group)? {
        None => Ok(Err(PeopleError::UnknownGroup(group))),
        Some(Group { kind: GroupKind::Direct, .. }) => Ok(Err(PeopleError::MembersFixed)),
        Some(_) => Ok(Ok(leave(conn, group, user.as_str())?)),
    }
}

pub(super) fn mark_seen(conn: &mut Connection, seen: &[Seen]) -> Result<(), Fault> {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut there =
        tx.prepare_cached("UPDATE users SET last_seen = max(coalesce(last_seen, ?2), ?2) WHERE id = ?1")?;
    let mut looked = tx.prepare_cached(
        "UPDATE memberships SET last_seen = max(coalesce(last_seen, ?3), ?3) WHERE group_id = ?1 AND user = ?2",
    )?;
    for Seen { user, group, at } in seen {
        there.execute(params![user.as_str(), at.0])?;
        if let Some(group) = group {
            looked.execute(params![rows::signed(*group), user.as_str(), at.0])?;
        }
    }
    drop((there, looked));
    Ok(tx.commit()?)
}
