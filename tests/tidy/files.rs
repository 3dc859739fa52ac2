//! How every Rust file begins, and how long it may grow.
//!
//! A file that cannot be read in one sitting is two files.

use crate::tree::{Source, sources, stale, verdict};

const LINES: usize = 300;

/// Files that may be longer, each with its reason.
const LONGER: &[(&str, &str)] = &[];

fn headless(source: &Source) -> Option<String> {
    let head: Vec<_> = source.text.lines().map_while(|line| line.strip_prefix("//!")).collect();
    if head.is_empty() {
        return Some(format!("{} does not begin with what it is", source.path));
    }
    let sentences = head.join(" ").matches(['.', ':', '?']).count();
    (sentences == 0).then(|| format!("{} begins without a sentence", source.path))
}

fn too_long(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    (lines >= LINES).then(|| format!("{} has {lines} lines, and {LINES} are too many", source.path))
}

#[test]
fn every_file_begins_with_what_it_is() {
    verdict(&sources().iter().filter_map(headless).collect::<Vec<_>>());
}

#[test]
fn no_file_is_too_long_to_read_at_once() {
    let excepted: Vec<_> = LONGER.iter().map(|(path, _)| *path).collect();
    let long: Vec<_> = sources().into_iter().filter(|source| too_long(source).is_some()).collect();
    let unexcused = long.iter().filter(|source| !excepted.contains(&source.path.as_str()));
    let needed: Vec<_> = long.iter().map(|source| source.path.clone()).collect();
    verdict(&unexcused.filter_map(too_long).chain(stale(&excepted, &needed)).collect::<Vec<_>>());
}

#[test]
fn a_planted_file_without_head_or_end_is_found() {
    assert!(headless(&Source::new("src/a.rs", "use std::fmt;\n//! Late.")).is_some());
    assert!(headless(&Source::new("src/a.rs", "//! a name\nfn f() {}")).is_some());
    assert!(headless(&Source::new("src/a.rs", "//! One sentence.\nfn f() {}")).is_none());
    assert!(too_long(&Source::new("src/a.rs", &"\n".repeat(LINES))).is_some());
    assert!(too_long(&Source::new("src/a.rs", &"\n".repeat(LINES - 1))).is_none());
}
