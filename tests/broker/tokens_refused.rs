//! Tokens that open nothing: each is told why by code and reason, and nobody inside hears of it.
//!
//! The upgrade always succeeds first, because browsers are shown nothing else.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use recado::auth::wall_clock;
use serde_json::{Value, json};

use crate::entering::{PLACES, Place};
use crate::house::House;
use crate::tokens::{INTERNAL, SECRET, claims, claims_with, sign};

const OTHER_SECRET: &str = "a secret of somebody else entirely, as long as ours";
const MISSING: (u16, &str) = (4001, "Missing authentication token");
const EXPIRED: (u16, &str) = (4002, "Token expired");
const INVALID: (u16, &str) = (4002, "Invalid token");
const INCOMPLETE: (u16, &str) = (4002, "Invalid token payload: missing userId or chatId");

/// A token by another algorithm or secret.
fn signed(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(algorithm), claims, &key).expect("claims can be signed")
}

fn with(changes: Value) -> String {
    sign(&claims_with("ann", "chat_1", changes))
}

/// A good token whose header says something else.
fn with_header(header: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(&claims("ann", "chat_1")))
}

fn good() -> String {
    with(json!({}))
}

fn forged() -> String {
    signed(Algorithm::HS256, OTHER_SECRET, &claims("ann", "chat_1"))
}

/// Shows each token in the query and hears this goodbye.
async fn all_are_refused(house: &House, tokens: &[(&str, String)], goodbye: (u16, &str)) {
    for (what, token) in tokens {
        let mut person = Place::Query("/?").shows(house, token).await;
        let (code, reason) = person.is_closed().await;
        assert_eq!((code, reason.as_str()), goodbye, "{what}");
        person.leaves().await;
    }
}

#[actix_web::test]
async fn a_token_that_is_refused_is_refused_in_each_of_its_places() {
    let house = House::start().await;
    let incomplete = with(json!({ "chatId": null }));
    let expired = with(json!({ "exp": wall_clock() - 1 }));
    let mut bob = house.widget("bob", "chat_1").await;
    for place in PLACES {
        for (token, goodbye) in [(&expired, EXPIRED), (&forged(), INVALID), (&incomplete, INCOMPLETE)] {
            let mut ann = place.shows(&house, token).await;
            let (code, reason) = ann.is_closed().await;
            assert_eq!((code, reason.as_str()), goodbye, "{place:?}");
            ann.leaves().await;
        }
    }
    bob.posts("alone").await;
    bob.hears_message("alone").await;
    bob.hears_nothing_more().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn no_token_and_an_empty_one_are_told_so() {
    let house = House::with(&[("RECADO_DOORS__WIDGET__FIRST_FRAME_MS", "50")]).await;
    for path in ["/", "/ws?theme=dark", "/?token=", "/ws?token=&extras=1", "/?token"] {
        let mut person = house.connects(path).await;
        let (code, reason) = person.is_closed().await;
        assert_eq!((code, reason.as_str()), MISSING, "{path}");
        person.leaves().await;
    }
    for place in PLACES {
        let mut person = place.shows(&house, "").await;
        let (code, reason) = person.is_closed().await;
        assert_eq!((code, reason.as_str()), MISSING, "{place:?}");
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn nobody_who_shows_no_token_is_waited_for_longer_than_the_settings_say() {
    let house = House::with(&[("RECADO_LIMITS__AUTH_TIMEOUT_MS", "100")]).await;
    for path in ["/", "/?auth=frame"] {
        let mut silent = house.connects(path).await;
        assert_eq!(silent.is_closed().await, (MISSING.0, MISSING.1.to_owned()), "{path}");
        silent.leaves().await;
        let mut rash = house.connects(path).await;
        rash.posts("let me in").await;
        assert_eq!(rash.is_closed().await, (MISSING.0, MISSING.1.to_owned()), "{path}");
        rash.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn a_token_that_is_over_is_told_apart_from_one_that_is_wrong() {
    let house = House::start().await;
    let now = wall_clock();
    let over = [
        ("a second ago", with(json!({ "exp": now - 1 }))),
        ("now", with(json!({ "exp": now }))),
        ("in 1970", with(json!({ "exp": 0 }))),
        ("with a fraction", with(json!({ "exp": 1_000_000.5 }))),
        ("and without a chat", with(json!({ "exp": now - 1, "chatId": null }))),
    ];
    all_are_refused(&house, &over, EXPIRED).await;
    let forged_and_over = claims_with("ann", "chat_1", json!({ "exp": now - 1 }));
    let forged = [("forged as well", signed(Algorithm::HS256, OTHER_SECRET, &forged_and_over))];
    all_are_refused(&house, &forged, INVALID).await;
    house.ends().await;
}

#[actix_web::test]
async fn forged_and_broken_tokens_are_invalid() {
    let house = House::start().await;
    let good = good();
    let (body, signature) = good.rsplit_once('.').expect("three parts");
    let (head, payload) = body.split_once('.').expect("three parts");
    let richer = URL_SAFE_NO_PAD.encode(claims("admin", "chat_1").to_string());
    let wrong = [
        ("no token at all", "hello".to_owned()),
        ("two parts", body.to_owned()),
        ("four parts", format!("{good}.{signature}")),
        ("no signature", format!("{body}.")),
        ("a signature cut short", good[..good.len() - 4].to_owned()),
        ("another payload", format!("{head}.{richer}.{signature}")),
        ("an empty payload", format!("{head}..{signature}")),
        ("parts exchanged", format!("{payload}.{head}.{signature}")),
        ("another secret", forged()),
        ("the internal secret", signed(Algorithm::HS256, INTERNAL, &claims("ann", "chat_1"))),
        ("an empty secret", signed(Algorithm::HS256, "", &claims("ann", "chat_1"))),
        ("far too long", with(json!({ "name": "x".repeat(9000) }))),
    ];
    all_are_refused(&house, &wrong, INVALID).await;
    house.ends().await;
}

#[actix_web::test]
async fn the_algorithm_is_ours_to_choose() {
    let house = House::with(&[("RECADO_AUTH__ALGORITHMS", "HS256,HS384")]).await;
    let good = good();
    let signature = good.rsplit_once('.').expect("three parts").1;
    let wrong = [
        ("not listed", signed(Algorithm::HS512, SECRET, &claims("ann", "chat_1"))),
        ("none", with_header(&json!({ "alg": "none" }), "")),
        ("None with a signature", with_header(&json!({ "alg": "None", "typ": "JWT" }), signature)),
        ("a public key's", with_header(&json!({ "alg": "RS256" }), signature)),
        ("unknown", with_header(&json!({ "alg": "HS1" }), signature)),
        ("not named", with_header(&json!({ "typ": "JWT" }), signature)),
        ("not a text", with_header(&json!({ "alg": 256 }), signature)),
        ("a key of its own", with_header(&json!({ "alg": "HS256", "jwk": { "kty": "oct", "k": "" } }), "")),
    ];
    all_are_refused(&house, &wrong, INVALID).await;
    for algorithm in [Algorithm::HS256, Algorithm::HS384] {
        house.enters(&signed(algorithm, SECRET, &claims("ann", "chat_1")), "").await.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn all_three_hmac_algorithms_are_good_unless_the_settings_say_otherwise() {
    let house = House::start().await;
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        house.enters(&signed(algorithm, SECRET, &claims("ann", "chat_1")), "").await.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn claims_of_the_wrong_type_are_invalid_and_never_guessed() {
    let house = House::start().await;
    let soon = wall_clock() + 3600;
    let wrong = [
        json!({ "exp": soon.to_string() }),
        json!({ "exp": true }),
        json!({ "exp": -1 }),
        json!({ "exp": [soon] }),
        json!({ "nbf": "now" }),
        json!({ "nbf": soon }),
        json!({ "userId": 7.5 }),
        json!({ "userId": { "id": "ann" } }),
        json!({ "userId": "line\nbreak" }),
        json!({ "userId": "x".repeat(129) }),
        json!({ "chatId": 7 }),
        json!({ "chatId": ["chat_1"] }),
        json!({ "isAuthenticated": "true" }),
        json!({ "isAuthenticated": 1 }),
        json!({ "name": 7 }),
        json!({ "jti": 7 }),
    ];
    let wrong: Vec<_> = wrong.into_iter().map(|changes| (changes.to_string(), with(changes))).collect();
    let wrong: Vec<_> = wrong.iter().map(|(what, token)| (what.as_str(), token.clone())).collect();
    all_are_refused(&house, &wrong, INVALID).await;
    let array = json!(["ann", "chat_1", soon]);
    all_are_refused(&house, &[("no object", signed(Algorithm::HS256, SECRET, &array))], INVALID).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_genuine_token_without_user_or_chat_is_called_incomplete() {
    let house = House::start().await;
    let lacking = [
        ("no chat", with(json!({ "chatId": null }))),
        ("no user", with(json!({ "userId": null }))),
        ("neither", with(json!({ "userId": null, "chatId": null }))),
        ("an empty chat", with(json!({ "chatId": "" }))),
        ("an empty user", with(json!({ "userId": "" }))),
    ];
    all_are_refused(&house, &lacking, INCOMPLETE).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_token_without_an_end_is_refused_unless_the_settings_admit_it() {
    let endless = with(json!({ "exp": null }));
    let house = House::start().await;
    all_are_refused(&house, &[("endless", endless.clone())], INVALID).await;
    house.ends().await;

    let house = House::with(&[("RECADO_AUTH__REQUIRE_EXP", "false")]).await;
    for place in PLACES {
        place.enters(&house, &endless).await.leaves().await;
    }
    all_are_refused(&house, &[("over", with(json!({ "exp": 1 })))], EXPIRED).await;
    house.ends().await;
}

#[actix_web::test]
async fn while_secrets_rotate_tokens_of_both_are_good_and_of_no_third() {
    let previous = "the secret that was used until yesterday, still good";
    let house = House::with(&[("JWT_SECRET_PREVIOUS", previous)]).await;
    for secret in [SECRET, previous] {
        for algorithm in [Algorithm::HS256, Algorithm::HS512] {
            let token = signed(algorithm, secret, &claims("ann", "chat_1"));
            house.enters(&token, "").await.leaves().await;
        }
    }
    all_are_refused(&house, &[("a third secret", forged())], INVALID).await;
    house.ends().await;
}
