//! What happens in a room: entries (numbered, kept) and signals (not numbered, droppable).

use std::sync::Arc;

use actix::Message as ActixMessage;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::clock::Timestamp;
use crate::id::{ClientId, Epoch, MessageId, RoomId, Seq, SessionId, ShardId, UserId};
use crate::message::client::Right;
pub use crate::message::entry::{
    Attachment, Entry, EntryBody, Message, MessageKind, Published, Role, Sender,
};
use crate::message::presence::Status;
use crate::message::receipt::{Receipted, Watermark};
use crate::ports::people::{Group, MemberRole};
use crate::refusal::Refusal;

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
    /// `epoch`: that of its number.
    EntryAdded {
        room: RoomId,
        epoch: Epoch,
        entry: Arc<Entry>,
    },
    TypingChanged {
        room: RoomId,
        user: UserId,
        name: Option<Arc<str>>,
        is_typing: bool,
        at: Timestamp,
    },
    /// `between`: it is told in a group of two.
    PresenceChanged {
        room: RoomId,
        user: UserId,
        status: Status,
        between: bool,
        at: Timestamp,
    },
    ReceiptMoved {
        room: RoomId,
        user: UserId,
        moved: Moved,
        at: Timestamp,
    },
    /// A member of the group came to hear it, or went; they are in the group still.
    AttendanceChanged {
        room: RoomId,
        user: UserId,
        name: Option<Arc<str>>,
        attends: bool,
        at: Timestamp,
    },
    /// What a program told the others, at most once.
    SignalGiven {
        room: RoomId,
        user: UserId,
        signal: Arc<Published>,
        at: Timestamp,
    },
    NoticeGiven {
        text: Arc<str>,
        level: NoticeLevel,
        at: Timestamp,
    },
}

/// How far a receipt moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub from: Watermark,
    pub to: Watermark,
    /// In a group: the messages of others in between, oldest first; the newest of them if there are many.
    pub over: Arc<[Receipted]>,
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
    pub right: Right,
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
    pub right: Right,
    /// That says it, if one does.
    pub session: Option<SessionId>,
    pub client_id: ClientId,
    pub body: EntryBody,
}

impl NewEntry {
    /// What the house says, or lets be said in somebody's name.
    pub fn granted(by: Option<UserId>, client_id: ClientId, body: EntryBody) -> Self {
        Self { by, right: Right::Granted, session: None, client_id, body }
    }
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

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Content(String),
    Delete,
    /// As if it had never been said: only while nobody has read it, and not for long.
    Recall,
}

/// Command: change a message. A member may what a member may: the author all, admins and moderators delete.
#[derive(ActixMessage)]
#[rtype(result = "Result<Posted, Refusal>")]
pub struct AmendMessage {
    pub id: MessageId,
    pub change: Change,
    pub by: Option<UserId>,
    pub right: Right,
    /// That asks for it, if one does.
    pub session: Option<SessionId>,
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
    pub name: Option<Arc<str>>,
    pub is_typing: bool,
}

/// Notice: a member came to hear the room, or went.
#[derive(ActixMessage)]
#[rtype(result = "()")]
pub struct SetAttendance {
    pub session: SessionId,
    pub user: UserId,
    pub name: Option<Arc<str>>,
    pub attends: bool,
}

/// Notice: a session gives this signal to the others.
#[derive(ActixMessage)]
#[rtype(result = "()")]
pub struct GiveSignal {
    pub session: SessionId,
    pub user: UserId,
    pub signal: Arc<Published>,
}

/// Notice: tell the members this signal.
#[derive(ActixMessage)]
#[rtype(result = "()")]
pub struct TellSignal {
    pub event: RoomEvent,
}

/// Query: the group whose room this is, as one of its members sees it.
#[derive(ActixMessage)]
#[rtype(result = "Result<Standing, Refusal>")]
pub struct GetStanding {
    pub user: UserId,
}

/// A member's place in a group.
#[derive(Debug, Clone)]
pub struct Standing {
    pub group: Arc<Group>,
    pub role: MemberRole,
    pub members: usize,
}

/// Notice: the group whose room this is was changed.
#[derive(ActixMessage)]
#[rtype(result = "()")]
pub struct LookAtGroup;

/// Query: who is here?
#[derive(ActixMessage)]
#[rtype(result = "Vec<Member>")]
pub struct ListMembers;
