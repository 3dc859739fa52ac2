//! Stories of operators and what they are told.
//!
//! They guarantee that the list of settings, the structs and the ranges name the same things.

mod aliases;
mod backplane;
mod contradictions;
mod files;
mod mistakes;
mod webhooks;

use std::io::Write;

use super::ranges::RANGES;
use super::{Config, ConfigErrors, Environment, schema};

pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

pub fn environment(variables: &[(&str, &str)]) -> Environment {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub fn from_env(variables: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    Config::load(None, &environment(variables))
}

pub fn from_file(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    Config::load(Some(file.path()), &environment(variables))
}

/// The lines an operator is told, without the name of the file, which differs each time.
pub fn told(outcome: Result<Config, ConfigErrors>) -> Vec<String> {
    outcome.err().map(|errors| errors.lines).unwrap_or_default()
}

#[test]
fn the_defaults_are_valid_and_warn_of_nothing() {
    let config = from_env(&[]).unwrap();
    assert_eq!(config.server.port, 8080);
    assert_eq!(config.warnings(), Vec::<String>::new());
    config.validate().unwrap();
}

#[test]
fn the_shared_port_is_an_only_doors_own() {
    let door = |name: &str, open: &str| (format!("RECADO_DOORS__{name}__ENABLED"), open.to_owned());
    let only = |doors: &[(&str, &str)]| {
        let doors: Vec<_> = doors.iter().map(|(name, open)| door(name, open)).collect();
        let doors: Vec<_> = doors.iter().map(|(name, open)| (name.as_str(), open.as_str())).collect();
        from_env(&doors).unwrap()
    };
    assert_eq!(only(&[]).doors.only(), None);
    assert_eq!(only(&[("CHAT", "false")]).doors.only(), Some("widget"));
    assert_eq!(only(&[("WIDGET", "false")]).doors.only(), Some("chat"));
    let shut = [("WIDGET", "false"), ("CHAT", "false")];
    assert_eq!(only(&[shut.as_slice(), &[("COLLAB", "true")]].concat()).doors.only(), Some("collab"));
    assert_eq!(only(&[shut.as_slice(), &[("DOCUMENTS", "true")]].concat()).doors.only(), None);
    assert_eq!(only(&[("WIDGET", "false"), ("DOCUMENTS", "true")]).doors.only(), None);
    assert_eq!(only(&shut).warnings(), ["doors: all are shut, so no client can connect"]);
}

#[test]
fn every_setting_stands_under_one_line_of_meaning() {
    let mut before = "";
    let mut section = "";
    for line in schema::TEXT.lines() {
        if line.starts_with('[') {
            section = line;
        } else if line.contains(" = ") && !line.starts_with('#') {
            assert!(before.starts_with("# "), "{section} {line} has no meaning");
            assert!(before.ends_with(['.', ')']), "{section} {line}: {before}");
        }
        before = line;
    }
}

#[test]
fn every_number_has_a_range_and_every_range_a_number() {
    let known = schema::defaults().unwrap();
    let mut numbers: Vec<_> =
        known.iter().filter(|(_, value)| value.is_integer()).map(|(path, _)| path.as_str()).collect();
    let mut ranged: Vec<_> = RANGES.iter().map(|(path, _)| *path).collect();
    numbers.sort_unstable();
    ranged.sort_unstable();
    assert_eq!(numbers, ranged);
    for (path, range) in RANGES {
        assert!(range.contains(&known[*path].as_integer().unwrap()), "{path}");
    }
}

#[test]
fn both_ends_of_every_range_fit_the_struct() {
    for (path, range) in RANGES {
        for end in [range.start(), range.end()] {
            let mut values = schema::defaults().unwrap();
            values.insert((*path).to_owned(), toml::Value::Integer(*end));
            let config: Result<Config, _> = schema::nested(&values).try_into();
            assert!(config.is_ok(), "{path} = {end}");
        }
    }
}

#[test]
fn a_file_wins_over_a_default_an_alias_over_the_file_and_the_own_name_over_all() {
    let file = "[server]\nport = 1111\nnode = \"filed\"\n[rooms]\nidle_ms = 7\n";
    let config = from_file(file, &[("PORT", "2222")]).unwrap();
    assert_eq!((config.server.port, config.rooms.idle_ms), (2222, 7));
    assert_eq!(config.server.node_name(), "filed");
    let config = from_file(file, &[("PORT", "2222"), ("RECADO_SERVER__PORT", "3333")]).unwrap();
    assert_eq!(config.server.port, 3333);
}

#[test]
fn a_setting_two_sections_deep_and_a_list_come_from_the_environment() {
    let config = from_env(&[
        ("RECADO_DOORS__WIDGET__HEARTBEAT_MS", "250"),
        ("RECADO_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
    ]);
    let config = config.unwrap();
    assert_eq!(config.doors.widget.heartbeat_ms, 250);
    assert_eq!(config.server.trusted_proxies, ["10.0.0.0/8", "::1"]);
}

#[test]
fn a_secret_that_looks_like_a_number_stays_a_text() {
    let digits = "01234567890123456789012345678901";
    let config = from_env(&[("JWT_SECRET", digits), ("RECADO_BACKEND__SECRET", digits)]).unwrap();
    assert_eq!(config.auth.jwt_secrets[0].expose(), digits);
    assert_eq!(config.backend.secret.expose(), digits);
}

#[test]
fn no_secret_shows_when_the_settings_are_printed() {
    let config = from_env(&[
        ("JWT_SECRET", SECRET),
        ("INTERNAL_API_SECRET", SECRET),
        ("REDIS_URL", "redis://:hunter2hunter2@cache:6379"),
        ("UPSTASH_REDIS_REST_TOKEN", "hunter2hunter2"),
        ("REDIS_PASSWORD", "hunter2hunter2"),
    ]);
    let shown = format!("{:?}", config.unwrap());
    assert!(!shown.contains(SECRET) && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn an_ephemeral_secret_is_made_only_when_nobody_outside_could_use_it() {
    let mut config = from_env(&[]).unwrap();
    assert!(config.ephemeral_secret());
    config.validate().unwrap();
    assert_ne!(config.auth.jwt_secrets[0].expose(), config.internal.secrets[0].expose());
    assert!(!config.ephemeral_secret(), "the second time there is one already");

    let mut config = from_env(&[("HOST", "0.0.0.0"), ("JWT_SECRET", SECRET)]).unwrap();
    assert!(!config.ephemeral_secret());
    assert!(config.internal.secrets.is_empty());
}

#[test]
fn a_network_holds_its_own_addresses_in_either_form() {
    let network = super::Network::parse("10.1.0.0/16").unwrap();
    assert!(network.contains("10.1.200.3".parse().unwrap()));
    assert!(network.contains("::ffff:10.1.0.9".parse().unwrap()));
    assert!(!network.contains("10.2.0.1".parse().unwrap()));
    assert!(super::Network::parse("::/0").unwrap().contains("fdaa::3".parse().unwrap()));
    assert!(super::Network::parse("127.0.0.1").unwrap().contains("127.0.0.1".parse().unwrap()));
    for wrong in ["", "10.0.0.0/33", "10.0.0/8", "host", "::/129", "1.2.3.4/"] {
        assert_eq!(super::Network::parse(wrong), None, "{wrong}");
    }
}
