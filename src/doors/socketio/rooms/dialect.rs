//! What a room says in the words of this dialect: messages, whichever door they came by, and nothing else. Pure.

use recado_actors::dialect::{Frame, Line};
use recado_actors::message::room::{EntryBody, Message, RoomEvent};
use serde_json::Value;

use super::codec;
use crate::doors::socketio::recovery::offset;
use crate::doors::socketio::tells::Tells;

pub const ROOMS: &str = "rooms";

/// Under which a message says which node took it.
pub const SERVER: &str = "server";

pub struct RoomsDialect {
    /// Stands for whoever took a message by another door.
    pub server: String,
    /// Clients may return to where they were.
    pub recovers: bool,
}

impl Tells for RoomsDialect {
    const DOOR: &'static str = ROOMS;

    fn event(&self, event: &RoomEvent) -> Vec<Line> {
        match event {
            RoomEvent::EntryAdded { room, epoch, entry } => match &entry.body {
                // Of what was withdrawn there is nothing left to tell.
                EntryBody::MessagePosted { message } if message.deleted => Vec::new(),
                EntryBody::MessagePosted { message } => {
                    let offset = self.recovers.then(|| offset::written(room, *epoch, entry.seq));
                    Line::everyone(self.word(message, offset))
                }
                // The original knew neither changes nor agents.
                EntryBody::MessageEdited { .. }
                | EntryBody::MessageDeleted { .. }
                | EntryBody::AgentJoined { .. }
                | EntryBody::EventPublished { .. }
                | EntryBody::RoomClosed
                | EntryBody::RoomReopened => Vec::new(),
            },
            RoomEvent::TypingChanged { .. }
            | RoomEvent::PresenceChanged { .. }
            | RoomEvent::ReceiptMoved { .. }
            | RoomEvent::AttendanceChanged { .. }
            | RoomEvent::SignalGiven { .. }
            | RoomEvent::NoticeGiven { .. } => Vec::new(),
        }
    }
}

impl RoomsDialect {
    fn word(&self, message: &Message, offset: Option<String>) -> Option<Frame> {
        let took = message.sender.more.get(SERVER).and_then(Value::as_str).unwrap_or(&self.server);
        let told = codec::told(message.sender.name.as_deref(), Some(&message.content), took, offset)?;
        codec::frame(&told)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use recado_actors::clock::Timestamp;
    use recado_actors::id::{Epoch, MessageId, RoomId, Seq};
    use recado_actors::message::room::{Entry, Role, Sender};
    use serde_json::{Map, json};

    use super::*;

    fn said(body: EntryBody) -> Vec<String> {
        said_where(body, false)
    }

    fn said_where(body: EntryBody, recovers: bool) -> Vec<String> {
        let entry = Entry { seq: Seq(1), at: Timestamp(0), by: None, client_id: None, body };
        let room = RoomId::chat("roomChatTest").unwrap();
        let event = RoomEvent::EntryAdded { room, epoch: Epoch(10), entry: Arc::new(entry) };
        let lines = RoomsDialect { server: "here".to_owned(), recovers }.event(&event);
        let text = |line: Line| String::from_utf8(line.frame.packet().to_vec()).unwrap();
        lines.into_iter().map(text).collect()
    }

    fn message(more: Map<String, Value>) -> Message {
        let (name, email, avatar) = (Some("Ana".to_owned()), None, None);
        let sender = Sender { id: "7".to_owned(), name, email, avatar, more };
        Message::text(MessageId::fresh(), "oi".to_owned(), Role::User, sender, String::new())
    }

    #[test]
    fn a_message_names_the_node_that_took_it() {
        let more = json!({ "server": "there" }).as_object().cloned().unwrap();
        assert_eq!(
            said(EntryBody::MessagePosted { message: message(more) }),
            [r#"42["messages",{"nickname":"Ana","message":"oi","server":"there"}]"#]
        );
        assert_eq!(
            said(EntryBody::MessagePosted { message: message(Map::new()) }),
            [r#"42["messages",{"nickname":"Ana","message":"oi","server":"here"}]"#]
        );
    }

    #[test]
    fn where_clients_may_return_a_message_says_where_it_stands() {
        let body = EntryBody::MessagePosted { message: message(Map::new()) };
        assert_eq!(
            said_where(body, true),
            [r#"42["messages",{"nickname":"Ana","message":"oi","server":"here"},"roomChatTest@a-1"]"#]
        );
    }

    #[test]
    fn what_the_original_had_no_word_for_is_not_told() {
        assert!(said(EntryBody::MessageDeleted { message: message(Map::new()) }).is_empty());
        assert!(said(EntryBody::RoomClosed).is_empty());
        let mut withdrawn = message(Map::new());
        withdrawn.withdraw();
        assert!(said(EntryBody::MessagePosted { message: withdrawn }).is_empty());
    }
}
