//! What is left in a file when work on it was not finished, or when a lint was told to be quiet without a reason.
//!
//! `unsafe` is here too: the compiler forbids it in our crates, and this in whatever they might leave out.

use crate::tree::{Source, sources, verdict};

const IN_COMMENTS: &[&str] = &["TODO", "FIXME", "XXX", "HACK"];

/// As tokens, so that spaces and line breaks hide nothing.
const IN_CODE: &[(&[&str], &str)] = &[
    (&["todo", "!"], "finish it"),
    (&["unimplemented", "!"], "finish it"),
    (&["dbg", "!"], "take it out"),
    (&["#", "[", "ignore"], "a test runs or goes"),
    (&["#", "[", "allow", "("], "use expect, with a reason"),
    (&["#", "!", "[", "allow", "("], "use expect, with a reason"),
    (&["unsafe"], "never"),
];

fn left(source: &Source) -> Vec<String> {
    let comments = source.views.comments.lines().enumerate().filter(|(_, line)| is_note_to_self(line));
    let comments = comments.map(|(number, line)| format!("{}:{} {}", source.path, number + 1, line.trim()));
    comments.chain(IN_CODE.iter().flat_map(|(sequence, advice)| at(source, sequence, advice))).collect()
}

fn is_note_to_self(line: &str) -> bool {
    line.split(|char: char| !char.is_alphanumeric()).any(|word| IN_COMMENTS.contains(&word))
}

fn at(source: &Source, sequence: &[&str], advice: &str) -> Vec<String> {
    let found = source.tokens.windows(sequence.len()).filter(|window| {
        let here = window.iter().map(|token| token.text.as_str());
        here.eq(sequence.iter().copied())
    });
    let lines = found.filter_map(|window| window.first()).map(|token| token.line);
    lines.map(|line| format!("{}:{line} {}: {advice}", source.path, sequence.concat())).collect()
}

#[test]
fn nothing_unfinished_is_left_behind() {
    verdict(&sources().iter().flat_map(left).collect::<Vec<_>>());
}

#[test]
fn every_planted_leftover_is_found() {
    let found = |text: &str| left(&Source::new("src/a.rs", text)).len();
    for text in [
        "// TODO: later",
        "/* FIXME */",
        "fn f() { todo!() }",
        "fn f() { unimplemented!(\"x\") }",
        "let x = dbg!(1);",
        "#[ignore]\nfn f() {}",
        "#[ignore = \"slow\"]\nfn f() {}",
        "#[allow(dead_code)]\nfn f() {}",
        "#![ allow (dead_code)]",
        "unsafe { f() }",
    ] {
        assert_eq!(found(text), 1, "{text}");
    }
    assert_eq!(found("#![expect(unsafe_code, reason = \"TODO is only a word here\")] // autodoc"), 0);
}
