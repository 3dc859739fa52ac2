//! Who a client of Socket.IO is: the token it shows when it joins, or a name made up for it where strangers may come.

use recado_actors::clock::Timestamp;
use recado_actors::id::{RoomId, UserId};
use recado_actors::message::client::{Identity, Right};
use recado_actors::refusal::{Farewell, Refusal};

use super::engine::rider::Seat;
use super::talk::Knock;
use crate::auth::{Claims, TokenError, Verifier};
use crate::doors::verified::verified;

/// Why a client is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproved {
    Missing,
    Expired,
    Invalid,
    /// The token is genuine and names no user.
    Nameless,
    /// We have no keys at the moment, and the client was sent away to come back.
    Unknowable,
}

/// Who somebody is, and what their token is limited to.
pub struct Proved {
    pub identity: Identity,
    pub pass: Pass,
}

/// What of the documents a token opens.
#[derive(Debug, Clone, Default)]
pub struct Pass {
    /// None: it names none, and is not limited to any.
    documents: Option<Vec<String>>,
    pub read_only: bool,
}

impl Pass {
    pub fn opens(&self, document: &RoomId) -> bool {
        self.documents.as_ref().is_none_or(|names| names.iter().any(|name| name == document.local()))
    }
}

/// What `auth` says for the token; an empty text says as little as none.
pub fn shown(knock: &Knock) -> Option<&str> {
    knock.auth.get("token").and_then(|token| token.as_str()).filter(|token| !token.is_empty())
}

/// Verifies what a client shows, and counts it.
pub async fn prove(seat: &Seat, verifier: &Verifier, token: Option<&str>) -> Result<Proved, Unproved> {
    let counts = &seat.worker.broker().vitals().counts;
    let forged = || seat.place.note_failure();
    let verified = verified(verifier, None, token.unwrap_or_default(), counts, forged).await;
    let claims = verified.map_err(|error| match error {
        TokenError::Missing => Unproved::Missing,
        TokenError::Expired => Unproved::Expired,
        TokenError::KEYS_UNAVAILABLE => {
            send_away(seat, &Refusal::Busy);
            Unproved::Unknowable
        }
        TokenError::Invalid(_) => Unproved::Invalid,
    })?;
    proved(claims).ok_or_else(|| {
        counts.auth_failures.count("incomplete");
        Unproved::Nameless
    })
}

/// None: the token names no user.
pub fn proved(claims: Claims) -> Option<Proved> {
    let identity = Identity {
        user: UserId::parse(claims.user_id.as_deref()?).ok()?,
        right: Right::Granted,
        may_speak_as_agent: claims.is_authenticated != Some(false),
        name: claims.name.map(Into::into),
        email: claims.email,
        avatar: claims.avatar.map(Box::from),
        token_id: claims.token_id.map(Into::into),
        expires_at: claims.expires_at.map(Timestamp::from_secs),
    };
    Some(Proved { identity, pass: Pass { documents: claims.documents, read_only: claims.read_only } })
}

/// Somebody nobody knows, or nobody knows but by the name they had before; none if no name can be made up.
pub fn stranger(again: Option<&UserId>) -> Option<Proved> {
    let fresh = || UserId::parse(&format!("anonymous_{}", uuid::Uuid::new_v4().simple()));
    let identity = Identity {
        user: again.cloned().map_or_else(fresh, Ok).ok()?,
        right: Right::Granted,
        may_speak_as_agent: false,
        name: None,
        email: None,
        avatar: None,
        token_id: None,
        expires_at: None,
    };
    Some(Proved { identity, pass: Pass::default() })
}

/// Who is proved cannot come in now.
pub fn send_away(seat: &Seat, refusal: &Refusal) {
    seat.worker.broker().vitals().counts.connects.count(refusal.code());
    return_later(seat, refusal);
}

/// A stock client comes back by itself when its transport closes, and not after a `connect_error`; so that is left to a
/// "no" that will hold.
pub fn return_later(seat: &Seat, refusal: &Refusal) {
    if refusal.retry() {
        seat.outlet.close(Farewell::TryLater);
    }
}
