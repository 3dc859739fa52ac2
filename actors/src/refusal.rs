//! Every "no" and every goodbye, as data.
//!
//! Codes are stable: clients and dashboards may rely on them. Doors word them for their dialect in one `match`.

mod document;
mod file;
mod group;

use std::time::Duration;

pub use self::document::DocumentRefusal;
pub use self::file::FileRefusal;
pub use self::group::GroupRefusal;
use crate::clock::Timestamp;
use crate::ports::LogError;

/// A "no" the client can act on. `Display` is the text for developers; [`Refusal::code`] is the stable name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("content is empty")]
    EmptyContent,
    #[error("content has more than {limit} characters")]
    ContentTooLong { limit: usize },
    #[error("agents and assistants must be authenticated")]
    NotAnAgent,
    #[error("the room is closed")]
    RoomClosed,
    #[error("the message is unknown in this room")]
    UnknownMessage,
    #[error("the message was deleted")]
    MessageDeleted,
    #[error("seq is beyond the newest entry, {head}")]
    SeqAhead { head: u64 },
    #[error("the token is for another user or room")]
    OtherIdentity,
    #[error("not admitted")]
    Banned,
    #[error("the ticket was used before")]
    TicketUsed,
    #[error("not in the room yet")]
    NotInRoom,
    #[error("a session can be in {limit} rooms")]
    TooManyRooms { limit: usize },
    #[error("the store has no space left")]
    StoreFull,
    #[error("the store does not answer")]
    StoreDown,
    #[error("too much is waiting to be stored")]
    Busy,
    /// It asked for too much too fast, alone or together with those it shares a limit with.
    #[error("too many requests")]
    RateLimited { retry_after: Duration },
    #[error("an answer took too long")]
    TimedOut,
    #[error("a part of the broker is restarting")]
    Restarting,
    #[error("shutting down")]
    Draining,
    /// The system of record said no, in its own words.
    #[error("{detail}")]
    BackendRefused { detail: String },
    /// It failed or did not answer in time: whether it took the message is unknown.
    #[error("{detail}")]
    BackendFailed { detail: String },
    /// It was not asked, because it kept failing or too many wait for it already.
    #[error("the backend does not answer")]
    BackendDown,
    #[error("{0}")]
    File(FileRefusal),
    #[error("{0}")]
    Group(GroupRefusal),
    #[error("{0}")]
    Document(DocumentRefusal),
}

impl Refusal {
    /// The stable name, in snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyContent => "empty_content",
            Self::ContentTooLong { .. } => "content_too_long",
            Self::NotAnAgent => "not_an_agent",
            Self::RoomClosed => "room_closed",
            Self::UnknownMessage => "unknown_message",
            Self::MessageDeleted => "message_deleted",
            Self::SeqAhead { .. } => "seq_ahead",
            Self::OtherIdentity => "other_identity",
            Self::Banned => "banned",
            Self::TicketUsed => "ticket_used",
            Self::NotInRoom => "not_in_room",
            Self::TooManyRooms { .. } => "too_many_rooms",
            Self::StoreFull => "store_full",
            Self::StoreDown => "store_down",
            Self::Busy => "busy",
            Self::RateLimited { .. } => "rate_limited",
            Self::TimedOut => "timed_out",
            Self::Restarting => "restarting",
            Self::Draining => "draining",
            Self::BackendRefused { .. } => "backend_refused",
            Self::BackendFailed { .. } => "backend_failed",
            Self::BackendDown => "backend_down",
            Self::File(why) => why.code(),
            Self::Group(why) => why.code(),
            Self::Document(why) => why.code(),
        }
    }

    /// May the same request succeed a little later?
    pub fn retry(&self) -> bool {
        match self {
            Self::File(why) => why.retry(),
            Self::Document(why) => why.retry(),
            Self::StoreFull
            | Self::StoreDown
            | Self::Busy
            | Self::RateLimited { .. }
            | Self::TimedOut
            | Self::Restarting
            | Self::Draining
            | Self::NotInRoom
            | Self::BackendDown => true,
            Self::EmptyContent
            | Self::ContentTooLong { .. }
            | Self::NotAnAgent
            | Self::RoomClosed
            | Self::UnknownMessage
            | Self::MessageDeleted
            | Self::SeqAhead { .. }
            | Self::OtherIdentity
            | Self::Banned
            | Self::TicketUsed
            | Self::TooManyRooms { .. }
            | Self::BackendFailed { .. }
            | Self::BackendRefused { .. }
            | Self::Group(_) => false,
        }
    }

    /// When it may, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            _ => None,
        }
    }
}

/// Why a connection is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Farewell {
    /// No token came, or none in time.
    TokenMissing,
    /// The token had expired when it was presented.
    TokenExpired,
    TokenInvalid,
    /// The token is genuine but names no user or no room.
    TokenIncomplete,
    /// The token expired while the session lived.
    SessionExpired,
    Banned,
    /// An operator ended this connection.
    Disconnected,
    /// The client read too slowly for too long.
    TooSlow,
    /// It did not answer a heartbeat: gone without a word.
    NoHeartbeat,
    /// It went on asking past its refusals.
    Flooding,
    /// A message beyond the size limit.
    TooBig,
    /// Too many or too slow fragments, or a frame that never ended.
    TooFragmented,
    /// A frame that breaks RFC 6455.
    Malformed,
    /// Text that is not UTF-8.
    NotText,
    /// This node is going away; come back after `retry_ms`, counted from `at`.
    ShuttingDown {
        retry_ms: u32,
        at: Timestamp,
    },
    /// The store or another part is out of order: come back a little later.
    TryLater,
    /// A fault of ours.
    Internal,
    /// The client said goodbye first, with this code.
    ByClient(u16),
}

impl Farewell {
    /// The stable name, for logs and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::TokenMissing => "token_missing",
            Self::TokenExpired => "token_expired",
            Self::TokenInvalid => "token_invalid",
            Self::TokenIncomplete => "token_incomplete",
            Self::SessionExpired => "session_expired",
            Self::Banned => "banned",
            Self::Disconnected => "disconnected",
            Self::TooSlow => "too_slow",
            Self::NoHeartbeat => "no_heartbeat",
            Self::Flooding => "flooding",
            Self::TooBig => "too_big",
            Self::TooFragmented => "too_fragmented",
            Self::Malformed => "malformed",
            Self::NotText => "not_text",
            Self::ShuttingDown { .. } => "shutting_down",
            Self::TryLater => "try_later",
            Self::Internal => "internal",
            Self::ByClient(_) => "by_client",
        }
    }
}

impl From<LogError> for Refusal {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Full(_) => Self::StoreFull,
            LogError::Unavailable(_) | LogError::Untrusted(_) => Self::StoreDown,
        }
    }
}
