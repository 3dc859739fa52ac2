//! Settings that contradict themselves, and the secrets of the internal API.
//!
//! Every problem has its own line, and no line shows a secret.

use std::time::Duration;

use super::mint::{Pair, SECRET, Told, private_pem, settings};
use crate::auth::{AuthSettings, InternalSecrets, Verifier};

fn problems(settings: AuthSettings) -> Vec<String> {
    Verifier::new(settings).err().map(|error| error.problems).unwrap_or_default()
}

#[test]
fn all_problems_are_told_at_once() {
    let mut wrong = settings(&["too short to keep"], &["none", "HS257"]);
    wrong.public_keys = vec!["not a key".to_owned(), private_pem(b"1")];
    wrong.jwks_url = Some("ftp://keys.example.org/".to_owned());
    wrong.jwks_refresh = Duration::ZERO;
    let told = problems(wrong).join("\n");
    for part in [
        "\"none\" is never accepted",
        "\"HS257\" is unknown",
        "secret 1 has 17 bytes",
        "public key 1 is not a public key",
        "public key 2 is not a public key",
        "jwks url is of no use",
        "jwks refresh must be",
        "must be https",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("too short to keep"));
}

#[test]
fn nothing_to_verify_with_is_a_problem() {
    assert_eq!(problems(settings(&[], &["HS256"])), ["no jwt secret, public key or jwks url is configured"]);
    assert_eq!(problems(settings(&[SECRET], &[])), ["no jwt algorithm is configured"]);
}

#[test]
fn a_public_key_among_the_secrets_or_without_its_algorithm_is_a_problem() -> Told {
    let pair = Pair::ec()?;
    let told = problems(settings(&[&pair.pem], &["HS256"]));
    assert_eq!(told, ["jwt secret 1 is a pem key, which belongs among the public keys"]);
    let mut idle = settings(&[SECRET], &["HS256"]);
    idle.public_keys = vec![pair.pem];
    let told = problems(idle);
    assert_eq!(told, ["jwt public key 1 can only verify [ES256], none of which is among the algorithms"]);
    Ok(())
}

/// A test key on secp256k1, whose points look like those of P-256.
const FOREIGN_CURVE: &str = "-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEPd7leR3Lu5s8wjI0pMJyeiIyrBioyD+H
juNn98Bjh6bpWuQiVF1ruZ71BYkK7lp9IlLQle8E0VY86Nab4aBMfg==
-----END PUBLIC KEY-----";

#[test]
fn a_key_on_a_curve_we_do_not_speak_is_a_problem() {
    let mut foreign = settings(&[], &["ES256"]);
    foreign.public_keys = vec![FOREIGN_CURVE.to_owned()];
    assert_eq!(problems(foreign), ["jwt public key 1 is on a curve that is not supported"]);
}

#[test]
fn keys_are_fetched_by_https_or_from_a_private_host() {
    let with = |url: &str| {
        let mut settings = settings(&[], &["RS256"]);
        settings.jwks_url = Some(url.to_owned());
        problems(settings)
    };
    for url in [
        "https://keys.example.org/jwks.json",
        "http://localhost:9/",
        "http://[::1]:9/",
        "http://keys.internal/",
        "http://keycloak:8080/certs",
        "http://10.1.2.3/",
    ] {
        assert!(with(url).is_empty(), "{url}");
    }
    for url in ["http://keys.example.org/", "http://93.184.216.34/", "file:///etc/keys", "keys", ""] {
        assert_eq!(with(url).len(), 1, "{url}");
    }
}

#[test]
fn any_configured_internal_secret_admits_and_nothing_else_does() {
    let secrets = InternalSecrets::new(vec!["current".to_owned(), "previous".to_owned()]);
    for good in ["current", "previous"] {
        assert!(secrets.admits(good.as_bytes()));
    }
    for bad in ["", "curren", "current ", "currenT", "currentprevious", "\0"] {
        assert!(!secrets.admits(bad.as_bytes()), "{bad:?}");
    }
    assert!(!secrets.admits(&vec![b'x'; 1 << 20]));
}

#[test]
fn without_an_internal_secret_nobody_is_admitted() {
    for secrets in [InternalSecrets::new(Vec::new()), InternalSecrets::new(vec![String::new()])] {
        assert!(!secrets.admits(b""));
        assert!(!secrets.admits(b"anything"));
    }
}
