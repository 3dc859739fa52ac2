//! What nodes tell each other through the backplane. Hints only: the log is the truth.

use std::sync::Arc;

use actix::Message;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{ClientId, Epoch, GroupId, NodeId, RoomId, Seq, UserId};
use crate::message::presence::Status;
use crate::message::receipt::Watermark;
use crate::message::room::{Entry, EntryBody, Published};
use crate::ports::BackplaneError;

/// One piece of news about a room, as it travels.
#[derive(Debug, Clone, Serialize, Deserialize, Message)]
#[rtype(result = "()")]
pub struct RoomNews {
    pub from: NodeId,
    pub room: RoomId,
    pub news: News,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum News {
    EntryAdded {
        epoch: Epoch,
        entry: Arc<Entry>,
    },
    /// Somebody else's doing that has no number in our log yet: it gets one here, once for this `client_id`.
    EntryRelayed {
        by: Option<UserId>,
        client_id: ClientId,
        body: Box<EntryBody>,
    },
    TypingChanged {
        user: UserId,
        #[serde(default)]
        name: Option<Arc<str>>,
        is_typing: bool,
        at: Timestamp,
    },
    PresenceChanged {
        user: UserId,
        status: Status,
        at: Timestamp,
    },
    ReceiptMoved {
        user: UserId,
        from: Watermark,
        to: Watermark,
        at: Timestamp,
    },
    AttendanceChanged {
        user: UserId,
        name: Option<Arc<str>>,
        attends: bool,
        at: Timestamp,
    },
    SignalGiven {
        user: UserId,
        signal: Arc<Published>,
        at: Timestamp,
    },
    /// Told to all nodes: whoever has the group at hand looks at it again, and these users are in it now and hear what
    /// follows this number.
    GroupChanged {
        group: GroupId,
        users: Arc<[UserId]>,
        epoch: Epoch,
        from: Seq,
    },
}

/// Command: hear of this room from now on. One try: the room asks again.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), BackplaneError>")]
pub struct WatchRoom {
    pub room: RoomId,
}

/// Notice: the room is closed here.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct UnwatchRoom {
    pub room: RoomId,
}

/// Notice: tell the other nodes.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct PublishNews {
    pub room: RoomId,
    pub news: News,
}
