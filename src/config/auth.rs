//! `[auth]`: the keys tokens are verified with, and what else is asked of a token.
//!
//! It alone upholds "no secret, no outside": beyond loopback there must be a key.

use std::fs;
use std::time::Duration;

use jsonwebtoken::{Algorithm, AlgorithmFamily};
use serde::Deserialize;

use super::errors::Contradictions;
use super::reading::quoted;
use super::secret::check_list;
use super::web::is_trusted_address;
use super::{Secret, Server};
use crate::auth::{AuthSettings, Verifier};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    pub jwt_secrets: Vec<Secret>,
    pub algorithms: Vec<String>,
    pub public_keys: Vec<String>,
    pub public_key_files: Vec<String>,
    pub jwks_url: String,
    pub jwks_refresh_seconds: u64,
    pub require_exp: bool,
    pub leeway_seconds: u64,
    pub issuer: String,
    pub audience: String,
    pub ticket_seconds: u64,
}

impl Auth {
    /// Whether there is anything a token could be verified with.
    pub fn has_keys(&self) -> bool {
        !self.jwt_secrets.is_empty() || self.has_public_keys()
    }

    fn has_public_keys(&self) -> bool {
        !self.public_keys.is_empty() || !self.public_key_files.is_empty() || !self.jwks_url.is_empty()
    }

    /// The same in the words of the verifier.
    pub fn settings(&self) -> AuthSettings {
        AuthSettings {
            secrets: self.jwt_secrets.iter().map(|secret| secret.expose().to_owned()).collect(),
            algorithms: self.algorithms.clone(),
            public_keys: self.public_keys.clone(),
            jwks_url: filled(&self.jwks_url),
            jwks_refresh: Duration::from_secs(self.jwks_refresh_seconds),
            require_exp: self.require_exp,
            leeway: Duration::from_secs(self.leeway_seconds),
            issuer: filled(&self.issuer),
            audience: filled(&self.audience),
        }
    }

    pub(super) fn read_public_key_files(&mut self, found: &mut Contradictions) {
        for file in &self.public_key_files {
            match fs::read_to_string(file) {
                Ok(pem) => self.public_keys.push(pem),
                Err(error) => {
                    found.against(&["auth.public_key_files"], format!("{file} cannot be read: {error}"));
                }
            }
        }
    }

    pub(super) fn contradictions(&self, server: &Server, found: &mut Contradictions) {
        check_list(&["auth.jwt_secrets"], &self.jwt_secrets, found);
        if !self.has_keys() && !server.is_loopback() {
            let text = format!(
                "there is no secret, public key or key set address, and {} is not loopback; set JWT_SECRET",
                quoted(&server.host)
            );
            found.against(&["auth.jwt_secrets", "server.host"], text);
        }
        if !self.jwks_url.is_empty() && !is_trusted_address(&self.jwks_url) {
            found.against(&["auth.jwks_url"], "is not an https address, nor http toward a private host");
        }
        if let Some(algorithms) = self.read_algorithms(found) {
            self.check_families(&algorithms, found);
        }
    }

    fn read_algorithms(&self, found: &mut Contradictions) -> Option<Vec<Algorithm>> {
        let mut algorithms = Vec::new();
        for name in &self.algorithms {
            match name.parse() {
                Ok(algorithm) => algorithms.push(algorithm),
                Err(_) => found.against(&["auth.algorithms"], format!("{} is unknown", quoted(name))),
            }
        }
        if self.algorithms.is_empty() {
            found.against(&["auth.algorithms"], "is empty, so no token could be accepted");
        }
        (!algorithms.is_empty() && algorithms.len() == self.algorithms.len()).then_some(algorithms)
    }

    fn check_families(&self, algorithms: &[Algorithm], found: &mut Contradictions) {
        let with_secret = |algorithm: &&Algorithm| algorithm.family() == AlgorithmFamily::Hmac;
        let by_secret = algorithms.iter().any(|algorithm| with_secret(&algorithm));
        let by_public_key = algorithms.iter().find(|algorithm| !with_secret(algorithm));
        if !self.jwt_secrets.is_empty() && !by_secret {
            found.against(&["auth.algorithms", "auth.jwt_secrets"], "none fits a secret, but there is one");
        }
        match by_public_key {
            None if self.has_public_keys() => {
                let text = "none fits a public key, but public keys or their address are configured";
                found.against(&["auth.algorithms"], text);
            }
            Some(algorithm) if !self.has_public_keys() => {
                let text = format!("{algorithm:?} needs a public key or the address of a key set");
                found.against(&["auth.algorithms"], text);
            }
            Some(_) if !self.public_keys.is_empty() => self.check_public_keys(found),
            _ => {}
        }
    }

    /// Asks the verifier itself, with nothing but the keys, so that both always agree.
    fn check_public_keys(&self, found: &mut Contradictions) {
        let (algorithms, public_keys) = (self.algorithms.clone(), self.public_keys.clone());
        let keys_alone = AuthSettings { algorithms, public_keys, ..AuthSettings::default() };
        let Err(error) = Verifier::new(keys_alone) else { return };
        for problem in error.problems {
            found.against(&["auth.public_keys"], problem);
        }
    }
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
