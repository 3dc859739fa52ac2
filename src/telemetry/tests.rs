//! What clients may try to write into the log, and what stands there then.
//!
//! They guarantee one event per line and no token in any.

mod files;
mod level;

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use log::kv::{Source, Value};
use log::{Level, Record};
use proptest::prelude::*;

use super::drain::Drain;
use super::iso;
use super::line::Form;
use super::redact::redact;

const NOW: &str = "2024-01-15T10:30:00.000Z";
const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiJ1MSJ9.c2lnbmF0dXJl-_x";

fn line(json: bool, message: &str, pairs: &[(&str, Value<'_>)]) -> String {
    let form = Form::new(json, "box", "n1");
    let pairs: &dyn Source = &pairs;
    form.line(
        &Record::builder()
            .level(Level::Warn)
            .target("recado::doors")
            .args(format_args!("{message}"))
            .key_values(pairs)
            .build(),
        NOW,
    )
}

#[test]
fn an_event_is_a_json_object_with_its_values() {
    let pairs = [
        ("chat", Value::from("c1")),
        ("count", Value::from(3_u64)),
        ("slow", Value::from(true)),
        ("msg", Value::from("mine")),
    ];
    assert_eq!(
        line(true, "a \"quoted\" word", &pairs),
        concat!(
            r#"{"ts":"2024-01-15T10:30:00.000Z","level":"warn","host":"box","node":"n1","target":"recado::doors","#,
            r#""msg":"a \"quoted\" word","chat":"c1","count":3,"slow":true,"event_msg":"mine"}"#,
            "\n"
        )
    );
}

#[test]
fn an_event_is_a_line_of_text_with_its_values() {
    let pairs = [("chat", Value::from("c1")), ("why", Value::from("too slow")), ("ratio", Value::from(0.5))];
    assert_eq!(
        line(false, "gone", &pairs),
        "[2024-01-15T10:30:00.000Z] [WARN] [box] recado::doors: gone chat=c1 why=\"too slow\" ratio=0.5\n"
    );
}

#[test]
fn nothing_a_client_sends_ends_the_line_or_reaches_the_terminal() {
    let nasty = "a\r\n{\"level\":\"error\"}\u{1b}[31m\u{2028}\u{2029}\u{85}\u{7f}\u{202e}\0b\\";
    for json in [true, false] {
        let told = line(json, nasty, &[("agent", Value::from(nasty))]);
        let inner = told.strip_suffix('\n').unwrap();
        assert!(!inner.contains(|letter: char| letter.is_control()), "{inner:?}");
        assert!(!inner.contains(['\u{2028}', '\u{2029}', '\u{202e}']), "{inner:?}");
    }
    let event: serde_json::Value = serde_json::from_str(&line(true, nasty, &[])).unwrap();
    assert_eq!(event["msg"], nasty);
}

#[test]
fn tokens_tickets_and_passwords_are_taken_out() {
    let cases = [
        (format!("got {JWT}."), "got [redacted]"),
        (format!("GET /?token={JWT}&x=1"), "GET /?token=[redacted]&x=1"),
        ("GET /?TOKEN=abc HTTP/1.1".to_owned(), "GET /?TOKEN=[redacted] HTTP/1.1"),
        ("authorization: bearer abc, next".to_owned(), "authorization: bearer [redacted], next"),
        (format!("recado-token.{JWT}, other"), "recado-token.[redacted], other"),
        (format!("%22token%22%3A%22{JWT}%22"), "%22token%22%3A%22[redacted]%22"),
        ("used tkt_abcDEF123456 twice".to_owned(), "used [redacted] twice"),
        ("x-internal-secret\": \"hunter2\"".to_owned(), "x-internal-secret\": \"[redacted]\""),
        ("redis://me:hunter2@cache:6379/0".to_owned(), "redis://[redacted]@cache:6379/0"),
        ("eyJhbGciOiJIUzI1 cut short".to_owned(), "[redacted] cut short"),
    ];
    for (text, wanted) in cases {
        assert_eq!(redact(&text), wanted);
        assert_eq!(redact(wanted), wanted, "redacting twice changes nothing more");
    }
}

#[test]
fn ordinary_words_stay() {
    for text in [
        "the keyJar is empty",
        "tkt_ is a prefix",
        "https://app.example.com/a@b",
        "token missing",
        "a=b",
        "ação",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn a_value_called_a_token_is_never_told() {
    let told = line(true, "x", &[("Token", Value::from("plain")), ("secret", Value::from(42_u64))]);
    assert!(told.ends_with("\"Token\":\"[redacted]\",\"secret\":\"[redacted]\"}\n"), "{told}");
}

#[test]
fn an_endless_text_is_cut_and_the_token_at_the_cut_with_it() {
    let told = line(true, &format!("{}{JWT}{}", "é".repeat(4090), "x".repeat(100_000)), &[]);
    assert!(told.len() < 9_000 && !told.contains("eyJ"), "{}", told.len());
}

#[test]
fn a_moment_has_milliseconds_always() {
    assert_eq!(iso("2024-01-15T10:30:00Z".parse().unwrap()), NOW);
    assert_eq!(iso("2024-01-15T10:30:00.123987Z".parse().unwrap()), "2024-01-15T10:30:00.123Z");
}

/// A pipe that hands over what is written, each write only when it is let through.
struct Gate {
    open: Receiver<()>,
    out: Sender<Vec<u8>>,
}

impl Gate {
    fn write(&self, lines: &[u8]) -> io::Result<()> {
        self.open.recv_timeout(Duration::from_secs(10)).ok();
        self.out.send(lines.to_vec()).map_err(io::Error::other)
    }
}

/// How many lines stand there, and how many are said to be lost.
fn kept_and_lost(written: &Receiver<Vec<u8>>) -> (usize, usize) {
    let text: Vec<u8> = written.iter().flatten().collect();
    let text = String::from_utf8(text).unwrap();
    let lost = text.lines().filter_map(|line| line.strip_prefix("lost "));
    let lost = lost.map(|count| count.parse::<usize>().unwrap()).sum();
    (text.lines().filter(|line| line.starts_with("line ")).count(), lost)
}

/// Tells so many lines of such a length past a gate that opens when all were told.
fn told_past_a_gate(lines: usize, length: usize) -> (usize, usize) {
    let (open_gate, open) = channel();
    let (out, written) = channel();
    let gate = Gate { open, out };
    let lost_line = |count| format!("lost {count}\n");
    let drain = Drain::start("gate", move |lines| gate.write(lines), lost_line).unwrap();
    for number in 0..lines {
        drain.tell(format!("line {number:length$}\n").as_bytes());
    }
    drop(open_gate);
    drain.flush(Duration::from_secs(10));
    drop(drain);
    kept_and_lost(&written)
}

#[test]
fn a_reader_that_stops_costs_lines_but_nobodys_time() {
    let (kept, lost) = told_past_a_gate(10_000, 1);
    assert!(lost > 0, "the queue has an end");
    assert_eq!(kept + lost, 10_000);
}

#[test]
fn the_queue_ends_with_its_bytes_too() {
    let (kept, lost) = told_past_a_gate(1000, 50_000);
    assert!(kept < 100, "{kept} lines of 50 kB were kept");
    assert_eq!(kept + lost, 1000);
}

#[test]
fn what_could_not_be_written_is_counted_where_writing_goes_on() {
    let (out, written) = channel::<Vec<u8>>();
    let mut failures = 3;
    let write = move |lines: &[u8]| {
        if failures > 0 {
            failures -= 1;
            return Err(io::Error::other("full"));
        }
        out.send(lines.to_vec()).map_err(io::Error::other)
    };
    let drain = Drain::start("full", write, |count| format!("lost {count}\n")).unwrap();
    for number in 0..10 {
        drain.tell(format!("line {number}\n").as_bytes());
        drain.flush(Duration::from_secs(10));
    }
    drop(drain);
    let (kept, lost) = kept_and_lost(&written);
    assert!(lost > 0, "nothing is said of what was lost");
    assert_eq!(kept + lost, 10);
}

proptest! {
    #[test]
    fn whatever_is_said_the_line_is_one_and_parses(message in any::<String>(), value in any::<String>()) {
        let told = line(true, &message, &[("v", Value::from(value.as_str()))]);
        prop_assert_eq!(told.matches('\n').count(), 1);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&told).is_ok());
        prop_assert_eq!(line(false, &message, &[("v", Value::from(value.as_str()))]).lines().count(), 1);
    }

    #[test]
    fn a_token_is_found_wherever_it_stands(before in any::<String>(), after in any::<String>()) {
        let told = redact(&format!("{before}{JWT}{after}")).into_owned();
        prop_assert!(!told.contains(JWT) && !told.contains("c2lnbmF0dXJl"), "{}", told);
    }
}
