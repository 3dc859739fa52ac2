//! SQL stands in the store and in the migrations.
//!
//! Elsewhere a statement would escape the store's transactions, its errors and its one writer.

use crate::tree::{Source, files, sources, verdict};

/// Words that follow one another in the contents of a string, in capitals as all our SQL is.
const STATEMENTS: &[&[&str]] = &[
    &["SELECT"],
    &["INSERT", "INTO"],
    &["INSERT", "OR"],
    &["DELETE", "FROM"],
    &["UPDATE", "SET"],
    &["CREATE", "TABLE"],
    &["BEGIN", "IMMEDIATE"],
];

/// Tests may break a store from outside; that is what they are for.
const SHIPPED: &[&str] = &["src", "actors/src", "bench/src"];

fn smuggled(source: &Source) -> Vec<String> {
    let shipped = SHIPPED.iter().any(|place| source.is_within(place)) && !source.is_within("src/store");
    let lines = source.views.texts.lines().enumerate().filter(|(_, line)| shipped && is_sql(line));
    lines.map(|(number, line)| format!("{}:{} {}", source.path, number + 1, line.trim())).collect()
}

fn is_sql(text: &str) -> bool {
    let words: Vec<_> = text.split(|char: char| !char.is_alphanumeric() && char != '_').collect();
    STATEMENTS.iter().any(|statement| {
        let mut words = words.iter();
        statement.iter().all(|wanted| words.any(|word| word == wanted))
    })
}

#[test]
fn sql_stands_only_in_the_store_and_in_migrations() {
    let loose = files().into_iter().filter(|file| file.path.ends_with(".sql"));
    let loose = loose.filter(|file| !file.path.starts_with("migrations/"));
    let loose = loose.map(|file| format!("{} is no migration", file.path));
    verdict(&sources().iter().flat_map(smuggled).chain(loose).collect::<Vec<_>>());
}

#[test]
fn a_planted_statement_is_found() {
    let found = |path: &str, text: &str| !smuggled(&Source::new(path, text)).is_empty();
    assert!(found("src/doors/ops.rs", "run(\"SELECT 1\")"));
    assert!(found("actors/src/room.rs", "x(\"UPDATE rooms SET head = 1\")"));
    assert!(!found("src/store/sqlite/read.rs", "run(\"SELECT 1\")"));
    assert!(!found("src/doors/ops.rs", "// SELECT\nlet a = \"select an update\";"));
}
