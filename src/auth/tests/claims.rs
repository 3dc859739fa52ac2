//! Rightly signed tokens whose claims are late, early, of the wrong type or told in another way.
//!
//! Time stands still at noon, so that every boundary is met exactly.

use std::time::Duration;

use super::mint::{NOON, SECRET, Told, at_noon, plain, settings, token, verdict};
use crate::auth::{Claims, TokenError, Verifier};

const NO_CLAIMS: Result<Claims, TokenError> = Err(TokenError::CLAIMS);

fn lenient() -> Told<Verifier> {
    let mut settings = settings(&[SECRET], &["HS256"]);
    settings.require_exp = false;
    Ok(at_noon(settings)?)
}

fn said(payload: &str) -> Told<Result<Claims, TokenError>> {
    Ok(verdict(&lenient()?, &token(payload)?))
}

#[test]
fn a_token_is_good_until_the_second_it_expires() -> Told {
    for (exp, good) in [(NOON + 1, true), (NOON, false), (NOON - 1, false), (0, false)] {
        let verdict = verdict(&plain()?, &token(&format!(r#"{{"userId":"ann","exp":{exp}}}"#))?);
        let expected = if good { Ok(Some(exp)) } else { Err(TokenError::Expired) };
        assert_eq!(verdict.map(|claims| claims.expires_at), expected, "{exp}");
    }
    Ok(())
}

#[test]
fn leeway_is_what_was_configured_and_not_a_second_more() -> Told {
    let mut settings = settings(&[SECRET], &["HS256"]);
    settings.leeway = Duration::from_secs(5);
    let verifier = at_noon(settings)?;
    let late = |by: i64| token(&format!(r#"{{"exp":{}}}"#, NOON - by));
    assert!(verdict(&verifier, &late(4)?).is_ok());
    assert_eq!(verdict(&verifier, &late(5)?), Err(TokenError::Expired));
    let early = |by: i64| token(&format!(r#"{{"exp":{},"nbf":{}}}"#, NOON + 60, NOON + by));
    assert!(verdict(&verifier, &early(5)?).is_ok());
    assert_eq!(verdict(&verifier, &early(6)?), Err(TokenError::NOT_YET_VALID));
    Ok(())
}

#[test]
fn a_token_of_tomorrow_is_not_yet_valid() -> Told {
    assert_eq!(said(&format!(r#"{{"nbf":{}}}"#, NOON + 1))?, Err(TokenError::NOT_YET_VALID));
    assert!(said(&format!(r#"{{"nbf":{NOON}}}"#))?.is_ok());
    Ok(())
}

#[test]
fn an_end_is_asked_for_only_when_configured() -> Told {
    let endless = token(r#"{"userId":"ann"}"#)?;
    assert_eq!(verdict(&plain()?, &endless), NO_CLAIMS);
    assert_eq!(verdict(&lenient()?, &endless)?.expires_at, None);
    Ok(())
}

#[test]
fn times_of_the_wrong_type_are_refused_even_where_they_are_optional() -> Told {
    for name in ["exp", "nbf", "iat"] {
        for value in
            [r#""1900000000""#, "null", "-1", "-0.5", "1e400", "1e300", "18446744073709551615", "true", "[1]"]
        {
            assert_eq!(
                said(&format!(r#"{{"userId":"ann","{name}":{value}}}"#))?,
                NO_CLAIMS,
                "{name} {value}"
            );
        }
    }
    Ok(())
}

#[test]
fn fractions_of_seconds_are_cut_off() -> Told {
    let claims = said(&format!(r#"{{"exp":{}.9,"iat":{NOON}.25}}"#, NOON + 1))??;
    assert_eq!((claims.expires_at, claims.issued_at), (Some(NOON + 1), Some(NOON)));
    assert_eq!(said(&format!(r#"{{"exp":{NOON}.9}}"#))?, Err(TokenError::Expired));
    Ok(())
}

#[test]
fn claims_of_the_wrong_type_are_refused() -> Told {
    for claim in [
        r#""isAuthenticated":"true""#,
        r#""isAuthenticated":1"#,
        r#""userId":7.5"#,
        r#""userId":["ann"]"#,
        r#""chatId":{}"#,
        r#""id":1.5"#,
        r#""id":true"#,
        r#""sub":{"a":7}"#,
        r#""name":7"#,
        r#""email":[]"#,
        r#""avatar":false"#,
        r#""role":["admin"]"#,
        r#""jti":7"#,
    ] {
        assert_eq!(said(&format!("{{{claim}}}"))?, NO_CLAIMS, "{claim}");
    }
    Ok(())
}

#[test]
fn claims_said_twice_are_refused() -> Told {
    assert_eq!(said(r#"{"userId":"ann","userId":"bob"}"#)?, NO_CLAIMS);
    assert_eq!(said(&format!(r#"{{"exp":{},"exp":1}}"#, NOON + 60))?, NO_CLAIMS);
    assert_eq!(said(r#"{"userId":"ann","user\u0049d":"bob"}"#)?, NO_CLAIMS);
    Ok(())
}

#[test]
fn a_payload_that_is_no_object_is_refused() -> Told {
    for payload in ["", "null", "[]", r#"["ann","chat_1"]"#, r#""ann""#, "{}{}", "{"] {
        assert_eq!(said(payload)?, NO_CLAIMS, "{payload}");
    }
    Ok(())
}

#[test]
fn the_user_is_named_by_user_id_then_id_then_sub() -> Told {
    for (payload, user) in [
        (r#"{"sub":"c","id":"b","userId":"a"}"#, Some("a")),
        (r#"{"sub":"c","id":"b"}"#, Some("b")),
        (r#"{"sub":"c"}"#, Some("c")),
        (r#"{"sub":"c","id":42}"#, Some("42")),
        (r#"{"id":-3}"#, Some("-3")),
        (r#"{"id":null,"userId":42}"#, Some("42")),
        (r#"{"sub":42}"#, Some("42")),
        (r#"{"id":18446744073709551615}"#, Some("18446744073709551615")),
        (r#"{"sub":"c","id":"","userId":""}"#, Some("c")),
        (r#"{"sub":"c","id":null,"userId":null}"#, Some("c")),
        (r#"{"sub":""}"#, None),
        ("{}", None),
    ] {
        assert_eq!(said(payload)??.user_id.as_deref(), user, "{payload}");
    }
    Ok(())
}

#[test]
fn all_claims_arrive_and_empty_ones_are_absent() -> Told {
    let full = r#"{"userId":"ann","chatId":"c1","isAuthenticated":true,"name":"Ann","email":"a@example.org",
        "avatar":"https://example.org/a.png","role":"agent","jti":"t1","iat":5,"unknown":[1,{"a":null}]}"#;
    let claims = said(full)??;
    let again = serde_json::to_string(&claims)?;
    assert_eq!(said(&again)??, claims);
    assert_eq!((claims.role.as_deref(), claims.token_id.as_deref()), (Some("agent"), Some("t1")));
    assert_eq!((claims.is_authenticated, claims.issued_at), (Some(true), Some(5)));
    let empty = r#"{"userId":"","chatId":"","name":"","email":null,"avatar":"","role":"","jti":""}"#;
    assert_eq!(said(empty)??, Claims::default());
    Ok(())
}

#[test]
fn issuer_and_audience_count_only_when_configured() -> Told {
    assert!(said(r#"{"iss":7,"aud":{"odd":1}}"#)?.is_ok());
    let mut strict = settings(&[SECRET], &["HS256"]);
    (strict.issuer, strict.audience) = (Some("home".to_owned()), Some("recado".to_owned()));
    strict.require_exp = false;
    let verifier = at_noon(strict)?;
    for (payload, good) in [
        (r#"{"iss":"home","aud":"recado"}"#, true),
        (r#"{"iss":"home","aud":["else","recado"]}"#, true),
        (r#"{"iss":"home","aud":"else"}"#, false),
        (r#"{"iss":"home","aud":[]}"#, false),
        (r#"{"iss":"home"}"#, false),
        (r#"{"iss":"away","aud":"recado"}"#, false),
        (r#"{"aud":"recado"}"#, false),
    ] {
        let verdict = verdict(&verifier, &token(payload)?);
        assert_eq!(verdict.is_ok(), good, "{payload}");
        assert!(good || verdict == NO_CLAIMS);
    }
    Ok(())
}
