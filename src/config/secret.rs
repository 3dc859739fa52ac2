//! A text nobody may see.
//!
//! It alone guarantees that a secret is never printed by accident: only `expose` shows it.

use std::fmt;

use serde::Deserialize;

use super::errors::Contradictions;

const SHORTEST: usize = 32;
/// The current one and the previous one, while rotating.
const MOST: usize = 2;
/// What the documents of the original systems show where a secret belongs.
const PLACEHOLDERS: &[&str] = &[
    "your-jwt-secret-here",
    "your-jwt-secret",
    "your-production-jwt-secret",
    "your-internal-secret",
    "your-secret-key",
];

#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with it; says nothing of the text itself beyond its length.
    fn flaw(&self) -> Option<String> {
        if PLACEHOLDERS.contains(&self.0.trim()) {
            return Some("is the placeholder from the documentation".to_owned());
        }
        // A key that is published must never become a secret.
        if self.0.trim_start().starts_with("-----BEGIN") {
            return Some("is a pem key, which belongs among auth.public_keys".to_owned());
        }
        let length = self.0.len();
        (length < SHORTEST).then(|| format!("has {length} bytes, at least {SHORTEST} are needed"))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[redacted]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[redacted]")
    }
}

pub(super) fn check_one(path: &'static [&'static str], secret: &Secret, found: &mut Contradictions) {
    if secret.is_empty() {
        return;
    }
    if let Some(flaw) = secret.flaw() {
        found.against(path, flaw);
    }
}

pub(super) fn check_list(path: &'static [&'static str], secrets: &[Secret], found: &mut Contradictions) {
    if secrets.len() > MOST {
        let count = secrets.len();
        found.against(path, format!("holds {count} secrets, only a current and a previous one are possible"));
    }
    for (number, secret) in (1..).zip(secrets) {
        if let Some(flaw) = secret.flaw() {
            found.against(path, format!("secret {number} {flaw}"));
        }
    }
}
