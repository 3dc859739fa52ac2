//! Stock clients of Engine.IO and Socket.IO as real processes: each over polling, over a WebSocket, and from one to the
//! other in the midst of what it says.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::echoing::echoing;
use crate::house::House;
use crate::programs::{Program, has};

/// How long all that a client does may take.
const LONGEST: Duration = Duration::from_secs(120);
const NODE_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node");

/// Quick enough for several to fall into the story, patient enough for a busy machine.
const BRISK: [(&str, &str); 4] = [
    ("RECADO_DOORS__CHAT__HEARTBEAT_MS", "500"),
    ("RECADO_DOORS__CHAT__TIMEOUT_MS", "10000"),
    ("RECADO_DOORS__CHAT__MAX_MESSAGE_BYTES", "1000000"),
    ("RECADO_DOORS__CHAT__EIO3", "true"),
];

/// Plays the client and says what is done then; none where there is no Node or no client.
async fn plays(house: &House, program: &str, client: &str, how: &str) -> Option<Value> {
    let folder = Path::new(NODE_FOLDER);
    if !has("node", &folder.join("node_modules").join(client)) {
        return None;
    }
    let mut command = Command::new("node");
    command.arg(folder.join(program)).args([&house.http_url(""), client, how]);
    let mut program = Program::start(command);
    let mut said = program.says_within(LONGEST, |_| true).await;
    assert!(said["failed"].is_null(), "{client}, {how}: {}", said["failed"]);
    assert_eq!(program.ends().await.code, Some(0));
    Some(said["done"].take())
}

async fn everything_works(client: &str) {
    let mut settings = BRISK.to_vec();
    settings.push(("RECADO_SERVER__WORKERS", "2"));
    let house = echoing(&settings).await;
    for (transports, last) in [
        ("polling", "polling"),
        ("websocket", "websocket"),
        ("polling,websocket", "websocket"),
        ("websocket,polling", "websocket"),
    ] {
        let ended_on = plays(&house, "protocol_echo.mjs", client, transports).await;
        assert!(ended_on.is_none_or(|name| name == last), "{client} over {transports}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn the_client_of_engine_io_loses_nothing_on_any_transport() {
    everything_works("engine.io-client").await;
}

#[actix_web::test]
async fn the_newest_client_of_socket_io_connects_unmodified() {
    everything_works("socket.io-client").await;
}

#[actix_web::test]
async fn an_older_client_of_socket_io_connects_unmodified() {
    everything_works("socket.io-client-4.5").await;
}

/// Three hundred times, with messages before, in and after the change.
async fn nothing_is_lost_in_the_change(client: &str) {
    let mut settings = BRISK.to_vec();
    settings.push(("RECADO_SERVER__WORKERS", "3"));
    let house = echoing(&settings).await;
    let done = plays(&house, "races.mjs", client, "300").await;
    assert!(done.is_none_or(|times| times == 300), "{client}");
    house.ends().await;
}

#[actix_web::test]
async fn no_change_of_transport_loses_doubles_or_moves_a_message_of_engine_io() {
    nothing_is_lost_in_the_change("engine.io-client").await;
}

#[actix_web::test]
async fn no_change_of_transport_loses_doubles_or_moves_an_event_of_socket_io() {
    nothing_is_lost_in_the_change("socket.io-client").await;
}

/// Protocol 3, in which the client asks whether the server is there.
#[actix_web::test]
async fn clients_of_the_protocol_before_this_one_connect_unmodified() {
    everything_works("engine.io-client-3").await;
    everything_works("socket.io-client-2").await;
}
