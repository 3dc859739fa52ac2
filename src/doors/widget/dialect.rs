//! Events as widget frames: the words stock clients know, and the same with numbers for those who asked. Pure.

use std::time::Duration;

use recado_actors::clock::Timestamp;
use recado_actors::dialect::{Dialect, Frame, Hearers, Line};
use recado_actors::id::{MessageId, Seq};
use recado_actors::message::receipt::Watermark;
use recado_actors::message::room::{Entry, EntryBody, Message, RoomEvent, Sender};
use recado_actors::refusal::Farewell;
use serde::Serialize;
use serde_json::{Value, json};

use super::words;
use crate::doors::socket::frame;

/// The dialect of stock clients.
pub const PLAIN: &str = "widget";
/// The dialect of those who asked for more.
pub const EXTRAS: &str = "widget+";

/// One of both.
pub struct WidgetDialect {
    pub extras: bool,
    pub heartbeat: Duration,
}

impl Dialect for WidgetDialect {
    fn name(&self) -> &'static str {
        if self.extras { EXTRAS } else { PLAIN }
    }

    fn door(&self) -> &'static str {
        PLAIN
    }

    fn event(&self, event: &RoomEvent) -> Vec<Line> {
        let to = match event {
            // Stock clients do not expect to hear of their own typing.
            RoomEvent::TypingChanged { .. } => Hearers::Others,
            RoomEvent::EntryAdded { .. }
            | RoomEvent::NoticeGiven { .. }
            | RoomEvent::PresenceChanged { .. }
            | RoomEvent::ReceiptMoved { .. }
            | RoomEvent::AttendanceChanged { .. }
            | RoomEvent::SignalGiven { .. } => Hearers::Everyone,
        };
        Line::alone(to, self.word(event))
    }

    fn farewell(&self, farewell: Farewell) -> Vec<Frame> {
        words::goodbye(farewell, self.extras)
    }

    fn ping(&self) -> Frame {
        frame::ping()
    }

    fn heartbeat(&self) -> Duration {
        self.heartbeat
    }
}

impl WidgetDialect {
    /// The one word for it, if there is one.
    fn word(&self, event: &RoomEvent) -> Option<Frame> {
        match event {
            RoomEvent::EntryAdded { entry, .. } => self.entry(entry),
            RoomEvent::TypingChanged { user, is_typing, at, .. } => {
                told("typing", &Typing { user_id: user.as_str(), is_typing: *is_typing }, *at)
            }
            RoomEvent::NoticeGiven { text, level, at } => {
                told("notice", &json!({ "message": text, "level": level }), *at)
            }
            RoomEvent::PresenceChanged { user, status, at, .. } => {
                let data = || json!({ "userId": user, "online": status.is_online() });
                self.only_extras("presence", data, *at)
            }
            RoomEvent::ReceiptMoved { user, moved, at, .. } => {
                let Watermark { delivered, read } = moved.to;
                let data = || json!({ "userId": user, "delivered": delivered, "read": read });
                self.only_extras("receipt", data, *at)
            }
            // Whoever is in the room is told by presence; signals of programs are for programs.
            RoomEvent::AttendanceChanged { .. } | RoomEvent::SignalGiven { .. } => None,
        }
    }

    fn entry(&self, entry: &Entry) -> Option<Frame> {
        let seq = self.extras.then_some(entry.seq);
        match &entry.body {
            EntryBody::MessagePosted { message } => {
                told("message", &MessageData::new(message, seq), entry.at)
            }
            EntryBody::MessageEdited { message } => {
                told("message_updated", &MessageData::new(message, seq), entry.at)
            }
            EntryBody::MessageDeleted { message } => match seq {
                Some(seq) => told("message_deleted", &json!({ "id": message.id, "seq": seq }), entry.at),
                // Stock clients know no deletion: the content goes, as by an edit.
                None => told(
                    "message_updated",
                    &MessageData { deleted: false, ..MessageData::new(message, None) },
                    entry.at,
                ),
            },
            EntryBody::AgentJoined { agent, name } => {
                let at = entry.at.to_string();
                let data = AgentData { agent_id: agent.as_str(), agent_name: name, timestamp: &at, seq };
                told("agent_joined", &data, entry.at)
            }
            EntryBody::EventPublished { .. } => None,
            EntryBody::RoomClosed => {
                self.only_extras("chat_closed", || json!({ "seq": entry.seq }), entry.at)
            }
            EntryBody::RoomReopened => {
                self.only_extras("chat_reopened", || json!({ "seq": entry.seq }), entry.at)
            }
        }
    }

    fn only_extras(&self, kind: &'static str, data: impl FnOnce() -> Value, at: Timestamp) -> Option<Frame> {
        if self.extras { told(kind, &data(), at) } else { None }
    }
}

#[derive(Serialize)]
struct Told<'a, T> {
    r#type: &'static str,
    data: &'a T,
    timestamp: String,
}

fn told(kind: &'static str, data: &impl Serialize, at: Timestamp) -> Option<Frame> {
    frame::json(&Told { r#type: kind, data, timestamp: at.to_string() })
}

#[derive(Serialize)]
struct Typing<'a> {
    #[serde(rename = "isTyping")]
    is_typing: bool,
    #[serde(rename = "userId")]
    user_id: &'a str,
}

#[derive(Serialize)]
struct AgentData<'a> {
    #[serde(rename = "agentId")]
    agent_id: &'a str,
    #[serde(rename = "agentName")]
    agent_name: &'a str,
    timestamp: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<Seq>,
}

/// `data` of `message` and `message_updated`.
#[derive(Serialize)]
pub struct MessageData<'a> {
    id: &'a MessageId,
    content: &'a str,
    role: &'static str,
    timestamp: &'a str,
    #[serde(rename = "updatedAt", skip_serializing_if = "Option::is_none")]
    updated_at: Option<&'a str>,
    sender: &'a Sender,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<Seq>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
}

impl<'a> MessageData<'a> {
    fn new(message: &'a Message, seq: Option<Seq>) -> Self {
        Self {
            id: &message.id,
            content: &message.content,
            role: message.role.as_str(),
            timestamp: &message.created_at,
            updated_at: message.updated_at.as_deref(),
            sender: &message.sender,
            seq,
            deleted: message.deleted,
        }
    }

    /// The message an entry carries, with its number.
    pub fn of(entry: &'a Entry) -> Option<Self> {
        entry.body.message().map(|message| Self::new(message, Some(entry.seq)))
    }
}

#[cfg(test)]
mod tests;
