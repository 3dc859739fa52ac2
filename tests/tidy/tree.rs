//! The checkout as the rules see it: every text file a person wrote, by its path from the root.
//!
//! Build output, installed packages and databases are no part of it.

use std::fs;
use std::path::Path;

use crate::lexer::{Views, split};
use crate::mentions::{Token, tokens};

/// What has this name is never ours, wherever it is: in a second work tree `.git` is a file.
const FOREIGN: &[&str] = &[".git", "node_modules", "target"];
/// What a broker that runs in the checkout leaves behind.
const LEFT_BEHIND: &[&str] = &["data", "logs"];

pub struct File {
    pub path: String,
    pub text: String,
}

/// One Rust file, read.
pub struct Source {
    pub path: String,
    pub text: String,
    pub views: Views,
    pub tokens: Vec<Token>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let views = split(text);
        let tokens = tokens(&views.code);
        Self { path: path.to_owned(), text: text.to_owned(), views, tokens }
    }

    pub fn is_within(&self, place: &str) -> bool {
        is_within(&self.path, place)
    }
}

/// A place is a file, or a module: `src/doors` is `src/doors.rs` and all beneath `src/doors/`.
pub fn is_within(path: &str, place: &str) -> bool {
    let Some(rest) = path.strip_prefix(place) else { return false };
    rest.is_empty() || rest == ".rs" || rest.starts_with('/')
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn table(path: &str) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn exists(path: &str) -> bool {
    root().join(path).exists()
}

/// Every text file, in the order of their paths.
pub fn files() -> Vec<File> {
    let mut files = Vec::new();
    collect(root(), &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

pub fn sources() -> Vec<Source> {
    let files = files().into_iter().filter(|file| file.path.ends_with(".rs"));
    files.map(|file| Source::new(&file.path, &file.text)).collect()
}

fn collect(folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root()).unwrap().to_str().expect("a path is text").to_owned();
        if is_foreign(&path, &name) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            files.push(File { path: name, text });
        }
    }
}

fn is_foreign(path: &Path, name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    FOREIGN.contains(&last) || LEFT_BEHIND.contains(&name) || path.join("CACHEDIR.TAG").exists()
}

/// Fails with one line for each violation.
pub fn verdict(violations: &[String]) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

/// An exception that nothing needs any more hides the next violation.
pub fn stale(exceptions: &[&str], needed: &[String]) -> Vec<String> {
    let unneeded = exceptions.iter().filter(|name| !needed.iter().any(|need| need == *name));
    unneeded.map(|name| format!("{name} is excepted from a rule it does not break")).collect()
}

#[test]
fn a_module_is_its_file_and_its_folder_and_nothing_that_begins_alike() {
    assert!(is_within("src/doors.rs", "src/doors"));
    assert!(is_within("src/doors/widget/codec.rs", "src/doors"));
    assert!(is_within("src/main.rs", "src/main.rs"));
    assert!(!is_within("src/doorsteps.rs", "src/doors"));
    assert!(!is_within("actors/src/doors.rs", "src/doors"));
}

#[test]
fn the_tree_holds_our_files_and_no_foreign_ones() {
    let files = files();
    assert!(files.iter().any(|file| file.path == "Cargo.toml"));
    assert!(files.iter().any(|file| file.path == "tests/tidy/tree.rs"));
    assert!(
        !files.iter().any(|file| file.path.contains("node_modules/") || file.path.starts_with("target/"))
    );
}

#[test]
fn an_exception_nobody_needs_is_told() {
    assert_eq!(stale(&["a", "b"], &["b".to_owned()]).len(), 1);
}
