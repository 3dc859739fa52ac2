//! What may be asked of a document, and what it says.

use actix::Message;
use bytes::Bytes;

use super::awareness::Shown;
use crate::dialect::Frame;
use crate::id::{SessionId, ShardId};
use crate::refusal::Refusal;

/// Command: take this session in. It is asked for what the document lacks, and told who shows what.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct JoinDocument {
    pub session: SessionId,
    /// The worker it sits at.
    pub at: ShardId,
    pub may_write: bool,
    /// It was in before and may have missed something: it is told everything.
    pub again: bool,
}

/// Notice: this session is gone.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct LeaveDocument {
    pub session: SessionId,
}

/// Command: tell this session what it lacks, who knows the document so far.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct ReadDocument {
    pub session: SessionId,
    pub state: Bytes,
}

/// Command: a change; answered when it is durable and on its way to the others.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct WriteDocument {
    pub session: SessionId,
    pub update: Bytes,
    /// It is what this session was asked for.
    pub answers: bool,
}

/// Command: show this beside the document.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct ShowAwareness {
    pub session: SessionId,
    pub shown: Vec<Shown>,
}

/// Command: tell this session what everybody shows.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct TellShown {
    pub session: SessionId,
}

/// What a document says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word<'a> {
    /// It knows itself so far: what does it lack?
    Known(&'a [u8]),
    /// What somebody lacked who asked.
    Missing(&'a [u8]),
    /// Somebody changed it.
    Changed(&'a [u8]),
    /// What is shown beside it.
    Shown(&'a [u8]),
}

/// How the door says it.
pub type Words = fn(Word<'_>) -> Frame;
