//! Who is where: a user is online in a room while any of their sessions is.

use actix::Message;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{RoomId, SessionId, UserId};

/// How a user is there, or says they are.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    #[default]
    Online,
    Away,
    Busy,
    Offline,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Online, Self::Away, Self::Busy, Self::Offline];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Away => "away",
            Self::Busy => "busy",
            Self::Offline => "offline",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    pub fn is_online(self) -> bool {
        self != Self::Offline
    }
}

/// Notice: a user who is in these rooms says how they are.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct SetStatus {
    pub user: UserId,
    pub status: Status,
    pub rooms: Vec<RoomId>,
}

/// Notice: a session came into a room.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct SessionEntered {
    pub room: RoomId,
    pub user: UserId,
    pub session: SessionId,
    /// Said again to a reborn presence actor: no news to the room.
    pub again: bool,
}

/// Notice: the room believes this user online; if no session says so, the leave is still to be told.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct UserFading {
    pub room: RoomId,
    pub user: UserId,
}

/// Notice: a room begins a life; its sessions, if it had any, are named anew.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ForgetRoom {
    pub room: RoomId,
}

/// Notice: a session left a room.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct SessionLeft {
    pub room: RoomId,
    pub session: SessionId,
}

/// Query: who is in a room?
#[derive(Debug, Clone, Message)]
#[rtype(result = "Vec<Present>")]
pub struct ListPresent {
    pub room: RoomId,
}

/// One user in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    pub user: UserId,
    pub sessions: usize,
    /// False during the grace between a last session leaving and the leave being told.
    pub online: bool,
    /// How they say they are.
    pub status: Status,
    pub since: Timestamp,
}
