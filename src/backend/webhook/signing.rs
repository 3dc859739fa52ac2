//! Ids and signatures of Standard Webhooks 1.0: `v1,base64(HMAC-SHA256(id.timestamp.body))`.
//!
//! A letter's id is made of what it is about and whom it is for, so every attempt bears the same.

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recado_actors::ports::letters::Letter;

const PREFIX: &str = "whsec_";
/// How much of a digest makes a name: 128 bits.
const NAME_BYTES: usize = 16;

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    #[error("must be whsec_ and base64")]
    Text,
    #[error("holds {0} bytes, 24 to 64 are needed")]
    Length(usize),
}

/// A shared secret, ready to sign with.
#[derive(Clone)]
pub struct SigningKey(hmac::Key);

impl SigningKey {
    /// `whsec_` and the base64 of 24 to 64 bytes.
    pub fn parse(text: &str) -> Result<Self, SigningKeyError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SigningKeyError::Text)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| SigningKeyError::Text)?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(SigningKeyError::Length(bytes.len()));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }
}

/// One signature per key, so that a receiver may know either while keys are changed.
pub fn signatures(keys: &[SigningKey], id: &str, timestamp: i64, body: &str) -> String {
    let content = format!("{id}.{timestamp}.{body}");
    let sign =
        |SigningKey(key): &SigningKey| format!("v1,{}", STANDARD.encode(hmac::sign(key, content.as_bytes())));
    keys.iter().map(sign).collect::<Vec<_>>().join(" ")
}

pub fn id(letter: &Letter) -> String {
    let Letter { endpoint, room, epoch, entry, .. } = letter;
    // No part holds a line break, so no two letters share a text.
    let about = format!("{epoch}\n{}\n{}\n{}", room.as_str(), entry.seq.0, endpoint.as_str());
    format!("msg_{}", fingerprint(about.as_bytes()))
}

/// A short name that gives nothing away of what it names.
pub fn fingerprint(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().iter().take(NAME_BYTES).map(|byte| format!("{byte:02x}")).collect()
}
