//! The pages in a real browser, against the product as it ships.
//!
//! Two people talk, type, drop and catch up on the demo page, and an operator looks on; what it looked like is left
//! in the tests' folder.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that goes wrong fails"
)]

#[expect(dead_code, reason = "the stories beside this one use the rest of it")]
#[path = "broker/programs.rs"]
mod programs;
#[path = "broker/tokens.rs"]
mod tokens;

use std::path::{Path, PathBuf};
use std::process::Command;

use programs::{Program, has};
use serde_json::json;
use tokens::{INTERNAL, SECRET, claims, claims_with, sign};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser");

fn chromium() -> String {
    std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned())
}

fn can_browse() -> bool {
    let folder = Path::new(FOLDER);
    has("node", &folder.join("node_modules/playwright-core")) && has(&chromium(), folder)
}

/// Where the pictures of a script are left.
fn shots(script: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(script)
}

fn node(script: &str) -> Command {
    let mut node = Command::new("node");
    node.arg(Path::new(FOLDER).join(format!("{script}.mjs")));
    node
}

/// Plays a script to its end; its pictures are in a folder of its name.
async fn plays(script: &str, base: &str, more: &[&str]) {
    let mut play = node(script);
    play.arg(base).arg(shots(script)).args(more);
    is_seen_out(Program::start(play), script).await;
}

async fn is_seen_out(mut play: Program, script: &str) {
    let told = play.says_within(std::time::Duration::from_secs(150), |line| line["ok"].is_boolean()).await;
    assert_eq!(told["ok"], true, "{told}");
    assert_eq!(play.ends().await.code, Some(0));
    assert!(std::fs::read_dir(shots(script)).is_ok_and(|pictures| pictures.count() > 0), "no pictures");
}

async fn ends_well(recado: Program) {
    recado.is_signalled("TERM");
    assert_eq!(recado.ends().await.code, Some(0));
}

#[actix_web::test]
async fn two_people_meet_on_the_demo_page() {
    if !can_browse() {
        return;
    }
    // Without a secret: one is made for the run, and the page hands out tokens.
    let mut recado = Program::recado(&[], &[("RECADO_SERVER__PORT", "0")]);
    let address = recado.listens().await;
    plays("demo", &format!("http://{address}/"), &[]).await;
    ends_well(recado).await;
}

#[actix_web::test]
async fn an_operator_watches_a_widget_talk() {
    if !can_browse() {
        return;
    }
    let settings = [("JWT_SECRET", SECRET), ("INTERNAL_API_SECRET", INTERNAL), ("RECADO_SERVER__PORT", "0")];
    let mut recado = Program::recado(&[], &settings);
    let address = recado.listens().await;
    let admin = sign(&claims_with("ops", "chat_1", json!({ "roles": ["admin"] })));
    let widget = sign(&claims("ann", "chat_1"));
    plays("admin", &format!("http://{address}/"), &[INTERNAL, &admin, &widget]).await;
    ends_well(recado).await;
}

#[actix_web::test]
async fn two_people_meet_on_the_page_of_the_rooms_dialect() {
    if !can_browse() {
        return;
    }
    // Where a secret was made for the run, strangers may come in.
    let settings = [
        ("RECADO_SERVER__PORT", "0"),
        ("RECADO_SERVER__NODE", "host-1"),
        ("RECADO_DOORS__ROOMS__ENABLED", "true"),
    ];
    let mut recado = Program::recado(&[], &settings);
    let address = recado.listens().await;
    plays("rooms", &format!("http://{address}/"), &[]).await;
    ends_well(recado).await;
}

/// Two users and their group, by the internal API.
async fn group_of_two(url: &str) {
    let members = json!([{ "userId": "7", "role": "admin" }, { "userId": "8", "role": "member" }]);
    let group = json!({ "name": "Two", "type": "group", "members": members });
    let user = |name| json!({ "name": name });
    for (path, body) in [("users/7", user("Ana")), ("users/8", user("Bob")), ("groups/1", group)] {
        let request = reqwest::Client::new().put(format!("{url}/internal/{path}"));
        let answer = request.header("X-Internal-Secret", INTERNAL).json(&body).send().await;
        assert!(answer.expect("an answer").status().is_success(), "{path}");
    }
}

#[actix_web::test]
async fn two_people_chat_on_the_page_of_another_origin_and_lose_nothing_when_the_network_goes() {
    let library = Path::new(FOLDER).join("../node/node_modules/socket.io-client/dist");
    if !can_browse() || !has("node", &library) {
        return;
    }
    let mut play = node("chat");
    play.arg(shots("chat")).arg(&library);
    let mut play = Program::start(play);
    let origin = play.says(|line| line["origin"].is_string()).await["origin"].clone();
    let settings = [
        ("JWT_SECRET", SECRET),
        ("INTERNAL_API_SECRET", INTERNAL),
        ("RECADO_SERVER__PORT", "0"),
        ("RECADO_SERVER__ALLOWED_ORIGINS", origin.as_str().expect("an origin")),
    ];
    let mut recado = Program::recado(&[], &settings);
    let url = format!("http://{}", recado.listens().await);
    group_of_two(&url).await;
    let token = |id: u64| sign(&claims_with("", "", json!({ "id": id, "userId": null, "chatId": null })));
    play.is_told(&json!({ "url": url, "tokens": [token(7), token(8)], "group": 1 }));
    is_seen_out(play, "chat").await;
    ends_well(recado).await;
}
