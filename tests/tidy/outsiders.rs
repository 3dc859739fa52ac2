//! Nothing in the checkout tells of the machine it was written on, or ties it to one place to fetch packages from.
//!
//! Locks name registries by kind, never by host, so that a mirror serves as well.

use crate::tree::{File, files, verdict};

/// In halves, so that this file does not name them itself; each with what is wrong about it.
const NEVER: &[(&str, &str, &str)] = &[
    ("/wo", "rk/", "a path of one machine"),
    ("/ro", "ot/", "a path of one machine"),
    ("index.", "crates.io", "the host of a registry"),
    ("static.", "crates.io", "the host of a registry"),
    ("registry.", "npmjs.org", "the host of a registry"),
    ("registry.", "yarnpkg.com", "the host of a registry"),
    ("pypi", ".org", "the host of a registry"),
    ("files.", "pythonhosted.org", "the host of a registry"),
    ("deb.", "debian.org", "the host of a registry"),
];

fn telling(file: &File) -> Vec<String> {
    let told = NEVER.iter().flat_map(|(one, other, what)| {
        let needle = format!("{one}{other}");
        let lines = file.text.lines().enumerate().filter(move |(_, line)| is_named(line, &needle));
        lines.map(move |(number, _)| format!("{}:{} names {what}", file.path, number + 1))
    });
    told.collect()
}

/// A path counts only from its beginning: `/srv/wo…` is somebody's own.
fn is_named(line: &str, needle: &str) -> bool {
    line.match_indices(needle).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !needle.starts_with('/')
            || !before.is_some_and(|char| char.is_alphanumeric() || "._-}".contains(char))
    })
}

#[test]
fn no_file_tells_of_the_machine_it_was_written_on() {
    verdict(&files().iter().flat_map(telling).collect::<Vec<_>>());
}

#[test]
fn a_planted_place_is_found() {
    let found = |text: String| !telling(&File { path: "a".to_owned(), text }).is_empty();
    for (one, other, _) in NEVER {
        assert!(found(format!("x\nsee {one}{other}a")), "{one}{other}");
    }
    assert!(!found(format!("/srv{}{}a", "/wo", "rk/")));
    assert!(!found("https://crates.io/crates/actix".to_owned()));
}
