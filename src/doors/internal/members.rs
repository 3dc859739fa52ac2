//! Who is in a chat now.
//!
//! It shows what presence tells the chat itself: a user is online while any of their sessions is.

use actix_web::{HttpResponse, web};
use recado_actors::message::presence::{ListPresent, Present};
use serde::Serialize;
use utoipa::ToSchema;

use super::InternalDoor;
use super::path::ChatInPath;
use crate::doors::problem::Problem;

/// The users in a chat.
#[derive(Serialize, ToSchema)]
pub struct Members {
    members: Vec<MemberView>,
    /// All their sessions together.
    #[schema(example = 3)]
    sessions: usize,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Member)]
pub struct MemberView {
    #[schema(example = "user_123")]
    user_id: String,
    #[schema(example = 2)]
    sessions: usize,
    /// False for the few seconds in which a user who left may still return unnoticed.
    online: bool,
    #[schema(format = DateTime, example = "2024-01-15T10:30:00.000Z")]
    since: String,
}

impl From<Present> for MemberView {
    fn from(present: Present) -> Self {
        let Present { user, sessions, online, status: _, since } = present;
        Self { user_id: user.to_string(), sessions, online, since: since.to_string() }
    }
}

/// List who is in a chat
#[utoipa::path(
    get,
    path = "/internal/chats/{chatId}/members",
    tag = "chats",
    params(("chatId" = String, Path, description = "The chat, as tokens name it", example = "chat_123")),
    responses((status = 200, description = "By user id", body = Members)),
)]
pub async fn list_members(
    door: web::Data<InternalDoor>,
    ChatInPath(room): ChatInPath,
) -> Result<HttpResponse, Problem> {
    let wait = door.broker.settings().command_timeout;
    let present = door.broker.presence().ask(ListPresent { room }, wait).await?;
    let members: Vec<MemberView> = present.into_iter().map(MemberView::from).collect();
    let sessions = members.iter().map(|member| member.sessions).sum();
    Ok(HttpResponse::Ok().json(Members { members, sessions }))
}
