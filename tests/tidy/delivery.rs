//! What the files for Fly promise the platform agrees with what the broker does.
//!
//! Two files that say the same number are one edit away from lying to each other.

use std::process::Command;

use toml::{Table, Value};

use crate::image;
use crate::tree::{sources, table, verdict};

const ALONE: &str = "fly.toml";
const FLEET: &str = "deploy/fly.postgres.toml";
/// The longest that Fly waits, in seconds.
const LONGEST: i64 = 300;
/// Beyond the drain, for the last commit and the checkpoint.
const LAST_COMMIT_MS: i64 = 2000;

/// `http_service.concurrency.hard_limit`; of a list, its first.
pub fn at<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let mut value = table.get(names.next()?)?;
    for name in names {
        let value_or_first = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        value = value_or_first.get(name)?;
    }
    Some(value)
}

pub fn number(table: &Table, path: &str) -> i64 {
    at(table, path).and_then(Value::as_integer).unwrap_or_else(|| panic!("{path} is no number"))
}

fn text<'a>(table: &'a Table, path: &str) -> Option<&'a str> {
    at(table, path).and_then(Value::as_str)
}

/// A setting as Fly starts the broker: its environment first, then the default.
fn setting(fly: &Table, config: &Table, path: &str) -> i64 {
    let variable = format!("env.RECADO_{}", path.to_uppercase().replace('.', "__"));
    let given = text(fly, &variable).and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| number(config, path))
}

fn flaws(fly: &Table, config: &Table, served: &str) -> Vec<String> {
    let drain = setting(fly, config, "server.drain_ms");
    let port = text(fly, "env.PORT").and_then(|port| port.parse().ok());
    let port = port.unwrap_or_else(|| setting(fly, config, "server.port"));
    let most = setting(fly, config, "limits.max_connections");
    let hard = number(fly, "http_service.concurrency.hard_limit");
    let serves = |path: &str| served.contains(&format!("\"{path}\""));
    let checks = ["http_service.checks", "checks.live"].map(|check| text(fly, &format!("{check}.path")));
    let seconds = number(fly, "http_service.http_options.idle_timeout");
    let heartbeat = setting(fly, config, "doors.widget.heartbeat_ms");
    let kill = number(fly, "kill_timeout");
    let metrics = text(fly, "env.METRICS_PORT").and_then(|port| port.parse().ok());
    let facts = [
        ("a kill signal the broker drains on", text(fly, "kill_signal") == Some("SIGTERM")),
        ("a kill timeout longer than the drain", kill * 1000 > drain + LAST_COMMIT_MS),
        ("a kill timeout that Fly keeps to", kill <= LONGEST),
        ("figures where Fly looks for them", at(fly, "metrics.port").and_then(Value::as_integer) == metrics),
        ("the path of the figures", text(fly, "metrics.path") == Some("/metrics")),
        ("figures on a port of their own", metrics.is_some_and(|metrics| metrics != port)),
        ("the broker's own limit of connections", hard == most),
        ("a soft limit below the hard one", number(fly, "http_service.concurrency.soft_limit") < hard),
        ("connections as what is counted", text(fly, "http_service.concurrency.type") == Some("connections")),
        ("the port the broker listens on", number(fly, "http_service.internal_port") == port),
        ("that port for the check of life too", number(fly, "checks.live.port") == port),
        ("checks of paths that are served", checks.iter().all(|path| path.is_some_and(serves))),
        ("machines that are never put to sleep", text(fly, "http_service.auto_stop_machines") == Some("off")),
        ("patience beyond two heartbeats", seconds * 1000 > 2 * heartbeat),
        (
            "no redirect for its check",
            text(fly, "http_service.checks.headers.X-Forwarded-Proto") == Some("https"),
        ),
    ];
    lacking(&facts)
}

fn lacking(facts: &[(&str, bool)]) -> Vec<String> {
    facts.iter().filter(|(_, holds)| !holds).map(|(fact, _)| format!("it lacks {fact}")).collect()
}

/// One machine keeps its log on a volume, and nobody else serves its clients while it drains.
fn flaws_alone(fly: &Table, config: &Table) -> Vec<String> {
    let longest = setting(fly, config, "server.drain_ms") + setting(fly, config, "server.return_spread_ms");
    lacking(&[
        ("a volume where the store is", text(fly, "mounts.destination") == Some("/data")),
        ("a strategy that a volume allows", text(fly, "deploy.strategy") == Some("rolling")),
        ("clients that are back within half a minute", longest < 30_000),
    ])
}

fn flaws_of_a_fleet(fly: &Table) -> Vec<String> {
    let machines = number(fly, "http_service.min_machines_running");
    lacking(&[
        ("a store that is not on a volume", at(fly, "mounts").is_none()),
        ("new machines beside the old ones", text(fly, "deploy.strategy") == Some("bluegreen")),
        ("more than one machine", machines >= 2),
        ("an image that never was root", text(fly, "build.build-target") == Some("recado")),
    ])
}

/// All the strings of the doors, routes among them.
fn served() -> String {
    let doors = sources().into_iter().filter(|source| source.is_within("src/doors"));
    doors.map(|source| source.views.texts).collect()
}

#[test]
fn fly_is_promised_what_the_broker_does() {
    let config = table("config.toml");
    for file in [ALONE, FLEET] {
        verdict(&flaws(&table(file), &config, &served()));
    }
    verdict(&flaws_alone(&table(ALONE), &config));
    verdict(&flaws_of_a_fleet(&table(FLEET)));
}

#[test]
fn the_broker_accepts_the_settings_fly_and_the_image_give_it() {
    for file in [ALONE, FLEET] {
        accepts_the_settings_of(&table(file));
    }
}

fn accepts_the_settings_of(fly: &Table) {
    let given = at(fly, "env").and_then(Value::as_table).unwrap();
    let given = given.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    let elsewhere = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_recado"))
        .arg("check-config")
        .current_dir(&elsewhere)
        .env_clear()
        .envs(image::environment())
        .envs(given)
        .env("JWT_SECRET", "0123456789abcdef0123456789abcdef")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_planted_disagreement_is_found() {
    let (config, served) = (table("config.toml"), served());
    for (path, wrong) in [
        ("kill_signal", Value::from("SIGINT")),
        ("kill_timeout", 5.into()),
        ("http_service.concurrency.hard_limit", 4999.into()),
        ("http_service.concurrency.soft_limit", 5001.into()),
        ("http_service.internal_port", 8081.into()),
        ("http_service.checks.path", "/healthz".into()),
        ("http_service.http_options.idle_timeout", 20.into()),
        ("checks.live.port", 1.into()),
        ("metrics.port", 9090.into()),
        ("metrics.path", "/".into()),
        ("env.METRICS_PORT", "8080".into()),
        ("env.PORT", "9000".into()),
        ("env.RECADO_SERVER__DRAIN_MS", "60000".into()),
    ] {
        let mut fly = table(ALONE);
        plant(&mut fly, path, wrong);
        assert!(!flaws(&fly, &config, &served).is_empty(), "{path}");
    }
    for (path, wrong) in [
        ("mounts.destination", Value::from("/var")),
        ("deploy.strategy", "bluegreen".into()),
        ("env.RECADO_SERVER__DRAIN_MS", "26000".into()),
    ] {
        let mut fly = table(ALONE);
        plant(&mut fly, path, wrong);
        assert_eq!(flaws_alone(&fly, &config).len(), 1, "{path}");
    }
    assert_eq!(flaws_of_a_fleet(&table(ALONE)).len(), 4);
}

fn plant(table: &mut Table, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        table.insert(path.to_owned(), value);
        return;
    };
    let inner = table.get_mut(first).unwrap();
    let inner = if let Value::Array(list) = inner { list.first_mut().unwrap() } else { inner };
    plant(inner.as_table_mut().unwrap(), rest, value);
}
