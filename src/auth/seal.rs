//! Signs what clients bring back unchanged, with keys derived for one purpose and of no use for any other.
//!
//! It alone reads what it signed, and reads nothing whose signature does not hold. Whoever holds it can read it too.

use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest text that is looked at.
const MOST_BYTES: usize = 4096;

pub struct Seal {
    /// The first signs; what any of them signed is believed, so that secrets can be replaced.
    keys: Vec<hmac::Key>,
}

impl Seal {
    /// Signs by the first of these secrets. Without any, by a key that nobody else has and that ends with this.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>, purpose: &str) -> Self {
        let derived = |secret: &[u8]| {
            let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&secret, purpose.as_bytes()).as_ref())
        };
        let mut keys: Vec<_> = secrets.into_iter().map(derived).collect();
        let mut own = [0; 32];
        if keys.is_empty() && rand::fill(&mut own).is_ok() {
            keys.push(hmac::Key::new(hmac::HMAC_SHA256, &own));
        }
        Self { keys }
    }

    /// None: there is no key, or this cannot be JSON.
    pub fn sign(&self, content: &impl Serialize) -> Option<String> {
        let content = URL_SAFE_NO_PAD.encode(serde_json::to_vec(content).ok()?);
        let signature = hmac::sign(self.keys.first()?, content.as_bytes());
        Some(format!("{content}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// What was signed; none if that was not here, or not this.
    pub fn open<T: DeserializeOwned>(&self, signed: &str) -> Option<T> {
        if signed.len() > MOST_BYTES {
            return None;
        }
        let (content, signature) = signed.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let holds = |key: &hmac::Key| hmac::verify(key, content.as_bytes(), &signature).is_ok();
        if !self.keys.iter().any(holds) {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(content).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[u8] = b"an older secret of more than 32 bytes";
    const NEW: &[u8] = b"a newer secret of more than 32 bytes!";

    fn opened(seal: &Seal, signed: &str) -> Option<(String, u64)> {
        seal.open(signed)
    }

    #[test]
    fn what_was_signed_is_read_back_also_by_another_life_and_while_secrets_are_replaced() {
        let signed = Seal::new([OLD], "a").sign(&("x", 7)).unwrap();
        let read = Some(("x".to_owned(), 7));
        assert_eq!(opened(&Seal::new([OLD], "a"), &signed), read);
        assert_eq!(opened(&Seal::new([NEW, OLD], "a"), &signed), read);
        assert_eq!(opened(&Seal::new([NEW], "a"), &signed), None);
        assert_eq!(opened(&Seal::new([OLD], "b"), &signed), None);
    }

    #[test]
    fn without_a_secret_only_itself_believes_it() {
        let (one, other) = (Seal::new([], "a"), Seal::new([], "a"));
        let signed = one.sign(&("x", 7)).unwrap();
        assert!(opened(&one, &signed).is_some() && opened(&other, &signed).is_none());
    }

    #[test]
    fn what_was_changed_anywhere_is_not_read() {
        let seal = Seal::new([OLD], "a");
        let signed = seal.sign(&("x", 7)).unwrap();
        for at in 0..signed.len() {
            let mut changed = signed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(opened(&seal, &changed), None, "{changed}");
        }
        for odd in ["", ".", "a.b", "é.é", &"a".repeat(5000), &format!("{signed}."), &signed[1..]] {
            assert_eq!(opened(&seal, odd), None, "{odd}");
        }
    }
}
