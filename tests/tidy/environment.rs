//! Every variable that a file of delivery sets is one the broker reads, and none of them carries a secret.
//!
//! A name with a typing error is silently nothing at all, and a secret in git is no secret.

use std::collections::BTreeSet;

use crate::compose::compose;
use crate::delivery::at;
use crate::settings::settings;
use crate::tree::{read, table, verdict};
use crate::{image, tree};

const FLY: [&str; 2] = ["fly.toml", "deploy/fly.postgres.toml"];
const EXAMPLE: &str = "deploy/compose.env.example";

/// Where a variable is set, its name and its value.
type Set = (&'static str, String, String);

/// The variables of the original servers, from the table in the code that reads them.
fn aliases() -> BTreeSet<String> {
    let table = read("src/config/alias.rs");
    let rows = table.split("row(\"").skip(1).filter_map(|row| row.split('"').next());
    rows.map(str::to_owned).collect()
}

fn known() -> BTreeSet<String> {
    let ours =
        settings().into_iter().map(|path| format!("RECADO_{}", path.to_uppercase().replace('.', "__")));
    ours.chain(aliases()).collect()
}

fn all_set() -> Vec<Set> {
    let mut set: Vec<Set> = Vec::new();
    for file in FLY {
        let fly = table(file);
        let env = at(&fly, "env").and_then(toml::Value::as_table).expect("a table");
        let text = |value: &toml::Value| value.as_str().expect("variables are texts").to_owned();
        set.extend(env.iter().map(|(name, value)| (file, name.clone(), text(value))));
    }
    let of_compose = compose().into_iter().filter_map(|(path, value)| {
        let name = path.strip_prefix("services.recado.environment.")?.to_owned();
        Some(("compose.yaml", name, value))
    });
    set.extend(of_compose);
    set.extend(image::environment().into_iter().map(|(name, value)| ("Dockerfile", name, value)));
    let example = read(EXAMPLE);
    let pairs = example.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    set.extend(pairs.map(|(name, value)| (EXAMPLE, name.to_owned(), value.to_owned())));
    set
}

/// `NAME=…` behind `fly secrets set`, wherever people read of it.
fn told() -> Vec<Set> {
    let page = read("docs/deploy-fly.md");
    let commands = page.lines().filter_map(|line| line.trim().strip_prefix("fly secrets set "));
    let words = commands.flat_map(str::split_whitespace).filter_map(|word| word.split_once('='));
    words.map(|(name, value)| ("docs/deploy-fly.md", name.to_owned(), value.to_owned())).collect()
}

fn unread(set: &[Set], known: &BTreeSet<String>) -> Vec<String> {
    let wrong = set.iter().filter(|(_, name, _)| !known.contains(name));
    wrong.map(|(file, name, _)| format!("{file} sets {name}, which nobody reads")).collect()
}

fn secrets(set: &[Set]) -> Vec<String> {
    let is_secret =
        |name: &str| ["SECRET", "PASSWORD", "TOKEN", "KEY"].iter().any(|word| name.contains(word));
    let told = |(_, name, value): &&Set| (is_secret(name) && !value.is_empty()) || has_password(value);
    set.iter().filter(told).map(|(file, name, _)| format!("{file} gives a value to {name}")).collect()
}

/// `redis://user:password@host`
fn has_password(value: &str) -> bool {
    value.split_once("://").is_some_and(|(_, rest)| rest.contains('@'))
}

#[test]
fn every_variable_that_is_set_is_read() {
    let set = all_set();
    assert!(set.len() > 10, "the files were not read: {set:?}");
    verdict(&unread(&set, &known()));
    verdict(&unread(&told(), &known()));
}

#[test]
fn no_file_carries_a_secret() {
    verdict(&secrets(&all_set()));
}

#[test]
fn the_secrets_of_the_seed_are_told() {
    let told: BTreeSet<_> = told().into_iter().map(|(_, name, _)| name).collect();
    let wanted = [
        "JWT_SECRET",
        "INTERNAL_API_SECRET",
        "NEXT_API_URL",
        "UPSTASH_REDIS_REST_URL",
        "UPSTASH_REDIS_REST_TOKEN",
    ];
    let missing = wanted.iter().filter(|name| !told.contains(**name));
    verdict(&missing.map(|name| format!("docs/deploy-fly.md does not tell of {name}")).collect::<Vec<_>>());
}

#[test]
fn a_planted_typing_error_and_a_planted_secret_are_found() {
    let set = |name: &str, value: &str| [("a", name.to_owned(), value.to_owned())];
    let known = known();
    for (name, is_read) in
        [("PORT", true), ("PROT", false), ("RECADO_SERVER__PORT", true), ("RECADO_SERVER_PORT", false)]
    {
        assert_eq!(unread(&set(name, ""), &known).is_empty(), is_read, "{name}");
    }
    assert_eq!(secrets(&set("JWT_SECRET", "a")).len(), 1);
    assert_eq!(secrets(&set("REDIS_URL", "redis://:pass@host")).len(), 1);
    assert!(
        secrets(&set("REDIS_URL", "redis://host")).is_empty() && secrets(&set("JWT_SECRET", "")).is_empty()
    );
    assert!(tree::exists(EXAMPLE));
}
