//! Letters that would break a line, or deceive whoever reads it, as plain ones.
//!
//! It guarantees that whatever a client sends stays within its own line and its own quotes.

use std::fmt::Write;

/// As inside the quotes of JSON.
pub(super) fn push_json(out: &mut String, text: &str) {
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        push_visible(out, letter);
    }
}

pub(super) fn push_text(out: &mut String, text: &str) {
    for letter in text.chars() {
        push_visible(out, letter);
    }
}

fn push_visible(out: &mut String, letter: char) {
    match letter {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        hidden if is_hidden(hidden) => {
            // Writing to a text cannot fail.
            write!(out, "\\u{:04x}", u32::from(hidden)).ok();
        }
        plain => out.push(plain),
    }
}

/// Controls, terminal escapes, the line ends of Unicode, and marks that turn the direction of reading.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}
