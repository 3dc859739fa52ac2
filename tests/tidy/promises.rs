//! What SECURITY.md says is proved is proved by a test of that name.
//!
//! A proof that was renamed or taken away leaves a promise that nobody keeps.

use std::collections::BTreeSet;

use crate::tree::{exists, read, sources, verdict};

const PAGE: &str = "SECURITY.md";

/// Names in backquotes that are sentences: no path, no setting, no variable, no figure.
fn named(text: &str) -> BTreeSet<&str> {
    let quoted = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    quoted.filter(|name| is_sentence(name)).collect()
}

fn is_sentence(name: &str) -> bool {
    let plain =
        name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
    plain && name.matches('_').count() >= 2 && !name.starts_with("recado_")
}

/// Functions under an attribute that makes them tests, or in a block of property tests; and the names in a list that is
/// run on every store.
fn tests(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let (mut is_test, mut is_list) = (false, false);
    for line in code.lines().map(str::trim) {
        let listed = line.trim_end_matches(';');
        is_list |= line == "on_every_store! {";
        if is_list && is_sentence(listed) {
            found.insert(listed.to_owned());
        } else if line.starts_with("#[") {
            is_test |= line.contains("test]");
        } else if let Some((_, rest)) = line.split_once("fn ") {
            let name = rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next();
            found.extend(name.filter(|_| is_test).map(str::to_owned));
            is_test = false;
        }
    }
    found
}

fn unproved(page: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let missing = named(page).into_iter().filter(|name| !tests.contains(*name));
    missing.map(|name| format!("{PAGE} names the test {name}, which does not exist")).collect()
}

#[test]
fn every_proof_of_the_security_page_exists() {
    assert!(exists(PAGE));
    let page = read(PAGE);
    assert!(named(&page).len() > 50, "the page was not read");
    let tests = sources().iter().flat_map(|source| tests(&source.text)).collect();
    verdict(&unproved(&page, &tests));
}

#[test]
fn a_planted_promise_is_found() {
    let code = "#[actix_web::test]\nasync fn it_is_so() {}\nfn it_is_not() {}\n#[test]\nfn it_is_too(a: u8) {}\n\
         not_in_a_list\non_every_store! {\n    log:\n        it_is_listed;\n}";
    let page = "`it_is_so`, `it_is_not`, `not_in_a_list`, `it_is_listed` and `it_is_too` in `src/it_is_gone.rs`, `log.level`, `recado_it_is`";
    assert_eq!(unproved(page, &tests(code)).len(), 2);
}
