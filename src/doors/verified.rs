//! What a token proves at a door that takes tickets too, and the goodbye where it proves nothing.
//!
//! A failure is counted, and held against the address it came from, unless it was ours.

use recado_actors::refusal::Farewell;
use recado_actors::vitals::Counts;

use crate::auth::{Claims, Tickets, TokenError, Verifier};
use crate::doors::socket::gate::Place;

/// An empty token is none.
pub async fn verified(
    keys: &Verifier,
    tickets: Option<&Tickets>,
    token: &str,
    place: &Place,
    counts: &Counts,
) -> Result<Claims, Farewell> {
    let claims = if token.is_empty() {
        Err(TokenError::Missing)
    } else if let (true, Some(tickets)) = (Tickets::is_ticket(token), tickets) {
        tickets.verify(token)
    } else {
        keys.verify(token).await
    };
    claims.inspect_err(|error| counts.auth_failures.count(error.reason())).map_err(|error| match error {
        TokenError::Missing => Farewell::TokenMissing,
        TokenError::Expired => Farewell::TokenExpired,
        TokenError::Invalid(reason) => {
            log::info!(reason; "a token was refused");
            // That we have no keys at the moment is no fault of the client.
            if error != TokenError::KEYS_UNAVAILABLE {
                place.note_failure();
            }
            Farewell::TokenInvalid
        }
    })
}
