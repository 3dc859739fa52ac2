//! Takes tokens, tickets, secrets and passwords out of a text.
//!
//! It guarantees that nobody can sign in with what they read in a log.

use std::borrow::Cow;

pub(super) const REDACTED: &str = "[redacted]";

/// What follows one of these, up to the next delimiter, is nobody's business.
const MARKERS: &[&str] = &["token=", "ticket=", "secret=", "password=", "bearer "];
const HEADER: &str = "x-internal-secret";
/// Shorter than any real token, longer than a word in which these letters may occur.
const SHORTEST_JWT: usize = 11;
const SHORTEST_TICKET: usize = 10;
const SENSITIVE_KEYS: &[&str] = &["token", "ticket", "secret", "password", "authorization", "jwt"];

pub fn redact(text: &str) -> Cow<'_, str> {
    if !["=", "eyJ", "tkt_", "://", "earer", "EARER", "ecret"].iter().any(|hint| text.contains(hint)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let Some((kept, after)) = cut(rest) else {
            out.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            continue;
        };
        out.push_str(kept);
        out.push_str(REDACTED);
        rest = after;
    }
    Cow::Owned(out)
}

/// Whether a value must not be shown whatever it looks like.
pub(super) fn is_sensitive(key: &str) -> bool {
    SENSITIVE_KEYS.iter().any(|name| key.eq_ignore_ascii_case(name))
}

/// If something begins here that must go: what stays of it, and the text after it.
fn cut(text: &str) -> Option<(&str, &str)> {
    if text.starts_with("eyJ") {
        return cut_run(text, "", is_token_letter, SHORTEST_JWT);
    }
    if text.starts_with("tkt_") {
        return cut_run(text, "", is_token_letter, SHORTEST_TICKET);
    }
    if let Some(kept) = prefix(text, "://") {
        return cut_user(text, kept);
    }
    if let Some(kept) = prefix(text, HEADER) {
        let after = text.strip_prefix(kept)?;
        let gap = run(after, |letter| matches!(letter, '"' | '\'' | ':' | '=' | ' '));
        return cut_run(text, text.get(..kept.len() + gap)?, is_value_letter, 1);
    }
    let kept = MARKERS.iter().find_map(|marker| prefix(text, marker))?;
    cut_run(text, kept, is_value_letter, 1)
}

fn cut_run<'a>(
    text: &'a str,
    kept: &'a str,
    belongs: fn(char) -> bool,
    shortest: usize,
) -> Option<(&'a str, &'a str)> {
    let value = text.strip_prefix(kept)?;
    let length = run(value, belongs);
    (length >= shortest).then_some((kept, value.get(length..)?))
}

/// The user and password of an address.
fn cut_user<'a>(text: &'a str, kept: &'a str) -> Option<(&'a str, &'a str)> {
    let authority = text.strip_prefix(kept)?;
    let length = run(authority, |letter| is_value_letter(letter) && !matches!(letter, '/' | '?' | '#'));
    let at = authority.get(..length)?.rfind('@')?;
    Some((kept, authority.get(at..)?))
}

fn prefix<'a>(text: &'a str, marker: &str) -> Option<&'a str> {
    text.get(..marker.len()).filter(|start| start.eq_ignore_ascii_case(marker))
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !belongs(letter)).unwrap_or(text.len())
}

fn is_token_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '=' | '+' | '/')
}

fn is_value_letter(letter: char) -> bool {
    !letter.is_whitespace()
        && !letter.is_control()
        && !matches!(letter, '&' | '"' | '\'' | ',' | ';' | ')' | '<' | '>' | '}')
}
