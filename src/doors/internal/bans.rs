//! Bans: who may not come in, and until when.
//!
//! A ban is durable before it is answered, and holds for live sessions at once.

use actix_web::{HttpResponse, web};
use recado_actors::clock::Timestamp;
use recado_actors::id::{RoomId, UserId};
use recado_actors::ports::Ban;
use recado_actors::shard::Target;
use recado_actors::warden::{AddBan, LiftBan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::JsonBody;
use super::fields::FieldError;
use super::target::TargetBody;
use super::{InternalDoor, problems, words};
use crate::doors::problem::Problem;

/// A hundred years: further ends are typing errors, and dates cannot show all of them.
const LONGEST_SECONDS: u64 = 100 * 366 * 24 * 60 * 60;

/// Whom to shut out: every field that is set must match, at least one must be set. For ever, unless told until when.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "userId": "user_123", "seconds": 3600 }))]
pub struct NewBan {
    #[serde(default, deserialize_with = "words::maybe_user")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128)]
    user_id: Option<UserId>,
    /// The `jti` of the token.
    #[serde(default, deserialize_with = "words::maybe_token_id")]
    #[schema(min_length = 1, max_length = 1024)]
    token_id: Option<String>,
    #[serde(default, deserialize_with = "words::maybe_chat")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128)]
    chat_id: Option<RoomId>,
    /// How long it holds. Not together with `until`.
    #[serde(default, deserialize_with = "words::maybe_whole")]
    #[schema(minimum = 1, maximum = 3162240000u64)]
    seconds: Option<u64>,
    /// When it ends.
    #[serde(default, deserialize_with = "words::maybe_moment")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// The ban is in force.
#[derive(Serialize, ToSchema)]
pub struct Banned {
    /// How many sessions were ended by it.
    #[schema(example = 1)]
    ended: usize,
    /// When it ends; null: never.
    #[schema(required, format = DateTime, example = "2024-01-15T10:30:00.000Z")]
    until: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Lifted {
    /// How many bans there were.
    #[schema(example = 1)]
    lifted: usize,
}

#[derive(Serialize, ToSchema)]
pub struct Bans {
    bans: Vec<BanView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Ban)]
pub struct BanView {
    #[schema(required)]
    user_id: Option<String>,
    #[schema(required)]
    token_id: Option<String>,
    #[schema(required)]
    chat_id: Option<String>,
    /// When it ends; null: never.
    #[schema(required, format = DateTime)]
    until: Option<String>,
}

impl From<Ban> for BanView {
    fn from(ban: Ban) -> Self {
        let Ban { user, token_id, room, until } = ban;
        Self {
            user_id: user.map(|user| user.to_string()),
            token_id,
            chat_id: room.map(|room| room.local().to_owned()),
            until: until.map(|until| until.to_string()),
        }
    }
}

/// Shut somebody out
///
/// Their sessions are closed with 4403, and new ones are refused until the ban ends.
#[utoipa::path(
    post,
    path = "/internal/bans",
    tag = "access",
    request_body = NewBan,
    responses((status = 201, description = "The ban is stored and in force", body = Banned)),
)]
pub async fn add_ban(
    door: web::Data<InternalDoor>,
    JsonBody { said, .. }: JsonBody<NewBan>,
) -> Result<HttpResponse, Problem> {
    let NewBan { user_id, token_id, chat_id, seconds, until } = said;
    let target = TargetBody { user_id, token_id, chat_id }.into_target()?;
    let until =
        end(seconds, until, door.broker.clock().now()).map_err(|error| problems::invalid_body(&error))?;
    let wait = door.broker.settings().command_timeout;
    let ended = door.broker.warden().ask(AddBan(ban(target, until)), wait).await??;
    Ok(HttpResponse::Created().json(Banned { ended, until: until.map(|until| until.to_string()) }))
}

fn ban(target: Target, until: Option<Timestamp>) -> Ban {
    let Target { user, token_id, room } = target;
    Ban { user, token_id, room, until }
}

fn end(
    seconds: Option<u64>,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, FieldError> {
    use serde::de::Error;
    if seconds.is_some() && until.is_some() {
        return Err(FieldError::custom("seconds and until exclude each other"));
    }
    if until.is_some_and(|until| until <= now) {
        return Err(FieldError::custom("until: is over already"));
    }
    let Some(seconds) = seconds else { return Ok(until) };
    match i64::try_from(seconds) {
        Ok(ahead) if (1..=LONGEST_SECONDS).contains(&seconds) => {
            Ok(Some(now.plus_ms(ahead.saturating_mul(1000))))
        }
        _ => Err(FieldError::custom(format!("seconds: must be 1 to {LONGEST_SECONDS}"))),
    }
}

/// Let somebody in again
///
/// Lifts the bans that name exactly these fields.
#[utoipa::path(
    delete,
    path = "/internal/bans",
    tag = "access",
    request_body = TargetBody,
    responses((status = 200, description = "There is no such ban any more", body = Lifted)),
)]
pub async fn lift_ban(
    door: web::Data<InternalDoor>,
    JsonBody { said, .. }: JsonBody<TargetBody>,
) -> Result<HttpResponse, Problem> {
    let lift = LiftBan(ban(said.into_target()?, None));
    let wait = door.broker.settings().command_timeout;
    let lifted = door.broker.warden().ask(lift, wait).await??;
    Ok(HttpResponse::Ok().json(Lifted { lifted }))
}

/// List bans
#[utoipa::path(
    get,
    path = "/internal/bans",
    tag = "access",
    responses((status = 200, description = "All that are in force", body = Bans)),
)]
pub async fn list_bans(door: web::Data<InternalDoor>) -> Result<HttpResponse, Problem> {
    let bans = door.wait_for(door.broker.ports().book.bans()).await?;
    let now = door.broker.clock().now();
    let bans = bans.into_iter().filter(|ban| ban.until.is_none_or(|until| until > now));
    Ok(HttpResponse::Ok().json(Bans { bans: bans.map(BanView::from).collect() }))
}
