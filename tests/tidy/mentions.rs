//! Which paths Rust code names, each written out from its crate's root.
//!
//! Groups are taken apart and `self` and `super` followed, so that no way of writing an import hides it.

use crate::tree::Source;

/// A word, a number, `::`, or one sign.
pub struct Token {
    pub line: usize,
    pub text: String,
    /// The modules opened in this very file around it.
    pub within: Vec<String>,
}

impl Token {
    fn is_word(&self) -> bool {
        self.text.starts_with(|char: char| char.is_alphabetic() || char == '_')
    }
}

pub struct Mention {
    pub line: usize,
    pub path: Vec<String>,
}

impl Mention {
    pub fn begins_with(&self, path: &str) -> bool {
        let mut own = self.path.iter();
        path.split("::").all(|name| own.next().is_some_and(|own| own == name))
    }

    pub fn shown(&self) -> String {
        self.path.join("::")
    }
}

pub fn tokens(code: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut open: Vec<(String, usize)> = Vec::new();
    let mut depth = 0_usize;
    for (line, text) in pieces(code) {
        match text {
            "{" => {
                depth += 1;
                if let [.., keyword, name] = tokens.as_slice()
                    && keyword.text == "mod"
                {
                    open.push((name.text.clone(), depth));
                }
            }
            "}" => {
                open.retain(|(_, at)| *at != depth);
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        let within = open.iter().map(|(name, _)| name.clone()).collect();
        tokens.push(Token { line, text: text.to_owned(), within });
    }
    tokens
}

fn pieces(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.lines().enumerate().flat_map(|(number, line)| {
        let mut rest = line.trim_start();
        std::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let is_word = |char: char| char.is_alphanumeric() || char == '_';
            let length = match first {
                _ if is_word(first) => rest.find(|char| !is_word(char)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                _ => first.len_utf8(),
            };
            let (piece, tail) = rest.split_at(length);
            rest = tail.trim_start();
            Some((number + 1, piece))
        })
    })
}

/// Every path of two names or more, and every single name that is imported.
pub fn mentions(source: &Source) -> Vec<Mention> {
    let home = module_of(&source.path);
    let mut reader = Reader { tokens: &source.tokens, at: 0, home, found: Vec::new() };
    while reader.at < reader.tokens.len() {
        let imports = reader.at > 0 && reader.is(reader.at - 1, "use");
        if reader.word().is_some() {
            reader.path(&[], imports);
        } else {
            reader.at += 1;
        }
    }
    reader.found
}

/// `src/doors/widget.rs` is `doors::widget`.
fn module_of(path: &str) -> Vec<String> {
    let inner = path.split_once("src/").map_or(path, |(_, inner)| inner);
    let inner = inner.strip_suffix(".rs").unwrap_or(inner);
    let names = inner.split('/').filter(|name| !matches!(*name, "lib" | "main" | "mod"));
    names.map(str::to_owned).collect()
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    home: Vec<String>,
    found: Vec<Mention>,
}

impl Reader<'_> {
    fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.text == text)
    }

    fn word(&self) -> Option<&str> {
        self.tokens.get(self.at).filter(|token| token.is_word()).map(|token| token.text.as_str())
    }

    /// Reads from the name in hand to the end of its path or group.
    fn path(&mut self, prefix: &[String], imports: bool) {
        let start = self.at;
        let mut path = prefix.to_vec();
        while let Some(name) = self.word() {
            // In a group, `self` is the group's own path.
            if name != "self" || path.is_empty() {
                path.push(name.to_owned());
            }
            self.at += 1;
            if !self.is(self.at, "::") {
                break;
            }
            self.at += 1;
            if self.is(self.at, "{") {
                self.at += 1;
                return self.group(&path);
            }
            if self.is(self.at, "*") {
                self.at += 1;
                break;
            }
        }
        if path.len() > 1 || imports {
            self.note(start, path);
        }
    }

    fn group(&mut self, prefix: &[String]) {
        while self.at < self.tokens.len() {
            if self.is(self.at, "}") {
                self.at += 1;
                return;
            }
            if self.is(self.at, "as") {
                self.at += 2;
            } else if self.word().is_some() {
                self.path(prefix, true);
            } else if self.is(self.at, "*") {
                self.note(self.at, prefix.to_vec());
                self.at += 1;
            } else {
                self.at += 1;
            }
        }
    }

    fn note(&mut self, at: usize, path: Vec<String>) {
        let Some(token) = self.tokens.get(at) else { return };
        let home: Vec<String> = self.home.iter().chain(&token.within).cloned().collect();
        self.found.push(Mention { line: token.line, path: absolute(&home, path) });
    }
}

fn absolute(home: &[String], path: Vec<String>) -> Vec<String> {
    let ups = path.iter().take_while(|name| *name == "super" || *name == "self").count();
    if ups == 0 {
        return path;
    }
    let supers = path.iter().take(ups).filter(|name| *name == "super").count();
    let kept = home.iter().take(home.len().saturating_sub(supers));
    std::iter::once("crate".to_owned()).chain(kept.cloned()).chain(path.into_iter().skip(ups)).collect()
}

fn named(path: &str, text: &str) -> Vec<String> {
    mentions(&Source::new(path, text)).iter().map(Mention::shown).collect()
}

#[test]
fn groups_are_taken_apart() {
    let found = named("src/app.rs", "use crate::{doors::{self, ops as o}, store::*, config};");
    assert_eq!(found, ["crate::doors", "crate::doors::ops", "crate::store", "crate::config"]);
    assert_eq!(
        named("src/app.rs", "use actix; fn f() { crate::store::open(1) }"),
        ["actix", "crate::store::open"]
    );
}

#[test]
fn relative_paths_are_followed_from_where_they_stand() {
    let text = "use super::widget::X; mod tests { use super::super::store; } use self::inner::Y;";
    let found = named("src/doors/rest.rs", text);
    assert_eq!(found, ["crate::doors::widget::X", "crate::doors::store", "crate::doors::rest::inner::Y"]);
}

#[test]
fn a_path_begins_with_whole_names() {
    let mention = Mention { line: 1, path: vec!["actix_web".into(), "web".into()] };
    assert!(mention.begins_with("actix_web"));
    assert!(!mention.begins_with("actix"));
    assert!(!mention.begins_with("actix_web::web::Data"));
}
