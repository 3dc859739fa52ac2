//! The product as operators run it: what they type, what it answers, how it ends, and what its log keeps to itself.

use std::net::TcpListener;

use serde_json::json;

use crate::person::{Person, sent_home};
use crate::programs::Program;
use crate::raw_socket::{FIN, RawSocket, TEXT, handshake};
use crate::tokens::{INTERNAL, SECRET, claims, claims_with, sign};

const SECRETS: [(&str, &str); 2] = [("JWT_SECRET", SECRET), ("INTERNAL_API_SECRET", INTERNAL)];

/// A broker on a free port, with a database in its own folder.
fn serving(settings: &[(&str, &str)]) -> Program {
    let basics =
        [SECRETS.as_slice(), &[("RECADO_SERVER__PORT", "0"), ("RECADO_SERVER__WORKERS", "2")]].concat();
    Program::recado(&["serve"], &[basics.as_slice(), settings].concat())
}

fn path(user: &str) -> String {
    format!("/?token={}", sign(&claims(user, "chat_1")))
}

async fn enters(address: std::net::SocketAddr, path: &str, headers: &[(&str, &str)]) -> Person {
    let mut person = Person::connect(&format!("ws://{address}{path}"), headers).await;
    person.is_welcomed().await;
    person.settles().await;
    person
}

#[actix_web::test]
async fn three_mistakes_in_the_settings_are_told_at_once() {
    for command in ["check-config", "serve"] {
        let wrong = [
            ("PORT", "banana"),
            ("RECADO_LIMITS__BODY_BYTES", "0"),
            ("RECADO_STORE__URL", "mysql://a:hunter2@b"),
        ];
        let ended = Program::recado(&[command], &wrong).ends().await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let lines: Vec<_> = ended.errors.lines().collect();
        assert_eq!(lines.len(), 3, "{ended:?}");
        for setting in ["server.port", "limits.body_bytes", "store.url"] {
            assert!(lines.iter().any(|line| line.starts_with(setting)), "{setting}: {ended:?}");
        }
        assert!(!ended.errors.contains("hunter2"), "a password is told");
    }
}

#[actix_web::test]
async fn settings_without_a_mistake_are_called_valid() {
    let ended = Program::recado(&["check-config"], &SECRETS).ends().await;
    assert_eq!(
        (ended.code, ended.out.as_str(), ended.errors.as_str()),
        (Some(0), "configuration is valid", "")
    );
}

#[actix_web::test]
async fn a_token_that_is_printed_opens_the_door() {
    let words = ["token", "--chat", "chat_1", "--user", "bob", "--agent", "--name", "Bob"];
    let printed = Program::recado(&words, &SECRETS).ends().await;
    assert_eq!((printed.code, printed.out.lines().count()), (Some(0), 1), "{printed:?}");

    let mut recado = serving(&[]);
    let address = recado.listens().await;
    let mut bob = enters(address, &format!("/?token={}", printed.out), &[]).await;
    bob.sends(json!({ "type": "message", "content": "hello", "role": "AGENT" })).await;
    let heard = bob.hears_message("hello").await;
    assert_eq!((&heard["sender"]["id"], &heard["sender"]["name"]), (&json!("bob"), &json!("Bob")));
    bob.leaves().await;
}

#[actix_web::test]
async fn without_a_secret_there_is_no_token_to_print() {
    let ended = Program::recado(&["token", "--chat", "chat_1", "--user", "bob"], &[]).ends().await;
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.errors.contains("JWT_SECRET"), "{ended:?}");
}

#[actix_web::test]
async fn without_a_secret_the_outside_is_refused() {
    for host in ["0.0.0.0", "::", "192.0.2.1"] {
        let ended = Program::recado(&["serve"], &[("HOST", host), ("PORT", "0")]).ends().await;
        assert_eq!(ended.code, Some(1), "{host}: {ended:?}");
        assert!(ended.errors.contains("JWT_SECRET"), "{host}: {ended:?}");
        assert!(!ended.out.contains("listening"), "{host}: {ended:?}");
    }
}

#[actix_web::test]
async fn a_health_check_tells_whether_the_server_lives() {
    let mut recado = serving(&[]);
    let port = recado.listens().await.port().to_string();
    let settings = [SECRETS.as_slice(), &[("PORT", port.as_str())]].concat();
    let ended = Program::recado(&["healthcheck"], &settings).ends().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");

    recado.is_signalled("TERM");
    recado.ends().await;
    let ended = Program::recado(&["healthcheck"], &settings).ends().await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(!ended.errors.is_empty());
}

#[actix_web::test]
async fn a_port_that_is_taken_is_a_clear_error() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let settings = [SECRETS.as_slice(), &[("PORT", port.as_str())]].concat();
    let ended = Program::recado(&["serve"], &settings).ends().await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.errors.contains(&port), "{ended:?}");
}

#[actix_web::test]
async fn told_to_end_it_says_goodbye_and_ends_well() {
    for signal in ["TERM", "INT"] {
        let mut recado = serving(&[("RECADO_SERVER__DRAIN_MS", "5000")]);
        let address = recado.listens().await;
        let mut people = Vec::new();
        for user in ["ann", "bob", "eve"] {
            people.push(enters(address, &path(user), &[]).await);
        }
        recado.is_signalled(signal);
        for person in &mut people {
            person.is_sent_home().await;
        }
        let ended = recado.ends().await;
        assert_eq!(ended.code, Some(0), "{signal}");
        assert!(!ended.out.contains(r#""level":"error""#), "an orderly end is no fault: {}", ended.out);
    }
}

#[actix_web::test]
async fn one_who_does_not_answer_the_goodbye_holds_up_nobody_for_longer_than_the_drain() {
    let mut recado = serving(&[("RECADO_SERVER__DRAIN_MS", "500")]);
    let address = recado.listens().await;
    let mut eve = RawSocket::dials(address).await;
    eve.comes_in(&sign(&claims("eve", "chat_1"))).await;
    recado.is_signalled("TERM");
    let ended = tokio::time::timeout(crate::house::SOON, recado.ends()).await.expect("in time");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    sent_home(&eve.is_closed().await);
}

#[actix_web::test]
async fn the_log_keeps_tokens_and_messages_to_itself_even_when_it_tells_everything() {
    let mut recado = serving(&[("LOG_LEVEL", "trace")]);
    let address = recado.listens().await;
    let token =
        sign(&claims_with("bob", "chat_1", json!({ "jti": "token-id-1", "email": "bob@example.test" })));
    let mut ann = enters(address, &path("ann"), &[]).await;
    let bearer = format!("Bearer {token}");
    let mut bob = enters(address, "/", &[("Authorization", &bearer)]).await;
    let mut eve =
        enters(address, "/", &[("Sec-WebSocket-Protocol", &format!("recado, recado-token.{token}"))]).await;
    let mut zoe = Person::connect(&format!("ws://{address}/?auth=frame"), &[]).await;
    zoe.sends(json!({ "type": "auth", "token": token })).await;
    zoe.is_welcomed().await;
    zoe.settles().await;

    ann.posts("the secret word is xylophone").await;
    for person in [&mut ann, &mut bob, &mut eve, &mut zoe] {
        person.hears_message("the secret word is xylophone").await;
    }
    bob.sends(json!({ "type": "refresh", "token": token })).await;
    bob.hears_among_others("refreshed").await;
    ann.sends_text(&format!("xylophone {token}")).await;
    ann.hears_among_others("error").await;
    refused(address, &token).await;
    for person in [ann, bob, eve, zoe] {
        person.leaves().await;
    }
    recado.is_signalled("TERM");
    let ended = recado.ends().await;
    assert_eq!(ended.code, Some(0));
    let told = format!("{}\n{}", ended.out, ended.errors);
    assert!(told.contains(r#""level":"trace""#), "it did not tell everything: {told}");
    for kept in [token.as_str(), "eyJ", "xylophone", SECRET, INTERNAL, "bob@example.test"] {
        let line = told.lines().find(|line| line.contains(kept));
        assert_eq!(line, None, "the log tells {kept}");
    }
}

/// Those who are not let in are logged too: by a forged token, by a broken handshake, over plain HTTP, inside.
async fn refused(address: std::net::SocketAddr, token: &str) {
    let forged = format!("{token}x");
    let mut forger = Person::connect(&format!("ws://{address}/?token={forged}"), &[]).await;
    assert_eq!(forger.is_closed().await.0, 4002);
    let broken = handshake(&format!("/?token={token}")).replace("Sec-WebSocket-Version: 13\r\n", "");
    let plain =
        format!("GET /nowhere?token={token} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
    let inside =
        format!("GET /internal/chats/c/members HTTP/1.1\r\nHost: a\r\nX-Internal-Secret: {token}\r\n\r\n");
    for request in [broken, plain, inside] {
        let mut socket = RawSocket::dials(address).await;
        socket.sends(request.as_bytes()).await;
        socket.hears_answer().await;
    }
    let mut cut_off = RawSocket::dials(address).await;
    cut_off.comes_in(token).await;
    cut_off.sends_frame(FIN | TEXT, b"xylophone\xff").await;
    assert_eq!(cut_off.is_closed().await.0, 1007);
}
