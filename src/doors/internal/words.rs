//! How the fields of requests are read: names, moments, numbers and roles, each parsed once.
//!
//! What came through here has passed its checks: no later code looks again.

use std::fmt;

use recado_actors::clock::Timestamp;
use recado_actors::id::{MessageId, RoomId, UserId};
use recado_actors::message::room::Role;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

const NAME_CHARS: usize = 256;
const DESCRIPTION_CHARS: usize = 500;
const EMAIL_CHARS: usize = 320;
const URL_CHARS: usize = 2048;
const TOKEN_ID_CHARS: usize = 1024;

pub fn user<'de, D: Deserializer<'de>>(field: D) -> Result<UserId, D::Error> {
    UserId::parse(&String::deserialize(field)?).map_err(Error::custom)
}

pub fn chat<'de, D: Deserializer<'de>>(field: D) -> Result<RoomId, D::Error> {
    RoomId::chat(&String::deserialize(field)?).map_err(Error::custom)
}

/// A name that says something.
pub fn name<'de, D: Deserializer<'de>>(field: D) -> Result<String, D::Error> {
    let name = String::deserialize(field)?;
    if name.trim().is_empty() {
        return Err(Error::custom("is empty"));
    }
    at_most(NAME_CHARS, &name).map_err(Error::custom)
}

pub fn maybe_description<'de, D: Deserializer<'de>>(field: D) -> Result<Option<String>, D::Error> {
    filled(field, DESCRIPTION_CHARS)
}

pub fn maybe_user<'de, D: Deserializer<'de>>(field: D) -> Result<Option<UserId>, D::Error> {
    maybe(field, UserId::parse)
}

pub fn maybe_chat<'de, D: Deserializer<'de>>(field: D) -> Result<Option<RoomId>, D::Error> {
    maybe(field, RoomId::chat)
}

pub fn maybe_message<'de, D: Deserializer<'de>>(field: D) -> Result<Option<MessageId>, D::Error> {
    maybe(field, MessageId::parse)
}

pub fn maybe_token_id<'de, D: Deserializer<'de>>(field: D) -> Result<Option<String>, D::Error> {
    maybe(
        field,
        |text| if text.is_empty() { Err("is empty".to_owned()) } else { at_most(TOKEN_ID_CHARS, text) },
    )
}

pub fn maybe_name<'de, D: Deserializer<'de>>(field: D) -> Result<Option<String>, D::Error> {
    filled(field, NAME_CHARS)
}

pub fn maybe_email<'de, D: Deserializer<'de>>(field: D) -> Result<Option<String>, D::Error> {
    filled(field, EMAIL_CHARS)
}

pub fn maybe_url<'de, D: Deserializer<'de>>(field: D) -> Result<Option<String>, D::Error> {
    filled(field, URL_CHARS)
}

/// A moment in ISO 8601 with its offset, as `Date.toISOString` writes it.
pub fn maybe_moment<'de, D: Deserializer<'de>>(field: D) -> Result<Option<Timestamp>, D::Error> {
    maybe(field, |text| {
        let moment: Result<jiff::Timestamp, _> = text.parse();
        moment
            .map(|at| Timestamp(at.as_millisecond()))
            .map_err(|_| "expected a moment such as 2024-01-15T10:30:00.000Z")
    })
}

pub fn maybe_whole<'de, D: Deserializer<'de>>(field: D) -> Result<Option<u64>, D::Error> {
    Ok(Option::<Whole>::deserialize(field)?.map(|Whole(number)| number))
}

fn maybe<'de, D, T, E>(field: D, parse: impl Fn(&str) -> Result<T, E>) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    Option::<String>::deserialize(field)?.map(|text| parse(&text).map_err(Error::custom)).transpose()
}

/// An empty text says as little as none.
fn filled<'de, D: Deserializer<'de>>(field: D, most: usize) -> Result<Option<String>, D::Error> {
    Ok(maybe(field, |text| at_most(most, text))?.filter(|text| !text.is_empty()))
}

fn at_most(most: usize, text: &str) -> Result<String, String> {
    if text.chars().count() > most {
        Err(format!("has more than {most} characters"))
    } else {
        Ok(text.to_owned())
    }
}

struct Whole(u64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(field: D) -> Result<Self, D::Error> {
        struct AsWhole;

        impl Visitor<'_> for AsWhole {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number from 0")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
                Ok(Whole(number))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Whole, E> {
                Err(E::invalid_value(Unexpected::Float(number), &self))
            }
        }

        field.deserialize_any(AsWhole)
    }
}

/// In whose name a message is said; any case is understood. A bot is an assistant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum Speaker {
    User,
    Agent,
    Assistant,
    Bot,
    System,
}

impl From<Speaker> for Role {
    fn from(speaker: Speaker) -> Self {
        match speaker {
            Speaker::User => Self::User,
            Speaker::Agent => Self::Agent,
            Speaker::Assistant | Speaker::Bot => Self::Assistant,
            Speaker::System => Self::System,
        }
    }
}

impl<'de> Deserialize<'de> for Speaker {
    fn deserialize<D: Deserializer<'de>>(field: D) -> Result<Self, D::Error> {
        match String::deserialize(field)?.to_ascii_lowercase().as_str() {
            "user" => Ok(Self::User),
            "agent" => Ok(Self::Agent),
            "assistant" => Ok(Self::Assistant),
            "bot" => Ok(Self::Bot),
            "system" => Ok(Self::System),
            other => Err(Error::unknown_variant(other, &["user", "agent", "assistant", "bot", "system"])),
        }
    }
}
