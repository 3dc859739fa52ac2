//! Notices from the operator: to one chat or to everybody connected here.
//!
//! A notice is a signal: it is not numbered, not stored, and heard only by who is there.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use actix_web::{HttpResponse, web};
use recado_actors::broker::Broker;
use recado_actors::id::RoomId;
use recado_actors::message::room::{ListMembers, NoticeLevel, RoomEvent, TellSignal};
use recado_actors::refusal::Refusal;
use recado_actors::supervisor::ask;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::JsonBody;
use super::{InternalDoor, words};
use crate::doors::problem::Problem;

/// What to tell whom.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "message": "Back in five minutes", "level": "warning", "chatId": "chat_123" }))]
pub struct Notice {
    /// Not blank.
    #[schema(min_length = 1, max_length = 4000)]
    message: String,
    /// `info`, if absent.
    #[serde(default)]
    level: Level,
    /// Everybody, if absent.
    #[serde(default, deserialize_with = "words::maybe_chat")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128)]
    chat_id: Option<RoomId>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    #[default]
    Info,
    Success,
    Warning,
    Error,
}

impl From<Level> for NoticeLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Info => Self::Info,
            Level::Success => Self::Success,
            Level::Warning => Self::Warning,
            Level::Error => Self::Error,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// How many sessions of this node it was sent to.
    #[schema(example = 12)]
    delivered_to: u64,
}

/// Give a notice
#[utoipa::path(
    post,
    path = "/internal/broadcast",
    tag = "broadcast",
    request_body = Notice,
    responses((status = 200, description = "Sent to who is there", body = Delivered)),
)]
pub async fn broadcast(
    door: web::Data<InternalDoor>,
    JsonBody { said, .. }: JsonBody<Notice>,
) -> Result<HttpResponse, Problem> {
    let Notice { message, level, chat_id } = said;
    let broker = &door.broker;
    let limit = broker.settings().max_content_chars;
    if message.trim().is_empty() {
        return Err(Refusal::EmptyContent.into());
    }
    if message.chars().count() > limit {
        return Err(Refusal::ContentTooLong { limit }.into());
    }
    let event =
        RoomEvent::NoticeGiven { text: Arc::from(message), level: level.into(), at: broker.clock().now() };
    let delivered_to = match chat_id {
        Some(room) => tell_room(broker, &room, event).await?,
        None => tell_everyone(broker, event),
    };
    Ok(HttpResponse::Ok().json(Delivered { delivered_to }))
}

async fn tell_room(broker: &Broker, room: &RoomId, event: RoomEvent) -> Result<u64, Refusal> {
    // A room that is not open has nobody in it.
    let Some(room) = broker.room_if_open(room) else { return Ok(0) };
    let wait = broker.settings().command_timeout;
    ask(&room, TellSignal { event }, wait).await?;
    let members = ask(&room, ListMembers, wait).await?;
    Ok(u64::try_from(members.len()).unwrap_or(u64::MAX))
}

fn tell_everyone(broker: &Broker, event: RoomEvent) -> u64 {
    broker.tell_everyone(event);
    u64::try_from(broker.vitals().sessions.load(Relaxed)).unwrap_or(0)
}
