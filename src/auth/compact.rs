//! The compact form of a token: three parts, of which only the header is read before the signature holds.
//!
//! It alone makes a `Signed`, so whoever holds one knows that a key of ours vouched for those bytes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

use super::TokenError;

/// Longer texts are refused before anything looks into them.
pub(super) const MOST_BYTES: usize = 8 * 1024;

/// What a header may say to us: `jku`, `x5u`, `jwk` and the like are deliberately not here.
#[derive(Deserialize)]
pub(super) struct Header {
    pub alg: String,
    #[serde(default)]
    pub kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

/// True even for `null`: a header that names `crit` at all asks for something we do not do.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}

pub(super) struct Compact<'a> {
    pub header: Header,
    message: &'a str,
    payload: &'a str,
    signature: &'a str,
}

/// A payload whose signature was verified.
pub(super) struct Signed(Vec<u8>);

impl<'a> Compact<'a> {
    pub fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.is_empty() {
            return Err(TokenError::Missing);
        }
        if token.len() > MOST_BYTES {
            return Err(TokenError::TOO_LONG);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::MALFORMED)?;
        let (header, payload) = message.split_once('.').ok_or(TokenError::MALFORMED)?;
        if payload.contains('.') {
            return Err(TokenError::MALFORMED);
        }
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| TokenError::MALFORMED)?;
        let header: Header = object(&header).ok_or(TokenError::MALFORMED)?;
        if header.crit {
            return Err(TokenError::MALFORMED);
        }
        Ok(Self { header, message, payload, signature })
    }

    /// The payload, if this very key signed it with this very algorithm.
    pub fn opened_by(&self, key: &DecodingKey, algorithm: Algorithm) -> Option<Signed> {
        if key.family() != algorithm.family() {
            return None;
        }
        let holds = jsonwebtoken::crypto::verify(self.signature, self.message.as_bytes(), key, algorithm);
        if !matches!(holds, Ok(true)) {
            return None;
        }
        // Signed, but not base64: an empty payload is refused by whoever reads it.
        Some(Signed(URL_SAFE_NO_PAD.decode(self.payload).unwrap_or_default()))
    }
}

impl Signed {
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, TokenError> {
        object(&self.0).ok_or(TokenError::CLAIMS)
    }
}

/// Reads a JSON object and only that: serde would fill a struct from an array as well.
fn object<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    if !json.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    serde_json::from_slice(json).ok()
}
