//! Which web pages may connect, decided before the socket is: a page elsewhere has a visitor's browser, not their trust.

use serde_json::json;

use crate::house::House;
use crate::person::Person;
use crate::tokens::{claims, sign};

const ALLOWED: (&str, &str) =
    ("RECADO_SERVER__ALLOWED_ORIGINS", "https://app.example.com, https://other.example.com:8443");

fn path() -> String {
    format!("/?token={}", sign(&claims("ann", "chat_1")))
}

async fn is_let_in(house: &House, headers: &[(&str, &str)]) {
    let mut ann = house.connects_with(&path(), headers).await;
    ann.is_welcomed().await;
    ann.leaves().await;
}

async fn is_refused(house: &House, origin: &str) {
    let (status, problem) = Person::refused(&house.ws_url(&path()), &[("Origin", origin)]).await;
    assert_eq!((status, &problem["code"]), (403, &json!("origin_refused")), "{origin}");
}

#[actix_web::test]
async fn only_the_origins_that_are_named_are_let_in() {
    let house = House::with(&[ALLOWED]).await;
    for origin in ["https://app.example.com", "https://other.example.com:8443"] {
        is_let_in(&house, &[("Origin", origin)]).await;
    }
    for origin in [
        "https://evil.example",
        "https://app.example.com.evil.example",
        "https://evilapp.example.com",
        "https://sub.app.example.com",
        "http://app.example.com",
        "https://app.example.com:444",
        "https://other.example.com",
        "https://app.example.com/",
        "https://app.example.com@evil.example",
        "http://localhost:3000",
        "null",
        "*",
        "app.example.com",
        "",
    ] {
        is_refused(&house, origin).await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn no_origin_is_no_browser_and_is_let_in_on_its_token() {
    let house = House::with(&[ALLOWED]).await;
    is_let_in(&house, &[]).await;
    let mut eve = house.connects("/?token=forged").await;
    assert_eq!(eve.is_closed().await, (4002, "Invalid token".to_owned()));
    house.ends().await;
}

#[actix_web::test]
async fn two_origins_are_no_origin_a_browser_would_send() {
    let house = House::with(&[ALLOWED]).await;
    for second in ["https://app.example.com", "https://evil.example"] {
        let two = [("Origin", "https://app.example.com"), ("Origin", second)];
        let (status, problem) = Person::refused(&house.ws_url(&path()), &two).await;
        assert_eq!((status, &problem["code"]), (400, &json!("two_origins")), "{second}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn on_loopback_the_pages_of_this_machine_are_let_in_and_no_others() {
    let house = House::start().await;
    let own = house.http_url("");
    for origin in [&own, "http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:8080"] {
        is_let_in(&house, &[("Origin", origin)]).await;
    }
    for origin in [
        "https://evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "null",
        "file://",
    ] {
        is_refused(&house, origin).await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn the_backend_s_own_pages_are_let_in_where_nothing_else_is_said() {
    let house = House::with(&[("RECADO_BACKEND__NEXT_API_URL", "https://app.example.com/base")]).await;
    is_let_in(&house, &[("Origin", "https://app.example.com")]).await;
    is_refused(&house, "https://app.example.com:444").await;
    is_refused(&house, "https://evil.example").await;
    house.ends().await;
}
