//! `config.toml` as the list of settings there are, each by its dotted path.
//!
//! It alone says whether a setting exists, of which type it is, and which ones hold secrets.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::errors::ConfigErrors;

pub(super) const TEXT: &str = include_str!("../../config.toml");

/// Values that must never be shown, not even in a complaint about them.
const SECRETS: &[&str] = &[
    "auth.jwt_secrets",
    "internal.secrets",
    "backend.secret",
    "webhooks.urls",
    "webhooks.secrets",
    "backplane.redis_url",
    "backplane.redis_password",
    "backplane.upstash_rest_token",
];

/// All values of a table, by dotted path.
pub(super) type Leaves = BTreeMap<String, Value>;

pub(super) fn defaults() -> Result<Leaves, ConfigErrors> {
    let table = TEXT.parse::<Table>();
    let table = table.map_err(|error| ConfigErrors::of(format!("built-in defaults: {}", error.message())))?;
    Ok(leaves(table))
}

pub(super) fn leaves(table: Table) -> Leaves {
    let mut found = Leaves::new();
    gather("", table, &mut found);
    found
}

fn gather(prefix: &str, table: Table, found: &mut Leaves) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => gather(&path, inner, found),
            leaf => {
                found.insert(path, leaf);
            }
        }
    }
}

/// The reverse of `leaves`.
pub(super) fn nested(leaves: &Leaves) -> Table {
    let mut root = Table::new();
    for (path, value) in leaves {
        let mut keys: Vec<&str> = path.split('.').collect();
        let Some(last) = keys.pop() else { continue };
        let mut table = Some(&mut root);
        for key in keys {
            table = table.and_then(|table| {
                table.entry(key).or_insert_with(|| Value::Table(Table::new())).as_table_mut()
            });
        }
        if let Some(table) = table {
            table.insert(last.to_owned(), value.clone());
        }
    }
    root
}

pub(super) fn is_secret(path: &str) -> bool {
    SECRETS.contains(&path)
}

pub(super) fn is_section(path: &str, known: &Leaves) -> bool {
    known.keys().any(|key| key.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

/// The setting that was likely meant by a path that is none.
pub(super) fn nearest<'a>(path: &str, known: &'a Leaves) -> Option<&'a str> {
    let last = path.rsplit('.').next().unwrap_or(path);
    let likeness = |key: &str| {
        let key_last = key.rsplit('.').next().unwrap_or(key);
        // The right name in the wrong section is as likely as a typing mistake.
        distance(path, key).min(distance(last, key_last) + 2)
    };
    let best = known.keys().min_by_key(|key| (likeness(key), distance(path, key)))?;
    (likeness(best) <= 2 + last.chars().count() / 4).then_some(best.as_str())
}

/// How many letters must be changed, added or left out to turn one text into the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut left = index + 1;
        let mut next = vec![left];
        for ((letter_of_other, diagonal), above) in other.chars().zip(&row).zip(row.iter().skip(1)) {
            let changed = diagonal + usize::from(letter != letter_of_other);
            left = changed.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
