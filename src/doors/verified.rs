//! What a token proves, at whichever door it is shown.
//!
//! A failure is counted, and held against whoever showed it, unless it was ours or the token only came too late.

use recado_actors::refusal::Farewell;
use recado_actors::vitals::Counts;

use crate::auth::{Claims, Tickets, TokenError, Verifier};

/// An empty token is none, and only a door with `tickets` takes those. `forged` is told of one that no issuer made.
pub async fn verified(
    keys: &Verifier,
    tickets: Option<&Tickets>,
    token: &str,
    counts: &Counts,
    forged: impl FnOnce(),
) -> Result<Claims, TokenError> {
    let claims = if token.is_empty() {
        Err(TokenError::Missing)
    } else if let (true, Some(tickets)) = (Tickets::is_ticket(token), tickets) {
        tickets.verify(token)
    } else {
        keys.verify(token).await
    };
    claims.inspect_err(|error| {
        counts.auth_failures.count(error.reason());
        if let TokenError::Invalid(reason) = error {
            log::info!(reason; "a token was refused");
            // That we have no keys at the moment is no fault of the client.
            if *error != TokenError::KEYS_UNAVAILABLE {
                forged();
            }
        }
    })
}

impl From<TokenError> for Farewell {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Missing => Self::TokenMissing,
            TokenError::Expired => Self::TokenExpired,
            TokenError::Invalid(_) => Self::TokenInvalid,
        }
    }
}
