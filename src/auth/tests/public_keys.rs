//! Tokens signed with private keys, verified by the public ones an operator configured.
//!
//! A key opens what its own kind signed, and nothing else.

use jsonwebtoken::Algorithm;

use super::mint::{Pair, SECRET, Told, at_noon, compact, good, settings, verdict};
use crate::auth::{TokenError, Verifier};

const ALL: &[&str] = &["HS256", "RS256", "ES256", "EdDSA"];

fn trusting(pairs: &[&Pair], algorithms: &[&str]) -> Told<Verifier> {
    let mut settings = settings(&[], algorithms);
    settings.public_keys = pairs.iter().map(|pair| pair.pem.clone()).collect();
    Ok(at_noon(settings)?)
}

#[test]
fn each_kind_of_key_opens_its_own_tokens() -> Told {
    let (rsa, ec, ed) = (Pair::rsa()?, Pair::ec()?, Pair::ed()?);
    let verifier = trusting(&[&rsa, &ec, &ed], ALL)?;
    for pair in [&rsa, &ec, &ed] {
        let claims = verdict(&verifier, &pair.token(None)?)?;
        assert_eq!(claims.user_id.as_deref(), Some("ann"), "{:?}", pair.algorithm);
        assert!(verdict(&verifier, &pair.token(Some("unheard of"))?).is_ok(), "{:?}", pair.algorithm);
    }
    Ok(())
}

#[test]
fn a_stranger_of_the_same_kind_is_refused() -> Told {
    for (ours, theirs) in
        [(Pair::rsa()?, Pair::rsa()?), (Pair::ec()?, Pair::ec()?), (Pair::ed()?, Pair::ed()?)]
    {
        let verifier = trusting(&[&ours], ALL)?;
        assert_eq!(verdict(&verifier, &theirs.token(None)?), Err(TokenError::SIGNATURE));
    }
    Ok(())
}

#[test]
fn a_key_is_never_used_for_another_kind() -> Told {
    let (rsa, ec) = (Pair::rsa()?, Pair::ec()?);
    assert_eq!(verdict(&trusting(&[&rsa], ALL)?, &ec.token(None)?), Err(TokenError::SIGNATURE));
    let relabelled = compact(r#"{"alg":"ES256"}"#, &good(), &rsa.private, Algorithm::RS256)?;
    assert_eq!(verdict(&trusting(&[&rsa, &ec], ALL)?, &relabelled), Err(TokenError::SIGNATURE));
    Ok(())
}

#[test]
fn a_key_verifies_only_what_is_listed() -> Told {
    let rsa = Pair::rsa()?;
    let stronger = compact(r#"{"alg":"RS512"}"#, &good(), &rsa.private, Algorithm::RS512)?;
    assert_eq!(verdict(&trusting(&[&rsa], &["RS256"])?, &stronger), Err(TokenError::ALGORITHM));
    assert!(verdict(&trusting(&[&rsa], &["RS512"])?, &stronger).is_ok());
    Ok(())
}

#[test]
fn a_pem_with_escaped_line_ends_is_read() -> Told {
    let mut ed = Pair::ed()?;
    ed.pem = ed.pem.replace('\n', "\\n");
    assert!(verdict(&trusting(&[&ed], &["EdDSA"])?, &ed.token(None)?).is_ok());
    Ok(())
}

#[test]
fn keys_inside_a_token_are_not_looked_at() -> Told {
    let (ours, theirs) = (Pair::ec()?, Pair::ec()?);
    let mut settings = settings(&[SECRET], &["HS256", "ES256"]);
    settings.public_keys = vec![ours.pem];
    let header = format!(r#"{{"alg":"ES256","jwk":{}}}"#, theirs.jwk("k")?);
    let token = compact(&header, &good(), &theirs.private, Algorithm::ES256)?;
    assert_eq!(verdict(&at_noon(settings)?, &token), Err(TokenError::SIGNATURE));
    Ok(())
}
