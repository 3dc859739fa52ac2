//! The doctor: what an operator reads who examines a deployment from outside.

use std::net::TcpListener;

use recado::app::World;
use recado_actors::clock::{Clock, Timestamp};

use crate::house::House;
use crate::programs::{Ended, Program};
use crate::tokens::{INTERNAL, SECRET, claims, sign};

/// Examines whatever is at this address, with a token it should accept, and no long idling.
async fn examines(url: &str, more: &[&str]) -> Ended {
    let token = sign(&claims("doctor", "doctor"));
    let basics = ["doctor", url, "--token", &token, "--idle", "1"];
    Program::recado(&[&basics, more].concat(), &[]).ends().await
}

fn line<'a>(ended: &'a Ended, what: &str) -> &'a str {
    let found = ended.out.lines().find(|line| line.get(6..).is_some_and(|line| line.starts_with(what)));
    found.unwrap_or_else(|| panic!("{what} is not in {ended:?}"))
}

#[actix_web::test]
async fn a_sound_deployment_has_nothing_to_mend() {
    let house = House::start().await;
    let ended = examines(&house.http_url("/"), &[]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for what in ["health", "clock", "ready", "inside", "upgrade", "forged token", "origin", "token", "idle"] {
        assert!(line(&ended, what).starts_with("ok"), "{ended:?}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn an_address_where_nothing_listens_is_told_in_one_line() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address");
    let ended = examines(&format!("http://{free}"), &[]).await;
    assert_eq!((ended.code, line(&ended, "reach").starts_with("MEND")), (Some(1), true), "{ended:?}");
}

#[actix_web::test]
async fn a_token_of_another_secret_is_told_with_what_to_compare() {
    let house = House::start().await;
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiJhIiwiY2hhdElkIjoiYiJ9.c2lnbmVkIGVsc2V3aGVyZQ";
    let ended = Program::recado(&["doctor", &house.http_url("/"), "--token", token, "--idle", "0"], &[]);
    let ended = ended.ends().await;
    assert!(line(&ended, "token").starts_with("MEND") && ended.out.contains("auth.jwt_secrets"), "{ended:?}");
    assert!(!ended.out.contains(token), "the token is repeated");
    house.ends().await;
}

#[actix_web::test]
async fn a_clock_that_is_wrong_is_told_with_its_difference() {
    let wrong = Clock::from_fn(|| Timestamp::from_secs(1_700_000_000));
    let house = House::in_world(&[], World { clock: wrong, ..World::default() }).await;
    let ended = examines(&house.http_url("/"), &[]).await;
    assert!(line(&ended, "clock").starts_with("MEND") && ended.out.contains("behind"), "{ended:?}");
    house.ends().await;
}

#[actix_web::test]
async fn a_door_open_to_every_page_is_told() {
    let house = House::with(&[("RECADO_SERVER__ALLOWED_ORIGINS", "*")]).await;
    let ended = examines(&house.http_url("/"), &[]).await;
    assert!(line(&ended, "origin").starts_with("MEND"), "{ended:?}");
    house.ends().await;
}

#[actix_web::test]
async fn a_restart_is_seen_as_the_goodbye_it_should_be() {
    let settings = [("JWT_SECRET", SECRET), ("INTERNAL_API_SECRET", INTERNAL), ("RECADO_SERVER__PORT", "0")];
    let mut server = Program::recado(&["serve"], &settings);
    let url = format!("http://{}", server.listens().await);
    let token = sign(&claims("doctor", "doctor"));
    let words = ["doctor", &url, "--token", &token, "--idle", "0", "--drain", "60"];
    let mut doctor = Program::recado(&words, &[]);
    doctor.prints("begin the deploy").await;
    server.is_signalled("TERM");
    let ended = doctor.ends().await;
    assert!(ended.out.contains("ok    drain"), "{ended:?}");
    assert_eq!(server.ends().await.code, Some(0));
}
