//! Groups as rows, with the members they are put with.
//!
//! A pair is looked for and written in one transaction, and the index over pairs stands behind it.

use recado_actors::clock::Timestamp;
use recado_actors::id::{GroupId, UserId};
use recado_actors::ports::LogError;
use recado_actors::ports::people::{
    Group, GroupDraft, OwnGroup, OwnGroups, Pair, PeopleError, SavedGroup, Span,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::rows::{self, GROUP, GROUP_COLUMNS, MEMBERSHIP, MEMBERSHIP_COLUMNS};
use super::{Decided, members, users};
use crate::store::sqlite::error::Fault;

pub(super) fn group(conn: &Connection, id: GroupId) -> Result<Option<Group>, Fault> {
    let mut statement = conn.prepare_cached(&format!("SELECT {GROUP} FROM groups g WHERE g.id = ?1"))?;
    Ok(statement.query_row([rows::signed(id)], |row| rows::group(row, 0)).optional()?)
}

pub(super) fn of_pair(conn: &Connection, (one, other): &Pair) -> Result<Option<Group>, Fault> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {GROUP} FROM groups g WHERE g.kind = 'direct' AND g.pair_one = ?1 AND g.pair_other = ?2"
    ))?;
    Ok(statement.query_row([one.as_str(), other.as_str()], |row| rows::group(row, 0)).optional()?)
}

pub(super) fn save(conn: &Connection, draft: &GroupDraft, at: Timestamp) -> Decided<SavedGroup> {
    let pair = match draft.pair() {
        Ok(pair) => pair,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let taken = pair.as_ref().map(|pair| of_pair(conn, pair)).transpose()?.flatten();
    match (draft.id, taken) {
        (None, Some(group)) => return Ok(Ok(SavedGroup { group, new: false })),
        (Some(id), Some(other)) if id != other.id => return Ok(Err(PeopleError::PairTaken(other.id))),
        _ => {}
    }
    for member in &draft.members {
        if !users::is_known(conn, &member.user)? {
            return Ok(Err(PeopleError::UnknownUser(member.user.clone())));
        }
    }
    let id = match draft.id {
        Some(id) => id,
        None => match next_id(conn)? {
            Ok(id) => id,
            Err(refusal) => return Ok(Err(refusal)),
        },
    };
    let saved = write(conn, id, draft, pair.as_ref(), at)?;
    members::replace(conn, id, &draft.members, at)?;
    Ok(Ok(saved))
}

/// Groups are never removed, so none is numbered twice.
fn next_id(conn: &Connection) -> Decided<GroupId> {
    let mut statement = conn.prepare_cached("SELECT coalesce(max(id), 0) + 1 FROM groups")?;
    let next: i64 = statement.query_row([], |row| row.get(0))?;
    let id = u64::try_from(next).ok().and_then(|next| GroupId::new(next).ok());
    Ok(id.ok_or_else(|| LogError::Full("no number is left for a group".to_owned()).into()))
}

fn write(
    conn: &Connection,
    id: GroupId,
    draft: &GroupDraft,
    pair: Option<&Pair>,
    at: Timestamp,
) -> Result<SavedGroup, Fault> {
    let before = group(conn, id)?;
    let mut put = conn.prepare_cached(&format!(
        "INSERT INTO groups AS g (id, name, description, kind, image_url, active, created_at, updated_at,
             max_members, pair_one, pair_other)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET name = ?2, description = ?3, kind = ?4, image_url = ?5, active = ?6,
             updated_at = ?7, max_members = ?8, pair_one = ?9, pair_other = ?10
         RETURNING {GROUP}",
        GROUP = GROUP.replace("g.", "")
    ))?;
    let (one, other) = (pair.map(|pair| pair.0.as_str()), pair.map(|pair| pair.1.as_str()));
    let GroupDraft { name, description, kind, image_url, active, max_members, .. } = draft;
    let most = rows::counted(*max_members);
    let values = params![
        rows::signed(id),
        name,
        description,
        kind.as_str(),
        image_url,
        active,
        at.0,
        most,
        one,
        other
    ];
    let group = put.query_row(values, |row| rows::group(row, 0))?;
    Ok(SavedGroup { group, new: before.is_none() })
}

/// A group's room says when something was said in it last.
pub(super) fn of_user(conn: &Connection, user: &UserId, span: Span) -> Result<OwnGroups, Fault> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {GROUP}, {MEMBERSHIP},
             (SELECT count(*) FROM memberships o WHERE o.group_id = g.id AND o.active = 1)
         FROM memberships m JOIN groups g ON g.id = m.group_id
         WHERE m.user = ?1 AND m.active = 1
         ORDER BY coalesce(
             (SELECT e.at FROM rooms r JOIN entries e ON e.room = r.id AND e.seq = r.head
              WHERE r.name = 'group:' || g.id), g.created_at) DESC, g.id DESC
         LIMIT ?2 OFFSET ?3"
    ))?;
    let (most, skip) = rows::limits(span);
    let groups = statement.query_map(params![user.as_str(), most, skip], |row| {
        Ok(OwnGroup {
            group: rows::group(row, 0)?,
            membership: rows::membership(row, GROUP_COLUMNS)?,
            members: rows::count(row, GROUP_COLUMNS + MEMBERSHIP_COLUMNS)?,
        })
    })?;
    let groups = groups.collect::<Result<_, _>>()?;
    let mut counts = conn.prepare_cached(
        "SELECT count(*), coalesce(sum(g.active), 0), coalesce(sum(g.kind = 'direct'), 0)
         FROM memberships m JOIN groups g ON g.id = m.group_id WHERE m.user = ?1 AND m.active = 1",
    )?;
    Ok(counts.query_row([user.as_str()], |row| {
        let (total, active, direct) = (rows::count(row, 0)?, rows::count(row, 1)?, rows::count(row, 2)?);
        Ok(OwnGroups { groups, total, active, direct })
    })?)
}
