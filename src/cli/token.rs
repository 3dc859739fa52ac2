//! `recado token`: what a backend would hand to a client, made by hand.
//!
//! It guarantees a token this server accepts, or an explanation of why it cannot make one.

use std::process::ExitCode;

use serde::Serialize;

use super::{TokenWish, UNANSWERABLE, answer, fail, tell};
use crate::auth::{Signer, wall_clock};
use crate::config::Config;

const NO_SECRET: &str = "no JWT secret is configured, so there is nothing to sign with: \
set JWT_SECRET to the secret the server uses (a server without one makes its own at each start \
and logs links that are ready to open)";
const NO_HS256: &str = "HS256 is not among auth.algorithms, so the server would refuse the token";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Claims<'a> {
    user_id: &'a str,
    chat_id: &'a str,
    is_authenticated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    iss: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    aud: &'a str,
    iat: i64,
    exp: i64,
}

pub(super) fn run(config: &Config, wish: TokenWish) -> ExitCode {
    match make(config, &wish, wall_clock()) {
        Ok(Some(token)) => answer(&token),
        Ok(None) => {
            tell(NO_SECRET);
            ExitCode::from(UNANSWERABLE)
        }
        Err(error) => fail(&error),
    }
}

/// None: there is no secret to sign with.
pub(super) fn make(config: &Config, wish: &TokenWish, now: i64) -> anyhow::Result<Option<String>> {
    let auth = &config.auth;
    let Some(secret) = auth.jwt_secrets.first() else { return Ok(None) };
    anyhow::ensure!(auth.algorithms.iter().any(|name| name == "HS256"), NO_HS256);
    let claims = Claims {
        user_id: &wish.user,
        chat_id: &wish.chat,
        is_authenticated: wish.agent,
        name: wish.name.as_deref(),
        iss: &auth.issuer,
        aud: &auth.audience,
        iat: now,
        exp: now.saturating_add(i64::from(wish.ttl)),
    };
    Ok(Some(Signer::new(secret.expose()).sign(&claims)?))
}
