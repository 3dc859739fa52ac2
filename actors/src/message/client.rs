//! What a connected client asks of its session, whatever protocol it asked in.

use std::sync::Arc;

use actix::Message;
use tokio::sync::oneshot;

use crate::clock::Timestamp;
use crate::id::{ClientId, Epoch, MessageId, RoomId, Seq, UserId};
use crate::message::room::{Entry, Head, Role};
use crate::refusal::Refusal;

/// Who a client is and what it may do: what was proved about it when it came.
#[derive(Debug, Clone)]
pub struct Identity {
    pub user: UserId,
    /// May it speak as an agent or assistant? False only for those a token calls unauthenticated.
    pub may_speak_as_agent: bool,
    pub name: Option<String>,
    pub email: Option<String>,
    pub avatar: Option<String>,
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

/// Notice: the client wants to hear no more of this room.
#[derive(Message)]
#[rtype(result = "()")]
pub struct UnfollowRoom {
    pub room: RoomId,
}

/// Notice: post this, after whatever came before it. Answered when it is durable; a way to an answer that is dropped
/// means that the session died.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PostMessage {
    pub room: RoomId,
    pub content: String,
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
}

/// Notice: the client types, or stopped.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct SignalTyping {
    pub room: RoomId,
    pub is_typing: bool,
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
