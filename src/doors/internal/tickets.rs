//! One-use connect tickets for browsers, so that no token stands in a URL.
//!
//! What a ticket may say is decided where tickets are signed; here it is only asked for.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use recado_actors::clock::Timestamp;
use recado_actors::id::{RoomId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::JsonBody;
use super::{InternalDoor, problems, words};
use crate::auth::Grant;
use crate::doors::problem::{Problem, ProblemBody};

/// Who may connect, and as whom.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "userId": "user_123", "chatId": "chat_123", "isAuthenticated": true, "name": "Ann", "ttl": 60 }))]
pub struct NewTicket {
    #[serde(deserialize_with = "words::user")]
    #[schema(value_type = String, min_length = 1, max_length = 128)]
    user_id: UserId,
    #[serde(deserialize_with = "words::chat")]
    #[schema(value_type = String, min_length = 1, max_length = 128)]
    chat_id: RoomId,
    /// False: it may not speak as an agent or assistant.
    #[serde(default)]
    is_authenticated: Option<bool>,
    #[serde(default, deserialize_with = "words::maybe_name")]
    #[schema(max_length = 256)]
    name: Option<String>,
    #[serde(default, deserialize_with = "words::maybe_email")]
    #[schema(max_length = 320)]
    email: Option<String>,
    #[serde(default, deserialize_with = "words::maybe_url")]
    #[schema(max_length = 2048)]
    avatar: Option<String>,
    /// How many seconds the ticket waits to be used.
    #[serde(default, deserialize_with = "words::maybe_whole")]
    #[schema(minimum = 1)]
    ttl: Option<u64>,
    /// When the session it opens ends; unlimited if absent.
    #[serde(default, deserialize_with = "words::maybe_moment")]
    #[schema(value_type = Option<String>, format = DateTime)]
    session_expires_at: Option<Timestamp>,
}

/// A ticket that opens one connection.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// Goes where a token goes: `?token=`, a header, a first frame.
    #[schema(example = "tkt_eyJhbGciOi…")]
    ticket: String,
    /// When it lapses unused.
    #[schema(format = DateTime, example = "2024-01-15T10:30:00.000Z")]
    expires_at: String,
}

/// Make a ticket
#[utoipa::path(
    post,
    path = "/internal/tickets",
    tag = "access",
    request_body = NewTicket,
    responses(
        (status = 201, description = "Hand it to the browser", body = Ticket),
        (status = 503, description = "This node cannot sign tickets, or not now", body = ProblemBody,
            content_type = "application/problem+json"),
    ),
)]
pub async fn issue_ticket(
    door: web::Data<InternalDoor>,
    JsonBody { said, .. }: JsonBody<NewTicket>,
) -> Result<HttpResponse, Problem> {
    let tickets = door.tickets.as_ref().ok_or_else(problems::no_tickets)?;
    let (ticket, lapses) = tickets.issue(grant(said), door.broker.clock().now().as_secs())?;
    let expires_at = Timestamp::from_secs(lapses).to_string();
    Ok(HttpResponse::Created().json(Ticket { ticket, expires_at }))
}

fn grant(said: NewTicket) -> Grant {
    Grant {
        user_id: said.user_id.to_string(),
        chat_id: Some(said.chat_id.local().to_owned()),
        is_authenticated: said.is_authenticated,
        name: said.name,
        email: said.email,
        avatar: said.avatar,
        role: None,
        ttl: said.ttl.map(Duration::from_secs),
        session_expires_at: said.session_expires_at.map(Timestamp::as_secs),
    }
}
