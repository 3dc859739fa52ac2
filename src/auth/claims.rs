//! What a verified token says: the claims as they travel, judged by type and time, and as doors use them.
//!
//! It alone decides when a token counts as expired, and refuses claims of the wrong type instead of guessing.

use std::fmt;
use std::time::Duration;

use recado_actors::id::RoomId;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::TokenError;
use super::compact::Signed;

const ADMIN: &str = "admin";

/// A user's verified word about themselves; serializes to the claims of a token again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<String>,
    /// A whole room by its name, as `group:12`, instead of a chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_authenticated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// May see how the node is: `admin` is the role, or among the `roles`. A ticket never carries it.
    #[serde(skip)]
    pub admin: bool,
    /// The documents it opens, where it names any. A ticket never carries them.
    #[serde(skip)]
    pub documents: Option<Vec<String>>,
    /// May read documents and not write to them.
    #[serde(skip)]
    pub read_only: bool,
    #[serde(rename = "jti", skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// When the session must end; for a ticket that is not the end of the ticket itself.
    #[serde(rename = "exp", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    #[serde(rename = "iat", skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<i64>,
    /// True when these came from a ticket, which the caller must let in only once.
    #[serde(skip)]
    pub ticket: bool,
    /// How long a spent ticket must be remembered.
    #[serde(skip)]
    pub ticket_expires_at: Option<i64>,
}

impl Claims {
    /// The room the token is for; none if it names none, or one that cannot be.
    pub fn place(&self) -> Option<RoomId> {
        match (&self.room, &self.chat_id) {
            (Some(room), _) => RoomId::parse(room).ok(),
            (None, Some(chat)) => RoomId::chat(chat).ok(),
            (None, None) => None,
        }
    }
}

/// The claims as they travel. Names given twice and wrong types fail to parse.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payload {
    user_id: Option<TextOrNumber>,
    id: Option<TextOrNumber>,
    sub: Option<TextOrNumber>,
    chat_id: Option<String>,
    document_id: Option<String>,
    documents: Option<Vec<String>>,
    read_only: Option<bool>,
    // A value, because others mean other things by it, and it opens only what it names.
    room: Option<Value>,
    is_authenticated: Option<bool>,
    name: Option<String>,
    email: Option<String>,
    avatar: Option<String>,
    role: Option<String>,
    // A value, because others give it other types, and it opens only what asks for it.
    roles: Option<Value>,
    jti: Option<String>,
    // Values, because their types matter only where an issuer or audience is asked for.
    iss: Option<Value>,
    aud: Option<Value>,
    #[serde(default, deserialize_with = "seconds")]
    exp: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    nbf: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    iat: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    session_exp: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Signed(i64),
    Unsigned(u64),
}

impl TextOrNumber {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Signed(number) => number.to_string(),
            Self::Unsigned(number) => number.to_string(),
        }
    }
}

/// What is asked of claims beyond their types.
pub(super) struct Terms {
    pub require_exp: bool,
    pub leeway: i64,
    pub issuer: Option<String>,
    pub audience: Option<String>,
}

impl Terms {
    /// No leeway and an end: what we ask of what we signed ourselves.
    pub const STRICT: Self = Self { require_exp: true, leeway: 0, issuer: None, audience: None };
}

impl Payload {
    pub fn read(signed: &Signed, terms: &Terms, now: i64) -> Result<Self, TokenError> {
        let payload: Self = signed.read()?;
        if payload.exp.is_none() && terms.require_exp {
            return Err(TokenError::CLAIMS);
        }
        if payload.nbf.is_some_and(|start| start > now.saturating_add(terms.leeway)) {
            return Err(TokenError::NOT_YET_VALID);
        }
        if payload.exp.is_some_and(|end| now >= end.saturating_add(terms.leeway)) {
            return Err(TokenError::Expired);
        }
        if !names(payload.iss.as_ref(), terms.issuer.as_deref())
            || !names(payload.aud.as_ref(), terms.audience.as_deref())
        {
            return Err(TokenError::CLAIMS);
        }
        Ok(payload)
    }

    pub fn into_claims(self) -> Claims {
        let admin = self.role.as_deref() == Some(ADMIN) || names(self.roles.as_ref(), Some(ADMIN));
        let mut users = [self.user_id, self.id, self.sub].into_iter().flatten().map(TextOrNumber::text);
        let documents = documents(self.document_id, self.documents, self.room.as_ref());
        Claims {
            user_id: users.find(|name| !name.is_empty()),
            chat_id: filled(self.chat_id),
            room: filled(self.room.as_ref().and_then(Value::as_str).map(str::to_owned)),
            is_authenticated: self.is_authenticated,
            name: filled(self.name),
            email: filled(self.email),
            avatar: filled(self.avatar),
            role: filled(self.role),
            admin,
            documents,
            read_only: self.read_only == Some(true),
            token_id: filled(self.jti),
            expires_at: self.exp,
            issued_at: self.iat,
            ticket: false,
            ticket_expires_at: None,
        }
    }

    /// As `into_claims`, with the session's end where a token has its own.
    pub fn into_ticket_claims(self, now: i64) -> Result<Claims, TokenError> {
        let (ticket_expires_at, expires_at) = (self.exp, self.session_exp);
        if expires_at.is_some_and(|end| now >= end) {
            return Err(TokenError::Expired);
        }
        let claims =
            Claims { admin: false, ticket: true, ticket_expires_at, expires_at, ..self.into_claims() };
        if claims.token_id.is_none() || claims.user_id.is_none() {
            return Err(TokenError::CLAIMS);
        }
        Ok(claims)
    }
}

/// All documents that are named in one way or another; none: no claim speaks of documents.
fn documents(one: Option<String>, more: Option<Vec<String>>, room: Option<&Value>) -> Option<Vec<String>> {
    let room = room.and_then(Value::as_str).and_then(|room| room.strip_prefix("doc:"));
    if one.is_none() && more.is_none() && room.is_none() {
        return None;
    }
    let more = more.unwrap_or_default().into_iter();
    Some(one.into_iter().chain(room.map(str::to_owned)).chain(more).collect())
}

/// An empty text says as little as none.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// Whether the claim is, or as a list contains, the name asked for; asking for nothing is always met.
fn names(claim: Option<&Value>, wanted: Option<&str>) -> bool {
    let Some(wanted) = wanted else { return true };
    match claim {
        Some(Value::String(name)) => name == wanted,
        Some(Value::Array(list)) => list.iter().any(|name| name.as_str() == Some(wanted)),
        _ => false,
    }
}

/// A moment in seconds since 1970. Fractions, which the standard allows, are cut off; `null` is not absence.
fn seconds<'de, D: Deserializer<'de>>(value: D) -> Result<Option<i64>, D::Error> {
    value.deserialize_any(Moment).map(Some)
}

struct Moment;

impl Visitor<'_> for Moment {
    type Value = i64;

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str("seconds since 1970")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| E::custom("too far in the future"))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
        if value < 0 { Err(E::custom("before 1970")) } else { Ok(value) }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
        let whole = Duration::try_from_secs_f64(value).map_err(E::custom)?.as_secs();
        self.visit_u64(whole)
    }
}
