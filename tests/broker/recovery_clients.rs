//! Stock clients of Socket.IO that are cut off and come back by themselves: the newest with all it missed, also after the
//! broker was killed, and one too old to know of it as if nothing were new.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::collab::token;
use crate::house::free_port;
use crate::programs::{Program, has};
use crate::tokens::{INTERNAL, SECRET};

const NODE_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node");

/// The product with a database of this folder, at this port.
async fn serving(folder: &Path, port: &str) -> Program {
    let store = format!("sqlite:{}/recado.db", folder.display());
    let mut program = Program::recado(
        &["serve"],
        &[
            ("JWT_SECRET", SECRET),
            ("INTERNAL_API_SECRET", INTERNAL),
            ("RECADO_STORE__URL", &store),
            ("RECADO_SERVER__PORT", port),
            ("RECADO_SERVER__WORKERS", "2"),
            ("RECADO_DOORS__ROOMS__ENABLED", "true"),
            ("RECADO_DOORS__ROOMS__ANONYMOUS", "true"),
            ("RECADO_DOORS__ROOMS__RECOVERY_MS", "120000"),
            ("RECADO_DOORS__COLLAB__ENABLED", "true"),
            ("RECADO_DOORS__COLLAB__RECOVERY_MS", "120000"),
        ],
    );
    program.listens().await;
    program
}

fn client(kind: &str, door: &str, transports: &str, port: &str) -> Option<Program> {
    let folder = Path::new(NODE_FOLDER);
    if !has("node", &folder.join("node_modules").join(kind)) {
        return None;
    }
    let (ana, bob) =
        if door == "rooms" { (String::new(), String::new()) } else { (token("ana"), token("bob")) };
    let mut command = Command::new("node");
    command.arg(folder.join("recovery.mjs")).args([&format!("http://127.0.0.1:{port}"), door, &ana, &bob]);
    command.args([transports, kind]);
    Some(Program::start(command))
}

async fn is_done(mut client: Program, transports: &str) {
    let said = client.says(|_| true).await;
    assert!(said["failed"].is_null(), "over {transports}: {}", said["failed"]);
    let last = transports.split(',').next_back().expect("a transport");
    assert_eq!(said["done"], last);
    assert_eq!(client.ends().await.code, Some(0));
}

async fn returns_also_after_a_kill(door: &str, transports: &str) {
    let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port().to_string());
    let broker = serving(folder.path(), &port).await;
    let Some(mut client) = client("socket.io-client", door, transports, &port) else { return };
    let said = client.says(|_| true).await;
    assert_eq!(said, json!({ "cut": true }), "{door} over {transports}: {said}");
    broker.is_signalled("KILL");
    assert_eq!(broker.ends().await.code, None);
    let broker = serving(folder.path(), &port).await;
    client.is_told(&json!("it is there again"));
    is_done(client, transports).await;
    broker.is_signalled("TERM");
    assert_eq!(broker.ends().await.code, Some(0));
}

#[actix_web::test]
async fn a_stock_client_of_the_rooms_dialect_is_recovered_over_a_websocket() {
    returns_also_after_a_kill("rooms", "websocket").await;
}

#[actix_web::test]
async fn a_stock_client_of_the_rooms_dialect_is_recovered_over_polling() {
    returns_also_after_a_kill("rooms", "polling").await;
}

#[actix_web::test]
async fn a_stock_client_of_the_collab_dialect_is_recovered_over_a_websocket() {
    returns_also_after_a_kill("collab", "websocket").await;
}

#[actix_web::test]
async fn a_stock_client_of_the_collab_dialect_is_recovered_over_polling() {
    returns_also_after_a_kill("collab", "polling").await;
}

#[actix_web::test]
async fn a_client_too_old_to_know_of_it_comes_back_as_it_always_did() {
    let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port().to_string());
    let broker = serving(folder.path(), &port).await;
    for (door, transports) in [("rooms", "websocket"), ("collab", "polling")] {
        let Some(client) = client("socket.io-client-4.5", door, transports, &port) else { return };
        is_done(client, transports).await;
    }
    broker.is_signalled("TERM");
    assert_eq!(broker.ends().await.code, Some(0));
}
