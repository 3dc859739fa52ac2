//! What a letter says, in the words of the internal API. Pure.
//!
//! The same entry is written the same way each time, unless its content was withdrawn meanwhile.

use recado_actors::message::room::{Entry, EntryBody, Message, Sender};
use recado_actors::ports::letters::Letter;
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Serialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: Content<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    room: &'a str,
    epoch: String,
    seq: u64,
    entry: Written<'a>,
}

/// An entry as `GET /internal/chats/{chatId}/entries` shows it.
#[derive(Serialize)]
struct Written<'a> {
    seq: u64,
    at: String,
    by: Option<&'a str>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Said<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<Agent<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Said<'a> {
    id: &'a str,
    content: &'a str,
    role: &'static str,
    created_at: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<&'a str>,
    deleted: bool,
    sender: Speaker<'a>,
}

#[derive(Serialize)]
struct Speaker<'a> {
    id: &'a str,
    name: Option<&'a str>,
    email: Option<&'a str>,
    avatar: Option<&'a str>,
    #[serde(flatten)]
    more: &'a Map<String, Value>,
}

#[derive(Serialize)]
struct Agent<'a> {
    id: &'a str,
    name: &'a str,
}

pub fn of(letter: &Letter) -> Result<String, serde_json::Error> {
    let (kind, word) = names(&letter.entry.body);
    serde_json::to_string(&Envelope {
        kind,
        timestamp: letter.entry.at.to_string(),
        data: Content {
            room: letter.room.as_str(),
            epoch: letter.epoch.to_string(),
            seq: letter.entry.seq.0,
            entry: written(&letter.entry, word),
        },
    })
}

/// The type of the event, and the kind of its entry.
fn names(body: &EntryBody) -> (&'static str, &'static str) {
    match body {
        EntryBody::MessagePosted { .. } => ("message.posted", "message_posted"),
        EntryBody::MessageEdited { .. } => ("message.edited", "message_edited"),
        EntryBody::MessageDeleted { .. } => ("message.deleted", "message_deleted"),
        EntryBody::AgentJoined { .. } => ("agent.joined", "agent_joined"),
        EntryBody::EventPublished { .. } => ("event.published", "event_published"),
        EntryBody::RoomClosed => ("room.closed", "room_closed"),
        EntryBody::RoomReopened => ("room.reopened", "room_reopened"),
    }
}

fn written<'a>(entry: &'a Entry, kind: &'static str) -> Written<'a> {
    let agent = match &entry.body {
        EntryBody::AgentJoined { agent, name } => Some(Agent { id: agent.as_str(), name }),
        EntryBody::MessagePosted { .. }
        | EntryBody::MessageEdited { .. }
        | EntryBody::MessageDeleted { .. }
        | EntryBody::EventPublished { .. }
        | EntryBody::RoomClosed
        | EntryBody::RoomReopened => None,
    };
    let message = entry.body.message().map(said);
    let by = entry.by.as_ref().map(|by| by.as_str());
    Written { seq: entry.seq.0, at: entry.at.to_string(), by, kind, message, agent }
}

fn said(message: &Message) -> Said<'_> {
    let Sender { id, name, email, avatar, more } = &message.sender;
    Said {
        id: message.id.as_str(),
        content: &message.content,
        role: message.role.as_str(),
        created_at: &message.created_at,
        updated_at: message.updated_at.as_deref(),
        deleted: message.deleted,
        sender: Speaker {
            id,
            name: name.as_deref(),
            email: email.as_deref(),
            avatar: avatar.as_deref(),
            more,
        },
    }
}
