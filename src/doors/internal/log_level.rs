//! How much the log tells: read it, and turn it while the node runs.
//!
//! It is this node's log alone, and a restart brings the configured level back.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use log::LevelFilter;
use recado_actors::clock::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::JsonBody;
use super::fields::FieldError;
use super::{InternalDoor, problems, words};
use crate::doors::problem::Problem;

/// A week: whoever wants more wants another configuration.
const LONGEST_SECONDS: u64 = 7 * 24 * 60 * 60;

/// The level from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "level": "debug", "seconds": 600 }))]
pub struct NewLevel {
    level: LogLevel,
    /// How long, until it is the configured level again. For good, unless told.
    #[serde(default, deserialize_with = "words::maybe_whole")]
    #[schema(minimum = 1, maximum = 604800)]
    seconds: Option<u64>,
}

/// How much the log tells, from nothing to everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// How much this node's log tells.
#[derive(Serialize, ToSchema)]
pub struct LevelView {
    level: LogLevel,
    /// The level after a restart.
    configured: LogLevel,
    /// When it will be the configured level again; null: not by itself.
    #[schema(required, format = DateTime)]
    until: Option<String>,
}

/// See the log level
#[utoipa::path(
    get,
    path = "/internal/log-level",
    tag = "node",
    responses((status = 200, description = "The level of this node's log", body = LevelView)),
)]
pub async fn get_level(door: web::Data<InternalDoor>) -> HttpResponse {
    HttpResponse::Ok().json(view(&door))
}

/// Turn the log level
///
/// At once, for every part of this node, and only on this node.
#[utoipa::path(
    put,
    path = "/internal/log-level",
    tag = "node",
    request_body = NewLevel,
    responses((status = 200, description = "The log tells so much from now on", body = LevelView)),
)]
pub async fn put_level(
    door: web::Data<InternalDoor>,
    JsonBody { said, .. }: JsonBody<NewLevel>,
) -> Result<HttpResponse, Problem> {
    let within = within(said.seconds).map_err(|error| problems::invalid_body(&error))?;
    door.log_level.turn(said.level.into(), within, door.broker.clock().now());
    Ok(HttpResponse::Ok().json(view(&door)))
}

fn within(seconds: Option<u64>) -> Result<Option<Duration>, FieldError> {
    use serde::de::Error;
    match seconds {
        Some(seconds) if !(1..=LONGEST_SECONDS).contains(&seconds) => {
            Err(FieldError::custom(format!("seconds: must be 1 to {LONGEST_SECONDS}")))
        }
        seconds => Ok(seconds.map(Duration::from_secs)),
    }
}

fn view(door: &InternalDoor) -> LevelView {
    let (level, until) = door.log_level.now();
    LevelView {
        level: level.into(),
        configured: door.log_level.configured().into(),
        until: until.as_ref().map(Timestamp::to_string),
    }
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Off => Self::Off,
            LogLevel::Error => Self::Error,
            LogLevel::Warn => Self::Warn,
            LogLevel::Info => Self::Info,
            LogLevel::Debug => Self::Debug,
            LogLevel::Trace => Self::Trace,
        }
    }
}

impl From<LevelFilter> for LogLevel {
    fn from(level: LevelFilter) -> Self {
        match level {
            LevelFilter::Off => Self::Off,
            LevelFilter::Error => Self::Error,
            LevelFilter::Warn => Self::Warn,
            LevelFilter::Info => Self::Info,
            LevelFilter::Debug => Self::Debug,
            LevelFilter::Trace => Self::Trace,
        }
    }
}
