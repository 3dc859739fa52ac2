//! Checks a token against every key the operator trusts.
//!
//! It alone chooses the key: the algorithm must be listed, and each key verifies only its own kind.

use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};

use super::claims::{Claims, Payload, Terms};
use super::compact::{Compact, Signed};
use super::jwks::{Jwks, REFETCH_GAP};
use super::keys::PublicKey;
use super::settings::{AuthSettings, AuthSetupError, Plan};
use super::{Clock, TokenError, wall_clock};

pub struct Verifier {
    algorithms: Vec<Algorithm>,
    secrets: Vec<DecodingKey>,
    public_keys: Vec<PublicKey>,
    jwks: Option<Jwks>,
    terms: Terms,
    now: Clock,
}

impl Verifier {
    /// Within a Tokio runtime a configured key set is fetched in the background from here on.
    pub fn new(settings: AuthSettings) -> Result<Self, AuthSetupError> {
        let Plan { algorithms, secrets, public_keys, jwks_url } = Plan::draw(&settings)?;
        let start = |url| Jwks::start(url, settings.jwks_refresh, REFETCH_GAP);
        let jwks = jwks_url.map(start).transpose().map_err(|error| AuthSetupError {
            problems: vec![format!("the client for the jwks url cannot start: {error}")],
        })?;
        let terms = Terms {
            require_exp: settings.require_exp,
            leeway: i64::try_from(settings.leeway.as_secs()).unwrap_or(i64::MAX),
            issuer: settings.issuer,
            audience: settings.audience,
        };
        Ok(Self { algorithms, secrets, public_keys, jwks, terms, now: wall_clock })
    }

    /// The same verifier with another idea of now.
    #[must_use]
    pub fn with_clock(mut self, now: Clock) -> Self {
        self.now = now;
        self
    }

    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let token = Compact::parse(token)?;
        let algorithm = self.listed(&token.header.alg)?;
        let signed = match algorithm.family() {
            AlgorithmFamily::Hmac => self.open_by_secret(&token, algorithm)?,
            AlgorithmFamily::Rsa | AlgorithmFamily::Ec | AlgorithmFamily::Ed => {
                self.open_by_public_key(&token, algorithm).await?
            }
        };
        Payload::read(&signed, &self.terms, (self.now)()).map(Payload::into_claims)
    }

    fn listed(&self, name: &str) -> Result<Algorithm, TokenError> {
        let algorithm = name.parse().map_err(|_| TokenError::ALGORITHM)?;
        if self.algorithms.contains(&algorithm) { Ok(algorithm) } else { Err(TokenError::ALGORITHM) }
    }

    fn open_by_secret(&self, token: &Compact<'_>, algorithm: Algorithm) -> Result<Signed, TokenError> {
        let mut secrets = self.secrets.iter();
        secrets.find_map(|secret| token.opened_by(secret, algorithm)).ok_or(TokenError::SIGNATURE)
    }

    async fn open_by_public_key(
        &self,
        token: &Compact<'_>,
        algorithm: Algorithm,
    ) -> Result<Signed, TokenError> {
        let first = self.open_by_known_key(token, algorithm);
        let Some(jwks) = &self.jwks else { return first.ok_or(TokenError::SIGNATURE) };
        if let Some(signed) = first {
            return Ok(signed);
        }
        if jwks.keys().is_some_and(|keys| token.header.kid.as_deref().is_none_or(|kid| keys.knows(kid))) {
            return Err(TokenError::SIGNATURE);
        }
        // The key may be newer than our set, or our set may still be on its way.
        jwks.renewed().await;
        let refusal =
            if jwks.keys().is_some() { TokenError::SIGNATURE } else { TokenError::KEYS_UNAVAILABLE };
        self.open_by_known_key(token, algorithm).ok_or(refusal)
    }

    fn open_by_known_key(&self, token: &Compact<'_>, algorithm: Algorithm) -> Option<Signed> {
        let fetched = self.jwks.as_ref().and_then(Jwks::keys);
        if let Some(keys) = &fetched {
            let named = token.header.kid.as_deref().is_some_and(|kid| keys.knows(kid));
            let signed = keys.open(token, algorithm);
            if named || signed.is_some() {
                return signed;
            }
        }
        self.public_keys.iter().find_map(|key| key.opens(token, algorithm))
    }
}
