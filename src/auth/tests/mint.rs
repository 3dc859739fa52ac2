//! Makes keys and tokens for the stories, well-formed or deliberately odd.
//!
//! It signs any text as it stands, so that a story can say exactly what travels.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures_util::FutureExt;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};

use crate::auth::{AuthSettings, AuthSetupError, Claims, TokenError, Verifier};

pub type Told<T = ()> = Result<T, Box<dyn std::error::Error>>;

pub const SECRET: &str = "a secret for tests only, 32 bytes and more";
pub const OTHER_SECRET: &str = "another secret for tests only, as long as that";
pub const NOON: i64 = 1_800_000_000;

pub fn noon() -> i64 {
    NOON
}

pub fn settings(secrets: &[&str], algorithms: &[&str]) -> AuthSettings {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    AuthSettings { secrets: owned(secrets), algorithms: owned(algorithms), ..AuthSettings::default() }
}

pub fn at_noon(settings: AuthSettings) -> Result<Verifier, AuthSetupError> {
    Ok(Verifier::new(settings)?.with_clock(noon))
}

/// The verifier most stories use: one secret, HS256.
pub fn plain() -> Result<Verifier, AuthSetupError> {
    at_noon(settings(&[SECRET], &["HS256"]))
}

/// The verdict of a verifier that has nobody to wait for.
pub fn verdict(verifier: &Verifier, token: &str) -> Result<Claims, TokenError> {
    verifier.verify(token).now_or_never().unwrap_or(Err(TokenError::Invalid("had to wait")))
}

pub fn compact(header: &str, payload: &str, key: &EncodingKey, algorithm: Algorithm) -> Told<String> {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm)?;
    Ok(format!("{message}.{signature}"))
}

/// These claims, exactly as written, signed HS256 with the usual secret.
pub fn token(payload: &str) -> Told<String> {
    token_by(SECRET, payload)
}

pub fn token_by(secret: &str, payload: &str) -> Told<String> {
    let key = EncodingKey::from_secret(secret.as_bytes());
    compact(r#"{"alg":"HS256","typ":"JWT"}"#, payload, &key, Algorithm::HS256)
}

/// This header, exactly as written, over good claims and signed HS256 with the usual secret.
pub fn headed(header: &str) -> Told<String> {
    compact(header, &good(), &EncodingKey::from_secret(SECRET.as_bytes()), Algorithm::HS256)
}

pub fn good() -> String {
    format!(r#"{{"userId":"ann","chatId":"chat_1","exp":{}}}"#, NOON + 60)
}

/// A key pair made for one story.
pub struct Pair {
    pub algorithm: Algorithm,
    pub private: EncodingKey,
    pub pem: String,
}

impl Pair {
    pub fn rsa() -> Told<Self> {
        let pair = rsa::KeyPair::generate(KeySize::Rsa2048)?;
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der()?;
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
        let private = private_pem(pkcs8.as_ref());
        let private = EncodingKey::from_rsa_pem(private.as_bytes())?;
        Ok(Self { algorithm: Algorithm::RS256, private, pem: public_pem(public.as_ref()) })
    }

    pub fn ec() -> Told<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        let pkcs8 = pair.to_pkcs8v1()?;
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
        let private = EncodingKey::from_ec_der(pkcs8.as_ref());
        Ok(Self { algorithm: Algorithm::ES256, private, pem: public_pem(public.as_ref()) })
    }

    pub fn ed() -> Told<Self> {
        let pair = Ed25519KeyPair::generate()?;
        let pkcs8 = pair.to_pkcs8v1()?;
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
        let private = EncodingKey::from_ed_der(pkcs8.as_ref());
        Ok(Self { algorithm: Algorithm::EdDSA, private, pem: public_pem(public.as_ref()) })
    }

    pub fn token(&self, kid: Option<&str>) -> Told<String> {
        let kid = kid.map(|kid| format!(r#","kid":"{kid}""#)).unwrap_or_default();
        let header = format!(r#"{{"alg":"{:?}"{kid}}}"#, self.algorithm);
        compact(&header, &good(), &self.private, self.algorithm)
    }

    pub fn jwk(&self, kid: &str) -> Told<String> {
        let mut jwk = Jwk::from_encoding_key(&self.private, self.algorithm)?;
        jwk.common.key_id = Some(kid.to_owned());
        Ok(serde_json::to_string(&jwk)?)
    }
}

pub fn public_pem(der: &[u8]) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

pub fn private_pem(der: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}
