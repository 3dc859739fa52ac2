//! What travels in a chat's channel, read: the JSON a widget would receive, from Next or another node. Pure.
//!
//! PROTOCOLS sections 6.3 and 6.5. Whatever it cannot read it refuses, and nothing it is given makes it fail.
//!
//! | type | becomes | known again by |
//! |---|---|---|
//! | `message` | a post | `data.id` |
//! | `message_updated` | an edit; without content a deletion | `data.id`, `data.updatedAt` |
//! | `agent_joined` | an agent's coming | agent, name and time |
//! | `typing` | a signal | - |

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use recado_actors::clock::Timestamp;
use recado_actors::id::{ClientId, MessageId, UserId};
use recado_actors::message::cluster::{News, RoomNews};
use recado_actors::message::room::{EntryBody, Message, Role, Sender};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Why a payload means nothing to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    #[error("is larger than a payload may be")]
    TooLarge,
    #[error("is no frame of a widget")]
    Malformed,
    #[error("is of a type that does not travel")]
    OtherType,
    #[error("is for another room than its channel, or for none")]
    OtherRoom,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    r#type: String,
    #[serde(borrow)]
    data: Option<&'a serde_json::value::RawValue>,
    timestamp: Option<String>,
}

#[derive(Deserialize)]
struct MessageFields {
    #[serde(deserialize_with = "name")]
    id: String,
    #[serde(default)]
    content: String,
    role: String,
    timestamp: Option<String>,
    #[serde(rename = "updatedAt")]
    updated_at: Option<String>,
    sender: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct AgentFields {
    #[serde(rename = "agentId", deserialize_with = "name")]
    agent_id: String,
    #[serde(rename = "agentName")]
    agent_name: Option<String>,
    timestamp: Option<String>,
}

#[derive(Deserialize)]
struct TypingFields {
    #[serde(rename = "userId", deserialize_with = "name")]
    user_id: String,
    #[serde(rename = "isTyping")]
    is_typing: bool,
}

/// `now` dates signals, which carry no time a member of ours would see.
pub fn read(payload: &[u8], most_bytes: usize, now: Timestamp) -> Result<News, Unread> {
    if payload.len() > most_bytes {
        return Err(Unread::TooLarge);
    }
    let Envelope { r#type, data, timestamp } =
        serde_json::from_slice(payload).map_err(|_| Unread::Malformed)?;
    let data = data.map_or("null", serde_json::value::RawValue::get);
    match r#type.as_str() {
        "message" => message(from(data)?, timestamp),
        "message_updated" => updated(from(data)?, timestamp),
        "agent_joined" => agent(from(data)?, timestamp),
        "typing" => typing(from(data)?, now),
        _ => Err(Unread::OtherType),
    }
}

/// What only our nodes understand, and whether it is of no use when late; none for what does not travel.
pub fn own(news: &RoomNews) -> Option<(Vec<u8>, bool)> {
    let signal = match news.news {
        News::TypingChanged { .. }
        | News::PresenceChanged { .. }
        | News::AttendanceChanged { .. }
        | News::SignalGiven { .. } => true,
        News::EntryAdded { .. } | News::ReceiptMoved { .. } | News::GroupChanged { .. } => false,
        // It came from elsewhere.
        News::EntryRelayed { .. } => return None,
    };
    serde_json::to_vec(news).ok().map(|payload| (payload, signal))
}

/// The same, read.
pub fn read_own(payload: &[u8], most_bytes: usize) -> Result<RoomNews, Unread> {
    if payload.len() > most_bytes {
        return Err(Unread::TooLarge);
    }
    serde_json::from_slice(payload).map_err(|_| Unread::Malformed)
}

fn from<'a, T: Deserialize<'a>>(data: &'a str) -> Result<T, Unread> {
    serde_json::from_str(data).map_err(|_| Unread::Malformed)
}

fn message(data: MessageFields, told: Option<String>) -> Result<News, Unread> {
    let message = whole(data, told)?;
    let client_id = ClientId::parse(message.id.as_str()).map_err(|_| Unread::Malformed)?;
    Ok(relayed(&message.sender.id.clone(), client_id, EntryBody::MessagePosted { message }))
}

fn updated(data: MessageFields, told: Option<String>) -> Result<News, Unread> {
    let edited = data.updated_at.clone();
    let mut message = whole(data, told.clone())?;
    // Without a time of its own an edit is known by what it says.
    let which = edited.as_deref().unwrap_or(&message.content);
    let client_id = known_by("edit", &[message.id.as_str(), which])?;
    message.updated_at = message.updated_at.or(told);
    message.deleted = message.content.is_empty();
    let sender = message.sender.id.clone();
    let body = if message.deleted {
        EntryBody::MessageDeleted { message }
    } else {
        EntryBody::MessageEdited { message }
    };
    Ok(relayed(&sender, client_id, body))
}

fn agent(data: AgentFields, told: Option<String>) -> Result<News, Unread> {
    let agent = UserId::parse(&data.agent_id).map_err(|_| Unread::Malformed)?;
    let name = data.agent_name.filter(|name| !name.is_empty()).unwrap_or_else(|| "Agent".to_owned());
    let at = data.timestamp.or(told).ok_or(Unread::Malformed)?;
    let client_id = known_by("agent", &[agent.as_str(), &name, &at])?;
    Ok(relayed(agent.clone().as_str(), client_id, EntryBody::AgentJoined { agent, name }))
}

fn typing(data: TypingFields, at: Timestamp) -> Result<News, Unread> {
    let user = UserId::parse(&data.user_id).map_err(|_| Unread::Malformed)?;
    Ok(News::TypingChanged { user, name: None, is_typing: data.is_typing, at })
}

fn whole(data: MessageFields, told: Option<String>) -> Result<Message, Unread> {
    let id = MessageId::parse(&data.id).map_err(|_| Unread::Malformed)?;
    let role = [Role::User, Role::Assistant, Role::Agent, Role::System]
        .into_iter()
        .find(|role| role.as_str().eq_ignore_ascii_case(&data.role))
        .ok_or(Unread::Malformed)?;
    let created_at = data.timestamp.or(told).ok_or(Unread::Malformed)?;
    let sender = sender(data.sender.unwrap_or_default());
    let updated_at = data.updated_at;
    Ok(Message { updated_at, ..Message::text(id, data.content, role, sender, created_at) })
}

/// A message is lost over no detail of its sender.
fn sender(mut fields: Map<String, Value>) -> Sender {
    let mut take = |key| fields.remove(key).and_then(text);
    let (id, name, email, avatar) = (take("id"), take("name"), take("email"), take("avatar"));
    Sender { id: id.unwrap_or_else(|| "unknown".to_owned()), name, email, avatar, more: fields }
}

fn relayed(by: &str, client_id: ClientId, body: EntryBody) -> News {
    News::EntryRelayed { by: UserId::parse(by).ok(), client_id, body: Box::new(body) }
}

/// The same for the same parts in every process and version: it is what tells a repetition from news.
fn known_by(kind: &str, parts: &[&str]) -> Result<ClientId, Unread> {
    // As JSON, no two lists of parts are one text.
    let parts = serde_json::to_vec(parts).map_err(|_| Unread::Malformed)?;
    let sum = URL_SAFE_NO_PAD.encode(digest(&SHA256, &parts).as_ref());
    ClientId::parse(&format!("{kind}_{sum}")).map_err(|_| Unread::Malformed)
}

fn name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let value = Value::deserialize(deserializer)?;
    text(value).ok_or_else(|| serde::de::Error::custom("neither a text nor a number"))
}

/// Some databases number their rows; here every id is a text.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests;
