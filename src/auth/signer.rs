//! Signs tokens with the shared secret: for the command line, demo links and tickets.
//!
//! It alone holds a key that signs, and signs with HS256 only.

use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;

use super::TokenError;

pub struct Signer(EncodingKey);

impl Signer {
    pub fn new(secret: &str) -> Self {
        Self::with_key(secret.as_bytes())
    }

    pub(super) fn with_key(key: &[u8]) -> Self {
        Self(EncodingKey::from_secret(key))
    }

    pub fn sign(&self, claims: &impl Serialize) -> Result<String, TokenError> {
        jsonwebtoken::encode(&Header::default(), claims, &self.0).map_err(|_| TokenError::CLAIMS)
    }
}
