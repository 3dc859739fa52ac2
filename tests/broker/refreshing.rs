//! Sessions live as long as their token: a refresh extends one, an expired one is ended at once.

use recado_actors::clock::{Clock, Timestamp};
use serde_json::{Value, json};

use crate::house::House;
use crate::minutes::all_leave;
use crate::person::Person;
use crate::tokens::{claims, claims_with, sign};

/// A token for `user` that ends so many seconds from now, and when that is.
fn short(user: &str, seconds: i64) -> (String, Timestamp) {
    let exp = Clock::system().now().as_secs() + seconds;
    (sign(&claims_with(user, "chat_1", json!({ "exp": exp }))), Timestamp::from_secs(exp))
}

impl Person {
    async fn refreshes(&mut self, token: &str) -> Value {
        self.sends(json!({ "type": "refresh", "token": token })).await;
        self.hears_next().await
    }
}

#[actix_web::test]
async fn an_expired_session_ends_at_once() {
    let house = House::start().await;
    let (token, end) = short("ann", 4);
    let mut ann = house.enters(&token, "").await;
    assert_eq!(ann.is_closed().await, (4003, "Token expired".to_owned()));
    let late = Clock::system().now().0 - end.0;
    // A second is what is promised; a machine with much else to do gets five.
    assert!((0..=5000).contains(&late), "{late} ms late");
    house.ends().await;
}

#[actix_web::test]
async fn a_refreshed_session_lives_on() {
    let house = House::start().await;
    let (token, _) = short("ann", 4);
    let mut ann = house.enters(&token, "").await;
    let (longer, end) = short("ann", 3600);
    let refreshed = ann.refreshes(&longer).await;
    assert_eq!(
        (&refreshed["type"], &refreshed["data"]),
        (&json!("refreshed"), &json!({ "expiresAt": end.to_string() }))
    );
    // Somebody whose token ends with the first one shows that its end has passed.
    let mut bob = house.enters(&short("bob", 4).0, "").await;
    assert_eq!(bob.is_closed().await.0, 4003);
    ann.posts("still here").await;
    ann.hears_message("still here").await;
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_session_ends_with_the_token_that_refreshed_it() {
    let house = House::start().await;
    let mut ann = house.enters(&sign(&claims("ann", "chat_1")), "").await;
    let (shorter, end) = short("ann", 4);
    assert_eq!(ann.refreshes(&shorter).await["type"], "refreshed");
    assert_eq!(ann.is_closed().await, (4003, "Token expired".to_owned()));
    assert!(Clock::system().now() >= end);
    house.ends().await;
}

#[actix_web::test]
async fn a_refresh_with_anothers_token_is_refused_and_the_session_goes_on() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    for token in [sign(&claims("bob", "chat_1")), sign(&claims("ann", "chat_2"))] {
        let error = ann.refreshes(&token).await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("other_identity")), "{error}");
    }
    ann.posts("still ann").await;
    assert_eq!(ann.hears_message("still ann").await["sender"]["id"], "ann");
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_refresh_with_a_bad_token_is_refused_and_the_session_goes_on() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    let forged = format!("{}x", sign(&claims("ann", "chat_1")));
    for token in ["", "rubbish", "a.b.c", &forged, &short("ann", -10).0] {
        let error = ann.refreshes(token).await;
        assert_eq!(error["type"], "error", "{token}: {error}");
        assert!(error["code"].is_string() && error.get("retry").is_none(), "{error}");
    }
    for frame in [json!({ "type": "refresh" }), json!({ "type": "refresh", "token": 7 })] {
        ann.sends(frame).await;
        assert_eq!(ann.hears("error").await["code"], "bad_field");
    }
    ann.posts("still here").await;
    ann.hears_message("still here").await;
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_refused_refresh_does_not_extend_a_session() {
    let house = House::start().await;
    let (token, end) = short("ann", 4);
    let mut ann = house.enters(&token, "").await;
    assert_eq!(ann.refreshes(&sign(&claims("bob", "chat_1"))).await["code"], "other_identity");
    assert_eq!(ann.is_closed().await, (4003, "Token expired".to_owned()));
    assert!((0..=5000).contains(&(Clock::system().now().0 - end.0)));
    house.ends().await;
}

#[actix_web::test]
async fn what_was_said_before_the_end_is_not_lost_by_it() {
    let house = House::start().await;
    let mut bob = house.widget_with_extras("bob", "chat_1").await;
    let mut ann = house.enters(&short("ann", 4).0, "&extras=1").await;
    ann.posts_safely("last words", "t1").await;
    assert_eq!(ann.is_closed().await.0, 4003);
    bob.hears_up_to(1).await;
    let mut ann = house.widget_since("ann", "chat_1", 0, "").await;
    ann.hears_message("last words").await;
    all_leave([ann, bob]).await;
    house.ends().await;
}
