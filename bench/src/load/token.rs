//! The tokens that clients present.
//!
//! Minted, listed or made from a template; a secret is never told.

use anyhow::{Context, Result};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);

#[derive(Args)]
#[group(id = "tokens", multiple = false)]
pub struct TokenArgs {
    /// Mint an HS256 token for every client with this secret; JWT_SECRET from the environment where no token is given
    #[arg(long)]
    jwt_secret: Option<String>,
    /// The token of every client; `{user}` in it stands for the client's name
    #[arg(long)]
    token: Option<String>,
    /// One token per client, one per line
    #[arg(long)]
    token_file: Option<PathBuf>,
}

impl TokenArgs {
    /// A secret from the environment, which is not in every list of processes as arguments are.
    pub fn offer_secret(&mut self, secret: Option<String>) {
        if self.token.is_none() && self.token_file.is_none() && self.jwt_secret.is_none() {
            self.jwt_secret = secret;
        }
    }
}

pub enum Tokens {
    None,
    Minted(Box<hmac::Key>),
    Template(String),
    Listed(Vec<String>),
}

impl Tokens {
    pub fn from_args(args: TokenArgs) -> Result<Self> {
        if let Some(secret) = args.jwt_secret {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            return Ok(Self::Minted(Box::new(key)));
        }
        if let Some(path) = args.token_file {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read tokens from {}", path.display()))?;
            return Ok(Self::Listed(text.lines().map(str::to_owned).collect()));
        }
        Ok(args.token.map_or(Self::None, Self::Template))
    }

    pub fn of(&self, client: usize, user: &str, room: &str) -> Result<String> {
        match self {
            Self::None => Ok(String::new()),
            Self::Minted(key) => mint(key, user, room),
            Self::Template(template) => Ok(template.replace("{user}", user)),
            Self::Listed(lines) => lines
                .get(client)
                .cloned()
                .with_context(|| format!("the token file has no line for client {client}")),
        }
    }
}

fn mint(key: &hmac::Key, user: &str, room: &str) -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let claims = json!({
        "userId": user, "chatId": room, "isAuthenticated": true,
        "iat": now.as_secs(), "exp": (now + LIFETIME).as_secs(),
    });
    let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let signed =
        format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
    let signature = hmac::sign(key, signed.as_bytes());
    Ok(format!("{signed}.{}", encode(signature.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_minted_token_carries_its_claims_and_a_signature_of_the_rest() -> Result<()> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"0123456789abcdef0123456789abcdef");
        let token = mint(&key, "u7", "room-7")?;
        let (signed, signature) = token.rsplit_once('.').context("three parts")?;
        hmac::verify(&key, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature)?)?;
        let (_, claims) = signed.split_once('.').context("three parts")?;
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
        let claim = |name| claims.get(name).and_then(Value::as_str);
        assert_eq!((claim("userId"), claim("chatId")), (Some("u7"), Some("room-7")));
        Ok(())
    }
}
