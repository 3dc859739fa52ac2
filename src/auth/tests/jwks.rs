//! Keys published by an issuer: rotated, withdrawn, unreachable, oversized.
//!
//! Only the configured address is ever asked, and never more often than promised.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use url::Url;

use super::host::Host;
use super::mint::{Pair, SECRET, Told, at_noon, compact, good, settings};
use crate::auth::jwks::{Jwks, REFETCH_GAP};
use crate::auth::{TokenError, Verifier};

const HOUR: Duration = Duration::from_secs(3600);

fn trusting(host: &Host) -> Told<Verifier> {
    let mut settings = settings(&[SECRET], &["HS256", "RS256", "ES256", "EdDSA"]);
    settings.jwks_url = Some(host.url.clone());
    settings.jwks_refresh = HOUR;
    Ok(at_noon(settings)?)
}

#[tokio::test]
async fn a_token_that_comes_before_the_first_keys_waits_for_them() -> Told {
    let (rsa, ec, ed) = (Pair::rsa()?, Pair::ec()?, Pair::ed()?);
    let host = Host::publishing(&[rsa.jwk("r")?, ec.jwk("c")?, ed.jwk("d")?]).await?;
    let verifier = trusting(&host)?;
    for (pair, kid) in [(&rsa, "r"), (&ec, "c"), (&ed, "d")] {
        assert!(verifier.verify(&pair.token(Some(kid))?).await.is_ok(), "{kid}");
        assert!(verifier.verify(&pair.token(None)?).await.is_ok(), "{kid} unnamed");
    }
    assert_eq!(host.was_asked(), 1);
    Ok(())
}

#[tokio::test]
async fn the_named_key_alone_is_tried() -> Told {
    let (one, two) = (Pair::ec()?, Pair::ec()?);
    let host = Host::publishing(&[one.jwk("1")?, two.jwk("2")?]).await?;
    let verifier = trusting(&host)?;
    assert!(verifier.verify(&one.token(Some("1"))?).await.is_ok());
    assert_eq!(verifier.verify(&one.token(Some("2"))?).await, Err(TokenError::SIGNATURE));
    Ok(())
}

#[tokio::test]
async fn a_name_from_the_published_set_rules_out_the_configured_keys() -> Told {
    let (published, configured) = (Pair::ec()?, Pair::ec()?);
    let host = Host::publishing(&[published.jwk("p")?]).await?;
    let mut both = settings(&[], &["ES256"]);
    both.jwks_url = Some(host.url.clone());
    both.public_keys = vec![configured.pem.clone()];
    let verifier = at_noon(both)?;
    assert!(verifier.verify(&published.token(Some("p"))?).await.is_ok());
    assert_eq!(verifier.verify(&configured.token(Some("p"))?).await, Err(TokenError::SIGNATURE));
    assert!(verifier.verify(&configured.token(Some("c"))?).await.is_ok());
    assert!(verifier.verify(&configured.token(None)?).await.is_ok());
    assert_eq!(host.was_asked(), 1);
    Ok(())
}

#[tokio::test]
async fn a_new_key_is_fetched_once_it_is_named_and_then_not_again_for_a_while() -> Told {
    let (old, new) = (Pair::ed()?, Pair::ed()?);
    let host = Host::publishing(&[old.jwk("old")?]).await?;
    let verifier = trusting(&host)?;
    assert!(verifier.verify(&old.token(Some("old"))?).await.is_ok());
    host.publishes(&[new.jwk("new")?]);
    assert!(verifier.verify(&new.token(Some("new"))?).await.is_ok());
    assert_eq!(host.was_asked(), 2);
    assert_eq!(verifier.verify(&old.token(Some("old"))?).await, Err(TokenError::SIGNATURE));
    for kid in ["a", "b", "c"] {
        assert_eq!(verifier.verify(&new.token(Some(kid))?).await, Err(TokenError::SIGNATURE));
    }
    assert_eq!(host.was_asked(), 2);
    Ok(())
}

#[tokio::test]
async fn many_who_name_a_new_key_at_once_cause_one_fetch() -> Told {
    let (old, new) = (Pair::ed()?, Pair::ed()?);
    let host = Host::publishing(&[old.jwk("old")?]).await?;
    let verifier = trusting(&host)?;
    assert!(verifier.verify(&old.token(None)?).await.is_ok());
    host.publishes(&[new.jwk("new")?]);
    let token = new.token(Some("new"))?;
    let verdicts = futures_util::future::join_all((0..50).map(|_| verifier.verify(&token))).await;
    assert!(verdicts.iter().all(Result::is_ok));
    assert_eq!(host.was_asked(), 2);
    Ok(())
}

#[tokio::test]
async fn a_failing_issuer_leaves_the_last_good_keys() -> Told {
    let pair = Pair::ed()?;
    let host = Host::publishing(&[pair.jwk("k")?]).await?;
    let keys = Jwks::start(Url::parse(&host.url)?, HOUR, Duration::ZERO)?;
    keys.renewed().await;
    let big = "x".repeat(300 * 1024);
    for (status, body) in [
        ("500 Internal Server Error", "{}"),
        ("200 OK", "not json"),
        ("200 OK", r#"{"keys":[]}"#),
        ("200 OK", &big),
    ] {
        host.answers(status, body);
        keys.renewed().await;
        assert!(keys.keys().is_some_and(|keys| keys.knows("k")), "{status}");
    }
    assert_eq!(host.was_asked(), 5);
    Ok(())
}

#[tokio::test]
async fn without_any_keys_the_refusal_says_so() -> Told {
    let (pair, elsewhere) = (Pair::ed()?, Host::publishing(&[]).await?);
    let host = Host::publishing(&[]).await?;
    host.redirects_to(&elsewhere.url);
    let verifier = trusting(&host)?;
    for token in [pair.token(Some("k"))?, pair.token(None)?] {
        assert_eq!(verifier.verify(&token).await, Err(TokenError::KEYS_UNAVAILABLE));
    }
    assert_eq!(elsewhere.was_asked(), 0);
    assert!(host.was_asked() <= 2);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_taken() -> Told {
    let pair = Pair::ed()?;
    let host = Host::publishing(&[]).await?;
    host.answers("200 OK", &format!(r#"{{"x":"{}","keys":[{}]}}"#, "x".repeat(300 * 1024), pair.jwk("k")?));
    let verifier = trusting(&host)?;
    assert_eq!(verifier.verify(&pair.token(Some("k"))?).await, Err(TokenError::KEYS_UNAVAILABLE));
    Ok(())
}

#[tokio::test]
async fn addresses_inside_a_token_are_never_asked() -> Told {
    let (ours, theirs) = (Pair::ec()?, Pair::ec()?);
    let host = Host::publishing(&[ours.jwk("k")?]).await?;
    let trap = Host::publishing(&[theirs.jwk("t")?]).await?;
    let verifier = trusting(&host)?;
    for field in ["jku", "x5u"] {
        let header = format!(r#"{{"alg":"ES256","kid":"t","{field}":"{}"}}"#, trap.url);
        let token = compact(&header, &good(), &theirs.private, Algorithm::ES256)?;
        assert_eq!(verifier.verify(&token).await, Err(TokenError::SIGNATURE));
    }
    assert_eq!(trap.was_asked(), 0);
    Ok(())
}

#[tokio::test]
async fn keys_meant_for_other_things_are_left_out() -> Told {
    let pair = Pair::ec()?;
    let jwk = pair.jwk("k")?;
    let with = |extra: &str| jwk.replacen('{', &format!("{{{extra},"), 1);
    let unusable = [
        with(r#""use":"enc""#),
        with(r#""key_ops":["sign"]"#),
        jwk.replace("ES256", "RS256"),
        r#"{"kty":"oct","k":"c2VjcmV0","alg":"HS256"}"#.to_owned(),
        r#"{"kty":"future"}"#.to_owned(),
        "7".to_owned(),
    ];
    let host = Host::publishing(&unusable).await?;
    let keys = Jwks::start(Url::parse(&host.url)?, HOUR, Duration::ZERO)?;
    keys.renewed().await;
    assert!(keys.keys().is_none());
    host.publishes(&[unusable.as_slice(), &[with(r#""use":"sig""#)]].concat());
    keys.renewed().await;
    assert_eq!(keys.keys().map(|keys| keys.len()), Some(1));
    Ok(())
}

#[tokio::test]
async fn a_set_is_refreshed_when_its_time_has_come() -> Told {
    let (old, new) = (Pair::ed()?, Pair::ed()?);
    let host = Host::publishing(&[old.jwk("old")?]).await?;
    let keys = Jwks::start(Url::parse(&host.url)?, Duration::from_millis(20), REFETCH_GAP)?;
    host.publishes(&[new.jwk("new")?]);
    let fresh = async {
        while !keys.keys().is_some_and(|keys| keys.knows("new")) {
            keys.stirs().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), fresh).await?;
    Ok(())
}

#[tokio::test]
async fn a_token_by_secret_never_waits_for_the_issuer() -> Told {
    let host = Host::publishing(&[]).await?;
    let token = super::mint::token(&good())?;
    assert!(super::mint::verdict(&trusting(&host)?, &token).is_ok());
    Ok(())
}
