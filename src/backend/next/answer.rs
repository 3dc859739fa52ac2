//! What the application's answers mean. Pure: bytes in, the port's words out.
//!
//! It guarantees that a message the application has stored is lost over no detail of its sender.

use recado_actors::id::{MessageId, UserId};
use recado_actors::message::room::{Role, Sender};
use recado_actors::ports::{Accepted, Profile};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct SendAnswer {
    #[serde(default)]
    success: bool,
    message: Option<Stored>,
}

#[derive(Deserialize)]
struct Stored {
    #[serde(deserialize_with = "text_of")]
    id: String,
    content: String,
    role: String,
    #[serde(rename = "createdAt")]
    created_at: String,
    sender: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct User {
    #[serde(deserialize_with = "text_of")]
    id: String,
    name: Option<String>,
    email: Option<String>,
    image: Option<Value>,
}

/// `user` stands in as the sender where the answer names none.
pub fn accepted(body: &[u8], user: &UserId) -> Result<Accepted, String> {
    let answer: SendAnswer = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if !answer.success {
        return Err(format!("it does not say success: {}", String::from_utf8_lossy(body)));
    }
    let message = answer.message.ok_or("it has no message")?;
    Ok(Accepted {
        id: MessageId::parse(&message.id).map_err(|error| format!("the message's id {error}"))?,
        content: message.content,
        role: role(&message.role)?,
        created_at: message.created_at,
        sender: sender(message.sender.unwrap_or_default(), user),
    })
}

pub fn profile(body: &[u8]) -> Result<Profile, String> {
    let user: User = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(Profile { id: user.id, name: user.name, email: user.email, image: user.image })
}

fn role(text: &str) -> Result<Role, String> {
    [Role::User, Role::Assistant, Role::Agent, Role::System]
        .into_iter()
        .find(|role| role.as_str().eq_ignore_ascii_case(text))
        .ok_or_else(|| format!("unknown role {text}"))
}

fn sender(mut fields: Map<String, Value>, user: &UserId) -> Sender {
    Sender {
        id: take_text(&mut fields, "id").unwrap_or_else(|| user.as_str().to_owned()),
        name: take_text(&mut fields, "name"),
        email: take_text(&mut fields, "email"),
        avatar: take_text(&mut fields, "avatar"),
        more: fields,
    }
}

fn take_text(fields: &mut Map<String, Value>, key: &str) -> Option<String> {
    text(fields.remove(key)?)
}

fn text_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let value = Value::deserialize(deserializer)?;
    text(value).ok_or_else(|| serde::de::Error::custom("id is neither a text nor a number"))
}

/// Some databases number their rows; here every id is a text.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
