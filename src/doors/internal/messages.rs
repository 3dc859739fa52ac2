//! Speaking in a chat from the backend: post, edit and delete messages.
//!
//! An answer is given only after the commit; whoever sits in the chat hears it as if it was said there.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use recado_actors::broker::Broker;
use recado_actors::id::{ClientId, MessageId, RoomId, UserId};
use recado_actors::message::client::Right;
use recado_actors::message::room::{
    AmendMessage, Change, EntryBody, Message, NewEntry, Posted, Role, Sender,
};
use recado_actors::refusal::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::JsonBody;
use super::idempotency::{Keyed, is_same_message};
use super::path::{ChatInPath, MessageInPath};
use super::words::{self, Speaker};
use super::{InternalDoor, problems};
use crate::doors::problem::{Problem, ProblemBody};

/// A message to post.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "content": "Hello!", "userId": "user_123", "role": "agent", "name": "John Doe" }))]
pub struct NewMessage {
    /// Not blank.
    #[schema(min_length = 1, max_length = 4000)]
    content: String,
    /// In whose name.
    #[serde(deserialize_with = "words::user")]
    #[schema(value_type = String, min_length = 1, max_length = 128)]
    user_id: UserId,
    role: Speaker,
    /// Shown to readers; the user's id if absent.
    #[serde(default, deserialize_with = "words::maybe_name")]
    #[schema(max_length = 256)]
    name: Option<String>,
    #[serde(default, deserialize_with = "words::maybe_email")]
    #[schema(max_length = 320)]
    email: Option<String>,
    #[serde(default, deserialize_with = "words::maybe_url")]
    #[schema(max_length = 2048)]
    avatar: Option<String>,
    /// Your own id for the message. The same one again from the same user is not posted twice.
    #[serde(default, deserialize_with = "words::maybe_message")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128)]
    id: Option<MessageId>,
}

/// What a message says from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "content": "Hello again!" }))]
pub struct MessageEdit {
    /// Not blank.
    #[schema(min_length = 1, max_length = 4000)]
    content: String,
}

/// Where it stands in the chat.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "id": "msg_0199a1b2c3d4", "seq": 42, "epoch": "1f2e3d", "duplicate": false }))]
pub struct Written {
    /// The message.
    id: String,
    /// The entry's number in the chat.
    seq: u64,
    /// The life of the numbering that `seq` belongs to.
    epoch: String,
    /// It was there already; this is where.
    duplicate: bool,
}

impl Written {
    fn of(posted: &Posted, duplicate: bool) -> Self {
        let id = posted.entry.body.message().map(|message| message.id.as_str().to_owned());
        Self {
            id: id.unwrap_or_default(),
            seq: posted.entry.seq.0,
            epoch: posted.epoch.to_string(),
            duplicate,
        }
    }
}

/// Post a message
///
/// Everybody in the chat hears it. With an `Idempotency-Key` the same request may be repeated for 24 hours and gets
/// the same answer; without one, a request that timed out may have been done.
#[utoipa::path(
    post,
    path = "/internal/chats/{chatId}/messages",
    tag = "messages",
    params(
        ("chatId" = String, Path, description = "The chat, as tokens name it", example = "chat_123"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$",
            description = "1 to 255 visible ASCII characters, for this chat; another request with the same key is refused"),
    ),
    request_body = NewMessage,
    responses(
        (status = 201, description = "Stored, and told to everybody in the chat", body = Written,
            headers(("Idempotency-Replayed" = Option<String>, description = "`true`: the key was known, nothing was done"))),
        (status = 400, description = "`malformed_json` or `invalid_idempotency_key`", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 409, description = "The chat is closed, to all but `system`", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "`invalid_body`, `invalid_path`, `empty_content`, `content_too_long` or \
            `idempotency_key_reused`", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn post_message(
    door: web::Data<InternalDoor>,
    ChatInPath(room): ChatInPath,
    request: HttpRequest,
    JsonBody { said, raw }: JsonBody<NewMessage>,
) -> Result<HttpResponse, Problem> {
    let keyed = Keyed::of(&request, &room, &raw)?;
    let Some(keyed) = keyed else {
        let client_id = said.id.as_ref().and_then(client_id_of).unwrap_or_else(ClientId::fresh);
        let posted =
            post(&door.broker, &room, client_id, said.user_id.clone(), composed(&door.broker, said)?).await?;
        return Ok(HttpResponse::Created().json(Written::of(&posted, posted.duplicate)));
    };
    if let Some(answer) = keyed.earlier(&door).await? {
        return Ok(answer);
    }
    post_keyed(&door, &room, keyed, said).await
}

async fn post_keyed(
    door: &InternalDoor,
    room: &RoomId,
    keyed: Keyed,
    said: NewMessage,
) -> Result<HttpResponse, Problem> {
    let named = said.id.as_ref().and_then(client_id_of);
    let by_key = named.is_none();
    let client_id = named.unwrap_or_else(|| keyed.client_id());
    let (by, body) = (said.user_id.clone(), composed(&door.broker, said)?);
    let posted = post(&door.broker, room, client_id, by, body.clone()).await?;
    if posted.duplicate && by_key && !is_same_message(&posted, &body) {
        return Err(problems::key_reused());
    }
    // What the key itself did before is its first answer, not somebody else's message.
    let written = Written::of(&posted, posted.duplicate && !by_key);
    let written = serde_json::to_string(&written).unwrap_or_default();
    keyed.keep(door, StatusCode::CREATED, written, posted.duplicate).await
}

/// One and the same for a message that reaches us by two ways.
fn client_id_of(id: &MessageId) -> Option<ClientId> {
    ClientId::parse(id.as_str()).ok()
}

fn composed(broker: &Broker, said: NewMessage) -> Result<EntryBody, Refusal> {
    let NewMessage { content, user_id, role, name, email, avatar, id } = said;
    check(broker, &content)?;
    let name = Some(name.unwrap_or_else(|| user_id.to_string()));
    let sender = Sender { id: user_id.to_string(), name, email, avatar, more: serde_json::Map::new() };
    let (id, at) = (id.unwrap_or_else(MessageId::fresh), broker.clock().now().to_string());
    let message = Message::text(id, content, Role::from(role), sender, at);
    Ok(EntryBody::MessagePosted { message })
}

fn check(broker: &Broker, content: &str) -> Result<(), Refusal> {
    let limit = broker.settings().max_content_chars;
    if content.trim().is_empty() {
        return Err(Refusal::EmptyContent);
    }
    if content.chars().count() > limit { Err(Refusal::ContentTooLong { limit }) } else { Ok(()) }
}

async fn post(
    broker: &Broker,
    room: &RoomId,
    client_id: ClientId,
    by: UserId,
    body: EntryBody,
) -> Result<Posted, Refusal> {
    broker.add_entry(room, &NewEntry::granted(Some(by), client_id, body)).await
}

/// Edit a message
#[utoipa::path(
    patch,
    path = "/internal/chats/{chatId}/messages/{id}",
    tag = "messages",
    params(
        ("chatId" = String, Path, description = "The chat, as tokens name it", example = "chat_123"),
        ("id" = String, Path, description = "The message", example = "msg_123"),
    ),
    request_body = MessageEdit,
    responses(
        (status = 200, description = "Changed, and told to everybody in the chat", body = Written),
        (status = 404, description = "No such message in this chat", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 409, description = "The message was deleted, or the chat is closed", body = ProblemBody,
            content_type = "application/problem+json"),
    ),
)]
pub async fn edit_message(
    door: web::Data<InternalDoor>,
    place: MessageInPath,
    JsonBody { said, .. }: JsonBody<MessageEdit>,
) -> Result<HttpResponse, Problem> {
    check(&door.broker, &said.content)?;
    amend(&door.broker, place, Some(said.content)).await
}

/// Delete a message
///
/// Its content is withdrawn from the chat's history too.
#[utoipa::path(
    delete,
    path = "/internal/chats/{chatId}/messages/{id}",
    tag = "messages",
    params(
        ("chatId" = String, Path, description = "The chat, as tokens name it", example = "chat_123"),
        ("id" = String, Path, description = "The message", example = "msg_123"),
    ),
    responses(
        (status = 200, description = "Withdrawn, and told to everybody in the chat", body = Written),
        (status = 404, description = "No such message in this chat", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 409, description = "It was deleted before, or the chat is closed", body = ProblemBody,
            content_type = "application/problem+json"),
    ),
)]
pub async fn delete_message(
    door: web::Data<InternalDoor>,
    place: MessageInPath,
) -> Result<HttpResponse, Problem> {
    amend(&door.broker, place, None).await
}

async fn amend(
    broker: &Broker,
    place: MessageInPath,
    content: Option<String>,
) -> Result<HttpResponse, Problem> {
    let MessageInPath { room, id } = place;
    let (client_id, at) = (ClientId::fresh(), broker.clock().now().to_string());
    let change = content.map_or(Change::Delete, Change::Content);
    let amend = || AmendMessage {
        id: id.clone(),
        change: change.clone(),
        by: None,
        right: Right::Granted,
        session: None,
        client_id: client_id.clone(),
        at: at.clone(),
    };
    let posted = broker.ask_room(&room, amend).await??;
    Ok(HttpResponse::Ok().json(Written::of(&posted, posted.duplicate)))
}
