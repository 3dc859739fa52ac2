//! What chat clients are told, as JSON objects (seed 003, PROTOCOLS section 5.3). Pure.
//!
//! Ids on this wire are whole numbers: clients are typed, and a text would end them.

use recado_actors::clock::Timestamp;
use recado_actors::id::{GroupId, RoomId, UserId};
use recado_actors::message::room::{Entry, EntryBody, Message};
use serde::Serialize;
use serde_json::Value;

/// A message as this dialect shows it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Msg<'a> {
    pub id: u64,
    /// None: it was deleted.
    pub content: Option<&'a str>,
    pub r#type: &'static str,
    pub sender_id: u64,
    pub sender_name: &'a str,
    pub group_id: u64,
    pub reply_to_id: Option<u64>,
    pub file_url: Option<&'a str>,
    pub file_name: Option<&'a str>,
    /// In bytes.
    pub file_size: Option<u64>,
    pub status: &'static str,
    /// ISO 8601.
    pub created_at: &'a str,
    /// Milliseconds since 1970.
    pub timestamp: i64,
    pub is_edited: bool,
    pub is_deleted: bool,
}

impl<'a> Msg<'a> {
    /// None: it is no message of a group.
    pub fn of(room: &RoomId, entry: &'a Entry) -> Option<Self> {
        let message = entry.body.message()?;
        let is_edit = matches!(entry.body, EntryBody::MessageEdited { .. });
        Self::new(room, message, entry.at, is_edit)
    }

    /// `at` is when it was posted or, where that is known better by its date, whenever.
    pub fn new(room: &RoomId, message: &'a Message, at: Timestamp, is_edit: bool) -> Option<Self> {
        let file = message.attachment.as_ref();
        Some(Self {
            id: message.id.number()?,
            content: (!message.deleted).then_some(message.content.as_str()),
            r#type: message.kind.as_str(),
            sender_id: number_named(&message.sender.id),
            sender_name: message.sender.name.as_deref().unwrap_or(&message.sender.id),
            group_id: GroupId::of_room(room)?.number(),
            reply_to_id: message.reply_to.as_ref().and_then(|id| id.number()),
            file_url: file.map(|file| file.url.as_str()),
            file_name: file.and_then(|file| file.name.as_deref()),
            file_size: file.and_then(|file| file.size),
            status: "sent",
            created_at: &message.created_at,
            timestamp: Timestamp::parse(&message.created_at).unwrap_or(at).0,
            is_edited: is_edit || (message.updated_at.is_some() && !message.deleted),
            is_deleted: message.deleted,
        })
    }
}

/// The number by which this wire knows a user: their own, where their id is one. Whoever is named otherwise, by another
/// door, gets one above all of those, always the same.
pub fn number(user: &UserId) -> u64 {
    number_named(user.as_str())
}

fn number_named(name: &str) -> u64 {
    if let Ok(own) = GroupId::parse(name) {
        return own.number();
    }
    // FNV-1a, in the upper half of what JavaScript counts exactly.
    const HALF: u64 = 1 << 52;
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    HALF | (hash & (HALF - 1))
}

/// An answer that says no.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct No<'a> {
    pub success: bool,
    pub error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temp_id: Option<&'a Value>,
}

impl<'a> No<'a> {
    pub fn new(error: &'a str) -> Self {
        Self { success: false, error, temp_id: None }
    }
}

/// The answer to `send_message`, and `message_sent`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent<'a> {
    pub success: bool,
    pub message: &'a Msg<'a>,
    pub temp_id: Option<&'a Value>,
}

/// `message_error`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SendFailed<'a> {
    pub temp_id: Option<&'a Value>,
    pub error: &'a str,
    pub timestamp: i64,
}

/// An answer that says yes, in words.
#[derive(Debug, Serialize)]
pub struct Yes {
    pub success: bool,
    pub message: &'static str,
}

impl Yes {
    pub fn new(message: &'static str) -> Self {
        Self { success: true, message }
    }
}

/// `connected`; `timestamp` is ISO 8601 here, and `serverTime` milliseconds since 1970.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    pub message: &'static str,
    pub user_id: u64,
    pub timestamp: String,
    pub server_time: i64,
}

/// `pending_messages`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending<'a> {
    pub messages: &'a [Msg<'a>],
    pub count: usize,
    /// More of them follow at once, or are to be found in the history.
    pub has_more: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_called_a_number_is_that_number_and_others_are_none_of_those() {
        let number = |name| number(&UserId::parse(name).unwrap());
        assert_eq!((number("7"), number("9007199254740991")), (7, 9_007_199_254_740_991));
        for name in ["cl_7", "07", "0", "9007199254740992", "ana"] {
            assert!((1 << 52..1 << 53).contains(&number(name)), "{name}");
            assert_eq!(number(name), number(name));
        }
        assert_ne!(number("ana"), number("bob"));
    }
}
