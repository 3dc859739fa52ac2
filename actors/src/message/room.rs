//! What happens in a room: entries (numbered, kept) and signals (not numbered, droppable).

use std::sync::Arc;

use actix::Message as ActixMessage;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::clock::Timestamp;
use crate::id::{ClientId, Epoch, MessageId, RoomId, Seq, SessionId, ShardId, UserId};
use crate::refusal::Refusal;

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
            Self::AgentJoined { .. } | Self::RoomClosed | Self::RoomReopened => None,
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
        let content = self.body.message().map_or("", |message| &message.content);
        content.bytes().map(escaped).sum::<usize>().saturating_add(AROUND)
    }
}

/// Where a room's numbering stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub epoch: Epoch,
    pub seq: Seq,
    pub closed: bool,
}

/// Everything a room tells its members. A door encodes each once per dialect.
#[derive(Debug, Clone)]
pub enum RoomEvent {
    EntryAdded { room: RoomId, entry: Arc<Entry> },
    TypingChanged { user: UserId, is_typing: bool, at: Timestamp },
    PresenceChanged { user: UserId, online: bool, at: Timestamp },
    ReceiptMoved { user: UserId, delivered: Seq, read: Seq, at: Timestamp },
    NoticeGiven { text: Arc<str>, level: NoticeLevel, at: Timestamp },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeLevel {
    Info,
    Success,
    Warning,
    Error,
}

/// A session as its room knows it.
#[derive(Debug, Clone)]
pub struct Member {
    pub session: SessionId,
    pub user: UserId,
    pub shard: ShardId,
}

/// Query: where does the numbering stand? Whoever knows of a number names it.
#[derive(ActixMessage)]
#[rtype(result = "Result<Head, Refusal>")]
pub struct GetHead {
    pub at_least: Seq,
}

/// Command: from now on tell this session everything after `after`.
#[derive(ActixMessage)]
#[rtype(result = "Result<Joined, Refusal>")]
pub struct JoinRoom {
    pub member: Member,
    pub after: Seq,
}

/// How a join ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// What lay between `after` and the head went out first; everything later follows in order.
    Live,
    /// Too far behind for the room's tail: read on to this number and ask again.
    Behind(Seq),
}

/// Notice: the session is gone.
#[derive(ActixMessage)]
#[rtype(result = "()")]
pub struct LeaveRoom {
    pub session: SessionId,
}

/// What is to become an entry.
#[derive(Debug, Clone)]
pub struct NewEntry {
    pub by: Option<UserId>,
    pub client_id: ClientId,
    pub body: EntryBody,
}

/// Where a sender waits until its entry is durable; dropped when whoever had it in hand died.
pub type Answer = oneshot::Sender<Result<Posted, Refusal>>;

/// Notice: add an entry.
#[derive(ActixMessage)]
#[rtype(result = "()")]
pub struct AddEntry {
    pub entry: NewEntry,
    pub answer: Answer,
}

/// The answer to whoever added an entry; a retry gets the first answer.
#[derive(Debug, Clone)]
pub struct Posted {
    pub entry: Arc<Entry>,
    pub epoch: Epoch,
    pub duplicate: bool,
}

/// Command: change a message's content, or withdraw it with `None`.
#[derive(ActixMessage)]
#[rtype(result = "Result<Posted, Refusal>")]
pub struct AmendMessage {
    pub id: MessageId,
    pub content: Option<String>,
    pub by: Option<UserId>,
    pub client_id: ClientId,
    /// ISO 8601: when it was changed.
    pub at: String,
}

/// Notice: someone types, or stopped.
#[derive(ActixMessage)]
#[rtype(result = "()")]
pub struct SetTyping {
    pub session: SessionId,
    pub user: UserId,
    pub is_typing: bool,
}

/// Notice: tell the members this signal.
#[derive(ActixMessage)]
#[rtype(result = "()")]
pub struct TellSignal {
    pub event: RoomEvent,
}

/// Query: who is here?
#[derive(ActixMessage)]
#[rtype(result = "Vec<Member>")]
pub struct ListMembers;
