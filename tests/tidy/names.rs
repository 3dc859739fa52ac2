//! Words that name nothing, kept out of the names of files, modules, types and functions.
//!
//! Tests of the broker are sentences and may use any word.

use crate::mentions::Token;
use crate::tree::{Source, files, sources, stale, verdict};

const NOWHERE: &[&str] =
    &["manager", "managers", "util", "utils", "helper", "helpers", "common", "info", "infos"];
const NOT_OF_TYPES_OR_MODULES: &[&str] = &["service", "services", "data"];
const NOT_FIRST_OF_FUNCTIONS: &[&str] = &["process", "do"];
/// What was never meant to stay.
const NOT_OF_FILES: &[&str] = &["bak", "old", "scratch", "tmp", "wip"];

/// Each with what it is named after.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("AgentData", "the wire's field `data`, in the frame about an agent"),
    ("HistoryData", "the wire's field `data`, in the frame with history"),
    ("MessageData", "the wire's field `data`, in the frame with a message"),
];

const SCRIPTS: &[&str] = &["rs", "sh", "mjs", "js", "py", "sql"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Thing {
    Function,
    TypeOrModule,
}

/// `HTTPServer_a` is `http`, `server`, `a`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut after_small = false;
    for char in name.chars() {
        let separates = !char.is_alphanumeric();
        if separates || (char.is_uppercase() && after_small) || words.is_empty() {
            words.push(String::new());
        }
        if let (false, Some(word)) = (separates, words.last_mut()) {
            word.extend(char.to_lowercase());
        }
        after_small = char.is_lowercase() || char.is_numeric();
    }
    words
}

fn is_empty_word(name: &str, thing: Thing) -> bool {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let begins =
        |list: &[&str]| words.len() > 1 && words.first().is_some_and(|word| list.contains(&word.as_str()));
    match thing {
        Thing::Function => has(NOWHERE) || begins(NOT_FIRST_OF_FUNCTIONS),
        Thing::TypeOrModule => has(NOWHERE) || has(NOT_OF_TYPES_OR_MODULES),
    }
}

/// Names that are declared here, with their lines; tests, whose names are sentences, left out.
fn declared(tokens: &[Token]) -> Vec<(usize, &str, Thing)> {
    let mut declared = Vec::new();
    let mut is_test = false;
    for pair in tokens.windows(2) {
        let [keyword, name] = pair else { continue };
        let thing = match keyword.text.as_str() {
            // The attribute ends in the word, as in `#[tokio::test]`.
            "test" if matches!(name.text.as_str(), "]" | "(") => {
                is_test = true;
                continue;
            }
            "{" | "}" | ";" => {
                is_test = false;
                continue;
            }
            "fn" if is_test => continue,
            "fn" => Thing::Function,
            "struct" | "enum" | "trait" | "union" | "type" | "mod" => Thing::TypeOrModule,
            _ => continue,
        };
        if name.text.starts_with(|char: char| char.is_alphabetic()) {
            declared.push((name.line, name.text.as_str(), thing));
        }
    }
    declared
}

/// The names themselves, and the lines that tell of them.
fn hollow(source: &Source) -> Vec<(String, String)> {
    let named = declared(&source.tokens).into_iter().filter(|(_, name, thing)| is_empty_word(name, *thing));
    named.map(|(line, name, _)| (name.to_owned(), format!("{}:{line} {name}", source.path))).collect()
}

fn hollow_path(path: &str) -> Option<String> {
    let (_, kind) = path.rsplit_once('.')?;
    let stem = path.strip_suffix(kind).filter(|_| SCRIPTS.contains(&kind))?;
    let passing = |name: &str| words(name).iter().any(|word| NOT_OF_FILES.contains(&word.as_str()));
    let hollow = stem.split('/').any(|name| is_empty_word(name, Thing::TypeOrModule) || passing(name));
    hollow.then(|| format!("{path} is a name for anything"))
}

#[test]
fn every_name_of_ours_says_something() {
    let excepted: Vec<_> = EXCEPTIONS.iter().map(|(name, _)| *name).collect();
    let found: Vec<_> = sources().iter().flat_map(hollow).collect();
    let needed: Vec<_> = found.iter().map(|(name, _)| name.clone()).collect();
    let unexcused = found.into_iter().filter(|(name, _)| !excepted.contains(&name.as_str()));
    verdict(&unexcused.map(|(_, line)| line).chain(stale(&excepted, &needed)).collect::<Vec<_>>());
}

#[test]
fn every_file_of_ours_is_named_after_what_it_holds() {
    verdict(&files().iter().filter_map(|file| hollow_path(&file.path)).collect::<Vec<_>>());
}

#[test]
fn every_planted_empty_name_is_found() {
    for text in [
        "struct RoomManager;",
        "enum ChatService { A }",
        "mod helpers;",
        "mod data { }",
        "type UserInfo = u8;",
        "trait Common {}",
        "fn process_frame() {}",
        "fn do_it() {}",
        "async fn string_util() {}",
    ] {
        assert_eq!(hollow(&Source::new("src/a.rs", text)).len(), 1, "{text}");
    }
    for text in
        ["fn database() {}", "struct Information;", "fn data() {}", "#[tokio::test]\nasync fn the_info() {}"]
    {
        assert!(hollow(&Source::new("src/a.rs", text)).is_empty(), "{text}");
    }
    assert!(hollow_path("src/doors/utils.rs").is_some() && hollow_path("tests/common/main.rs").is_some());
    assert!(hollow_path("tests/mine_tmp.rs").is_some());
    assert!(hollow_path("src/doors/words.rs").is_none());
}
