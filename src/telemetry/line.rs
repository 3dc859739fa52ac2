//! One event as one line.
//!
//! Every text of an event passes through here, so that each is cut, redacted and escaped, in this order.

use std::borrow::Cow;
use std::fmt::Write;

use log::kv::{Error, Key, Value, VisitSource, VisitValue};
use log::{Level, Record};

use super::escape::{push_json, push_text};
use super::redact::{REDACTED, is_sensitive, redact};

const MOST_BYTES: usize = 8192;
const OWN_KEYS: &[&str] = &["ts", "level", "host", "node", "target", "msg"];

/// The form all lines of this process have.
#[derive(Clone)]
pub(super) struct Form {
    json: bool,
    host: String,
    node: String,
}

impl Form {
    pub fn new(json: bool, host: &str, node: &str) -> Self {
        Self { json, host: host.to_owned(), node: node.to_owned() }
    }

    pub fn line(&self, record: &Record<'_>, now: &str) -> String {
        let message = record.args().to_string();
        let mut line = Line { json: self.json, out: String::with_capacity(192 + message.len()) };
        self.head(&mut line, now, record.level(), record.target(), &message);
        // A value that cannot be told leaves the rest of the line as it is.
        record.key_values().visit(&mut line).ok();
        line.finish()
    }

    /// What stands where lines were dropped.
    pub fn lost(&self, count: u64, now: &str) -> String {
        let mut line = Line { json: self.json, out: String::new() };
        self.head(&mut line, now, Level::Warn, module_path!(), "log lines were lost");
        line.number("count", &count.to_string());
        line.finish()
    }

    fn head(&self, line: &mut Line, now: &str, level: Level, target: &str, message: &str) {
        if !self.json {
            write!(line.out, "[{now}] [{level}] [").ok();
            push_text(&mut line.out, &self.host);
            line.out.push_str("] ");
            push_text(&mut line.out, target);
            line.out.push_str(": ");
            push_text(&mut line.out, &told(message));
            return;
        }
        write!(line.out, "{{\"ts\":\"{now}\",\"level\":\"{}\"", level.as_str().to_ascii_lowercase()).ok();
        for (key, text) in
            [("host", self.host.as_str()), ("node", &self.node), ("target", target), ("msg", message)]
        {
            line.text(key, text);
        }
    }
}

struct Line {
    json: bool,
    out: String,
}

impl Line {
    fn text(&mut self, key: &str, text: &str) {
        let text = if is_sensitive(key) { Cow::Borrowed(REDACTED) } else { told(text) };
        self.key(key);
        let bare = !text.is_empty()
            && !text.contains(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '='));
        if !self.json && bare {
            return push_text(&mut self.out, &text);
        }
        self.out.push('"');
        push_json(&mut self.out, &text);
        self.out.push('"');
    }

    fn number(&mut self, key: &str, digits: &str) {
        if is_sensitive(key) {
            return self.text(key, digits);
        }
        self.key(key);
        self.out.push_str(digits);
    }

    fn key(&mut self, key: &str) {
        if self.json {
            self.out.push_str(",\"");
            push_json(&mut self.out, key);
            self.out.push_str("\":");
            return;
        }
        self.out.push(' ');
        push_text(&mut self.out, key);
        self.out.push('=');
    }

    fn finish(mut self) -> String {
        self.out.push_str(if self.json { "}\n" } else { "\n" });
        self.out
    }
}

/// A text as it may be told: without secrets, and not without end.
fn told(text: &str) -> Cow<'_, str> {
    // A secret cut in two might no longer be known for one, so there is room left for its beginning.
    let near_end = text.floor_char_boundary(2 * MOST_BYTES);
    let text = redact(text.get(..near_end).unwrap_or_default());
    if text.len() <= MOST_BYTES {
        return text;
    }
    let end = text.floor_char_boundary(MOST_BYTES);
    Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default()))
}

impl<'kvs> VisitSource<'kvs> for Line {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        // An event must not be able to say who it is from.
        let key = key.as_str();
        let own = OWN_KEYS.contains(&key);
        let key = if own { Cow::Owned(format!("event_{key}")) } else { Cow::Borrowed(key) };
        value.visit(Pair { line: self, key: &key })
    }
}

struct Pair<'a> {
    line: &'a mut Line,
    key: &'a str,
}

impl<'v> VisitValue<'v> for Pair<'_> {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), Error> {
        self.line.text(self.key, &value.to_string());
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), Error> {
        self.line.number(self.key, "null");
        Ok(())
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), Error> {
        self.line.number(self.key, &value.to_string());
        Ok(())
    }

    fn visit_i64(&mut self, value: i64) -> Result<(), Error> {
        self.line.number(self.key, &value.to_string());
        Ok(())
    }

    fn visit_f64(&mut self, value: f64) -> Result<(), Error> {
        if value.is_finite() {
            self.line.number(self.key, &value.to_string());
            return Ok(());
        }
        self.line.text(self.key, &value.to_string());
        Ok(())
    }

    fn visit_bool(&mut self, value: bool) -> Result<(), Error> {
        self.line.number(self.key, &value.to_string());
        Ok(())
    }

    fn visit_str(&mut self, value: &str) -> Result<(), Error> {
        self.line.text(self.key, value);
        Ok(())
    }
}
