//! Every variable of the five original systems, tried.
//!
//! They guarantee that each one changes the settings it is said to change.

use toml::Value;

use super::super::alias::{ALIASES, Reading};
use super::super::layers::Layers;
use super::{SECRET, environment, from_env, told};

/// What the documents of the five systems name.
const DOCUMENTED: &[&str] = &[
    "DATABASE_URL HOST INTERNAL_API_SECRET JWTEXPIRE JWTSECRET JWT_SECRET LOG_LEVEL NEXT_API_URL NODE_ENV PORT",
    "REDIS_HOST REDIS_PASSWORD REDIS_PORT REDIS_URL UPSTASH_REDIS_REST_TOKEN UPSTASH_REDIS_REST_URL",
    "WEBSOCKET_HEARTBEAT_INTERVAL WEBSOCKET_MAX_CONNECTIONS WEBSOCKET_MAX_MESSAGE_SIZE WEBSOCKET_TIMEOUT",
    "WS_CONNECTION_TIMEOUT WS_CORS_ORIGIN WS_ENABLE_CLUSTER WS_ENABLE_MONITORING WS_HEARTBEAT_INTERVAL",
    "WS_HOST WS_JWT_SECRET WS_LOG_LEVEL WS_MAX_CONNECTIONS WS_PORT WS_WORKERS",
];

/// A text for the variable, and the value each of its settings must then have.
fn sample(reading: Reading, default: &Value) -> (String, Value) {
    let text = |text: &str| Value::String(text.to_owned());
    let list = |texts: &[&str]| Value::Array(texts.iter().map(|one| text(one)).collect());
    match (reading, default) {
        (Reading::Plain, Value::Integer(number)) => ((number + 1).to_string(), Value::Integer(number + 1)),
        (Reading::Plain, Value::Boolean(truth)) => ((!truth).to_string(), Value::Boolean(!truth)),
        (Reading::Plain, Value::Array(_)) => ("one, two".to_owned(), list(&["one", "two"])),
        (Reading::Plain, _) => ("42".to_owned(), text("42")),
        (Reading::Current, Value::Array(_)) => ("1,2".to_owned(), list(&["1,2"])),
        (Reading::Current, _) => ("1,2".to_owned(), text("1,2")),
        (Reading::Previous, _) => ("3".to_owned(), list(&["1,2", "3"])),
        (Reading::Seconds, _) => ("45".to_owned(), Value::Integer(45_000)),
        (Reading::Span, _) => ("12h".to_owned(), Value::Integer(43_200)),
        (Reading::Level, _) => ("warning".to_owned(), text("warn")),
        (Reading::NodeEnv, _) => ("development".to_owned(), text("text")),
    }
}

#[test]
fn every_alias_changes_the_settings_it_names() {
    for alias in ALIASES {
        for path in alias.paths {
            let before = Layers::new().unwrap().value(path).cloned();
            let before =
                before.unwrap_or_else(|| panic!("{} names {path}, which is no setting", alias.variable));
            let (text, wanted) = sample(alias.reading, &before);
            let mut variables = vec![(alias.variable, text.as_str())];
            if alias.reading == Reading::Previous {
                variables.push((alias.variable.trim_end_matches("_PREVIOUS"), "1,2"));
            }
            let mut layers = Layers::new().unwrap();
            layers.add_aliases(&environment(&variables));
            assert_eq!(layers.mistakes(), Vec::<String>::new(), "{}", alias.variable);
            assert_eq!(layers.value(path), Some(&wanted), "{} at {path}", alias.variable);
            assert_ne!(before, wanted, "{} shows nothing", alias.variable);
        }
    }
}

#[test]
fn every_documented_variable_is_known() {
    for name in DOCUMENTED.iter().flat_map(|line| line.split(' ')) {
        assert!(ALIASES.iter().any(|alias| alias.variable == name), "{name}");
    }
}

#[test]
fn no_variable_stands_twice() {
    let mut names: Vec<_> = ALIASES.iter().map(|alias| alias.variable).collect();
    let rows = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), rows);
}

#[test]
fn two_names_for_one_setting_must_agree() {
    let config = from_env(&[("PORT", "9000"), ("WS_PORT", "9000")]).unwrap();
    assert_eq!(config.server.port, 9000);
    let lines = told(from_env(&[("PORT", "9000"), ("WS_PORT", "9001")]));
    assert_eq!(lines, ["server.port: PORT and WS_PORT disagree"]);
}

#[test]
fn a_previous_secret_fills_the_second_place() {
    let old = SECRET.to_uppercase();
    let config = from_env(&[
        ("JWT_SECRET", SECRET),
        ("JWT_SECRET_PREVIOUS", &old),
        ("INTERNAL_API_SECRET", SECRET),
        ("INTERNAL_API_SECRET_PREVIOUS", &old),
    ]);
    let config = config.unwrap();
    for secrets in [&config.auth.jwt_secrets, &config.internal.secrets] {
        let shown: Vec<_> = secrets.iter().map(|secret| secret.expose()).collect();
        assert_eq!(shown, [SECRET, &old]);
    }
    assert_eq!(config.backend.secret.expose(), SECRET);
    let lines = told(from_env(&[("JWT_SECRET_PREVIOUS", SECRET)]));
    assert!(lines[0].contains("of no use without a current one"), "{lines:?}");
}

#[test]
fn the_environment_of_the_original_widget_server_works_as_it_stands() {
    let config = from_env(&[
        ("PORT", "8081"),
        ("NODE_ENV", "production"),
        ("JWT_SECRET", SECRET),
        ("UPSTASH_REDIS_REST_URL", "https://your-redis.upstash.io"),
        ("UPSTASH_REDIS_REST_TOKEN", "your-token"),
        ("NEXT_API_URL", "http://localhost:3000"),
        ("INTERNAL_API_SECRET", SECRET),
        ("LOG_LEVEL", "debug"),
    ]);
    let config = config.unwrap();
    assert_eq!((config.log.level.as_str(), config.log.format.as_str()), ("debug", "json"));
    assert_eq!(config.backend.next_api_url, "http://localhost:3000");
}

#[test]
fn times_are_read_as_the_originals_wrote_them() {
    let seconds = |text| from_env(&[("JWTEXPIRE", text)]).map(|config| config.doors.chat.token_seconds);
    let cases = [("1d", 86_400), ("2h", 7_200), ("30m", 1_800), ("45s", 45), ("3600", 3_600)];
    for (text, wanted) in cases {
        assert_eq!(seconds(text), Ok(wanted), "{text}");
    }
    let lines = told(from_env(&[("JWTEXPIRE", "soon"), ("WEBSOCKET_TIMEOUT", "1.5")]));
    assert!(lines[0].contains("expected a time such as"), "{lines:?}");
    assert!(lines[1].contains("expected whole seconds"), "{lines:?}");
}
