//! Public keys of others, and what each of them may verify.
//!
//! It alone ties a key to its algorithms: by the kind of the key, never by what a token asks for.

use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, VerificationAlgorithm,
};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::compact::{Compact, Signed};

/// More keys than any issuer publishes, few enough to try them all.
const MOST_KEYS: usize = 64;
const SMALLEST_MODULUS: usize = 2048 / 8;

pub(super) struct PublicKey {
    pub kid: Option<String>,
    pub algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

impl PublicKey {
    /// One key from its PEM text; the error says what is wrong with it.
    pub fn from_pem(pem: &str) -> Result<Self, &'static str> {
        // Environment variables often carry the line ends as two characters.
        let pem = pem.replace("\\n", "\n");
        let pem = pem.trim();
        let public = ["-----BEGIN PUBLIC KEY-----", "-----BEGIN RSA PUBLIC KEY-----"];
        if !public.iter().any(|begin| pem.starts_with(begin)) {
            return Err("is not a public key in pem form");
        }
        let rsa = DecodingKey::from_rsa_pem(pem.as_bytes()).ok();
        let key = rsa
            .filter(|key| key.try_get_as_bytes().is_ok_and(is_strong_rsa))
            .or_else(|| DecodingKey::from_ec_pem(pem.as_bytes()).ok())
            .or_else(|| DecodingKey::from_ed_pem(pem.as_bytes()).ok())
            .ok_or("is neither rsa of at least 2048 bits, ec nor ed25519")?;
        Self::of_kind(None, key).ok_or("is on a curve that is not supported")
    }

    fn from_jwk(jwk: &Jwk) -> Option<Self> {
        let common = &jwk.common;
        let foreign_use = common.public_key_use.as_ref().is_some_and(|to| *to != PublicKeyUse::Signature);
        let foreign_operation =
            common.key_operations.as_ref().is_some_and(|all| !all.contains(&KeyOperations::Verify));
        if foreign_use || foreign_operation {
            return None;
        }
        if let AlgorithmParameters::OctetKeyPair(pair) = &jwk.algorithm
            && pair.curve != EllipticCurve::Ed25519
        {
            return None;
        }
        let key = DecodingKey::from_jwk(jwk).ok()?;
        let mut public = Self::of_kind(common.key_id.clone(), key)?;
        if let Some(only) = common.key_algorithm {
            let only = Algorithm::try_from(only).ok()?;
            public.algorithms.retain(|algorithm| *algorithm == only);
        }
        Some(public).filter(|public| !public.algorithms.is_empty())
    }

    fn of_kind(kid: Option<String>, key: DecodingKey) -> Option<Self> {
        let point = key.try_get_as_bytes().unwrap_or_default();
        let algorithms = match key.family() {
            AlgorithmFamily::Rsa => AlgorithmFamily::Rsa.algorithms().to_vec(),
            AlgorithmFamily::Ec if is_on(&ECDSA_P256_SHA256_FIXED, point) => vec![Algorithm::ES256],
            AlgorithmFamily::Ec if is_on(&ECDSA_P384_SHA384_FIXED, point) => vec![Algorithm::ES384],
            AlgorithmFamily::Ed if is_on(&ED25519, point) => vec![Algorithm::EdDSA],
            // Unknown curves, and shared secrets: a published secret is no secret.
            AlgorithmFamily::Ec | AlgorithmFamily::Ed | AlgorithmFamily::Hmac => return None,
        };
        Some(Self { kid, algorithms, key })
    }

    pub fn opens(&self, token: &Compact<'_>, algorithm: Algorithm) -> Option<Signed> {
        if !self.algorithms.contains(&algorithm) {
            return None;
        }
        token.opened_by(&self.key, algorithm)
    }
}

/// Other curves have points of the same length, so the length alone says nothing.
fn is_on(curve: &'static dyn VerificationAlgorithm, point: &[u8]) -> bool {
    ParsedPublicKey::new(curve, point).is_ok()
}

fn is_strong_rsa(der: &[u8]) -> bool {
    rsa::PublicKey::from_der(der).is_ok_and(|key| key.modulus_len() >= SMALLEST_MODULUS)
}

/// The keys an issuer publishes.
#[derive(Default)]
pub(super) struct KeySet(Vec<PublicKey>);

#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

impl KeySet {
    /// Keys we cannot use are left out, so that a new kind beside the old ones breaks nothing.
    pub fn from_json(json: &[u8]) -> Option<Self> {
        let published: Published = serde_json::from_slice(json).ok()?;
        let keys = published.keys.into_iter().take(MOST_KEYS);
        let jwks = keys.filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let usable: Vec<_> = jwks.filter_map(|jwk| PublicKey::from_jwk(&jwk)).collect();
        if usable.is_empty() { None } else { Some(Self(usable)) }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn knows(&self, kid: &str) -> bool {
        self.0.iter().any(|key| key.kid.as_deref() == Some(kid))
    }

    /// A token that names a key is tried with that key or with nameless ones, any other with all.
    pub fn open(&self, token: &Compact<'_>, algorithm: Algorithm) -> Option<Signed> {
        let named = token.header.kid.as_deref();
        let known = named.is_some_and(|kid| self.knows(kid));
        let fits = |key: &&PublicKey| match (named, known) {
            (None, _) => true,
            (Some(_), false) => key.kid.is_none(),
            (Some(kid), true) => key.kid.as_deref() == Some(kid),
        };
        self.0.iter().filter(fits).find_map(|key| key.opens(token, algorithm))
    }
}
