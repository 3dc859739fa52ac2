//! Stock clients of Socket.IO, two versions at once, at the doors of the rooms and collab dialects: unmodified, over
//! polling, over a WebSocket, and from one to the other in the midst of what they say.

use std::path::Path;
use std::process::Command;

use crate::collab::token;
use crate::house::House;
use crate::programs::{Program, has};

const NODE_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node");
const OPEN: [(&str, &str); 4] = [
    ("RECADO_SERVER__WORKERS", "2"),
    ("RECADO_DOORS__ROOMS__ENABLED", "true"),
    ("RECADO_DOORS__ROOMS__ANONYMOUS", "true"),
    ("RECADO_DOORS__COLLAB__ENABLED", "true"),
];

/// Plays the door at this address; `more` may say that it is alone there.
pub async fn plays(
    url: &str,
    door: &str,
    tokens: [&str; 2],
    transports: &str,
    clients: [&str; 2],
    more: &[&str],
) {
    let folder = Path::new(NODE_FOLDER);
    if !clients.iter().all(|client| has("node", &folder.join("node_modules").join(client))) {
        return;
    }
    let mut command = Command::new("node");
    command.arg(folder.join("guests.mjs")).args([url, door]);
    command.args(tokens).arg(transports).args(clients).args(more);
    let mut program = Program::start(command);
    let said = program.says(|_| true).await;
    assert!(said["failed"].is_null(), "{clients:?} at {door} over {transports}: {}", said["failed"]);
    let last = transports.split(',').next_back().expect("a transport");
    assert_eq!(said["done"], if transports.contains(',') { "websocket" } else { last });
    assert_eq!(program.ends().await.code, Some(0));
}

async fn two_versions_understand_each_other(door: &str, tokens: [&str; 2]) {
    let house = House::with(&OPEN).await;
    let newest_first = ["socket.io-client", "socket.io-client-4.5"];
    let oldest_first = ["socket.io-client-4.5", "socket.io-client"];
    for transports in ["polling", "websocket", "polling,websocket", "websocket,polling"] {
        plays(&house.http_url(""), door, tokens, transports, newest_first, &[]).await;
        plays(&house.http_url(""), door, tokens, transports, oldest_first, &[]).await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn clients_of_the_rooms_dialect_connect_unmodified() {
    two_versions_understand_each_other("rooms", ["", ""]).await;
}

#[actix_web::test]
async fn clients_of_the_collab_dialect_connect_unmodified() {
    let (ana, bob) = (token("ana"), token("bob"));
    two_versions_understand_each_other("collab", [&ana, &bob]).await;
}
