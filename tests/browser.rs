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

use std::path::Path;
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

/// Plays a script to its end; its pictures are in a folder of its name.
async fn plays(script: &str, base: &str, more: &[&str]) {
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join(script);
    let mut play = Command::new("node");
    play.arg(Path::new(FOLDER).join(format!("{script}.mjs"))).arg(base).arg(&shots).args(more);
    let mut play = Program::start(play);
    let told = play.says_within(std::time::Duration::from_secs(150), |line| line["ok"].is_boolean()).await;
    assert_eq!(told["ok"], true, "{told}");
    assert_eq!(play.ends().await.code, Some(0));
    assert!(std::fs::read_dir(&shots).is_ok_and(|pictures| pictures.count() > 0), "no pictures");
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
