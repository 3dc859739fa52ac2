//! Log files as operators know them: one with everything, one with errors, turned over, moved away, out of disk.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::log_level::Node;
use crate::programs::{Program, has};
use crate::tokens::{INTERNAL, SECRET, claims, sign};

const COMBINED: &str = "combined.log";
const ERRORS: &str = "error.log";

/// A node that writes its log to a folder, which is gone with the story.
async fn writing(settings: &[(&str, &str)]) -> (Node, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display().to_string();
    let own = [("RECADO_LOG__FOLDER", path.as_str()), ("LOG_LEVEL", "trace")];
    (Node::starts(&[own.as_slice(), settings].concat()).await, folder)
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).expect("a log file")
}

/// The lines of a file, each of which must be whole.
fn events(folder: &TempDir, name: &str) -> Vec<Value> {
    let text = read(folder, name);
    assert!(text.is_empty() || text.ends_with('\n'), "{name} ends within a line");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{name}: {line}"))).collect()
}

/// What was told while it served, in an order that does not depend on which of two threads was first. Threads that
/// still tell something while the process ends may reach one output and not the other.
fn told_in_service(events: &[Value]) -> Vec<String> {
    let end = events.iter().find(|line| line["msg"] == "shutting down").expect("an orderly end");
    let until = end["ts"].as_str();
    let mut lines: Vec<_> =
        events.iter().filter(|line| line["ts"].as_str() <= until).map(Value::to_string).collect();
    lines.sort_unstable();
    lines
}

async fn comes_and_goes(node: &Node, user: &str) {
    let mut person = node.connects(&sign(&claims(user, "chat_1"))).await;
    person.is_welcomed().await;
    person.posts("the secret word is xylophone").await;
    person.hears_message("the secret word is xylophone").await;
    person.leaves().await;
}

#[actix_web::test]
async fn the_combined_file_has_what_is_printed_and_no_secrets() {
    let (node, folder) = writing(&[]).await;
    comes_and_goes(&node, "ann").await;
    node.refuses_somebody().await;
    node.turns(json!({ "level": "info" })).await;
    let printed = node.ends().await;
    assert!(printed.iter().all(|line| line["host"].is_string() && line["node"].is_string()), "{printed:#?}");
    assert_eq!(told_in_service(&events(&folder, COMBINED)), told_in_service(&printed));
    assert_eq!(read(&folder, ERRORS), "");
    let told = read(&folder, COMBINED);
    for kept in ["eyJ", "xylophone", SECRET, INTERNAL] {
        assert_eq!(told.lines().find(|line| line.contains(kept)), None, "the file tells {kept}");
    }
}

#[actix_web::test]
async fn the_error_file_has_the_errors_alone() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("made/for/it").display().to_string();
    let settings = [
        ("JWT_SECRET", SECRET),
        ("PORT", port.as_str()),
        ("RECADO_LOG__FOLDER", path.as_str()),
        ("RECADO_SERVER__CLIENT_ADDRESS_HEADER", "X-Warned-Of"),
    ];
    assert_eq!(Program::recado(&["serve"], &settings).ends().await.code, Some(1));
    let levels = |name: &str| -> Vec<Value> {
        let name = format!("made/for/it/{name}");
        events(&folder, &name).iter().map(|line| line["level"].clone()).collect()
    };
    assert_eq!(levels(ERRORS), ["error"]);
    assert!(levels(COMBINED).contains(&json!("error")) && levels(COMBINED).contains(&json!("warn")));
}

#[actix_web::test]
async fn a_folder_that_cannot_be_written_is_one_clear_error_at_the_start() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let below = file.path().join("logs").display().to_string();
    let settings = [("JWT_SECRET", SECRET), ("PORT", "0"), ("RECADO_LOG__FOLDER", below.as_str())];
    let ended = Program::recado(&["serve"], &settings).ends().await;
    assert_eq!((ended.code, ended.errors.lines().count()), (Some(1), 1), "{ended:?}");
    assert!(ended.errors.starts_with("log.folder: ") && ended.errors.contains(&below), "{ended:?}");
    assert_eq!(ended.out, "");
}

#[actix_web::test]
async fn files_are_turned_over_at_their_size_and_the_oldest_go() {
    let (node, folder) =
        writing(&[("RECADO_LOG__ROTATE_BYTES", "65536"), ("RECADO_LOG__KEEP_FILES", "2")]).await;
    let third = folder.path().join("combined.log.2");
    for round in 0.. {
        comes_and_goes(&node, "ann").await;
        if third.exists() {
            break;
        }
        assert!(round < 500, "never turned over twice");
    }
    for round in 0..20 {
        comes_and_goes(&node, &format!("bob{round}")).await;
    }
    node.ends().await;
    for name in [COMBINED, "combined.log.1", "combined.log.2"] {
        assert!(!events(&folder, name).is_empty());
        assert!(read(&folder, name).len() <= 65_536, "{name} is too large");
    }
    assert_eq!(
        fs::read_dir(folder.path()).expect("a folder").count(),
        4,
        "two are kept, beside the current two"
    );
}

#[actix_web::test]
async fn a_file_that_is_moved_away_is_begun_anew() {
    let (node, folder) = writing(&[]).await;
    comes_and_goes(&node, "ann").await;
    let (current, away) = (folder.path().join(COMBINED), folder.path().join("away.log"));
    fs::rename(&current, &away).expect("it can be moved");
    comes_and_goes(&node, "bob").await;
    let printed = node.ends().await;
    let mut written = events(&folder, "away.log");
    written.extend(events(&folder, COMBINED));
    assert_eq!(told_in_service(&written), told_in_service(&printed), "every line is in one of the two");
    assert!(events(&folder, COMBINED).iter().any(|line| line["msg"] == "ended"));
}

#[actix_web::test]
async fn a_disk_that_fills_costs_lines_and_is_told_of_and_nobody_else_notices() {
    if !has("prlimit", Path::new("/")) {
        return;
    }
    let (mut node, folder) = writing(&[]).await;
    comes_and_goes(&node, "ann").await;
    // A few bytes more than it has, so that a line is begun and cannot be ended.
    limited(&node, &(read(&folder, COMBINED).len() + 40).to_string());
    comes_and_goes(&node, "ann").await;
    let told = node.program.says(is_complaint).await;
    assert_eq!(told["level"], "error", "{told}");
    assert!(told["file"].as_str().is_some_and(|file| file.ends_with(COMBINED)), "{told}");

    limited(&node, "unlimited");
    comes_and_goes(&node, "ann").await;
    node.program.says(|line| line["msg"] == "a log file is written again").await;
    let printed = node.ends().await;
    let complaints = printed.iter().filter(|line| is_complaint(line) && line["file"] == told["file"]);
    assert_eq!(complaints.count(), 1, "it is told of once");
    let written = events(&folder, COMBINED);
    let lost =
        written.iter().find(|line| line["msg"] == "log lines were lost").expect("a count of lost lines");
    assert!(lost["count"].as_u64() > Some(0), "{lost}");
    assert!(written.iter().any(|line| line["msg"] == "ended"));
}

/// What a disk that is full looks like to one process: its files may not grow past this.
fn limited(node: &Node, bytes: &str) {
    let id = node.program.id().to_string();
    let limited = Command::new("prlimit").args(["--pid", &id, &format!("--fsize={bytes}:")]).status();
    assert!(limited.is_ok_and(|status| status.success()), "no limit of {bytes}");
}

fn is_complaint(line: &Value) -> bool {
    line["msg"].as_str().is_some_and(|said| said.starts_with("a log file cannot be written"))
}
