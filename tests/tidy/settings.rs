//! Settings are told where people look for them, and what is told of them is true.
//!
//! `config.toml` is the list; that each has its line of meaning there is a test beside the code that reads it.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::tree::{exists, files, is_within, read, table, verdict};

const PREFIX: &str = "RECADO_";
const HEADING: &str = "## Configuration";

/// Where people read of settings, or set them.
const TOLD_IN: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Dockerfile",
    "fly.toml",
    "justfile",
    "deploy",
    "docs",
    "bench",
];

/// `server.port`, `doors.widget.enabled`, and so on.
pub fn settings() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    gather("", &table("config.toml"), &mut found);
    found
}

fn gather(prefix: &str, table: &Table, found: &mut BTreeSet<String>) {
    for (key, value) in table {
        let path = format!("{prefix}{key}");
        match value {
            Value::Table(inner) => gather(&format!("{path}."), inner, found),
            _ => _ = found.insert(path),
        }
    }
}

fn variable_of(setting: &str) -> String {
    format!("{PREFIX}{}", setting.to_uppercase().replace('.', "__"))
}

/// The text under a heading, down to the next of its rank.
fn section<'a>(page: &'a str, heading: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("\n{heading}\n"))?;
    Some(rest.split_once("\n## ").map_or(rest, |(own, _)| own))
}

/// Settings a section of a page does not name, neither by path nor by variable.
fn untold(section: &str, settings: &BTreeSet<String>) -> Vec<String> {
    let words: BTreeSet<_> =
        section.split(|char: char| !char.is_alphanumeric() && !matches!(char, '_' | '.')).collect();
    let told =
        |setting: &String| words.contains(setting.as_str()) || words.contains(variable_of(setting).as_str());
    settings.iter().filter(|setting| !told(setting)).map(|setting| format!("{setting} is not told")).collect()
}

/// Names of variables that look like a setting and are none.
fn invented(path: &str, text: &str, settings: &BTreeSet<String>) -> Vec<String> {
    let known: BTreeSet<_> = settings.iter().map(|setting| variable_of(setting)).collect();
    let words = text.split(|char: char| !char.is_ascii_alphanumeric() && char != '_');
    let named = words.filter(|word| word.starts_with(PREFIX) && word.contains("__"));
    let wrong = named.filter(|word| !known.contains(*word));
    wrong.map(|word| format!("{path}: {word} is no setting")).collect()
}

#[test]
fn every_setting_is_told_in_the_readme() {
    let page = if exists("README.md") { read("README.md") } else { String::new() };
    let Some(section) = section(&page, HEADING) else { return };
    verdict(&untold(section, &settings()));
}

#[test]
fn every_variable_that_is_told_is_a_setting() {
    let settings = settings();
    let told = files().into_iter().filter(|file| TOLD_IN.iter().any(|place| is_within(&file.path, place)));
    verdict(&told.flat_map(|file| invented(&file.path, &file.text, &settings)).collect::<Vec<_>>());
}

#[test]
fn a_planted_untold_or_invented_setting_is_found() {
    let settings = ["server.port".to_owned(), "server.host".to_owned()].into();
    let page = "# R\n\n## Configuration\n\n| `server.port` | 8080 |\n\n## Next\n\nserver.host\n";
    assert_eq!(untold(section(page, HEADING).unwrap(), &settings), ["server.host is not told"]);
    assert!(untold("`server.port`, RECADO_SERVER__HOST=::1", &settings).is_empty());
    assert_eq!(
        invented("a", "RECADO_SERVER__PROT=1 RECADO_SERVER__PORT=1 RECADO_<SECTION>__<KEY>", &settings).len(),
        1
    );
}
