//! What is linked into the binary that users get: no banned crate, no unknown licence, one of what must be one.
//!
//! `deny.toml` is the list; what only tests use is not shipped and not judged.

use std::process::Command;

use toml::Value;

use crate::licences::is_allowed;
use crate::tree::{root, table, verdict};

/// Two of these in one process meet at run time, and lose.
const ALONE: &[&str] = &["aws-lc-rs", "libsqlite3-sys", "rustls", "tokio"];

struct Shipped {
    name: String,
    version: String,
    licence: String,
}

/// Cargo's own tree rather than its metadata: only that leaves out features which tests turn on.
fn shipped() -> Vec<Shipped> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = "tree --package recado --edges normal,build --target x86_64-unknown-linux-gnu --locked \
                     --prefix none --no-dedupe --format {p}|{l}";
    let mut command = Command::new(cargo);
    let output = command.args(arguments.split_whitespace()).current_dir(root()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "cargo tree: {told}");
    let mut lines: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines.dedup();
    lines.iter().filter_map(|line| parsed(line)).collect()
}

/// `name v1.2.3 (proc-macro)|MIT`
fn parsed(line: &str) -> Option<Shipped> {
    let (package, licence) = line.split_once('|')?;
    let (name, rest) = package.split_once(" v")?;
    let version = rest.split_whitespace().next()?;
    Some(Shipped { name: name.to_owned(), version: version.to_owned(), licence: licence.trim().to_owned() })
}

fn array<'a>(table: &'a toml::Table, section: &str, key: &str) -> &'a [Value] {
    table.get(section).and_then(|section| section.get(key)).and_then(Value::as_array).expect(key)
}

fn banned(ban: &Value, shipped: &Shipped) -> Option<String> {
    let spec = ban.get("crate").and_then(Value::as_str).expect("a ban names a crate");
    let reason = ban.get("reason").and_then(Value::as_str).expect("a ban has a reason");
    let (name, below) = spec.split_once("@<").map_or((spec, None), |(name, below)| (name, Some(below)));
    let hit = name == shipped.name && below.is_none_or(|below| numbers(&shipped.version) < numbers(below));
    hit.then(|| format!("{} {} is banned: {reason}", shipped.name, shipped.version))
}

fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

fn doubled(shipped: &[Shipped]) -> Vec<String> {
    let versions = |name: &str| {
        let mut found: Vec<_> =
            shipped.iter().filter(|one| one.name == name).map(|one| &one.version).collect();
        found.dedup();
        found.len()
    };
    let doubled = ALONE.iter().filter(|name| versions(name) != 1);
    doubled.map(|name| format!("{name} is shipped in {} versions", versions(name))).collect()
}

#[test]
fn nothing_banned_is_shipped() {
    let deny = table("deny.toml");
    let bans = array(&deny, "bans", "deny");
    let shipped = shipped();
    assert!(shipped.iter().any(|one| one.name == "actix"), "the tree was not read");
    verdict(
        &bans.iter().flat_map(|ban| shipped.iter().filter_map(|one| banned(ban, one))).collect::<Vec<_>>(),
    );
}

#[test]
fn every_licence_shipped_is_allowed() {
    let deny = table("deny.toml");
    let allowed: Vec<_> =
        array(&deny, "licenses", "allow").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let copyleft = allowed.iter().filter(|name| name.contains("GPL") || name.starts_with("MPL"));
    let copyleft = copyleft.map(|name| format!("{name} would bind what we give away"));
    let unknown = shipped().into_iter().filter(|one| !is_allowed(&one.licence, &allowed));
    let unknown = unknown.map(|one| format!("{} {} comes under {:?}", one.name, one.version, one.licence));
    verdict(&copyleft.chain(unknown).collect::<Vec<_>>());
}

#[test]
fn what_must_be_one_is_one() {
    verdict(&doubled(&shipped()));
}

#[test]
fn a_planted_crate_is_found() {
    let one = |name: &str, version: &str| Shipped {
        name: name.into(),
        version: version.into(),
        licence: "".into(),
    };
    let ban: Value = "crate = \"h2@<0.4\"\nreason = \"old\"".parse::<toml::Table>().unwrap().into();
    assert!(banned(&ban, &one("h2", "0.3.27")).is_some());
    assert!(banned(&ban, &one("h2", "0.4.12")).is_none());
    assert!(banned(&ban, &one("h3", "0.3.0")).is_none());
    let two = ["0.22.4", "0.23.1"].map(|version| one("rustls", version));
    assert!(doubled(&two).iter().any(|line| line == "rustls is shipped in 2 versions"));
}

#[test]
fn a_line_of_the_tree_is_read() {
    let one = parsed("serde_derive v1.0.229 (proc-macro)|MIT OR Apache-2.0").unwrap();
    assert_eq!((one.name.as_str(), one.version.as_str()), ("serde_derive", "1.0.229"));
    assert_eq!(one.licence, "MIT OR Apache-2.0");
}
