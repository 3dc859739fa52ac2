//! Names that are numbers: those of groups, and of messages in them.
//!
//! No number is greater than what every client's language holds exactly.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{IdError, MessageId, RoomId, RoomKind};

/// JavaScript's `Number.MAX_SAFE_INTEGER`.
const GREATEST: u64 = 9_007_199_254_740_991;

/// A number written in the one way we write it: digits only, none of them a leading zero.
fn whole(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|number| plain && (1..=GREATEST).contains(number))
}

/// A group of users; its room is `group:<number>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64")]
pub struct GroupId(u64);

impl TryFrom<u64> for GroupId {
    type Error = IdError;

    fn try_from(number: u64) -> Result<Self, IdError> {
        Self::new(number)
    }
}

impl GroupId {
    pub fn new(number: u64) -> Result<Self, IdError> {
        if (1..=GREATEST).contains(&number) { Ok(Self(number)) } else { Err(IdError::Number) }
    }

    pub fn parse(text: &str) -> Result<Self, IdError> {
        whole(text).map(Self).ok_or(IdError::Number)
    }

    /// The group that speaks in this room.
    pub fn of_room(room: &RoomId) -> Option<Self> {
        if room.kind() == RoomKind::Group { Self::parse(room.local()).ok() } else { None }
    }

    pub fn room(self) -> RoomId {
        RoomId(format!("{}:{self}", RoomKind::Group.as_str()).into())
    }

    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl MessageId {
    /// The name of a message that a store numbered.
    pub fn numbered(number: u64) -> Self {
        Self(number.to_string().into())
    }

    /// The number a store gave it; none if it was named otherwise.
    pub fn number(&self) -> Option<u64> {
        whole(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_number_that_every_client_holds() {
        for text in ["", "0", "-1", "+1", "01", "1.0", " 1", "٣", "9007199254740992", "99999999999999999999"]
        {
            assert_eq!(GroupId::parse(text), Err(IdError::Number), "{text}");
        }
        assert_eq!(GroupId::parse("9007199254740991").map(GroupId::number), Ok(GREATEST));
        assert_eq!((GroupId::new(0), GroupId::new(7)), (Err(IdError::Number), GroupId::parse("7")));
    }

    #[test]
    fn a_group_and_its_room_lead_to_each_other() {
        let group = GroupId::new(7).unwrap();
        assert_eq!(group.room(), RoomId::parse("group:7").unwrap());
        assert_eq!(GroupId::of_room(&group.room()), Some(group));
        assert_eq!(GroupId::of_room(&RoomId::parse("group:x").unwrap()), None);
        assert_eq!(GroupId::of_room(&RoomId::chat("7").unwrap()), None);
    }

    #[test]
    fn a_message_s_number_reads_back() {
        assert_eq!(MessageId::numbered(12).number(), Some(12));
        assert_eq!(MessageId::parse("msg_12").unwrap().number(), None);
    }
}
