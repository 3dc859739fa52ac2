//! The seeds and finds of the fuzzer, replayed, and any bytes beside them: runs wherever the other tests do.
//!
//! A crash that the fuzzer finds goes into `fuzz/corpus` and is from then on a test that fails until it is mended.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must stop loudly")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

#[path = "../fuzz/targets.rs"]
mod targets;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 8] = [
    ("guard", targets::guard),
    ("widget_frame", targets::widget_frame),
    ("token", targets::token),
    ("settings", targets::settings),
    ("redis_payload", targets::redis_payload),
    ("internal_body", targets::internal_body),
    ("document", targets::documents::message),
    ("socketio_payload", targets::socketio::read_payload),
];

fn fuzz(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn replay(target: &str) {
    let (_, read) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let folder = fuzz("corpus").join(target);
    let seeds = names(&folder);
    assert!(seeds.len() >= 5, "only {seeds:?}");
    for seed in seeds {
        // Shown only if it fails: which one it was.
        eprintln!("{target}/{seed}");
        read(&fs::read(folder.join(seed)).unwrap());
    }
}

#[test]
fn every_target_has_a_program_and_a_corpus() {
    let targets: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let programs: BTreeSet<_> = targets.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names(&fuzz("corpus")), targets);
    assert_eq!(names(&fuzz("fuzz_targets")), programs);
}

#[test]
fn frames_of_the_corpus_are_let_through_within_limits() {
    replay("guard");
}

#[test]
fn widget_frames_of_the_corpus_are_read_or_refused() {
    replay("widget_frame");
}

#[test]
fn forgeries_of_the_corpus_are_refused() {
    replay("token");
}

#[test]
fn settings_of_the_corpus_are_taken_or_told_of_without_a_secret() {
    replay("settings");
}

#[test]
fn payloads_of_the_corpus_are_news_or_nothing() {
    replay("redis_payload");
}

#[test]
fn bodies_of_the_corpus_are_read_or_refused_in_order() {
    replay("internal_body");
}

#[test]
fn payloads_of_the_corpus_are_packets_or_faults() {
    replay("socketio_payload");
}

#[test]
fn messages_of_the_corpus_are_taken_in_or_refused() {
    replay("document");
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..600)
}

/// What is JSON by its signs alone, which gets further than bytes do.
fn almost_json() -> impl Strategy<Value = String> {
    const SIGN: &str = r#"[{}:,"]|\[|\]|type|message|content|role|user|id|data|chatId|userId|exp|level|\\u0000|-1|1e400|null|true|[a-z]"#;
    prop::collection::vec(SIGN, 0..60).prop_map(|signs| signs.concat())
}

/// Begins as a packet of Engine.IO does, and mostly as one of Socket.IO in it.
const ALMOST_A_PACKET: &str = r#"4[0-6]([0-4]-)?(/[a-z]{0,3},)?[0-9]{0,3}(\["[a-z]{1,3}"(,("é"|[0-9.e-]{1,5}|\{"_placeholder":true,"num":[0-2]\})){0,3}\]|\{\}|[\[\]{}",:]{0,9})?|b4?[A-Za-z0-9+/]{4}|[0-7]probe"#;

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_guarded_against(bytes in any_bytes()) {
        targets::guard(&bytes);
    }

    #[test]
    fn frames_of_any_header_are_guarded_against(how in any::<u8>(), frames in prop::collection::vec((0_u8..16, any::<bool>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..125)), 1..12)) {
        let mut bytes = vec![how];
        for (opcode, fin, packed, payload) in frames {
            let first = opcode | u8::from(fin) << 7 | u8::from(packed) << 6;
            bytes.extend([first, 0x80 | u8::try_from(payload.len()).unwrap(), 1, 2, 3, 4]);
            bytes.extend(payload);
        }
        targets::guard(&bytes);
    }

    #[test]
    fn any_bytes_are_a_widget_s_frame_or_refused(bytes in any_bytes(), text in almost_json()) {
        targets::widget_frame(&bytes);
        targets::widget_frame(text.as_bytes());
    }

    #[test]
    fn any_bytes_are_a_change_of_a_document_or_refused(bytes in any_bytes(), about in 0_u8..3, rest in prop::collection::vec(0_u8..12, 0..100)) {
        targets::documents::message(&bytes);
        let length = u8::try_from(rest.len()).unwrap();
        targets::documents::message(&[&[0, about, length], rest.as_slice()].concat());
    }

    #[test]
    fn any_bytes_are_no_token(bytes in any_bytes(), text in almost_json(), parts in "[A-Za-z0-9_-]{0,90}\\.[A-Za-z0-9_-]{0,90}\\.[A-Za-z0-9_-]{0,90}") {
        targets::token(&bytes);
        targets::token(text.as_bytes());
        targets::token(parts.as_bytes());
    }

    #[test]
    fn any_text_is_settings_or_told_of(bytes in any_bytes(), lines in "(\\[[a-z]{1,9}\\]\n|[a-z_]{1,12} = (-?[0-9]{1,22}|\"[^\"]{0,20}\"|true|\\[\\])\n){0,8}\0([A-Z_]{1,20}=[^\n]{0,20}\n){0,4}") {
        targets::settings(&bytes);
        targets::settings(lines.as_bytes());
    }

    #[test]
    fn any_bytes_are_news_or_nothing(bytes in any_bytes(), text in almost_json()) {
        targets::redis_payload(&bytes);
        targets::redis_payload(text.as_bytes());
    }

    #[test]
    fn any_bytes_are_a_body_or_refused(bytes in any_bytes(), text in almost_json()) {
        targets::internal_body(&bytes);
        targets::internal_body(text.as_bytes());
    }

    #[test]
    fn any_bytes_are_packets_or_faults(bytes in any_bytes(), packets in prop::collection::vec(ALMOST_A_PACKET, 1..6)) {
        targets::socketio::read_payload(&bytes);
        targets::socketio::read_payload(packets.join("\x1e").as_bytes());
        let counted = packets.iter().map(|packet| format!("{}:{packet}", packet.encode_utf16().count()));
        targets::socketio::read_payload(counted.collect::<String>().as_bytes());
    }
}
