//! Who asks: the bearer of a token, in the header or, for what a page embeds, in the address.
//!
//! A token is not even verified for an address from which too many failures came, and bans hold here too.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use recado_actors::clock::Timestamp;
use recado_actors::depot::Visitor;
use recado_actors::id::UserId;
use recado_actors::message::client::{Identity, Right};
use recado_actors::warden::Admit;

use super::UploadsDoor;
use crate::auth::{Claims, TokenError};
use crate::doors::problem::Problem;
use crate::doors::verified::verified;

const SCHEME: &str = "bearer ";

pub(super) async fn visitor(door: &UploadsDoor, request: &HttpRequest) -> Result<Visitor, Problem> {
    let address = door.gate.client_address(request.head());
    door.gate.check_failures(address)?;
    let (token, counts) = (token(request).unwrap_or_default(), &door.broker.vitals().counts);
    let verified = verified(&door.verifier, None, &token, counts, || door.gate.note_failure(address)).await;
    let claims = verified.map_err(refused)?;
    let visitor = named(&claims)?;
    let identity = Identity {
        user: visitor.user.clone(),
        right: Right::Granted,
        may_speak_as_agent: false,
        name: None,
        email: None,
        avatar: None,
        token_id: claims.token_id.map(Into::into),
        expires_at: claims.expires_at.map(Timestamp::from_secs),
    };
    let admit = Admit { identity, rooms: visitor.room.iter().cloned().collect(), ticket: None };
    door.broker.warden().ask(admit, door.broker.settings().command_timeout).await??;
    Ok(visitor)
}

fn refused(error: TokenError) -> Problem {
    let detail = match error {
        TokenError::Missing => "a token is needed",
        TokenError::Expired => "the token has expired",
        TokenError::Invalid(_) => "the token is not valid",
    };
    Problem::new(401, "unauthorized", detail)
}

fn named(claims: &Claims) -> Result<Visitor, Problem> {
    let nobody = || Problem::new(401, "unauthorized", "the token names no user");
    let user = claims.user_id.as_deref().and_then(|user| UserId::parse(user).ok()).ok_or_else(nobody)?;
    let room = claims.place();
    Ok(Visitor { user, room })
}

fn token(request: &HttpRequest) -> Option<String> {
    if let Some(header) = request.headers().get(AUTHORIZATION) {
        let (scheme, token) = header.to_str().ok()?.split_at_checked(SCHEME.len())?;
        return scheme.eq_ignore_ascii_case(SCHEME).then(|| token.trim().to_owned());
    }
    asked(request, "token")
}

/// A parameter of the address, unless it is empty.
pub(super) fn asked(request: &HttpRequest, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
}
