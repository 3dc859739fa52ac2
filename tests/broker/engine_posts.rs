//! What bodies may cost: how long one may take, how much of all of them is held, and how short answers are made.

use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::{Method, Response};

use crate::echoing::{CALM, HASTY, Poller, echoing};
use crate::raw_socket::{RawSocket, header};

async fn polls_with(poller: &Poller<'_>, accept: &str) -> Response {
    let request = poller.house.request(Method::GET, &format!("/engine.io/{}", poller.query()));
    request.header("accept-encoding", accept).send().await.expect("an answer")
}

#[actix_web::test]
async fn a_long_answer_is_squeezed_for_whoever_takes_it_so() {
    let house = echoing(&CALM).await;
    let poller = Poller::opens(&house).await;
    let long = format!("4{}", "hello ".repeat(1000));
    poller.posts(long.clone()).await;
    let told = polls_with(&poller, "gzip, deflate").await;
    assert_eq!(told.headers()["content-encoding"], "gzip");
    let (bytes, mut text) = (told.bytes().await.expect("a body"), String::new());
    GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("it inflates");
    assert!(text == long && bytes.len() < 200, "{} bytes", bytes.len());
    for (accept, said) in [("identity", long.as_str()), ("gzip", "4short")] {
        poller.posts(said.to_owned()).await;
        let told = polls_with(&poller, accept).await;
        assert!(!told.headers().contains_key("content-encoding"), "{accept}");
        assert_eq!(told.text().await.expect("a body"), said);
    }
    poller.posts("1").await;
    house.ends().await;
}

#[actix_web::test]
async fn nothing_is_squeezed_where_compression_is_switched_off() {
    let house = echoing(&[&CALM[..], &[("RECADO_COMPRESSION__ENABLED", "false")]].concat()).await;
    let poller = Poller::opens(&house).await;
    let long = format!("4{}", "hello ".repeat(1000));
    poller.posts(long.clone()).await;
    let told = polls_with(&poller, "gzip").await;
    assert_eq!(told.text().await.expect("a body"), long);
    poller.posts("1").await;
    house.ends().await;
}

/// The head of a post and the beginning of its body.
async fn begins_a_post(poller: &Poller<'_>, length: usize, begun: &str) -> RawSocket {
    let mut socket = RawSocket::dials(poller.house.address()).await;
    let path = format!("/engine.io/{}", poller.query());
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: recado.test\r\nContent-Length: {length}\r\n\r\n{begun}");
    socket.sends(head.as_bytes()).await;
    socket
}

#[actix_web::test]
async fn a_body_that_drips_is_waited_for_until_the_heartbeat_s_deadline_on_whichever_thread() {
    let house = echoing(&[&HASTY[..], &[("RECADO_SERVER__WORKERS", "3")]].concat()).await;
    let mut pollers = Vec::new();
    for _ in 0..6 {
        pollers.push(Poller::opens(&house).await);
    }
    let dripping = pollers.iter().map(async |poller| {
        let mut socket = begins_a_post(poller, 100, "4a").await;
        assert_eq!(poller.polls().await.1, "2");
        socket.sends(b"b").await;
        assert!(socket.hears_answer().await.0.starts_with("HTTP/1.1 400 "));
        poller.is_unknown().await;
    });
    futures_util::future::join_all(dripping).await;
    house.ends().await;
}

#[actix_web::test]
async fn no_more_is_held_than_may_be_and_whoever_was_refused_may_post_again() {
    let tight = [("RECADO_LIMITS__POSTED_BYTES", "100000"), ("RECADO_SERVER__WORKERS", "2")];
    let house = echoing(&[&CALM[..], &tight].concat()).await;
    let poller = Poller::opens(&house).await;
    let body = r#"{"code":4,"message":"too much is being posted at once"}"#;
    // What was held is given back each time, or there would soon be no room for anything.
    for _ in 0..5 {
        let refused = poller.posts("4".repeat(100_001)).await;
        assert_eq!(refused, (503, body.to_owned()));
        assert_eq!(poller.posts("4".repeat(100_000)).await.0, 200);
        assert_eq!(poller.polls().await.1.len(), 100_000);
    }
    poller.posts("1").await;
    house.ends().await;
}

/// Whichever of them there is no room for.
#[actix_web::test]
async fn what_many_post_at_once_is_held_together_or_refused() {
    let tight = [("RECADO_LIMITS__POSTED_BYTES", "100000")];
    let house = echoing(&[&CALM[..], &tight].concat()).await;
    let (one, two) = (Poller::opens(&house).await, Poller::opens(&house).await);
    let begun = "4".repeat(70_000);
    let (mut first, mut second) =
        tokio::join!(begins_a_post(&one, 80_000, &begun), begins_a_post(&two, 80_000, &begun));
    let (refused, rest) = tokio::select! {
        answer = first.hears_answer() => (answer, &mut second),
        answer = second.hears_answer() => (answer, &mut first),
    };
    assert!(
        refused.0.starts_with("HTTP/1.1 503 ") && header(&refused.0, "retry-after") == Some("1"),
        "{}",
        refused.0
    );
    rest.sends("4".repeat(10_000).as_bytes()).await;
    assert!(rest.hears_answer().await.0.starts_with("HTTP/1.1 200 "));
    for poller in [one, two] {
        poller.posts("1").await;
    }
    house.ends().await;
}
