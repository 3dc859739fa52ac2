//! The demo page in a real browser, against the product as it ships.
//!
//! Two people talk, type, drop and catch up on it; what they looked like is left in the tests' folder.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that goes wrong fails"
)]

#[expect(dead_code, reason = "the stories beside this one use the rest of it")]
#[path = "broker/programs.rs"]
mod programs;

use std::path::Path;
use std::process::Command;

use programs::{Program, has};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser");

fn chromium() -> String {
    std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned())
}

#[actix_web::test]
async fn two_people_meet_on_the_demo_page() {
    let folder = Path::new(FOLDER);
    if !has("node", &folder.join("node_modules/playwright-core")) || !has(&chromium(), folder) {
        return;
    }
    // Without a secret: one is made for the run, and the page hands out tokens.
    let mut recado = Program::recado(&[], &[("RECADO_SERVER__PORT", "0")]);
    let address = recado.listens().await;
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo");
    let mut demo = Command::new("node");
    demo.arg(folder.join("demo.mjs")).arg(format!("http://{address}/")).arg(&shots);
    let mut demo = Program::start(demo);
    let told = demo.says_within(std::time::Duration::from_secs(150), |line| line["ok"].is_boolean()).await;
    assert_eq!(told["ok"], true, "{told}");
    assert_eq!(demo.ends().await.code, Some(0));
    assert!(shots.join("desktop.png").is_file());

    recado.is_signalled("TERM");
    assert_eq!(recado.ends().await.code, Some(0));
}
