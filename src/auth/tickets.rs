//! One-use connect tickets: what a backend hands to a browser so that no token stands in a URL.
//!
//! It alone makes and reads them, with a key of their own: a ticket is never a token, nor a token a ticket.
//! That a ticket opens only once is for the caller to enforce, by `Claims::token_id`.

use std::time::Duration;

use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Serialize;

use super::claims::{Claims, Payload, Terms};
use super::compact::{Compact, MOST_BYTES};
use super::{Clock, Signer, TokenError, wall_clock};

const PREFIX: &str = "tkt_";
const KEY_LABEL: &[u8] = b"recado connect ticket 1";

/// Who may connect with the ticket, and as whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    pub user_id: String,
    pub chat_id: Option<String>,
    pub is_authenticated: Option<bool>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub avatar: Option<String>,
    pub role: Option<String>,
    /// How long the ticket waits to be used.
    pub ttl: Option<Duration>,
    /// How long the session it opens may last, in seconds since 1970; unlimited if absent.
    pub session_expires_at: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    #[error("ticket user is empty")]
    NoUser,
    #[error("ticket ttl must be 1 to {most} seconds")]
    Ttl { most: u64 },
    #[error("ticket session is already over")]
    SessionOver,
    #[error("ticket is too long")]
    TooLong,
    #[error("ticket could not be signed")]
    Unsigned,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TicketPayload {
    #[serde(flatten)]
    claims: Claims,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_exp: Option<i64>,
}

pub struct Tickets {
    signer: Signer,
    key: DecodingKey,
    default_ttl: Duration,
    max_ttl: Duration,
    now: Clock,
}

impl Tickets {
    pub fn new(secret: &[u8], default_ttl: Duration, max_ttl: Duration) -> Self {
        let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), KEY_LABEL);
        Self {
            signer: Signer::with_key(key.as_ref()),
            key: DecodingKey::from_secret(key.as_ref()),
            default_ttl,
            max_ttl,
            now: wall_clock,
        }
    }

    /// The same tickets with another idea of now.
    #[must_use]
    pub fn with_clock(mut self, now: Clock) -> Self {
        self.now = now;
        self
    }

    /// Whether a presented text is meant as a ticket; says nothing about its worth.
    pub fn is_ticket(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// The ticket and the moment it lapses.
    pub fn issue(&self, grant: Grant, now: i64) -> Result<(String, i64), TicketError> {
        let ttl = grant.ttl.unwrap_or(self.default_ttl).as_secs();
        let most = self.max_ttl.as_secs();
        if grant.user_id.is_empty() {
            return Err(TicketError::NoUser);
        }
        if ttl == 0 || ttl > most {
            return Err(TicketError::Ttl { most });
        }
        if grant.session_expires_at.is_some_and(|end| end <= now) {
            return Err(TicketError::SessionOver);
        }
        let lapses = now.saturating_add(i64::try_from(ttl).unwrap_or(i64::MAX));
        let expires_at = lapses.min(grant.session_expires_at.unwrap_or(lapses));
        let payload = payload(grant, random_id()?, now, expires_at);
        let signed = self.signer.sign(&payload).map_err(|_| TicketError::Unsigned)?;
        // Longer ones would be refused at the door.
        if signed.len() > MOST_BYTES {
            return Err(TicketError::TooLong);
        }
        Ok((format!("{PREFIX}{signed}"), expires_at))
    }

    /// Everything but one use.
    pub fn verify(&self, ticket: &str) -> Result<Claims, TokenError> {
        if ticket.is_empty() {
            return Err(TokenError::Missing);
        }
        let signed = ticket.strip_prefix(PREFIX).filter(|signed| !signed.is_empty());
        let ticket = Compact::parse(signed.ok_or(TokenError::MALFORMED)?)?;
        if ticket.header.alg != "HS256" {
            return Err(TokenError::ALGORITHM);
        }
        let signed = ticket.opened_by(&self.key, Algorithm::HS256).ok_or(TokenError::SIGNATURE)?;
        let now = (self.now)();
        Payload::read(&signed, &Terms::STRICT, now)?.into_ticket_claims(now)
    }
}

fn payload(grant: Grant, token_id: String, now: i64, expires_at: i64) -> TicketPayload {
    let claims = Claims {
        user_id: Some(grant.user_id),
        chat_id: grant.chat_id,
        is_authenticated: grant.is_authenticated,
        name: grant.name,
        email: grant.email,
        avatar: grant.avatar,
        role: grant.role,
        token_id: Some(token_id),
        expires_at: Some(expires_at),
        issued_at: Some(now),
        ..Claims::default()
    };
    TicketPayload { claims, session_exp: grant.session_expires_at }
}

/// 128 bits nobody can guess.
fn random_id() -> Result<String, TicketError> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| TicketError::Unsigned)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
