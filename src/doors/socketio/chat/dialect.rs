//! Events as chat clients hear them (seed 003, PROTOCOLS section 5.3). Pure.
//!
//! What README and code of the original say differently is said in both ways: `id` and `messageId`.

use recado_actors::clock::Timestamp;
use recado_actors::dialect::{Frame, Hearers, Line};
use recado_actors::id::{GroupId, RoomId, UserId};
use recado_actors::message::receipt::Receipted;
use recado_actors::message::room::{Entry, EntryBody, Message, Moved, RoomEvent};
use recado_actors::refusal::Farewell;
use serde::Serialize;
use serde_json::json;

use super::texts;
use super::words::{Msg, number};
use crate::doors::socketio::engine::packet::Protocol;
use crate::doors::socketio::packet::{ROOT, writing};
use crate::doors::socketio::tells::Tells;

/// As it is registered with the broker.
pub const CHAT: &str = "chat";

pub struct ChatDialect;

impl Tells for ChatDialect {
    const DOOR: &'static str = CHAT;

    fn event(&self, event: &RoomEvent) -> Vec<Line> {
        match event {
            RoomEvent::EntryAdded { room, entry, .. } => added(room, entry),
            RoomEvent::TypingChanged { room, user, name, is_typing, at } => Line::alone(
                Hearers::AllBut(user.clone()),
                typing(room, user, name.as_deref(), *is_typing, *at),
            ),
            // Of all who share a group, only who has one with them alone is a contact.
            RoomEvent::PresenceChanged { user, status, between: true, at, .. } => {
                let told = json!({ "userId": number(user), "status": status, "timestamp": at });
                Line::alone(Hearers::AllBut(user.clone()), event_frame("contact_status_changed", &told))
            }
            RoomEvent::PresenceChanged { between: false, .. } | RoomEvent::SignalGiven { .. } => Vec::new(),
            RoomEvent::ReceiptMoved { room, user, moved, at } => receipts(room, user, moved, *at),
            RoomEvent::AttendanceChanged { room, user, name, attends, at } => {
                let event = if *attends { "user_joined_group" } else { "user_left_group" };
                Line::alone(Hearers::Others, named(event, room, user, name.as_deref(), *at))
            }
            RoomEvent::NoticeGiven { text, level, at } => {
                let told = json!({ "message": text, "level": level, "timestamp": at });
                Line::everyone(event_frame("notice", &told))
            }
        }
    }

    fn parting(&self, farewell: Farewell) -> Option<Frame> {
        let Farewell::ShuttingDown { at, .. } = farewell else { return None };
        event_frame("server_shutdown", &json!({ "message": texts::RESTARTING, "timestamp": at }))
    }
}

/// An event with one argument, as one text frame.
fn event_frame(name: &str, payload: &impl Serialize) -> Option<Frame> {
    writing::event(ROOT, name, &(payload,), &[], None)?.frames(Protocol::V4).next()
}

fn added(room: &RoomId, entry: &Entry) -> Vec<Line> {
    match &entry.body {
        EntryBody::MessagePosted { .. } => {
            let told = Msg::of(room, entry);
            Line::alone(Hearers::Others, told.and_then(|msg| event_frame("new_message", &msg)))
        }
        EntryBody::MessageEdited { message } => Line::everyone(edited(room, message, entry)),
        EntryBody::MessageDeleted { message } => Line::everyone(withdrawn(room, message, entry)),
        EntryBody::AgentJoined { .. }
        | EntryBody::EventPublished { .. }
        | EntryBody::RoomClosed
        | EntryBody::RoomReopened => Vec::new(),
    }
}

fn group(room: &RoomId) -> Option<u64> {
    GroupId::of_room(room).map(GroupId::number)
}

fn edited(room: &RoomId, message: &Message, entry: &Entry) -> Option<Frame> {
    let (id, group) = (message.id.number()?, group(room)?);
    let told = json!({
        "id": id, "messageId": id, "groupId": group, "content": message.content,
        "editedAt": message.updated_at, "isEdited": true, "timestamp": entry.at,
    });
    event_frame("message_edited", &told)
}

fn withdrawn(room: &RoomId, message: &Message, entry: &Entry) -> Option<Frame> {
    let (id, group) = (message.id.number()?, group(room)?);
    let by = entry.by.as_ref().map(number);
    if message.recalled {
        let told =
            json!({ "messageId": id, "id": id, "recalledBy": by, "groupId": group, "timestamp": entry.at });
        return event_frame("message_recalled", &told);
    }
    let told = json!({
        "id": id, "messageId": id, "groupId": group, "isDeleted": true,
        "deletedAt": message.updated_at, "deletedBy": by, "timestamp": entry.at,
    });
    event_frame("message_deleted", &told)
}

fn typing(room: &RoomId, user: &UserId, name: Option<&str>, is_typing: bool, at: Timestamp) -> Option<Frame> {
    if is_typing {
        return named("user_typing", room, user, name, at);
    }
    let told = json!({ "userId": number(user), "groupId": group(room)?, "timestamp": at });
    event_frame("user_stopped_typing", &told)
}

fn named(event: &str, room: &RoomId, user: &UserId, name: Option<&str>, at: Timestamp) -> Option<Frame> {
    let name = name.unwrap_or(user.as_str());
    let told = json!({ "userId": number(user), "userName": name, "groupId": group(room)?, "timestamp": at });
    event_frame(event, &told)
}

/// Watermarks as this dialect has them: message by message, delivered to its sender, read to everyone.
fn receipts(room: &RoomId, user: &UserId, moved: &Moved, at: Timestamp) -> Vec<Line> {
    let Some(group) = group(room) else { return Vec::new() };
    let Moved { from, to, over } = moved;
    let mut lines = Vec::new();
    let mut say = |hearers: Hearers, event: &str, told: &serde_json::Value| {
        lines.extend(Line::alone(hearers, event_frame(event, told)));
    };
    for Receipted { id, seq, sender } in over.iter() {
        let Some(id) = id.number() else { continue };
        if *seq > from.delivered && *seq <= to.delivered {
            let told = json!({ "messageId": id, "groupId": group, "timestamp": at, "status": "delivered" });
            say(Hearers::Only(sender.clone()), "message_delivered", &told);
        }
        if *seq > from.read && *seq <= to.read {
            let reader = number(user);
            let told = json!({
                "messageId": id, "readBy": reader, "groupId": group, "timestamp": at, "status": "read",
            });
            say(Hearers::Everyone, "message_read", &told);
            let told = json!({ "messageId": id, "readBy": reader, "groupId": group, "timestamp": at });
            say(Hearers::Only(sender.clone()), "message_read_by_recipient", &told);
        }
    }
    lines
}

#[cfg(test)]
mod tests;
