//! Who is at the door: tokens, one-use tickets and the internal secret are checked here and nowhere else.
//!
//! It alone guarantees that no claim is read before a signature over it was verified.

mod claims;
mod compact;
mod internal;
mod jwks;
mod keys;
mod seal;
mod settings;
mod signer;
mod tickets;
mod verifier;

#[cfg(test)]
mod tests;

pub use claims::Claims;
pub use internal::InternalSecrets;
pub use seal::Seal;
pub use settings::{AuthSettings, AuthSetupError};
pub use signer::Signer;
pub use tickets::{Grant, TicketError, Tickets};
pub use verifier::Verifier;

use std::time::{SystemTime, UNIX_EPOCH};

/// Where "now" comes from, in whole seconds since 1970; a plain function so that a test can hold it still.
pub type Clock = fn() -> i64;

/// The clock everybody uses outside tests.
pub fn wall_clock() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        // A clock before 1970 must expire every token, never revive one.
        .unwrap_or(i64::MAX)
}

/// Why a token or ticket was refused. Holds nothing of the token itself, so it may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("token missing")]
    Missing,
    #[error("token expired")]
    Expired,
    /// The reason is for logs and metrics only: clients hear one text for all of them.
    #[error("token invalid: {0}")]
    Invalid(&'static str),
}

impl TokenError {
    pub const MALFORMED: Self = Self::Invalid("malformed");
    pub const SIGNATURE: Self = Self::Invalid("signature");
    pub const ALGORITHM: Self = Self::Invalid("algorithm");
    pub const CLAIMS: Self = Self::Invalid("claims");
    pub const NOT_YET_VALID: Self = Self::Invalid("not_yet_valid");
    pub const TOO_LONG: Self = Self::Invalid("too_long");
    pub const KEYS_UNAVAILABLE: Self = Self::Invalid("keys_unavailable");

    /// One stable word per refusal, fit for a metric's label.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Expired => "expired",
            Self::Invalid(reason) => reason,
        }
    }
}
