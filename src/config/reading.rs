//! Texts of the environment and values of a file, against the type a setting has.
//!
//! It alone decides types, always by the default's: a secret that looks like a number stays a text.

use toml::Value;

/// Longest piece of somebody's value that a complaint repeats.
const QUOTED_CHARS: usize = 40;

/// The value a text stands for, or what was expected instead.
pub(super) fn from_text(text: &str, like: &Value) -> Result<Value, String> {
    match like {
        Value::String(_) => Ok(Value::String(text.to_owned())),
        Value::Array(items) => {
            pieces(text).map(|piece| item(piece, items)).collect::<Result<_, _>>().map(Value::Array)
        }
        Value::Integer(_) => text.trim().parse().map(Value::Integer).map_err(|_| expected(like, text)),
        Value::Boolean(_) => truth(text).map(Value::Boolean).ok_or_else(|| expected(like, text)),
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => Err(expected(like, text)),
    }
}

fn expected(like: &Value, text: &str) -> String {
    format!("expected {}, found {}", kind(like), quoted(text))
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|piece| !piece.is_empty())
}

/// One of a list whose default holds such items; a list that is empty by default is one of texts.
fn item(piece: &str, like: &[Value]) -> Result<Value, String> {
    like.first().map_or_else(|| Ok(Value::String(piece.to_owned())), |like| from_text(piece, like))
}

fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// What is wrong with the type of a file's value; a secret is never repeated.
pub(super) fn type_flaw(value: &Value, like: &Value, secret: bool) -> Option<String> {
    if value.type_str() != like.type_str() {
        let found = if secret { kind(value).to_owned() } else { shown(value) };
        return Some(format!("expected {}, found {found}", kind(like)));
    }
    let wanted = like.as_array()?.first().map_or("string", Value::type_str);
    let odd = value.as_array()?.iter().find(|item| item.type_str() != wanted)?;
    let found = if secret { kind(odd).to_owned() } else { shown(odd) };
    Some(format!("expected {}, found {found} among them", kind(like)))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "an integer",
        Value::Float(_) => "a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(items) if items.first().is_some_and(Value::is_integer) => "a list of integers",
        Value::Array(_) => "a list of texts",
        Value::Table(_) => "a section",
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Datetime(date) => date.to_string(),
        Value::Array(_) => "a list".to_owned(),
        Value::Table(_) => "a section".to_owned(),
    }
}

pub(super) fn quoted(text: &str) -> String {
    if text.chars().count() <= QUOTED_CHARS {
        return format!("{text:?}");
    }
    let start: String = text.chars().take(QUOTED_CHARS).collect();
    format!("{start:?}…")
}
