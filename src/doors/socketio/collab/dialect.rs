//! What a room says in the words of the collab dialect: to all but the client that caused it. Pure.

use recado_actors::dialect::{Hearers, Line};
use recado_actors::id::Alias;
use recado_actors::message::room::{EntryBody, RoomEvent};

use super::asked::EVERYBODY;
use super::words;
use crate::doors::socketio::engine::packet::Protocol;
use crate::doors::socketio::packet::ROOT;
use crate::doors::socketio::packet::writing::{self, Written};
use crate::doors::socketio::recovery::offset;
use crate::doors::socketio::tells::Tells;

pub const COLLAB: &str = "collab";
/// The same for those who may return to where they were.
pub const RETURNING: &str = "collab-returning";

pub struct CollabDialect {
    /// Says where in the log of everybody's room something stands.
    pub recovers: bool,
}

impl Tells for CollabDialect {
    const DOOR: &'static str = COLLAB;

    fn name(&self) -> &'static str {
        if self.recovers { RETURNING } else { COLLAB }
    }

    fn event(&self, event: &RoomEvent) -> Vec<Line> {
        match event {
            RoomEvent::EntryAdded { room, epoch, entry } => match &entry.body {
                EntryBody::EventPublished { event } => {
                    let placed = self.recovers && room.local() == EVERYBODY;
                    let offset = placed.then(|| offset::written(room, *epoch, entry.seq));
                    others(event.from, words::told(room, entry, event, offset))
                }
                EntryBody::MessagePosted { .. }
                | EntryBody::MessageEdited { .. }
                | EntryBody::MessageDeleted { .. }
                | EntryBody::AgentJoined { .. }
                | EntryBody::RoomClosed
                | EntryBody::RoomReopened => Vec::new(),
            },
            // Only clients of this door give signals in its rooms, and their words are its own.
            RoomEvent::SignalGiven { signal, .. } => {
                others(signal.from, writing::event(ROOT, &signal.name, &[&signal.fields], &[], None))
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
fn others(from: Option<Alias>, written: Option<Written>) -> Vec<Line> {
    let to = from.map_or(Hearers::Others, Hearers::AllButFrom);
    let frames = written.iter().flat_map(|written| written.frames(Protocol::V4));
    frames.map(|frame| Line { frame, to: to.clone() }).collect()
}
