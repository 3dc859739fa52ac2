//! What the operator says about tokens, and every contradiction in it.
//!
//! It alone turns settings into keys, and names all problems at once, never a secret among them.

use std::time::Duration;

use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use url::{Host, Url};

use super::keys::PublicKey;

const SHORTEST_SECRET: usize = 32;

/// Not `Debug`, because it holds the secrets.
#[derive(Clone)]
pub struct AuthSettings {
    /// Shared secrets for HS256 and its kin, tried in order: the current one first, then the previous.
    pub secrets: Vec<String>,
    pub algorithms: Vec<String>,
    /// PEM texts; the kind of a key decides what it may verify.
    pub public_keys: Vec<String>,
    pub jwks_url: Option<String>,
    pub jwks_refresh: Duration,
    pub require_exp: bool,
    pub leeway: Duration,
    pub issuer: Option<String>,
    pub audience: Option<String>,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            secrets: Vec::new(),
            algorithms: vec!["HS256".to_owned()],
            public_keys: Vec::new(),
            jwks_url: None,
            jwks_refresh: Duration::from_secs(600),
            require_exp: true,
            leeway: Duration::ZERO,
            issuer: None,
            audience: None,
        }
    }
}

/// Everything that keeps the settings from working, one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.join("\n"))]
pub struct AuthSetupError {
    pub problems: Vec<String>,
}

/// The settings once they make sense.
pub(super) struct Plan {
    pub algorithms: Vec<Algorithm>,
    pub secrets: Vec<DecodingKey>,
    pub public_keys: Vec<PublicKey>,
    pub jwks_url: Option<Url>,
}

impl Plan {
    pub fn draw(settings: &AuthSettings) -> Result<Self, AuthSetupError> {
        let mut problems = Vec::new();
        let algorithms = read_algorithms(&settings.algorithms, &mut problems);
        let secrets = read_secrets(&settings.secrets, &mut problems);
        let public_keys = read_public_keys(&settings.public_keys, &algorithms, &mut problems);
        let jwks_url = read_jwks_url(settings, &algorithms, &mut problems);
        if settings.secrets.is_empty() && settings.public_keys.is_empty() && settings.jwks_url.is_none() {
            problems.push("no jwt secret, public key or jwks url is configured".to_owned());
        }
        if problems.is_empty() {
            return Ok(Self { algorithms, secrets, public_keys, jwks_url });
        }
        Err(AuthSetupError { problems })
    }
}

fn read_algorithms(names: &[String], problems: &mut Vec<String>) -> Vec<Algorithm> {
    if names.is_empty() {
        problems.push("no jwt algorithm is configured".to_owned());
    }
    let mut algorithms = Vec::new();
    for name in names {
        match name.parse() {
            Ok(algorithm) => algorithms.push(algorithm),
            Err(_) if name.eq_ignore_ascii_case("none") => {
                problems.push(format!("jwt algorithm {name:?} is never accepted"));
            }
            Err(_) => problems.push(format!("jwt algorithm {name:?} is unknown")),
        }
    }
    algorithms
}

fn read_secrets(secrets: &[String], problems: &mut Vec<String>) -> Vec<DecodingKey> {
    for (number, secret) in (1..).zip(secrets) {
        if secret.len() < SHORTEST_SECRET {
            let length = secret.len();
            problems.push(format!(
                "jwt secret {number} has {length} bytes, at least {SHORTEST_SECRET} are needed"
            ));
        }
        // A key that is published must never become a secret.
        if secret.trim_start().starts_with("-----BEGIN") {
            problems.push(format!("jwt secret {number} is a pem key, which belongs among the public keys"));
        }
    }
    secrets.iter().map(|secret| DecodingKey::from_secret(secret.as_bytes())).collect()
}

fn read_public_keys(pems: &[String], allowed: &[Algorithm], problems: &mut Vec<String>) -> Vec<PublicKey> {
    let mut keys = Vec::new();
    for (number, pem) in (1..).zip(pems) {
        match PublicKey::from_pem(pem) {
            Err(reason) => problems.push(format!("jwt public key {number} {reason}")),
            Ok(key) if !key.algorithms.iter().any(|algorithm| allowed.contains(algorithm)) => {
                problems.push(format!(
                    "jwt public key {number} can only verify {:?}, none of which is among the algorithms",
                    key.algorithms
                ));
            }
            Ok(key) => keys.push(key),
        }
    }
    keys
}

fn read_jwks_url(settings: &AuthSettings, allowed: &[Algorithm], problems: &mut Vec<String>) -> Option<Url> {
    let text = settings.jwks_url.as_deref()?;
    if allowed.iter().all(|algorithm| algorithm.family() == AlgorithmFamily::Hmac) {
        problems.push("jwks url is of no use: no algorithm with public keys is configured".to_owned());
    }
    if settings.jwks_refresh < Duration::from_secs(1) {
        problems.push("jwks refresh must be at least one second".to_owned());
    }
    let Ok(url) = Url::parse(text) else {
        problems.push("jwks url is not a url".to_owned());
        return None;
    };
    let trusted = url.scheme() == "https" || (url.scheme() == "http" && is_private(&url));
    if !trusted {
        // Whoever can change the answer on its way can sign in as anybody.
        problems.push("jwks url must be https, or http toward a private host".to_owned());
    }
    Some(url)
}

fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => !name.contains('.') || name.ends_with(".internal"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_private(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unique_local(),
        None => false,
    }
}
