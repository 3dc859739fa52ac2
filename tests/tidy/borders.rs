//! Who may name whom. Doors translate, actors decide, ports remember, and only the app knows them all.
//!
//! The tables are the architecture: a new arrow between two parts has to be drawn here first.

use crate::mentions::{Mention, mentions};
use crate::tree::{Source, sources, verdict};

/// Files within these places never name these paths.
struct Border {
    within: &'static [&'static str],
    never: &'static [&'static str],
    why: &'static str,
}

/// These paths are named within these places and nowhere else in what is shipped.
struct Home {
    of: &'static str,
    places: &'static [&'static str],
    why: &'static str,
}

const ACTORS: &[&str] = &["actors/src"];
const PURE_CORES: &[&str] = &[
    "actors/src/room/log.rs",
    "actors/src/presence/roster.rs",
    "actors/src/receipts/ledger.rs",
    "actors/src/limiter/bucket.rs",
    "actors/src/limiter/buckets.rs",
    "actors/src/document/awareness.rs",
    "actors/src/document/block.rs",
    "actors/src/document/block/content.rs",
    "actors/src/document/change.rs",
    "actors/src/document/change/fitting.rs",
    "actors/src/document/deletions.rs",
    "actors/src/document/lib0.rs",
    "actors/src/document/replica.rs",
];
const CODECS: &[&str] = &[
    "src/backplane/redis/channels.rs",
    "src/backplane/redis/payload.rs",
    "src/doors/documents/codec.rs",
    "src/doors/documents/dialect.rs",
    "src/doors/widget/codec.rs",
    "src/doors/widget/dialect.rs",
    "src/doors/widget/words.rs",
    "src/doors/socket/frame.rs",
    "src/doors/socket/guard.rs",
    "src/doors/socket/deflate",
    "src/doors/socketio/chat/asked.rs",
    "src/doors/socketio/chat/texts.rs",
    "src/doors/socketio/collab/asked.rs",
    "src/doors/socketio/collab/dialect.rs",
    "src/doors/socketio/collab/words.rs",
    "src/doors/socketio/engine/packet.rs",
    "src/doors/socketio/engine/payload.rs",
    "src/doors/socketio/engine/payload3.rs",
    "src/doors/socketio/packet.rs",
    "src/doors/socketio/packet/assembling.rs",
    "src/doors/socketio/packet/halves.rs",
    "src/doors/socketio/packet/placeholders.rs",
    "src/doors/socketio/packet/reading.rs",
    "src/doors/socketio/packet/values.rs",
    "src/doors/socketio/packet/writing.rs",
    "src/doors/socketio/rooms/codec.rs",
    "src/doors/socketio/rooms/dialect.rs",
    "src/doors/socketio/tells.rs",
];
/// What doors share; every other part of `src/doors` is a door.
const SHARED_BY_DOORS: &[&str] = &["cors", "in_hand", "pages", "problem", "socket", "tokened", "verified"];

#[rustfmt::skip]
const BORDERS: &[Border] = &[
    Border { within: ACTORS, why: "actors know no protocol",
        never: &["actix_web", "actix_http", "actix_server", "actix_web_actors", "reqwest", "utoipa"] },
    Border { within: ACTORS, why: "actors know no database",
        never: &["rusqlite", "tokio_postgres", "deadpool_postgres", "deadpool_redis", "redis"] },
    Border { within: ACTORS, why: "actors know neither files, environment nor network",
        never: &["std::env", "std::fs", "std::process", "std::net::TcpStream", "std::net::TcpListener",
            "tokio::net", "tokio::fs", "socket2", "toml", "clap"] },
    Border { within: PURE_CORES, why: "a pure core is told the time and waits for nobody",
        never: &["actix", "actix_rt", "tokio", "futures_util", "jiff", "uuid", "log", "crate::clock::Clock",
            "std::time::SystemTime", "std::time::Instant", "std::thread"] },
    Border { within: CODECS, why: "a codec gives meaning to bytes and moves none",
        never: &["actix", "actix_rt", "actix_codec", "actix_http", "actix_web", "actix_web_actors", "tokio",
            "futures_util", "socket2", "std::net", "std::io", "crate::auth", "crate::config"] },
    Border { within: &["src/doors"], why: "doors reach storage and backend only through actors",
        never: &["crate::store", "crate::backplane", "crate::backend", "crate::files", "rusqlite", "reqwest"] },
    Border { within: &["src/store", "src/backplane", "src/backend", "src/files"], why: "a port knows vocabulary, not who uses it",
        never: &["crate::doors", "crate::auth", "crate::config", "recado_actors::broker", "recado_actors::session",
            "recado_actors::room", "recado_actors::shard", "recado_actors::archive", "actix", "actix_web"] },
    Border { within: &["src/auth", "src/config", "src/telemetry", "src/media"], why: "what all parts use knows none of them",
        never: &["crate::doors", "crate::store", "crate::backplane", "crate::backend", "recado_actors::broker"] },
    Border { within: &["bench/src", "tests/chaos"], why: "who measures or torments knows only the wire",
        never: &["recado", "recado_actors"] },
];

const HOMES: &[Home] = &[
    Home {
        of: "actix_web_actors",
        places: &["src/doors/socket"],
        why: "a deprecated crate stays behind one door",
    },
    Home { of: "crate::store", places: &["src/store", "src/app"], why: "only the app chooses a store" },
    Home { of: "crate::doors", places: &["src/doors", "src/app"], why: "only the app opens doors" },
    Home {
        of: "crate::backend",
        places: &["src/backend", "src/app"],
        why: "only the app calls a backend in",
    },
    Home {
        of: "crate::app",
        places: &["src/app", "src/cli"],
        why: "nothing builds on the whole but the program",
    },
    Home { of: "flate2", places: &["src/doors/socket/deflate"], why: "compression is met under limits" },
    Home { of: "crate::backplane", places: &["src/backplane", "src/app"], why: "only the app joins nodes" },
    Home {
        of: "deadpool_redis",
        places: &["src/backplane", "src/config/tests/backplane.rs"],
        why: "Redis is spoken in one place",
    },
    Home {
        of: "engineioxide_core",
        places: &["src/doors/socketio/engine"],
        why: "a codec of others is held to our limits in one place",
    },
    Home {
        of: "socketioxide_core",
        places: &["src/doors/socketio/packet"],
        why: "a codec of others is held to our limits in one place",
    },
    Home {
        of: "socketioxide_parser_common",
        places: &["src/doors/socketio/packet"],
        why: "a codec of others is held to our limits in one place",
    },
    Home {
        of: "yrs",
        places: &["actors/src/document/replica/tests"],
        why: "it is the oracle of tests: what clients send is not for it",
    },
    Home { of: "rusqlite", places: &["src/store"], why: "SQL lives in the store" },
    Home {
        of: "reqwest",
        places: &["src/backend", "src/auth", "src/cli/doctor"],
        why: "three parts call out, and say so here",
    },
    Home { of: "object_store", places: &["src/files"], why: "bytes are kept in one place" },
    Home { of: "infer", places: &["src/media"], why: "what bytes are is told in one place" },
    Home { of: "actix_multipart", places: &["src/doors/uploads"], why: "forms are read where files come in" },
    Home {
        of: "crate::files",
        places: &["src/files", "src/app"],
        why: "only the app chooses where files are kept",
    },
    Home {
        of: "jsonwebtoken",
        places: &["src/auth", "src/config/auth.rs"],
        why: "tokens are judged in one place",
    },
    Home {
        of: "std::env",
        places: &["src/cli", "bench/src/main.rs"],
        why: "the environment is read once, at the edge",
    },
    Home { of: "clap", places: &["src/cli", "bench/src"], why: "the command line is an edge" },
];

fn told(source: &Source, mention: &Mention, why: &str) -> String {
    format!("{}:{} names {}: {why}", source.path, mention.line, mention.shown())
}

fn crossed(source: &Source) -> Vec<String> {
    let mentions = mentions(source);
    let borders = BORDERS.iter().filter(|border| border.within.iter().any(|place| source.is_within(place)));
    let crossed = borders.flat_map(|border| border.never.iter().map(move |path| (*path, border.why)));
    let crossings = crossed.flat_map(|(path, why)| {
        let guilty = mentions.iter().filter(move |mention| mention.begins_with(path));
        guilty.map(move |mention| told(source, mention, why))
    });
    crossings.collect()
}

fn strayed(source: &Source) -> Vec<String> {
    let ours = ["src", "actors/src", "bench/src"].iter().any(|place| source.is_within(place));
    let mentions = if ours { mentions(source) } else { Vec::new() };
    let closed = HOMES.iter().filter(|home| !home.places.iter().any(|place| source.is_within(place)));
    let strays = closed.flat_map(|home| {
        let guilty = mentions.iter().filter(|mention| mention.begins_with(home.of));
        guilty.map(|mention| told(source, mention, home.why))
    });
    strays.collect()
}

/// The door a path below `src/doors/` belongs to; none for what doors share.
fn door_of(path: &str) -> Option<&str> {
    let inner = path.strip_prefix("src/doors/")?;
    let name = inner.split('/').next()?;
    Some(name.strip_suffix(".rs").unwrap_or(name)).filter(|name| !SHARED_BY_DOORS.contains(name))
}

fn visited(source: &Source) -> Vec<String> {
    if !source.path.starts_with("src/doors/") {
        return Vec::new();
    }
    let own = door_of(&source.path);
    let mut visits = Vec::new();
    for mention in mentions(source).iter().filter(|mention| mention.begins_with("crate::doors")) {
        let allowed = match mention.path.get(2).map(String::as_str) {
            // All the doors at once, under whatever name.
            None => false,
            Some(name) => Some(name) == own || SHARED_BY_DOORS.contains(&name),
        };
        if !allowed {
            visits.push(told(source, mention, "doors do not know each other"));
        }
    }
    visits
}

/// A file that only computes has no use for these words.
fn waits(source: &Source) -> Vec<String> {
    let pure = PURE_CORES.iter().chain(CODECS).any(|place| source.is_within(place));
    let waiting =
        source.tokens.iter().filter(|token| pure && matches!(token.text.as_str(), "async" | "await"));
    waiting.map(|token| format!("{}:{} waits: it is pure", source.path, token.line)).collect()
}

#[test]
fn nobody_names_what_lies_beyond_its_border() {
    verdict(&sources().iter().flat_map(crossed).collect::<Vec<_>>());
}

#[test]
fn what_has_a_home_is_named_only_there() {
    verdict(&sources().iter().flat_map(strayed).collect::<Vec<_>>());
}

#[test]
fn doors_do_not_know_each_other() {
    verdict(&sources().iter().flat_map(visited).collect::<Vec<_>>());
}

#[test]
fn pure_files_never_wait() {
    verdict(&sources().iter().flat_map(waits).collect::<Vec<_>>());
}

/// A file that moved would leave its border guarding nothing. Parts that come later are not waited for.
#[test]
fn every_pure_file_and_every_shared_part_exists() {
    let sources = sources();
    let shared = SHARED_BY_DOORS.iter().map(|name| format!("src/doors/{name}"));
    let places = PURE_CORES.iter().chain(CODECS).map(|place| (*place).to_owned()).chain(shared);
    let homes = HOMES.iter().flat_map(|home| home.places).map(|place| (*place).to_owned());
    let lost = places.chain(homes).filter(|place| !sources.iter().any(|source| source.is_within(place)));
    verdict(&lost.map(|place| format!("{place} is guarded but does not exist")).collect::<Vec<_>>());
}

#[test]
fn a_planted_crossing_is_found() {
    let crossing = |path: &str, text: &str| !crossed(&Source::new(path, text)).is_empty();
    assert!(crossing("actors/src/room.rs", "use actix_web::web;"));
    assert!(crossing("actors/src/room.rs", "fn f() { std::env::var(x) }"));
    assert!(crossing("actors/src/room/log.rs", "use crate::clock::{Clock, Timestamp};"));
    assert!(crossing("src/doors/widget/codec.rs", "use tokio::time;"));
    assert!(crossing("src/doors/widget.rs", "use super::super::store::sqlite;"));
    assert!(crossing("src/store/sqlite.rs", "use recado_actors::{broker::Broker, id};"));
    assert!(!crossing("actors/src/room.rs", "// actix_web::web\nuse actix::Actor;"));
    assert!(!crossing("actors/src/room/log.rs", "use crate::clock::Timestamp;"));
}

#[test]
fn a_planted_stray_is_found() {
    let stray = |path: &str, text: &str| !strayed(&Source::new(path, text)).is_empty();
    assert!(stray("src/doors/widget.rs", "use actix_web_actors::ws;"));
    assert!(stray("src/telemetry.rs", "use crate::{store, config};"));
    assert!(!stray("src/app/wiring.rs", "use crate::{store, doors};"));
    assert!(!stray("tests/contract/file.rs", "use rusqlite::Connection;"));
}

#[test]
fn a_planted_visit_from_door_to_door_is_found() {
    let visit = |path: &str, text: &str| !visited(&Source::new(path, text)).is_empty();
    assert!(visit("src/doors/widget.rs", "use crate::doors::internal::guard;"));
    assert!(visit("src/doors/widget/codec.rs", "use super::super::ops;"));
    assert!(visit("src/doors/socket/gate.rs", "use crate::doors::widget;"));
    assert!(visit("src/doors/ops.rs", "use crate::doors as d;"));
    assert!(!visit("src/doors/ops/pages.rs", "use crate::doors::{ops::demo, socket::gate::Gate};"));
}

#[test]
fn a_planted_wait_is_found() {
    assert_eq!(waits(&Source::new("src/doors/widget/codec.rs", "async fn f() {}")).len(), 1);
}
