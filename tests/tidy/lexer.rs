//! Cuts Rust text into code, the contents of strings, and comments, so that a rule looks only where it should.
//!
//! Each view keeps the lines of the original; what is not its own is blank.

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Text,
    Comment,
}

#[derive(Default)]
pub struct Views {
    pub code: String,
    pub texts: String,
    pub comments: String,
}

impl Views {
    fn push(&mut self, kind: Kind, piece: &str) {
        let blank: String = piece.chars().map(|char| if char == '\n' { '\n' } else { ' ' }).collect();
        let of = |wanted| if kind == wanted { piece } else { &blank };
        self.code.push_str(of(Kind::Code));
        self.texts.push_str(of(Kind::Text));
        self.comments.push_str(of(Kind::Comment));
    }
}

pub fn split(source: &str) -> Views {
    let mut views = Views::default();
    let mut rest = source;
    while !rest.is_empty() {
        let (kind, length) = next(rest);
        let (piece, tail) = rest.split_at(length);
        views.push(kind, piece);
        rest = tail;
    }
    views
}

/// What the rest begins with, and how many bytes belong to it.
fn next(rest: &str) -> (Kind, usize) {
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, block_comment(rest));
    }
    if rest.starts_with('"') {
        return (Kind::Text, quoted(rest, '"'));
    }
    if rest.starts_with('\'') {
        return character(rest).map_or((Kind::Code, 1), |length| (Kind::Text, length));
    }
    let word = rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(rest.len());
    let (prefix, after) = rest.split_at(word);
    match prefix {
        "" => (Kind::Code, rest.chars().next().map_or(1, char::len_utf8)),
        "r" | "br" | "cr" => raw(after).map_or((Kind::Code, word), |length| (Kind::Text, word + length)),
        "b" | "c" if after.starts_with('"') => (Kind::Text, word + quoted(after, '"')),
        "b" if after.starts_with('\'') => (Kind::Text, word + quoted(after, '\'')),
        _ => (Kind::Code, word),
    }
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    for (at, _) in rest.char_indices() {
        let Some(here) = rest.get(at..) else { continue };
        if here.starts_with("/*") {
            depth += 1;
        } else if here.starts_with("*/") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + 2;
            }
        }
    }
    rest.len()
}

/// The length of a text between two such marks, in which a backslash takes the next character along.
fn quoted(rest: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == mark => return at + char.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// A character between quotes, and not the quote of a lifetime.
fn character(rest: &str) -> Option<usize> {
    let mut chars = rest.chars().skip(1);
    let inside = chars.next()?;
    (inside == '\\' || chars.next() == Some('\'')).then(|| quoted(rest, '\''))
}

fn raw(after: &str) -> Option<usize> {
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after.get(hashes..)?.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(hashes + 1 + length)
}

#[test]
fn code_strings_and_comments_are_told_apart() {
    let views = split(
        "let a = \"x // y\"; // z \"w\"\nfoo(r#\"raw \" one\"#, b'\\'', 'q', b\"t\"); /* a /* b */ c */ end",
    );
    for (view, own) in [
        (&views.code, "let a = ; foo(, , , ); end"),
        (&views.texts, "\"x // y\" r#\"raw \" one\"# b'\\'' 'q' b\"t\""),
        (&views.comments, "// z \"w\" /* a /* b */ c */"),
    ] {
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(squeezed(view), squeezed(own));
        assert_eq!(view.lines().count(), 2);
    }
}

#[test]
fn a_lifetime_is_no_string_and_a_raw_name_no_raw_string() {
    let views = split("fn f<'a>(r#type: &'a str) -> char { 'é' }");
    assert!(views.code.contains("<'a>") && views.code.contains("type"));
    assert_eq!(views.texts.trim(), "'é'");
}
