//! Text, and what in it a browser would take for a page.

use std::str;

/// Tags a page begins with, as browsers that guess see it.
const PAGE: &[&str] = &[
    "<!doctype html",
    "<html",
    "<head",
    "<body",
    "<script",
    "<iframe",
    "<object",
    "<embed",
    "<style",
    "<title",
    "<meta",
    "<link",
    "<img",
    "<form",
    "<table",
    "<a href",
    "<h1",
    "<div",
    "<br",
    "<p>",
    "<!--",
];
/// What no picture and no plain text has a reason to hold.
const HIDDEN: &[&str] = &["<!doctype html", "<html", "<script", "<iframe", "<body", "<svg", "<?php"];

/// The head of a file, if it is text; a character may be cut off at its end.
pub fn as_text(head: &[u8]) -> Option<&str> {
    let text = match str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            str::from_utf8(head.split_at_checked(error.valid_up_to())?.0).ok()?
        }
        Err(_) => return None,
    };
    let plain = text.chars().all(|char| !char.is_control() || matches!(char, '\n' | '\r' | '\t' | '\x0c'));
    plain.then_some(text)
}

/// Kinds of text that something runs.
pub fn kind_of(text: &str) -> Option<(&'static str, &'static str)> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("#!") {
        return Some(("text/x-shellscript", "sh"));
    }
    let small = text.to_ascii_lowercase();
    if small.starts_with('<') && small.contains("<svg") {
        return Some(("image/svg+xml", "svg"));
    }
    // Somebody's notes may name a tag in passing; what makes a page run is one wherever it stands.
    if PAGE.iter().any(|tag| small.starts_with(tag)) || HIDDEN.iter().any(|tag| small.contains(tag)) {
        return Some(("text/html", "html"));
    }
    small.starts_with("<?xml").then_some(("application/xml", "xml"))
}

/// Is there a page in what begins as something else?
pub fn is_hidden_in(head: &[u8]) -> bool {
    let small = head.to_ascii_lowercase();
    HIDDEN.iter().any(|tag| small.windows(tag.len()).any(|window| window == tag.as_bytes()))
}
