//! Reading a chat's entries by number, as they were written.
//!
//! Whatever is cut off is told: `more` says that the chat goes on, `epoch` which numbering it is.

use actix_web::{HttpRequest, HttpResponse, web};
use recado_actors::id::Seq;
use recado_actors::message::room::{Entry, EntryBody, Head, Message, Role, Sender};
use recado_actors::ports::{Page, Stretch};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::fields::{self, FieldError};
use super::path::ChatInPath;
use super::{InternalDoor, problems, words};
use crate::doors::problem::Problem;

const USUAL_LIMIT: usize = 100;

/// Which entries. With neither `after` nor `before`: the newest.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntriesQuery {
    /// The first entries after this number.
    #[serde(default, deserialize_with = "words::maybe_whole")]
    after: Option<u64>,
    /// The last entries before this number. Not together with `after`.
    #[serde(default, deserialize_with = "words::maybe_whole")]
    before: Option<u64>,
    /// The most entries in the answer.
    #[serde(default, deserialize_with = "words::maybe_whole")]
    #[param(minimum = 1, maximum = 300, default = 100)]
    limit: Option<u64>,
}

/// A stretch of a chat, oldest first.
#[derive(Serialize, ToSchema)]
pub struct Entries<'a> {
    /// The life of this numbering; after another one begins, start afresh.
    #[schema(example = "1f2e3d")]
    epoch: String,
    /// The newest entry's number.
    #[schema(example = 42)]
    head: u64,
    closed: bool,
    entries: Vec<EntryView<'a>>,
    /// The chat goes on in the direction of reading.
    more: bool,
}

/// One numbered thing that happened in a chat.
#[derive(Serialize, ToSchema)]
#[schema(as = Entry)]
pub struct EntryView<'a> {
    #[schema(example = 42)]
    seq: u64,
    /// When it was committed.
    #[schema(format = DateTime, example = "2024-01-15T10:30:00.000Z")]
    at: String,
    /// The user who caused it; null for the system.
    #[schema(required)]
    by: Option<&'a str>,
    kind: EntryKind,
    /// The message as it stood then; of the kinds that begin with `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageView<'a>>,
    /// Who joined; of `agent_joined`.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<AgentView<'a>>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    MessagePosted,
    MessageEdited,
    MessageDeleted,
    AgentJoined,
    EventPublished,
    RoomClosed,
    RoomReopened,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Message)]
pub struct MessageView<'a> {
    id: &'a str,
    /// Empty once deleted.
    content: &'a str,
    role: RoleView,
    #[schema(format = DateTime)]
    created_at: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    updated_at: Option<&'a str>,
    deleted: bool,
    sender: SenderView<'a>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Role)]
pub enum RoleView {
    User,
    Assistant,
    Agent,
    System,
}

impl From<Role> for RoleView {
    fn from(role: Role) -> Self {
        match role {
            Role::User => Self::User,
            Role::Assistant => Self::Assistant,
            Role::Agent => Self::Agent,
            Role::System => Self::System,
        }
    }
}

/// Who said it; what the backend added of its own stands beside these.
#[derive(Serialize, ToSchema)]
#[schema(as = Sender)]
pub struct SenderView<'a> {
    id: &'a str,
    #[schema(required)]
    name: Option<&'a str>,
    #[schema(required)]
    email: Option<&'a str>,
    #[schema(required)]
    avatar: Option<&'a str>,
    #[serde(flatten)]
    #[schema(ignore)]
    more: &'a Map<String, Value>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Agent)]
pub struct AgentView<'a> {
    id: &'a str,
    name: &'a str,
}

impl<'a> From<&'a Entry> for EntryView<'a> {
    fn from(entry: &'a Entry) -> Self {
        let (kind, message, agent) = match &entry.body {
            EntryBody::MessagePosted { message } => (EntryKind::MessagePosted, Some(message), None),
            EntryBody::MessageEdited { message } => (EntryKind::MessageEdited, Some(message), None),
            EntryBody::MessageDeleted { message } => (EntryKind::MessageDeleted, Some(message), None),
            EntryBody::AgentJoined { agent, name } => {
                (EntryKind::AgentJoined, None, Some(AgentView { id: agent.as_str(), name }))
            }
            EntryBody::EventPublished { .. } => (EntryKind::EventPublished, None, None),
            EntryBody::RoomClosed => (EntryKind::RoomClosed, None, None),
            EntryBody::RoomReopened => (EntryKind::RoomReopened, None, None),
        };
        let by = entry.by.as_ref().map(|by| by.as_str());
        Self { seq: entry.seq.0, at: entry.at.to_string(), by, kind, message: message.map(Into::into), agent }
    }
}

impl<'a> From<&'a Message> for MessageView<'a> {
    fn from(message: &'a Message) -> Self {
        let Sender { id, name, email, avatar, more } = &message.sender;
        let (name, email, avatar) = (name.as_deref(), email.as_deref(), avatar.as_deref());
        Self {
            id: message.id.as_str(),
            content: &message.content,
            role: message.role.into(),
            created_at: &message.created_at,
            updated_at: message.updated_at.as_deref(),
            deleted: message.deleted,
            sender: SenderView { id, name, email, avatar, more },
        }
    }
}

/// Read entries
#[utoipa::path(
    get,
    path = "/internal/chats/{chatId}/entries",
    tag = "chats",
    params(
        ("chatId" = String, Path, description = "The chat, as tokens name it", example = "chat_123"),
        EntriesQuery,
    ),
    responses((status = 200, description = "Oldest first", body = Entries)),
)]
pub async fn list_entries(
    door: web::Data<InternalDoor>,
    ChatInPath(room): ChatInPath,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let most = door.broker.settings().page_entries;
    let query = fields::read_query(request.query_string());
    let (stretch, limit) =
        query.and_then(|query| asked(&query, most)).map_err(|error| problems::invalid_query(&error))?;
    let log = &door.broker.ports().log;
    let head = door.wait_for(log.head(&room)).await?;
    let page = door.wait_for(log.read(&room, within(stretch, head), limit)).await?;
    Ok(HttpResponse::Ok().json(told(head, &page)))
}

fn asked(query: &EntriesQuery, most: usize) -> Result<(Stretch, usize), FieldError> {
    let stretch = match (query.after, query.before) {
        (Some(_), Some(_)) => return Err(serde::de::Error::custom("after and before exclude each other")),
        (Some(after), None) => Stretch::After(Seq(after)),
        (None, before) => Stretch::Before(Seq(before.unwrap_or(u64::MAX))),
    };
    let Some(limit) = query.limit else { return Ok((stretch, USUAL_LIMIT.min(most))) };
    match usize::try_from(limit) {
        Ok(limit) if (1..=most).contains(&limit) => Ok((stretch, limit)),
        _ => Err(serde::de::Error::custom(format!("limit: must be 1 to {most}"))),
    }
}

/// No further than the log goes: stores need not know numbers that no entry can have.
fn within(stretch: Stretch, head: Head) -> Stretch {
    match stretch {
        Stretch::After(seq) => Stretch::After(seq.min(head.seq)),
        Stretch::Before(seq) => Stretch::Before(seq.min(head.seq.next())),
    }
}

fn told(head: Head, page: &Page) -> Entries<'_> {
    // Entries may have come between the two readings.
    let newest = page.entries.last().map_or(head.seq, |entry| entry.seq.max(head.seq));
    Entries {
        epoch: page.epoch.to_string(),
        head: newest.0,
        closed: head.closed,
        entries: page.entries.iter().map(|entry| EntryView::from(&**entry)).collect(),
        more: page.more,
    }
}
