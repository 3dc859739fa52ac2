//! What the broker knows and tells nobody: tokens, secrets and what people say, while it tells everything else.
//!
//! A real process at the level `trace` is looked at from all sides: output, log files, metrics, health, every error.

use std::net::SocketAddr;
use std::process::Command;

use reqwest::{Client, Method};
use serde_json::json;
use tempfile::TempDir;

use crate::house::{SOON, free_port};
use crate::log_level::Node;
use crate::own_faults::house_with_a_fault;
use crate::programs::Program;
use crate::raw_socket::{FIN, RawSocket, TEXT};
use crate::tokens::{INTERNAL, SECRET, claims, claims_with, sign};

/// In everything that is said, in names and in what cannot be read.
const WORD: &str = "xylophone";
const MAIL: &str = "bob@example.test";
const WRONG: &str = "a wrong secret that somebody tried";
/// Says to the second process of a story that it is the second.
const INNER: &str = "RECADO_TEST_INNER";

/// A node that tells everything, and what it answered to those who asked.
struct Watched {
    node: Node,
    metrics: SocketAddr,
    folder: TempDir,
    answers: Vec<String>,
}

impl Watched {
    async fn starts() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, port) = (folder.path().display().to_string(), free_port().to_string());
        let settings =
            [("LOG_LEVEL", "trace"), ("RECADO_LOG__FOLDER", path.as_str()), ("METRICS_PORT", port.as_str())];
        let node = Node::starts(&settings).await;
        let metrics = format!("127.0.0.1:{port}").parse().expect("an address");
        Self { node, metrics, folder, answers: Vec::new() }
    }

    /// Keeps head and body of the answer.
    async fn asks(&mut self, method: Method, at: SocketAddr, path: &str, secret: &str, body: &str) -> u16 {
        let request = Client::new().request(method, format!("http://{at}{path}")).timeout(SOON);
        let request = request.header("X-Internal-Secret", secret).body(body.to_owned());
        let answer = request.send().await.expect("an answer");
        let (status, head) = (answer.status().as_u16(), format!("{:?}", answer.headers()));
        self.answers.push(format!("{head}\n{}", answer.text().await.expect("a body")));
        status
    }

    async fn backend(&mut self, method: Method, path: &str, body: &str) -> u16 {
        self.asks(method, self.node.address, &format!("/internal{path}"), INTERNAL, body).await
    }

    /// All of it, after an orderly end.
    async fn told(self) -> String {
        let Self { node, folder, mut answers, .. } = self;
        node.program.is_signalled("TERM");
        let ended = node.program.ends().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.out.contains(r#""level":"trace""#), "it did not tell everything");
        for file in std::fs::read_dir(folder.path()).expect("a folder") {
            answers.push(std::fs::read_to_string(file.expect("a file").path()).expect("a log file"));
        }
        answers.extend([ended.out, ended.errors]);
        answers.join("\n")
    }
}

fn keeps(told: &str, secrets: &[&str]) {
    for kept in secrets.iter().chain(&["eyJ", WORD, MAIL, WRONG, SECRET, INTERNAL]) {
        assert_eq!(told.lines().find(|line| line.contains(kept)), None, "it tells {kept}");
    }
}

/// People do all that people can: speak, type, read, page back, refresh, and get each of it wrong.
async fn people(watched: &Watched, token: &str) {
    let mut ann = watched.node.connects(&sign(&claims("ann", "chat_1"))).await;
    ann.is_welcomed().await;
    let mut bob = watched.node.connects(&format!("{token}&extras=1")).await;
    bob.is_welcomed().await;
    ann.posts(WORD).await;
    let heard = bob.hears_among_others("message").await;
    for frame in [
        json!({ "type": "typing", "isTyping": true }),
        json!({ "type": "agent_joined", "agentName": WORD }),
        json!({ "type": "read", "seq": heard["seq"] }),
        json!({ "type": "history" }),
        json!({ "type": "refresh", "token": token }),
        json!({ "type": "refresh", "token": format!("{token}x") }),
        json!({ "type": "message", "content": WORD, "role": "KING", "tempId": WORD }),
        json!({ "type": WORD, "token": token }),
    ] {
        bob.sends(frame).await;
    }
    bob.sends_text(&format!("{WORD} {token}")).await;
    bob.sends(json!({ "type": "ping" })).await;
    bob.hears_among_others("pong").await;
    bob.leaves().await;
    ann.leaves().await;
}

/// Sockets that are not let in, or not for long.
async fn strangers(watched: &Watched, token: &str) {
    for wrong in
        [format!("{token}x"), format!("tkt_{token}"), WORD.to_owned(), format!("{token}&chatId=\u{1}")]
    {
        let mut eve = watched
            .node
            .connects(&url::form_urlencoded::byte_serialize(wrong.as_bytes()).collect::<String>())
            .await;
        eve.is_closed().await;
    }
    let mut cut_off = RawSocket::dials(watched.node.address).await;
    cut_off.comes_in(token).await;
    cut_off.sends_frame(FIN | TEXT, format!("{WORD}\u{1}").as_bytes()).await;
    cut_off.sends_frame(FIN | TEXT, b"\xff").await;
    assert_eq!(cut_off.is_closed().await.0, 1007);
}

/// The backend speaks, asks for what there is not, and somebody without its secret tries.
async fn backends(watched: &mut Watched, token: &str) {
    let said =
        json!({ "content": WORD, "userId": "bob", "role": "agent", "email": MAIL, "id": "m-1" }).to_string();
    let notice = json!({ "message": WORD, "level": "info" }).to_string();
    let wrong = json!({ "content": { "text": WORD }, "userId": token, "token": token }).to_string();
    let posts = "/chats/chat_1/messages";
    for (method, path, body, status) in [
        (Method::POST, posts, said.as_str(), 201),
        (Method::PATCH, "/chats/chat_1/messages/m-1", &json!({ "content": WORD }).to_string(), 200),
        (Method::POST, posts, &wrong, 422),
        (Method::POST, posts, &said[1..], 400),
        (Method::POST, posts, &format!("{said}{}", " ".repeat(300_000)), 413),
        (Method::PUT, posts, &said, 405),
        (Method::DELETE, "/chats/chat_1/messages/none", "", 404),
        (Method::POST, "/broadcast", &notice, 200),
        (Method::POST, "/bans", &json!({ "tokenId": "token-id-1", "reason": WORD }).to_string(), 422),
        (Method::GET, "/webhooks/dead", "", 200),
        (Method::GET, &format!("/{WORD}?token={token}"), &said, 404),
    ] {
        assert_eq!(watched.backend(method, path, body).await, status, "{path}: {:?}", watched.answers.last());
    }
    let (address, metrics) = (watched.node.address, watched.metrics);
    for secret in [WRONG, token] {
        let path = format!("/internal{posts}?token={token}");
        assert_eq!(watched.asks(Method::POST, address, &path, secret, &said).await, 401);
    }
    for path in ["/health", "/health/ready", "/admin/figures", &format!("/nowhere/{WORD}?token={token}")] {
        watched.asks(Method::GET, address, path, WRONG, "").await;
    }
    assert_eq!(watched.asks(Method::GET, metrics, "/metrics", "", "").await, 200);
}

#[actix_web::test]
async fn nothing_anybody_said_or_proved_themselves_with_is_told_anywhere() {
    let mut watched = Watched::starts().await;
    let token =
        sign(&claims_with("bob", "chat_1", json!({ "jti": "token-id-1", "email": MAIL, "name": WORD })));
    people(&watched, &token).await;
    strangers(&watched, &token).await;
    backends(&mut watched, &token).await;
    keeps(&watched.told().await, &[&token]);
}

/// The product has no way to be made to panic, so this story starts itself again, with the product's own log.
#[actix_web::test]
async fn a_panic_tells_nothing_of_what_was_in_hand() {
    if std::env::var_os(INNER).is_some() {
        return panics_at_work().await;
    }
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", "discretion::a_panic_tells_nothing_of_what_was_in_hand", "--nocapture"])
        .env(INNER, "1");
    let ended = Program::start(command).ends().await;
    let told = format!("{}\n{}", ended.out, ended.errors);
    assert_eq!(ended.code, Some(0), "{told}");
    assert!(told.contains(r#""target":"panic""#) && told.contains(r#""level":"trace""#), "{told}");
    // What plays the client there tells what it sends; the product has no part of it.
    let own: Vec<_> = told.lines().filter(|line| !line.contains("tungstenite")).collect();
    keeps(&own.join("\n"), &[]);
}

async fn panics_at_work() {
    let log = crate::house::config(&[("LOG_LEVEL", "trace")]).log;
    recado::telemetry::start(&log, "story").expect("a log");
    let house = house_with_a_fault().await;
    let mut ann = house.widget("ann", "chat_1").await;
    ann.posts(WORD).await;
    ann.hears_message(WORD).await;
    for kind in ["room", "archive", "shard"] {
        house.dies(kind).await;
    }
    ann.sends(json!({ "type": "history", "more": WORD })).await;
    assert_eq!(ann.is_closed().await.0, 4000);
    ann.leaves().await;
    house.ends().await;
    recado::telemetry::flush();
}
