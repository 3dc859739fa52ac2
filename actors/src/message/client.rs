//! What a connected client asks of its session, whatever protocol it asked in.

use std::sync::Arc;

use actix::Message;
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use crate::clock::Timestamp;
use crate::dialect::Announcement;
use crate::id::{ClientId, Epoch, GroupId, MessageId, RoomId, Seq, UserId};
use crate::message::presence::Status;
use crate::message::room::{Attachment, Change, Entry, Head, MessageKind, Posted, Published, Role, Sender};
use crate::refusal::Refusal;

/// By what somebody is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// A token names the room, or the house itself speaks.
    Granted,
    /// They are in the group whose room it is, now.
    Member,
}

/// Who a client is and what it may do: what was proved about it when it came.
#[derive(Debug, Clone)]
pub struct Identity {
    pub user: UserId,
    pub right: Right,
    /// May it speak as an agent or assistant? False only for those a token calls unauthenticated.
    pub may_speak_as_agent: bool,
    /// Shared, for it goes out with every signal.
    pub name: Option<Arc<str>>,
    pub email: Option<String>,
    pub avatar: Option<Box<str>>,
    /// The token's own id, by which it can be banned.
    pub token_id: Option<Arc<str>>,
    /// When the session must end unless refreshed.
    pub expires_at: Option<Timestamp>,
}

/// Where a returning client left off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resume {
    pub since: Seq,
    pub epoch: Option<Epoch>,
}

/// Query: where does this room stand, and can I resume there?
#[derive(Message)]
#[rtype(result = "Result<Opened, Refusal>")]
pub struct OpenRoom {
    pub room: RoomId,
    pub resume: Option<Resume>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    pub head: Head,
    /// The number after which the session will be told everything.
    pub from: Seq,
    /// The client asked to resume and cannot: it must start afresh from `from`.
    pub reset: bool,
}

/// Command: send what was missed since `from`, then everything that follows.
#[derive(Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct FollowRoom {
    pub room: RoomId,
    pub from: Seq,
}

/// Query: what a returning client missed in a room. None: that cannot be told whole, exactly and at once.
#[derive(Message)]
#[rtype(result = "Result<Option<Missed>, Refusal>")]
pub struct RecallMissed {
    pub room: RoomId,
    pub resume: Resume,
    /// None of what it missed may be older.
    pub oldest: Option<Timestamp>,
}

/// What a client missed, as far as it is for it: it follows the room from where this ends.
pub struct Missed {
    pub opened: Opened,
    /// Oldest first.
    pub told: Vec<Arc<Announcement>>,
}

/// Command: the client is back on another connection: this one is hung up on without a word.
#[derive(Message)]
#[rtype(result = "()")]
pub struct GiveWay;

/// Notice: the client wants to hear no more of this room.
#[derive(Message)]
#[rtype(result = "()")]
pub struct UnfollowRoom {
    pub room: RoomId,
}

/// What is said in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub content: String,
    pub kind: MessageKind,
    pub attachment: Option<Attachment>,
    pub reply_to: Option<MessageId>,
    /// None: its sender goes by the name that was proved.
    pub byline: Option<Byline>,
}

impl Words {
    pub fn text(content: String) -> Self {
        Self { content, kind: MessageKind::Text, attachment: None, reply_to: None, byline: None }
    }
}

/// What a sender goes by in one message, where a dialect lets everybody choose. Who they are is what was proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Byline {
    pub name: Option<String>,
    /// What readers are shown beside it.
    pub more: Map<String, Value>,
}

impl Byline {
    pub fn sign(self, sender: &mut Sender) {
        sender.name = self.name;
        sender.more.extend(self.more);
    }
}

/// Notice: post this, after whatever came before it. Answered when it is durable; a way to an answer that is dropped
/// means that the session died.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PostMessage {
    pub room: RoomId,
    pub words: Words,
    pub role: Role,
    pub client_id: Option<ClientId>,
    pub answer: oneshot::Sender<Result<Acknowledgement, Refusal>>,
}

/// What became of a post; a retry gets what became of the first.
#[derive(Debug, Clone)]
pub struct Acknowledgement {
    pub id: MessageId,
    pub seq: Seq,
    pub duplicate: bool,
    /// As it was posted; none where only its place is remembered.
    pub entry: Option<Arc<Entry>>,
}

/// Notice: the client types, or stopped.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct SignalTyping {
    pub room: RoomId,
    pub is_typing: bool,
}

/// Notice: the client came to hear this room, or went, and the others are told.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct SignalAttendance {
    pub room: RoomId,
    pub attends: bool,
}

/// Notice: the client says how its user is.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct SignalStatus(pub Status);

/// Notice: the client gives the others in a room a signal of its own.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct SignalOthers {
    pub room: RoomId,
    pub signal: Arc<Published>,
}

/// Command: add an event of the client's own to a room.
#[derive(Debug, Message)]
#[rtype(result = "Result<Posted, Refusal>")]
pub struct PublishEvent {
    pub room: RoomId,
    pub event: Published,
}

/// Command: change a message, as its author or as who keeps order in the group.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Posted, Refusal>")]
pub struct ChangeMessage {
    pub room: RoomId,
    pub id: MessageId,
    pub change: Change,
}

/// Notice: the client's user is in this group from now on, and hears what follows this number.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct EnterGroup {
    pub group: GroupId,
    pub from: Seq,
}

/// Command: whatever else a client can ask for in a room it follows.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Reply, Refusal>")]
pub struct InRoom {
    pub room: RoomId,
    pub command: ClientCommand,
}

#[derive(Debug, Clone)]
pub enum ClientCommand {
    AnnounceAgent,
    GetHistory { before: Option<Seq>, limit: usize },
    MarkDelivered { seq: Seq },
    MarkRead { seq: Seq },
}

/// What the session answers; the door words it.
#[derive(Debug, Clone)]
pub enum Reply {
    Done,
    History { epoch: Epoch, entries: Vec<Arc<Entry>>, more: bool },
}

/// Command: the client proved itself again; the session may go on until then.
#[derive(Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct RefreshSession {
    pub identity: Identity,
}

/// Notice: the client is gone.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CloseSession;
