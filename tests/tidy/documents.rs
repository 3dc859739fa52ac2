//! The pages people read first exist, and what they point at exists too.
//!
//! Only what lies in the checkout is followed.

use crate::tree::{File, exists, files, verdict};

const EXPECTED: &[&str] = &["ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md"];
/// Names that end so, in backquotes, are paths.
const KINDS: &[&str] = &[".rs", ".toml", ".sh", ".mjs", ".sql", ".md"];

/// `](target)`, without anchors and without other hosts.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let paths = targets.map(|target| target.split('#').next().unwrap_or_default());
    paths.filter(|path| !path.is_empty() && !path.contains("://") && !path.starts_with("mailto:")).collect()
}

/// `src/app.rs`, `config.toml`: what stands in backquotes and looks like a file of ours.
fn named(text: &str) -> Vec<&str> {
    let quoted = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    quoted.filter(|name| KINDS.iter().any(|kind| name.ends_with(kind)) && is_plain(name)).collect()
}

fn is_plain(name: &str) -> bool {
    !name.starts_with('.') && name.chars().all(|char| char.is_alphanumeric() || "/._-".contains(char))
}

fn broken(page: &File, tree: &[String], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = page.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let links = links(&page.text).into_iter().filter(|link| {
        let link = link.strip_prefix("./").unwrap_or(link);
        let from_root = link.strip_prefix('/').is_some_and(&exists);
        !from_root && !exists(&format!("{folder}{link}"))
    });
    // A page may name a file by the end of its path, as people do.
    let names = named(&page.text).into_iter().filter(|name| {
        let end = format!("/{name}");
        !tree.iter().any(|path| path == name || path.ends_with(&end))
    });
    links.chain(names).map(|path| format!("{} names {path}, which does not exist", page.path)).collect()
}

/// The change log tells of what was, and may name what is gone.
fn is_followed(file: &File) -> bool {
    file.path.ends_with(".md") && file.path != "CHANGELOG.md"
}

#[test]
fn the_pages_people_read_first_exist() {
    let missing = EXPECTED.iter().filter(|path| !exists(path));
    verdict(&missing.map(|path| format!("{path} is missing")).collect::<Vec<_>>());
}

#[test]
fn pages_point_only_at_what_exists() {
    let files = files();
    let tree: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
    let pages = files.iter().filter(|file| is_followed(file));
    verdict(&pages.flat_map(|page| broken(page, &tree, exists)).collect::<Vec<_>>());
}

#[test]
fn a_planted_dead_end_is_found() {
    let page = |text: &str| File { path: "docs/a.md".to_owned(), text: text.to_owned() };
    let there = |path: &str| matches!(path, "docs/b.md" | "docs/../README.md");
    let tree = ["src/doors/widget.rs".to_owned(), "README.md".to_owned()];
    assert_eq!(broken(&page("[x](c.md) [y](b.md#z) [z](../README.md)"), &tree, there).len(), 1);
    assert_eq!(
        broken(&page("`get.rs`, `doors/widget.rs`, `*.rs`, [web](https://example.com)"), &tree, there).len(),
        1
    );
}
