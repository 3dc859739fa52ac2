//! Closing a chat and opening it again.
//!
//! Both may be repeated: what is so already is answered, not done twice, also when requests race.

use actix_web::{HttpResponse, web};
use recado_actors::broker::Broker;
use recado_actors::id::{ClientId, Epoch, RoomId, Seq};
use recado_actors::message::room::{EntryBody, GetHead, Head, NewEntry};
use recado_actors::refusal::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use super::InternalDoor;
use super::path::ChatInPath;
use crate::doors::problem::Problem;

/// How the chat stands now.
#[derive(Serialize, ToSchema)]
pub struct Closing {
    closed: bool,
    /// It stood so before; nothing was done.
    already: bool,
    /// The newest entry's number.
    #[schema(example = 42)]
    seq: u64,
    #[schema(example = "1f2e3d")]
    epoch: String,
}

/// Close a chat
///
/// Nobody but `system` can post until it is reopened.
#[utoipa::path(
    post,
    path = "/internal/chats/{chatId}/close",
    tag = "chats",
    params(("chatId" = String, Path, description = "The chat, as tokens name it", example = "chat_123")),
    responses((status = 200, description = "It is closed, and everybody in it was told", body = Closing)),
)]
pub async fn close_chat(
    door: web::Data<InternalDoor>,
    ChatInPath(room): ChatInPath,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(turn(&door.broker, &room, true).await?))
}

/// Reopen a chat
#[utoipa::path(
    post,
    path = "/internal/chats/{chatId}/reopen",
    tag = "chats",
    params(("chatId" = String, Path, description = "The chat, as tokens name it", example = "chat_123")),
    responses((status = 200, description = "It is open, and everybody in it was told", body = Closing)),
)]
pub async fn reopen_chat(
    door: web::Data<InternalDoor>,
    ChatInPath(room): ChatInPath,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(turn(&door.broker, &room, false).await?))
}

async fn turn(broker: &Broker, room: &RoomId, closed: bool) -> Result<Closing, Refusal> {
    let head = broker.ask_room(room, || GetHead { at_least: Seq::START }).await??;
    if head.closed == closed {
        return Ok(stands(closed, true, head.seq, head.epoch));
    }
    let client_id = client_id(head, closed);
    let body = if closed { EntryBody::RoomClosed } else { EntryBody::RoomReopened };
    let posted = broker.add_entry(room, &NewEntry::granted(None, client_id, body)).await?;
    Ok(stands(closed, posted.duplicate, posted.entry.seq, posted.epoch))
}

fn stands(closed: bool, already: bool, seq: Seq, epoch: Epoch) -> Closing {
    Closing { closed, already, seq: seq.0, epoch: epoch.to_string() }
}

/// One name per state of the chat: requests that saw the same state make one entry.
fn client_id(head: Head, closed: bool) -> ClientId {
    let verb = if closed { "close" } else { "reopen" };
    let name = format!("{verb}_{}_{}", head.epoch, head.seq.0);
    ClientId::parse(&name).unwrap_or_else(|_| ClientId::fresh())
}
