//! Delivered and read: watermarks per user and room, merged by the greater.

use actix::Message;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{MessageId, RoomId, Seq, UserId};
use crate::message::client::Right;
use crate::refusal::Refusal;

/// How far a user got in a room. Read implies delivered.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    pub delivered: Seq,
    pub read: Seq,
}

/// A message that a receipt is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipted {
    pub id: MessageId,
    pub seq: Seq,
    /// Who is told of it.
    pub sender: UserId,
}

/// A user's watermark in a room, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub room: RoomId,
    pub user: UserId,
    pub mark: Watermark,
}

/// Command: this user got this far. Answered when it is noted; told to the room when it is stored.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct AdvanceReceipt {
    pub receipt: Receipt,
}

/// Command, to a room: check the number against the head, then pass it to the receipts actor.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct MarkReceipt {
    pub user: UserId,
    pub right: Right,
    pub mark: Watermark,
}

/// Notice, to a room: a user got from there to here, and that is stored.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct TellReceipt {
    pub user: UserId,
    pub from: Watermark,
    pub to: Watermark,
    pub at: Timestamp,
}

/// Query: everybody's watermarks in a room.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Vec<Receipt>, Refusal>")]
pub struct ListReceipts {
    pub room: RoomId,
}
