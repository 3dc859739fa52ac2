//! What a room says in the words of the collab dialect: to all but the client that caused it. Pure.

use recado_actors::dialect::{Hearers, Line};
use recado_actors::message::room::{EntryBody, RoomEvent};

use super::words;
use crate::doors::socketio::engine::packet::Protocol;
use crate::doors::socketio::packet::ROOT;
use crate::doors::socketio::packet::writing::{self, Written};
use crate::doors::socketio::tells::Tells;

pub const COLLAB: &str = "collab";

pub struct CollabDialect;

impl Tells for CollabDialect {
    const NAME: &'static str = COLLAB;

    fn event(&self, event: &RoomEvent) -> Vec<Line> {
        match event {
            RoomEvent::EntryAdded { room, entry } => match &entry.body {
                EntryBody::EventPublished { event } => others(words::told(room, entry, event)),
                EntryBody::MessagePosted { .. }
                | EntryBody::MessageEdited { .. }
                | EntryBody::MessageDeleted { .. }
                | EntryBody::AgentJoined { .. }
                | EntryBody::RoomClosed
                | EntryBody::RoomReopened => Vec::new(),
            },
            // Only clients of this door give signals in its rooms, and their words are its own.
            RoomEvent::SignalGiven { signal, .. } => {
                others(writing::event(ROOT, &signal.name, &[&signal.fields], &[], None))
            }
            RoomEvent::TypingChanged { .. }
            | RoomEvent::PresenceChanged { .. }
            | RoomEvent::ReceiptMoved { .. }
            | RoomEvent::AttendanceChanged { .. }
            | RoomEvent::NoticeGiven { .. } => Vec::new(),
        }
    }
}

/// A text, and its attachments right behind it.
fn others(written: Option<Written>) -> Vec<Line> {
    let frames = written.iter().flat_map(|written| written.frames(Protocol::V4));
    frames.map(|frame| Line { frame, to: Hearers::Others }).collect()
}
