//! What stands in JSON where an attachment belongs: `{"_placeholder":true,"num":<which>}`.
//!
//! `are_whole` is what every packet of a client was held to before anybody hears of it.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

const SIGN: &str = "_placeholder";
const NUMBER: &str = "num";

/// Written in place of an attachment.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Placeholder {
    #[serde(rename = "_placeholder")]
    sign: bool,
    num: usize,
}

/// In place of the attachment with this number; the first is 0.
pub fn placeholder(num: usize) -> Placeholder {
    Placeholder { sign: true, num }
}

/// The attachment in whose place `value` is; none if it stands for itself.
pub fn attachment<'a>(value: &Value, attachments: &'a [Bytes]) -> Option<&'a Bytes> {
    attachments.get(number(value)??)
}

/// Puts something in place of every placeholder, such as base64.
pub fn fill(values: &mut [Value], attachments: &[Bytes], with: &mut impl FnMut(&Bytes) -> Value) {
    for value in values {
        if let Some(bytes) = attachment(value, attachments) {
            *value = with(bytes);
            continue;
        }
        match value {
            Value::Array(values) => fill(values, attachments, with),
            Value::Object(fields) => {
                for value in fields.values_mut() {
                    fill(std::slice::from_mut(value), attachments, with);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// Is there one placeholder for each of so many attachments, and no other?
pub(super) fn are_whole(values: &[Value], attachments: usize) -> bool {
    let mut seen = vec![false; attachments];
    values.iter().all(|value| see(value, &mut seen)) && seen.iter().all(|seen| *seen)
}

fn see(value: &Value, seen: &mut [bool]) -> bool {
    if let Some(number) = number(value) {
        let place = number.and_then(|number| seen.get_mut(number));
        return place.is_some_and(|seen| !std::mem::replace(seen, true));
    }
    match value {
        Value::Array(values) => values.iter().all(|value| see(value, seen)),
        Value::Object(fields) => fields.values().all(|value| see(value, seen)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// None: not a placeholder. `Some(None)`: one without a number.
fn number(value: &Value) -> Option<Option<usize>> {
    let fields = value.as_object().filter(|fields| fields.get(SIGN) == Some(&Value::Bool(true)))?;
    let number = fields.get(NUMBER).and_then(Value::as_u64);
    Some(number.and_then(|number| usize::try_from(number).ok()))
}

#[cfg(test)]
mod tests;
