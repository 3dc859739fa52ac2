//! What frames and answers look like: every key they have, and how they write time.
//!
//! A key too many is as wrong as one too few, so stories compare all of them at once.

use serde_json::Value;

/// The keys of `message` as a stock client must see them.
pub const MESSAGE: &str = "data.content data.id data.role data.sender.avatar data.sender.email data.sender.id \
                           data.sender.name data.timestamp timestamp type";

/// Every path in it, sorted, as `data.id data.role type`; `byChat.0.count` for what is in lists.
pub fn keys(value: &Value) -> String {
    let mut paths = Vec::new();
    walk(value, "", &mut paths);
    paths.sort();
    paths.join(" ")
}

fn walk(value: &Value, path: &str, paths: &mut Vec<String>) {
    let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| walk(value, &under(name), paths)),
        Value::Array(list) if !list.is_empty() => {
            list.iter().enumerate().for_each(|(at, value)| walk(value, &under(&at.to_string()), paths));
        }
        _ => paths.push(path.to_owned()),
    }
}

/// As JavaScript's `toISOString` writes it: `2024-01-15T10:30:00.000Z`.
pub fn is_iso(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    let pattern: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    pattern == "0000-00-00T00:00:00.000Z"
}
