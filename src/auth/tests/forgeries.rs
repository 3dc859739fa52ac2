//! Tokens that nobody with a key of ours has signed, or that ask for more than a signature.
//!
//! Every one is refused with a stable reason and without a panic.

use futures_util::FutureExt;
use jsonwebtoken::{Algorithm, EncodingKey};
use proptest::prelude::*;

use super::mint::{
    OTHER_SECRET, Pair, SECRET, Told, at_noon, compact, good, headed, plain, settings, token, token_by,
    verdict,
};
use crate::auth::TokenError;

#[test]
fn a_token_that_is_in_order_is_let_in() -> Told {
    let claims = verdict(&plain()?, &token(&good())?)?;
    assert_eq!(claims.user_id.as_deref(), Some("ann"));
    assert_eq!(claims.chat_id.as_deref(), Some("chat_1"));
    assert!(!claims.ticket);
    Ok(())
}

#[test]
fn no_spelling_of_none_is_an_algorithm() -> Told {
    for name in ["none", "None", "NONE", "nOnE", "", "hs256", "HS256 "] {
        let signed = headed(&format!(r#"{{"alg":"{name}"}}"#))?;
        assert_eq!(verdict(&plain()?, &signed), Err(TokenError::ALGORITHM), "{name:?}");
        let (message, _) = signed.rsplit_once('.').ok_or("no signature")?;
        assert_eq!(verdict(&plain()?, &format!("{message}.")), Err(TokenError::ALGORITHM), "{name:?}");
    }
    Ok(())
}

#[test]
fn an_algorithm_that_is_not_listed_is_refused_even_when_rightly_signed() -> Told {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let strong = compact(r#"{"alg":"HS512"}"#, &good(), &key, Algorithm::HS512)?;
    assert_eq!(verdict(&plain()?, &strong), Err(TokenError::ALGORITHM));
    assert!(verdict(&at_noon(settings(&[SECRET], &["HS256", "HS512"]))?, &strong).is_ok());
    let mislabelled = compact(r#"{"alg":"HS256"}"#, &good(), &key, Algorithm::HS512)?;
    assert_eq!(verdict(&plain()?, &mislabelled), Err(TokenError::SIGNATURE));
    Ok(())
}

#[test]
fn a_public_key_is_no_secret() -> Told {
    let pair = Pair::rsa()?;
    let mut both = settings(&[SECRET], &["HS256", "RS256"]);
    both.public_keys = vec![pair.pem.clone()];
    let verifier = at_noon(both)?;
    for published in [pair.pem.as_str(), pair.pem.trim()] {
        assert_eq!(verdict(&verifier, &token_by(published, &good())?), Err(TokenError::SIGNATURE));
    }
    let mut only = settings(&[], &["RS256"]);
    only.public_keys = vec![pair.pem.clone()];
    assert_eq!(verdict(&at_noon(only)?, &token_by(&pair.pem, &good())?), Err(TokenError::ALGORITHM));
    Ok(())
}

#[test]
fn an_empty_or_shortened_signature_is_refused() -> Told {
    let whole = token(&good())?;
    let (message, signature) = whole.rsplit_once('.').ok_or("no signature")?;
    for length in 0..signature.len() {
        let cut = signature.get(..length).ok_or("not ascii")?;
        assert_eq!(verdict(&plain()?, &format!("{message}.{cut}")), Err(TokenError::SIGNATURE));
    }
    Ok(())
}

#[test]
fn a_token_with_any_byte_changed_is_refused() -> Told {
    let (verifier, whole) = (plain()?, token(&good())?);
    for place in 0..whole.len() {
        for other in *b"Aa0_-.=Z9 \0" {
            let mut bytes = whole.clone().into_bytes();
            let byte = bytes.get_mut(place).ok_or("no such place")?;
            if std::mem::replace(byte, other) == other {
                continue;
            }
            let changed = String::from_utf8(bytes)?;
            assert!(verdict(&verifier, &changed).is_err(), "place {place} {changed}");
        }
    }
    Ok(())
}

#[test]
fn a_header_that_names_crit_is_refused() -> Told {
    for crit in [r#"["b64"]"#, "[]", "null", "7"] {
        let token = headed(&format!(r#"{{"alg":"HS256","crit":{crit},"b64":false}}"#))?;
        assert_eq!(verdict(&plain()?, &token), Err(TokenError::MALFORMED), "{crit}");
    }
    Ok(())
}

#[test]
fn odd_headers_are_malformed_and_nothing_worse() -> Told {
    let deep = format!(r#"{{"alg":"HS256","x":{}{}}}"#, "[".repeat(2000), "]".repeat(2000));
    for header in [
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"HS256","kid":"a","kid":"b"}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"alg":null}"#,
        r#"{"kid":"a"}"#,
        r#"["HS256"]"#,
        r#""HS256""#,
        "{",
        "",
        "\u{0}",
        &deep,
    ] {
        let verdict = verdict(&plain()?, &headed(header)?);
        assert!(verdict == Err(TokenError::MALFORMED) || (header == deep && verdict.is_ok()), "{header}");
    }
    Ok(())
}

#[test]
fn a_token_is_measured_before_it_is_read() -> Told {
    let huge = headed(&format!(r#"{{"alg":"HS256","x":"{}"}}"#, "y".repeat(1 << 20)))?;
    assert_eq!(verdict(&plain()?, &huge), Err(TokenError::TOO_LONG));
    assert_eq!(verdict(&plain()?, &"é".repeat(5000)), Err(TokenError::TOO_LONG));
    assert_eq!(verdict(&plain()?, ""), Err(TokenError::Missing));
    Ok(())
}

#[test]
fn the_wrong_number_of_parts_is_malformed() -> Told {
    let whole = token(&good())?;
    for text in [".", "..", "...", "a.b.c.d", "a", &format!("{whole}.x"), &format!("x.{whole}"), "é.é.é"] {
        assert_eq!(verdict(&plain()?, text), Err(TokenError::MALFORMED), "{text}");
    }
    Ok(())
}

#[test]
fn the_previous_secret_still_opens_during_a_rotation_and_then_no_more() -> Told {
    let old = token_by(OTHER_SECRET, &good())?;
    let rotating = at_noon(settings(&[SECRET, OTHER_SECRET], &["HS256"]))?;
    assert!(verdict(&rotating, &old).is_ok());
    assert!(verdict(&rotating, &token(&good())?).is_ok());
    assert_eq!(verdict(&plain()?, &old), Err(TokenError::SIGNATURE));
    Ok(())
}

#[test]
fn a_refusal_says_nothing_of_the_token() -> Told {
    let stranger = token_by(OTHER_SECRET, r#"{"userId":"mallory","exp":1}"#)?;
    let refusal = verdict(&plain()?, &stranger).err().ok_or("let in")?;
    assert_eq!(refusal.to_string(), "token invalid: signature");
    assert_eq!(refusal.reason(), "signature");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn no_text_is_let_in_or_brings_us_down(text in any::<String>(), parts in "[A-Za-z0-9_.=-]{0,300}") {
        let verifier = plain().map_err(|error| TestCaseError::fail(error.to_string()))?;
        for text in [text, parts] {
            prop_assert!(matches!(verifier.verify(&text).now_or_never(), Some(Err(_))));
        }
    }

    #[test]
    fn no_header_or_payload_brings_us_down(header in any::<String>(), payload in any::<String>()) {
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        let verifier = plain().map_err(|error| TestCaseError::fail(error.to_string()))?;
        for (header, payload) in [(header.as_str(), "{}"), (r#"{"alg":"HS256"}"#, payload.as_str())] {
            let token = compact(header, payload, &key, Algorithm::HS256)
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(verdict(&verifier, &token).is_err());
        }
    }
}
