//! What operators type, and what they get.
//!
//! They guarantee that a token made by hand opens the door it was made for.

use clap::Parser;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Command, CommandLine, TokenWish, healthcheck, token};
use crate::auth::{Verifier, wall_clock};
use crate::config::{Config, Environment};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn config(variables: &[(&str, &str)]) -> Config {
    let env: Environment =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::load(None, &env).unwrap()
}

fn typed(words: &str) -> Result<CommandLine, clap::Error> {
    CommandLine::try_parse_from(words.split(' '))
}

fn wish(words: &str) -> TokenWish {
    match typed(words).unwrap().command {
        Some(Command::Token(wish)) => wish,
        _ => panic!("{words} is no wish for a token"),
    }
}

#[test]
fn without_a_command_the_broker_is_run() {
    assert!(typed("recado").unwrap().command.is_none());
    assert!(matches!(typed("recado serve --config a.toml").unwrap().command, Some(Command::Serve)));
    assert!(typed("recado --config a.toml check-config").unwrap().config.is_some());
}

#[test]
fn a_wish_that_makes_no_sense_is_refused() {
    for words in [
        "recado token",
        "recado token --chat c --user ",
        "recado token --chat c --user u --ttl 0",
        "recado tea",
    ] {
        assert!(typed(words).is_err(), "{words}");
    }
}

#[actix_web::test]
async fn a_token_made_by_hand_is_accepted() {
    let config = config(&[
        ("JWT_SECRET", SECRET),
        ("RECADO_AUTH__ISSUER", "here"),
        ("RECADO_AUTH__AUDIENCE", "widget"),
    ]);
    let wish = wish("recado token --chat c1 --user u1 --agent --name Ann --ttl 60");
    let now = wall_clock();
    let token = token::make(&config, &wish, now).unwrap().unwrap();
    let claims = Verifier::new(config.auth.settings()).unwrap().verify(&token).await.unwrap();
    assert_eq!((claims.user_id.as_deref(), claims.chat_id.as_deref()), (Some("u1"), Some("c1")));
    assert_eq!((claims.is_authenticated, claims.name.as_deref()), (Some(true), Some("Ann")));
    assert_eq!((claims.issued_at, claims.expires_at), (Some(now), Some(now + 60)));
}

#[test]
fn without_a_secret_there_is_no_token() {
    assert!(token::make(&config(&[]), &wish("recado token --chat c --user u"), 0).unwrap().is_none());
}

/// A server for one request, which answers with this line.
async fn answering(line: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    actix_rt::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 512];
        let length = stream.read(&mut request).await.unwrap();
        assert!(request[..length].starts_with(b"GET /health/live HTTP/1.1\r\n"));
        stream.write_all(line.as_bytes()).await.unwrap();
    });
    port
}

#[actix_web::test]
async fn a_server_that_lives_is_told_from_one_that_does_not() {
    let ask = async |port: u16, host: &str| {
        let port = port.to_string();
        healthcheck::check(&config(&[("HOST", host), ("PORT", &port), ("JWT_SECRET", SECRET)]).server).await
    };
    let port = answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    ask(port, "0.0.0.0").await.unwrap();
    let port = answering("HTTP/1.1 503 Service Unavailable\r\n\r\n").await;
    assert!(ask(port, "127.0.0.1").await.unwrap_err().to_string().ends_with("answered with status 503"));
    let port = answering("SSH-2.0-x\r\n").await;
    assert!(ask(port, "127.0.0.1").await.is_err());
    assert!(ask(0, "127.0.0.1").await.is_err());
}
