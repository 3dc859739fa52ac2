//! Every variable the five original systems document, and the settings each one stands for.
//!
//! It alone knows those names and their units. An empty variable counts as not set, as it did there.

use toml::Value;

use super::reading::{from_text, quoted};

/// One variable: the settings it sets, and how its text is to be read.
pub(super) struct Alias {
    pub variable: &'static str,
    pub paths: &'static [&'static str],
    pub reading: Reading,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// As the setting's own type.
    Plain,
    /// One secret, whole, commas and all: the first of a list, or the setting itself.
    Current,
    /// One secret: the second of a list.
    Previous,
    Seconds,
    /// "1d", "12h", "30m", "45s", or bare seconds.
    Span,
    /// Names of levels from other loggers too.
    Level,
    /// What Node calls its environment: people who develop read text.
    NodeEnv,
}

const fn row(variable: &'static str, paths: &'static [&'static str], reading: Reading) -> Alias {
    Alias { variable, paths, reading }
}

pub(super) const ALIASES: &[Alias] = &[
    row("PORT", &["server.port"], Reading::Plain),
    row("WS_PORT", &["server.port"], Reading::Plain),
    row("HOST", &["server.host"], Reading::Plain),
    row("WS_HOST", &["server.host"], Reading::Plain),
    row("WS_WORKERS", &["server.workers"], Reading::Plain),
    row("WS_CORS_ORIGIN", &["server.allowed_origins"], Reading::Plain),
    row("JWT_SECRET", &["auth.jwt_secrets"], Reading::Current),
    row("JWTSECRET", &["auth.jwt_secrets"], Reading::Current),
    row("WS_JWT_SECRET", &["auth.jwt_secrets"], Reading::Current),
    row("JWT_SECRET_PREVIOUS", &["auth.jwt_secrets"], Reading::Previous),
    row("INTERNAL_API_SECRET", &["internal.secrets", "backend.secret"], Reading::Current),
    row("INTERNAL_API_SECRET_PREVIOUS", &["internal.secrets"], Reading::Previous),
    row("NEXT_API_URL", &["backend.next_api_url"], Reading::Plain),
    row("WEBHOOK_SECRET", &["webhooks.secrets"], Reading::Current),
    row("DATABASE_URL", &["store.url"], Reading::Plain),
    row("REDIS_URL", &["backplane.redis_url"], Reading::Plain),
    row("REDIS_HOST", &["backplane.redis_host"], Reading::Plain),
    row("REDIS_PORT", &["backplane.redis_port"], Reading::Plain),
    row("REDIS_PASSWORD", &["backplane.redis_password"], Reading::Plain),
    row("UPSTASH_REDIS_REST_URL", &["backplane.upstash_rest_url"], Reading::Plain),
    row("UPSTASH_REDIS_REST_TOKEN", &["backplane.upstash_rest_token"], Reading::Plain),
    row("LOG_LEVEL", &["log.level"], Reading::Level),
    row("WS_LOG_LEVEL", &["log.level"], Reading::Level),
    row("METRICS_PORT", &["metrics.port"], Reading::Plain),
    row("NODE_ENV", &["log.format"], Reading::NodeEnv),
    row("JWTEXPIRE", &["doors.chat.token_seconds"], Reading::Span),
    row("WEBSOCKET_HEARTBEAT_INTERVAL", &["doors.events.heartbeat_ms"], Reading::Seconds),
    row("WEBSOCKET_TIMEOUT", &["doors.events.timeout_ms"], Reading::Seconds),
    row("WEBSOCKET_MAX_CONNECTIONS", &["doors.events.max_connections"], Reading::Plain),
    row("WEBSOCKET_MAX_MESSAGE_SIZE", &["doors.events.max_message_bytes"], Reading::Plain),
    row("WS_HEARTBEAT_INTERVAL", &["doors.collab.heartbeat_ms"], Reading::Plain),
    row("WS_CONNECTION_TIMEOUT", &["doors.collab.timeout_ms"], Reading::Plain),
    row("WS_MAX_CONNECTIONS", &["doors.collab.max_connections"], Reading::Plain),
    row("WS_ENABLE_CLUSTER", &["doors.collab.cluster"], Reading::Plain),
    row("WS_ENABLE_MONITORING", &["doors.collab.monitoring"], Reading::Plain),
];

impl Reading {
    /// The value the text gives a setting that holds `current` now, or what was expected instead.
    pub fn read(self, text: &str, current: &Value) -> Result<Value, String> {
        match self {
            Self::Plain => from_text(text, current),
            Self::Current => Ok(first(text, current)),
            Self::Previous => second(text, current),
            Self::Seconds => seconds(text, 1000),
            Self::Span => span(text),
            Self::Level => Ok(Value::String(level(text))),
            Self::NodeEnv => {
                let developing = matches!(text.trim(), "development" | "test");
                Ok(Value::String(if developing { "text" } else { "json" }.to_owned()))
            }
        }
    }
}

fn first(text: &str, current: &Value) -> Value {
    let secret = Value::String(text.to_owned());
    let Value::Array(list) = current else { return secret };
    Value::Array(std::iter::once(secret).chain(list.iter().skip(1).cloned()).collect())
}

fn second(text: &str, current: &Value) -> Result<Value, String> {
    let list = current.as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(current) = list.first() else {
        return Err("a previous secret is of no use without a current one".to_owned());
    };
    let previous = Value::String(text.to_owned());
    Ok(Value::Array([current.clone(), previous].into_iter().chain(list.iter().skip(2).cloned()).collect()))
}

fn seconds(text: &str, unit: i64) -> Result<Value, String> {
    let count = text.trim().parse::<i64>().ok().and_then(|count| count.checked_mul(unit));
    count.map(Value::Integer).ok_or_else(|| format!("expected whole seconds, found {}", quoted(text)))
}

fn span(text: &str) -> Result<Value, String> {
    let text = text.trim();
    let units = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
    for (letter, unit) in units {
        if let Some(count) = text.strip_suffix(letter) {
            return seconds(count, unit).map_err(|_| not_a_span(text));
        }
    }
    // The original's library took a bare number for milliseconds, which nobody who wrote one meant.
    seconds(text, 1).map_err(|_| not_a_span(text))
}

fn not_a_span(text: &str) -> String {
    format!("expected a time such as \"1d\" or \"12h\", found {}", quoted(text))
}

fn level(text: &str) -> String {
    match text.trim().to_ascii_lowercase().as_str() {
        "warning" => "warn".to_owned(),
        "http" | "verbose" => "debug".to_owned(),
        "silly" => "trace".to_owned(),
        "silent" => "off".to_owned(),
        known => known.to_owned(),
    }
}
