//! What is kept of a conversation: entries, and the messages they carry.
//!
//! What was written once reads back for ever: a field that came later has a meaning where it is absent.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::id::{Alias, ClientId, MessageId, Seq, UserId};

/// In whose name something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    User,
    Assistant,
    Agent,
    System,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Agent => "agent",
            Self::System => "system",
        }
    }
}

/// Who said it, as shown to readers. What the system of record adds beyond these is passed on as it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sender {
    pub id: String,
    pub name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub avatar: Option<String>,
    #[serde(flatten)]
    pub more: serde_json::Map<String, Value>,
}

/// A message as it stands after the entry that carries it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub content: String,
    pub role: Role,
    pub sender: Sender,
    /// ISO 8601, as the system of record wrote it.
    pub created_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    #[serde(default, rename = "type", skip_serializing_if = "MessageKind::is_text")]
    pub kind: MessageKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
    /// A message of the same room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
    /// It was deleted by its sender before anybody had read it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recalled: bool,
}

impl Message {
    /// A text that answers nothing.
    pub fn text(id: MessageId, content: String, role: Role, sender: Sender, created_at: String) -> Self {
        let (kind, attachment, reply_to) = (MessageKind::Text, None, None);
        let (updated_at, deleted, recalled) = (None, false, false);
        Self {
            id,
            content,
            role,
            sender,
            created_at,
            updated_at,
            deleted,
            kind,
            attachment,
            reply_to,
            recalled,
        }
    }

    /// Takes back what it said.
    pub fn withdraw(&mut self) {
        self.content.clear();
        self.attachment = None;
        self.deleted = true;
    }
}

/// What a message is beside its text.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    #[default]
    Text,
    Image,
    File,
    Audio,
    Video,
}

impl MessageKind {
    pub const ALL: [Self; 5] = [Self::Text, Self::Image, Self::File, Self::Audio, Self::Video];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::File => "file",
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    fn is_text(&self) -> bool {
        *self == Self::Text
    }
}

/// A file that a message shows, as its sender named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// In bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// What a program says in a room to other programs: a name, and whatever belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Published {
    pub name: String,
    pub fields: Value,
    /// The connection that said it, where its dialect knows connections again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Alias>,
}

impl Published {
    pub fn new(name: impl Into<String>, fields: Value) -> Self {
        Self { name: name.into(), fields, from: None }
    }
}

/// What an entry says. Each is numbered in its room and told to everyone in it, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EntryBody {
    MessagePosted {
        message: Message,
    },
    /// The whole message after the edit.
    MessageEdited {
        message: Message,
    },
    /// The message with its content withdrawn; the store withdraws it from the original entry too.
    MessageDeleted {
        message: Message,
    },
    AgentJoined {
        agent: UserId,
        name: String,
    },
    EventPublished {
        event: Published,
    },
    RoomClosed,
    RoomReopened,
}

impl EntryBody {
    /// What kind of entry it is, in one word of ours.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::MessagePosted { .. } => "message",
            Self::MessageEdited { .. } => "edit",
            Self::MessageDeleted { .. } => "delete",
            Self::AgentJoined { .. } => "agent_joined",
            Self::EventPublished { .. } => "event",
            Self::RoomClosed => "room_closed",
            Self::RoomReopened => "room_reopened",
        }
    }

    /// The message this entry posts, edits or deletes.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::MessagePosted { message }
            | Self::MessageEdited { message }
            | Self::MessageDeleted { message } => Some(message),
            Self::AgentJoined { .. }
            | Self::EventPublished { .. }
            | Self::RoomClosed
            | Self::RoomReopened => None,
        }
    }
}

/// One numbered thing that happened in a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub seq: Seq,
    /// When it was committed.
    pub at: Timestamp,
    /// Who caused it; none for the system itself.
    pub by: Option<UserId>,
    /// By what its sender knows it. It stays on the node that has it from the log.
    #[serde(skip)]
    pub client_id: Option<ClientId>,
    #[serde(flatten)]
    pub body: EntryBody,
}

impl Entry {
    /// About how many bytes it takes on the wire.
    pub fn weight(&self) -> usize {
        const AROUND: usize = 512;
        let escaped = |byte| match byte {
            0..0x20 => 6,
            b'"' | b'\\' => 2,
            _ => 1,
        };
        match &self.body {
            EntryBody::EventPublished { event } => written(&event.fields).saturating_add(AROUND),
            body => {
                let content = body.message().map_or("", |message| &message.content);
                content.bytes().map(escaped).sum::<usize>().saturating_add(AROUND)
            }
        }
    }
}

/// How long a value is as JSON.
fn written(value: &Value) -> usize {
    let mut counted = Counted(0);
    // Whatever cannot be written counts as far as it could be.
    let _ = serde_json::to_writer(&mut counted, value);
    counted.0
}

/// Takes everything and keeps its length.
struct Counted(usize);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_weighs_what_it_says() {
        let weight = |body| Entry { seq: Seq(1), at: Timestamp(0), by: None, client_id: None, body }.weight();
        let told = |text: &str| {
            let event = Published::new("e", json!({ "text": text }));
            weight(EntryBody::EventPublished { event })
        };
        assert_eq!(told(&"x".repeat(1000)), told("").saturating_add(1000));
        assert_eq!(told(""), weight(EntryBody::RoomClosed).saturating_add(r#"{"text":""}"#.len()));
    }
}
