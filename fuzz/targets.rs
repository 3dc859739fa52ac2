//! What must hold of everything that reads what strangers send, whatever the bytes are.
//!
//! One plain function for each reader, so that the fuzzer, the committed corpus and the property tests hold it to the
//! same. Each fails by a panic: the reader's own, or that of a promise it did not keep.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::FutureExt;
use recado::auth::{AuthSettings, Signer, Tickets, Verifier};
use recado::backplane::redis::payload;
use recado::config::{Config, Environment};
use recado::doors::internal::{
    MessageEdit, NewBan, NewLevel, NewMessage, NewTicket, Notice, PutGroup, PutUser, TargetBody, read_body,
};
use recado::doors::problem::Problem;
use recado::doors::socket::deflate::Inflater;
use recado::doors::socket::{Guard, GuardLimits};
use recado::doors::widget::codec::{self, Asked, Heard};
use recado_actors::clock::Timestamp;
use recado_actors::message::cluster::News;
use recado_actors::refusal::Farewell;
use serde_json::value::RawValue;

#[path = "targets/documents.rs"]
pub mod documents;
#[path = "targets/socketio.rs"]
pub mod socketio;

const LIMITS: GuardLimits = GuardLimits {
    message_bytes: 1000,
    fragments_count: 8,
    fragments: Duration::from_secs(10),
    frame: Duration::from_secs(10),
};

/// Known to the verifier and in no seed, so that nothing in the corpus is genuine.
const SECRET: &str = "a secret that only the fuzzer knows of";
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA3Ee1PPqdryFCwn2sggyJMhAI4I7f6WFJ8hHj6OH8iXY=
-----END PUBLIC KEY-----";

thread_local! {
    static VERIFIER: Verifier = verifier();
    // What its engine keeps between messages must not change what the next one becomes.
    static INFLATER: Rc<Inflater> = Rc::new(Inflater::default());
    static FILE: tempfile::NamedTempFile =
        tempfile::NamedTempFile::with_suffix(".toml").expect("a file");
}

/// The first byte says how the rest is cut and whether compression was agreed on.
pub fn guard(input: &[u8]) {
    let Some((how, bytes)) = input.split_first() else { return };
    let packed = how & 1 == 1;
    let whole = as_heard(let_through(packed, std::iter::once(bytes)));
    let cut = as_heard(let_through(packed, pieces(*how, bytes)));
    assert_eq!(whole, cut, "where the network cuts changes what is meant");
    let begun = plain_frame(&cut.rest).map(|(_, length)| length);
    for length in cut.frames.iter().map(|(_, payload)| payload.len()).chain(begun) {
        assert!(length <= LIMITS.message_bytes, "a message of {length} bytes was let through");
    }
}

/// What the codec behind makes of what was let through, and how it ended.
#[derive(Debug, PartialEq)]
struct AsHeard {
    frames: Vec<(u8, Vec<u8>)>,
    /// Of a frame that did not end.
    rest: Vec<u8>,
    farewell: Option<Farewell>,
}

/// Text that came whole is left to the codec, which refuses what is none before anything that follows it.
fn as_heard((out, farewell): (BytesMut, Option<Farewell>)) -> AsHeard {
    let (mut frames, mut rest) = (Vec::new(), out.as_ref());
    while let Some((header, length)) = plain_frame(rest) {
        let Some((frame, following)) = rest.split_at_checked(header + length) else { break };
        let (head, payload) = frame.split_at(header);
        let mask = head.last_chunk::<4>().expect("a mask ends every header");
        let opcode = head.first().expect("a header has bytes") & 0x0f;
        let plain: Vec<u8> = payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        if opcode == 1 && std::str::from_utf8(&plain).is_err() {
            return AsHeard { frames, rest: Vec::new(), farewell: Some(Farewell::NotText) };
        }
        frames.push((opcode, plain));
        rest = following;
    }
    AsHeard { frames, rest: rest.to_vec(), farewell }
}

fn let_through<'a>(packed: bool, pieces: impl Iterator<Item = &'a [u8]>) -> (BytesMut, Option<Farewell>) {
    let inflater = packed.then(|| INFLATER.with(Rc::clone));
    let mut guard = Guard::new(Arc::new(LIMITS), inflater);
    let mut out = BytesMut::new();
    for piece in pieces {
        if let Err(farewell) = guard.feed(piece, &mut out) {
            return (out, Some(farewell));
        }
    }
    (out, None)
}

fn pieces(how: u8, mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut turn = usize::from(how);
    std::iter::from_fn(move || {
        turn = turn.wrapping_mul(31).wrapping_add(7);
        let (piece, rest) = bytes.split_at((turn % 23 + 1).min(bytes.len()));
        bytes = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The lengths of the header and the payload of a frame, which must be whole, plain and masked.
fn plain_frame(bytes: &[u8]) -> Option<(usize, usize)> {
    let [first, second, rest @ ..] = bytes else { return None };
    assert!(first & 0xf0 == 0x80 && first & 0x0f != 0, "a fragment or a reserved bit went through");
    assert!(second & 0x80 != 0, "a frame without a mask went through");
    let extended = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let declared = match second & 0x7f {
        short @ ..126 => u64::from(short),
        _ => rest.get(..extended)?.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)),
    };
    Some((2 + extended + 4, usize::try_from(declared).unwrap_or(usize::MAX)))
}

/// One frame of a widget.
pub fn widget_frame(input: &[u8]) {
    let heard = codec::read(input);
    match &heard {
        Heard::Asked(Asked::Post { content, temp_id, .. }) => {
            assert!(!content.is_empty() && content.len() <= input.len());
            assert!(temp_id.as_ref().is_none_or(|id| id.as_str().chars().count() <= 128));
        }
        Heard::Asked(Asked::Refresh { token } | Asked::Auth { token, .. }) => {
            assert!(token.len() <= input.len());
        }
        Heard::Refused(fault) => {
            assert!(!fault.error.is_empty() && !fault.code.is_empty());
            assert!(fault.temp_id.as_ref().is_none_or(|id| id.chars().count() <= 128));
        }
        Heard::Asked(_) | Heard::Ignored => {}
    }
    assert_eq!(heard, codec::read(input));
}

/// A text where a token should be, and the same as the claims of a token that is rightly signed.
pub fn token(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let verify = |token: &str| VERIFIER.with(|verifier| verifier.verify(token).now_or_never());
    let refusal = verify(&text).expect("nobody is asked").expect_err("a forgery was let in");
    assert!(!refusal.reason().is_empty());
    let tickets = Tickets::new(SECRET.as_bytes(), Duration::from_secs(60), Duration::from_secs(60));
    assert!(tickets.verify(&text).is_err(), "a forged ticket was let in");
    // As they came, with whatever is said twice in them.
    let Ok(claims) = serde_json::from_slice::<&RawValue>(input) else { return };
    let signed = Signer::new(SECRET).sign(&claims).expect("any JSON can be signed");
    assert!(tickets.verify(&signed).is_err(), "a token was taken for a ticket");
    if verify(&signed).expect("nobody is asked").is_ok() {
        assert!(claims.get().starts_with('{') && claims.get().len() <= input.len());
    }
}

fn verifier() -> Verifier {
    let settings = AuthSettings {
        secrets: vec![SECRET.to_owned()],
        algorithms: ["HS256", "HS512", "EdDSA"].map(str::to_owned).to_vec(),
        public_keys: vec![PUBLIC_KEY.to_owned()],
        ..AuthSettings::default()
    };
    Verifier::new(settings).expect("the settings are valid")
}

/// A settings file, and behind a NUL the environment, a variable a line.
pub fn settings(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (file, variables) = text.split_once('\0').unwrap_or((&text, ""));
    // Files that the settings name are the operator's own, and a fuzzer must not be led to a device.
    if text.to_ascii_lowercase().contains("key_file") {
        return;
    }
    let variables = variables.lines().filter_map(|line| line.split_once('='));
    let mut env: Environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    env.insert("INTERNAL_API_SECRET".to_owned(), SECRET.to_owned());
    match load(file.as_bytes(), &env) {
        Ok(config) => {
            config.validate().expect("what was loaded is valid");
            let told = format!("{config:?} {:?}", config.warnings());
            assert!(text.contains(SECRET) || !told.contains(SECRET), "a secret was told");
        }
        Err(lines) => {
            assert!(lines.iter().all(|line| !line.trim().is_empty()) && !lines.is_empty());
            let told = lines.concat();
            assert!(text.contains(SECRET) || !told.contains(SECRET), "a secret was told");
        }
    }
}

fn load(text: &[u8], env: &Environment) -> Result<Config, Vec<String>> {
    FILE.with(|file| {
        std::fs::write(file.path(), text).expect("the file can be written");
        Config::load(Some(file.path()), env).map_err(|errors| errors.lines)
    })
}

/// What somebody published in a chat's channel.
pub fn redis_payload(input: &[u8]) {
    const MOST: usize = 4096;
    let read = || payload::read(input, MOST, Timestamp(7));
    match read() {
        Ok(News::EntryRelayed { client_id, body, .. }) => {
            assert!(input.len() <= MOST && client_id.as_str().chars().count() <= 128);
            assert!(body.message().is_none_or(|message| message.content.len() <= input.len()));
            // A repetition must be known again, or it would be stored twice.
            let again = matches!(read(), Ok(News::EntryRelayed { client_id: same, .. }) if same == client_id);
            assert!(again, "the same payload is not the same news");
        }
        Ok(news) => assert!(matches!(news, News::TypingChanged { at: Timestamp(7), .. }), "{news:?}"),
        Err(_) => {}
    }
}

/// The body of any request to the internal API.
pub fn internal_body(input: &[u8]) {
    for refusal in [
        read_body::<NewMessage>(input).err(),
        read_body::<MessageEdit>(input).err(),
        read_body::<NewTicket>(input).err(),
        read_body::<NewBan>(input).err(),
        read_body::<TargetBody>(input).err(),
        read_body::<Notice>(input).err(),
        read_body::<NewLevel>(input).err(),
        read_body::<PutUser>(input).err(),
        read_body::<PutGroup>(input).err(),
    ] {
        refusal.iter().for_each(is_in_order);
    }
}

fn is_in_order(problem: &Problem) {
    assert!(matches!(problem.status, 400 | 422), "{problem:?}");
    assert!(problem.detail.len() <= 512, "a problem that repeats what was sent: {problem:?}");
    assert!(!problem.detail.contains(char::is_control), "a problem of more than one line: {problem:?}");
}
