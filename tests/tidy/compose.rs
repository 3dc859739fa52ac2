//! What `compose.yaml` gives the broker agrees with what the broker does and what the image is.
//!
//! Only the little of YAML that the file uses is read: maps by indentation, lists by dashes, one-line values.

use std::collections::BTreeMap;

use crate::delivery::number;
use crate::tree::{read, table, verdict};

/// Beyond the drain, for the last commit and the checkpoint.
const LAST_COMMIT_MS: u64 = 2000;

/// `services.recado.read_only` to `true`; the items of a list are joined by line breaks.
pub type Settings = BTreeMap<String, String>;

pub fn settings(yaml: &str) -> Settings {
    let mut found = Settings::new();
    let mut above: Vec<(usize, String)> = Vec::new();
    for line in yaml.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        let depth = line.len() - line.trim_start().len();
        let item = line.trim().strip_prefix("- ");
        above.retain(|(other, _)| *other < depth);
        let path = |name: &str| {
            let names = above.iter().map(|(_, name)| name.as_str()).chain((!name.is_empty()).then_some(name));
            names.collect::<Vec<_>>().join(".")
        };
        if let Some(item) = item {
            let list = found.entry(path("")).or_default();
            list.push_str(if list.is_empty() { "" } else { "\n" });
            list.push_str(item.trim_matches('"'));
        } else if let Some((name, value)) = line.trim().split_once(':') {
            found.insert(path(name), value.trim().trim_matches('"').to_owned());
            above.push((depth, name.to_owned()));
        }
    }
    found
}

pub fn compose() -> Settings {
    settings(&read("compose.yaml"))
}

fn flaws(compose: &Settings, drain: u64) -> Vec<String> {
    let said = |name: &str| compose.get(&format!("services.recado.{name}")).map_or("", String::as_str);
    let own = said("environment.RECADO_SERVER__DRAIN_MS").parse().unwrap_or(drain);
    let grace = said("stop_grace_period").strip_suffix('s').and_then(|grace| grace.parse::<u64>().ok());
    let ports: Vec<_> = said("ports").lines().collect();
    let redis = compose.get("services.redis.healthcheck.test");
    let facts = [
        ("the stage for machines with volumes of their own", said("build.target") == "recado"),
        ("a grace longer than the drain", grace.is_some_and(|grace| grace * 1000 > own + LAST_COMMIT_MS)),
        ("the signal the broker drains on", said("stop_signal") == "SIGTERM"),
        (
            "health asked by the binary",
            said("healthcheck.test") == r#"["CMD", "/app/recado", "healthcheck"]"#,
        ),
        ("a Redis that is asked for its health", redis.is_some_and(|test| test.contains("redis-cli"))),
        ("patience until that is well", said("depends_on.redis.condition") == "service_healthy"),
        (
            "files enough for its connections",
            said("ulimits.nofile").parse().is_ok_and(|most: u32| most > 10_000),
        ),
        ("a root that cannot be written", said("read_only") == "true" && said("tmpfs") == "/tmp"),
        ("a volume where the store is", said("volumes").ends_with(":/data")),
        ("secrets in a file of their own", said("env_file") == "compose.env"),
        ("ports on loopback alone", ports == ["127.0.0.1:8080:8080", "127.0.0.1:9091:9091"]),
    ];
    facts.iter().filter(|(_, holds)| !holds).map(|(fact, _)| format!("compose.yaml lacks {fact}")).collect()
}

fn default_drain() -> u64 {
    u64::try_from(number(&table("config.toml"), "server.drain_ms")).expect("a time")
}

#[test]
fn compose_is_promised_what_the_broker_does() {
    verdict(&flaws(&compose(), default_drain()));
}

#[test]
fn the_file_with_secrets_stays_out_of_git_and_out_of_the_image() {
    assert!(read(".gitignore").lines().any(|line| line == "/compose.env"));
    assert!(
        read(".dockerignore").lines().next_back().is_some() && !read(".dockerignore").contains("!compose")
    );
}

#[test]
fn every_planted_disagreement_with_compose_is_found() {
    let (file, drain) = (read("compose.yaml"), default_drain());
    for (right, wrong) in [
        ("target: recado", "target: fly"),
        (
            "    stop_grace_period: 30s\n    restart: on-failure\n    healthcheck:\n      test: [\"CMD\", \"/app",
            "    stop_grace_period: 9s\n    restart: on-failure\n    healthcheck:\n      test: [\"CMD\", \"/app",
        ),
        ("stop_signal: SIGTERM", "stop_signal: SIGKILL"),
        ("\"/app/recado\", \"healthcheck\"", "\"curl\", \"localhost\""),
        ("condition: service_healthy", "condition: service_started"),
        ("nofile: 65536", "nofile: 1024"),
        ("    read_only: true\n    tmpfs", "    read_only: false\n    tmpfs"),
        ("recado_data:/data", "recado_data:/var"),
        ("    env_file: compose.env\n", ""),
        ("127.0.0.1:9091", "0.0.0.0:9091"),
    ] {
        let planted = file.replacen(right, wrong, 1);
        assert_ne!(planted, file, "{right}");
        assert_eq!(flaws(&settings(&planted), drain).len(), 1, "{wrong}");
    }
    assert_eq!(flaws(&settings(&file), 29_000).len(), 1);
}

#[test]
fn the_little_of_yaml_is_read_right() {
    let read = settings("a:\n  b: 1 # no\n  c:\n    - x\n    - \"y\"\n  # d: 2\ne: \"z\"\n");
    assert_eq!(read["a.c"], "x\ny");
    assert_eq!((read["e"].as_str(), read.get("a.d")), ("z", None));
}
