//! The chat flow with stock clients as real processes: three users, two devices each, over every transport.

use std::path::Path;
use std::process::Command;

use crate::chatting::{group, token};
use crate::house::House;
use crate::programs::{Program, has};

const NODE_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node");

/// Plays the flow at this address of the house; nothing where there is no Node or no client.
pub async fn plays(house: &House, url: &str, client: &str, transports: &str, id: u64) {
    let folder = Path::new(NODE_FOLDER);
    if !has("node", &folder.join("node_modules").join(client)) {
        return;
    }
    group(house, id, &[7, 8, 9]).await;
    let tokens = [7, 8, 9].map(token).join(",");
    let mut command = Command::new("node");
    command.arg(folder.join("chat_flow.mjs")).args([url, client, transports, &tokens, &id.to_string()]);
    let mut program = Program::start(command);
    let said = program.says(|_| true).await;
    assert!(said["failed"].is_null(), "{client} over {transports}: {}", said["failed"]);
    assert_eq!(program.ends().await.code, Some(0));
}

async fn everything_works(client: &str) {
    let settings = [("RECADO_SERVER__WORKERS", "2"), ("RECADO_DOORS__CHAT__EVENTS_PER_MINUTE", "0")];
    let house = House::with(&settings).await;
    for (id, transports) in (1..).zip(["websocket", "polling", "polling,websocket"]) {
        plays(&house, &house.http_url(""), client, transports, id).await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn six_devices_chat_with_the_newest_client_over_every_transport() {
    everything_works("socket.io-client").await;
}

#[actix_web::test]
async fn six_devices_chat_with_an_older_client_over_every_transport() {
    everything_works("socket.io-client-4.5").await;
}
