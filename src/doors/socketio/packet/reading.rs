//! The text of one packet: its head, its JSON, and whether the two fit.
//!
//! A reader of our own: `socketioxide-parser-common` lets pass much of what is refused here (an id that is no number it
//! leaves out, JSON it does not look at) and would have to be surrounded by all of this. It is the judge in the tests.

use bytestring::ByteString;
use serde_json::{Map, Value};

use super::{Fault, Heard, LARGEST_ID, Limits, RESERVED, ROOT, placeholders, values};

/// `LARGEST_ID` has 16 digits; leading zeros are nothing a client writes.
const MOST_DIGITS: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Connect,
    Disconnect,
    Event,
    Ack,
}

#[derive(Debug)]
struct Head<'a> {
    of: Type,
    attachments: usize,
    namespace: ByteString,
    id: Option<u64>,
    json: &'a str,
}

/// Reads a text; how many attachments are to come, too.
pub(super) fn read(text: &str, limits: &Limits) -> Result<(Heard, usize), Fault> {
    let Head { of, attachments, namespace, id, json } = head(text, limits)?;
    let heard = match (of, id) {
        (Type::Connect, None) => Heard::Connect { namespace, auth: auth(json, limits)? },
        (Type::Disconnect, None) if json.is_empty() => Heard::Disconnect { namespace },
        (Type::Disconnect, None) => return Err(Fault::BadPayload),
        (Type::Event, ack) => {
            let mut args = array(json, attachments, limits)?.into_iter();
            let name = name(args.next())?;
            Heard::Event { namespace, name, args: args.collect(), attachments: Vec::new(), ack }
        }
        (Type::Ack, Some(id)) => {
            let args = array(json, attachments, limits)?;
            Heard::Ack { namespace, id, args, attachments: Vec::new() }
        }
        (Type::Connect | Type::Disconnect, Some(_)) | (Type::Ack, None) => return Err(Fault::BadId),
    };
    Ok((heard, attachments))
}

fn head<'a>(text: &'a str, limits: &Limits) -> Result<Head<'a>, Fault> {
    let mut chars = text.chars();
    let kind = chars.next().ok_or(Fault::Empty)?;
    let rest = chars.as_str();
    let (of, (attachments, rest)) = match kind {
        '0' => (Type::Connect, (0, rest)),
        '1' => (Type::Disconnect, (0, rest)),
        '2' => (Type::Event, (0, rest)),
        '3' => (Type::Ack, (0, rest)),
        '5' => (Type::Event, count(rest, limits)?),
        '6' => (Type::Ack, count(rest, limits)?),
        _ => return Err(Fault::UnknownType),
    };
    let (namespace, rest) = namespace(rest, limits)?;
    let (id, json) = id(rest)?;
    Ok(Head { of, attachments, namespace, id, json })
}

fn count<'a>(text: &'a str, limits: &Limits) -> Result<(usize, &'a str), Fault> {
    let (digits, rest) = digits(text);
    let rest = rest.strip_prefix('-').ok_or(Fault::BadCount)?;
    if digits.is_empty() {
        return Err(Fault::BadCount);
    }
    let count = digits.parse().ok().filter(|count| *count <= limits.attachments);
    Ok((count.ok_or(Fault::TooMany)?, rest))
}

fn namespace<'a>(text: &'a str, limits: &Limits) -> Result<(ByteString, &'a str), Fault> {
    if !text.starts_with('/') {
        return Ok((ByteString::from_static(ROOT), text));
    }
    let (namespace, rest) = text.split_once(',').unwrap_or((text, ""));
    if namespace.len() > limits.namespace_bytes || namespace.contains(char::is_control) {
        return Err(Fault::BadNamespace);
    }
    Ok((namespace.into(), rest))
}

fn id(text: &str) -> Result<(Option<u64>, &str), Fault> {
    let (digits, rest) = digits(text);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    let id = Some(digits).filter(|digits| digits.len() <= MOST_DIGITS).and_then(|digits| digits.parse().ok());
    let id = id.filter(|id| *id <= LARGEST_ID).ok_or(Fault::BadId)?;
    Ok((Some(id), rest))
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// What a client shows of itself.
fn auth(json: &str, limits: &Limits) -> Result<Option<Map<String, Value>>, Fault> {
    if json.is_empty() {
        return Ok(None);
    }
    match values::read(json, limits)? {
        Value::Object(auth) => Ok(Some(auth)),
        _ => Err(Fault::BadPayload),
    }
}

fn array(json: &str, attachments: usize, limits: &Limits) -> Result<Vec<Value>, Fault> {
    if json.is_empty() {
        return Err(Fault::BadPayload);
    }
    match values::read(json, limits)? {
        Value::Array(array) if attachments == 0 => Ok(array),
        Value::Array(array) if placeholders::are_whole(&array, attachments) => Ok(array),
        Value::Array(_) => Err(Fault::BadPlaceholder),
        _ => Err(Fault::BadPayload),
    }
}

/// A number is as good a name as its text: so it is to the listeners of both sides.
fn name(value: Option<Value>) -> Result<String, Fault> {
    match value {
        Some(Value::String(name)) if RESERVED.contains(&name.as_str()) => Err(Fault::ReservedName),
        Some(Value::String(name)) => Ok(name),
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => Err(Fault::NoName),
    }
}

#[cfg(test)]
mod tests;
