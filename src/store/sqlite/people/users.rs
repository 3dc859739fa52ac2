//! Users as rows.
//!
//! What a token tells of a user never takes the place of what is there.

use recado_actors::folding::fold;
use recado_actors::id::UserId;
use recado_actors::ports::people::{FoundUser, SEARCH_LEAST, User, UserSearch};
use rusqlite::{Connection, OptionalExtension, params};

use super::rows::{self, MEMBERSHIP, USER, USER_COLUMNS};
use crate::store::sqlite::error::Fault;

/// True if the user is new.
pub(super) fn save(conn: &Connection, user: &User) -> Result<bool, Fault> {
    if insert(conn, user)? {
        return Ok(true);
    }
    let mut update = conn.prepare_cached(
        "UPDATE users SET name = ?2, last_name = ?3, email = ?4, verified = ?5, searchable = ?7,
             last_seen = coalesce(max(last_seen, ?6), ?6, last_seen)
         WHERE id = ?1",
    )?;
    let User { id, name, last_name, email, verified, last_seen } = user;
    let seen = last_seen.map(|seen| seen.0);
    update.execute(params![id.as_str(), name, last_name, email, verified, seen, user.searchable()])?;
    Ok(false)
}

pub(super) fn meet(conn: &Connection, user: User) -> Result<User, Fault> {
    if insert(conn, &user)? {
        return Ok(user);
    }
    Ok(self::user(conn, &user.id)?.unwrap_or(user))
}

/// False: somebody has the id.
fn insert(conn: &Connection, user: &User) -> Result<bool, Fault> {
    let mut insert = conn.prepare_cached(
        "INSERT INTO users (id, name, last_name, email, verified, last_seen, searchable)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
    )?;
    let User { id, name, last_name, email, verified, last_seen } = user;
    let seen = last_seen.map(|seen| seen.0);
    let rows =
        insert.execute(params![id.as_str(), name, last_name, email, verified, seen, user.searchable()])?;
    Ok(rows == 1)
}

pub(super) fn user(conn: &Connection, id: &UserId) -> Result<Option<User>, Fault> {
    let mut statement = conn.prepare_cached(&format!("SELECT {USER} FROM users u WHERE u.id = ?1"))?;
    Ok(statement.query_row([id.as_str()], |row| rows::user(row, 0)).optional()?)
}

pub(super) fn is_known(conn: &Connection, id: &UserId) -> Result<bool, Fault> {
    let mut statement = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1)")?;
    Ok(statement.query_row([id.as_str()], |row| row.get(0))?)
}

/// Looks at every user: an index would be found by three characters and more only, and users are few beside messages.
pub(super) fn search(conn: &Connection, search: &UserSearch) -> Result<Vec<FoundUser>, Fault> {
    let text = fold(&search.text);
    if text.chars().count() < SEARCH_LEAST {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {USER}, {MEMBERSHIP} FROM users u
         LEFT JOIN memberships m ON m.group_id = ?2 AND m.user = u.id AND m.active = 1
         WHERE instr(u.searchable, ?1) > 0 ORDER BY u.searchable, u.id LIMIT ?3"
    ))?;
    let group = search.group.map(rows::signed);
    let found = statement.query_map(params![text, group, rows::counted(search.most)], |row| {
        let is_in: Option<String> = row.get(USER_COLUMNS)?;
        let membership = is_in.map(|_| rows::membership(row, USER_COLUMNS)).transpose()?;
        Ok(FoundUser { user: rows::user(row, 0)?, membership })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}
