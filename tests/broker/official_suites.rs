//! What the official suites of Engine.IO 4 and Socket.IO 5 ask, asked by a Node program with the suites' own library.

use std::path::Path;
use std::process::Command;

use crate::echoing::{CALM, HASTY, echoing};
use crate::house::House;
use crate::programs::{Program, has};

const NODE_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node");

/// Plays these cases; there are so many.
async fn hold(house: &House, group: &str, count: u64) {
    let folder = Path::new(NODE_FOLDER);
    if !has("node", &folder.join("node_modules/ws")) {
        return;
    }
    let mut command = Command::new("node");
    command.arg(folder.join("suites.mjs")).args([&house.http_url(""), group]);
    let mut program = Program::start(command);
    let said = program.says(|_| true).await;
    assert_eq!(said["done"], count, "{said}");
    assert_eq!(program.ends().await.code, Some(0));
}

#[actix_web::test]
async fn every_case_of_the_official_suites_holds() {
    let mut settings = CALM.to_vec();
    settings.push(("RECADO_DOORS__CHAT__CONNECT_TIMEOUT_MS", "1000"));
    settings.push(("RECADO_SERVER__WORKERS", "2"));
    let house = echoing(&settings).await;
    hold(&house, "calm", 28).await;
    house.ends().await;
}

/// The suites' own 200 ms for an answer are too few for a busy machine.
#[actix_web::test]
async fn every_case_about_heartbeats_holds() {
    let house = echoing(&[&HASTY[..], &[("RECADO_SERVER__WORKERS", "2")]].concat()).await;
    hold(&house, "beats", 9).await;
    house.ends().await;
}
