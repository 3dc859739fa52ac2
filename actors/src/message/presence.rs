//! Who is where: a user is online in a room while any of their sessions is.

use actix::Message;

use crate::clock::Timestamp;
use crate::id::{RoomId, SessionId, UserId};

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
    pub since: Timestamp,
}
