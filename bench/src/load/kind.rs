//! The kinds of servers that can be measured, and the few words each needs to hear and say.
//!
//! Pure. What comes in is told apart by its first bytes, because the load must stay cheaper than the server.

use clap::ValueEnum;
use serde_json::json;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Recado's widget door
    Recado,
    /// The bare broadcaster
    Floor,
    /// Socket.IO 4 over a websocket
    Socketio,
    /// The group chat over Socket.IO: Recado's, or a peer with its events
    Chat,
}

/// What a text from the server is.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// Somebody said something in the room.
    Message,
    /// Somebody types.
    Signal,
    /// What this client said arrived; the number it gave it, where the server repeats it.
    Answer(Option<usize>),
    /// The server asks in a text of its own whether the client lives.
    Ping,
    /// The server would not take something, so fewer messages are under way than are counted.
    Complaint,
    Other,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Recado => "recado",
            Self::Floor => "floor",
            Self::Socketio => "socketio",
            Self::Chat => "chat",
        }
    }

    /// What a url without placeholders is given.
    pub fn query(self) -> &'static str {
        match self {
            Self::Recado => "token={token}",
            Self::Floor => "room={room}",
            Self::Socketio | Self::Chat => "EIO=4&transport=websocket",
        }
    }

    /// How the text begins that says a client is in.
    pub fn welcome(self) -> Option<&'static [u8]> {
        match self {
            Self::Recado => Some(br#"{"type":"connected""#),
            Self::Floor => None,
            Self::Socketio => Some(b"40"),
            Self::Chat => Some(br#"42["connected""#),
        }
    }

    /// What a client says when the server has opened, before it is welcome.
    pub fn greeting(self, payload: &[u8], token: &str) -> Option<String> {
        let opened = self.is_socketio() && payload.starts_with(b"0{");
        opened.then(|| format!("40{}", json!({ "token": token })))
    }

    pub fn is_socketio(self) -> bool {
        matches!(self, Self::Socketio | Self::Chat)
    }

    /// What a user is called; in a chat by a number above zero.
    pub fn user(self, number: usize) -> String {
        if self == Self::Chat { (number + 1).to_string() } else { format!("u{number}") }
    }

    /// What a room of this run is called; in a chat the groups have their numbers already.
    pub fn room(self, run: &str, number: usize) -> String {
        match self {
            Self::Chat => (number + 1).to_string(),
            Self::Recado | Self::Floor | Self::Socketio => format!("{run}-{}-{number}", std::process::id()),
        }
    }

    /// Says something to the room. `tag` asks for an answer; a floor's answer is the echo, known by its first letter.
    pub fn post(self, room: usize, content: &str, side: char, tag: Option<usize>) -> String {
        match (self, tag) {
            (Self::Floor, _) => format!("{side}{}", content.get(1..).unwrap_or_default()),
            (Self::Recado, None) => {
                json!({ "type": "message", "content": content, "role": "USER" }).to_string()
            }
            (Self::Recado, Some(tag)) => {
                let frame = json!({ "type": "message", "content": content, "role": "USER", "tempId": tag.to_string() });
                frame.to_string()
            }
            (Self::Socketio, tag) => {
                let tag = tag.map(|tag| tag.to_string()).unwrap_or_default();
                format!("42{tag}{}", json!(["message", { "content": content, "role": "USER" }]))
            }
            (Self::Chat, tag) => {
                let tag = tag.map(|tag| tag.to_string()).unwrap_or_default();
                format!("42{tag}{}", json!(["send_message", { "groupId": room + 1, "content": content }]))
            }
        }
    }

    /// Says that one types, which nobody stores and the sender does not hear.
    pub fn signal(self, room: usize) -> String {
        match self {
            Self::Recado => json!({ "type": "typing", "isTyping": true }).to_string(),
            // as long as what Recado's clients hear then
            Self::Floor => "s".repeat(98),
            Self::Socketio => format!("42{}", json!(["typing", { "isTyping": true }])),
            Self::Chat => format!("42{}", json!(["typing_start", { "groupId": room + 1 }])),
        }
    }

    /// `own` is the letter that this client's words begin with at a floor.
    pub fn hear(self, payload: &[u8], own: char) -> Heard {
        match self {
            Self::Recado => hear_recado(payload),
            Self::Floor => match payload.first().map(|first| char::from(*first)) {
                Some('s') => Heard::Signal,
                Some(first) if first == own => Heard::Answer(None),
                _ => Heard::Message,
            },
            Self::Socketio => hear_socketio(payload),
            Self::Chat => hear_chat(payload),
        }
    }
}

fn hear_recado(payload: &[u8]) -> Heard {
    if payload.starts_with(br#"{"type":"message""#) {
        Heard::Message
    } else if payload.starts_with(br#"{"type":"typing""#) {
        Heard::Signal
    } else if find(payload, br#""type":"sent""#).is_some() {
        let tag = find(payload, br#""tempId":""#).map(|at| payload.get(at..).unwrap_or_default());
        Heard::Answer(tag.and_then(leading_number))
    } else if payload.starts_with(br#"{"type":"error""#) {
        Heard::Complaint
    } else {
        Heard::Other
    }
}

fn hear_socketio(payload: &[u8]) -> Heard {
    match payload {
        b"2" => Heard::Ping,
        [b'4', b'2', event @ ..] if event.starts_with(br#"["message""#) => Heard::Message,
        [b'4', b'2', event @ ..] if event.starts_with(br#"["typing""#) => Heard::Signal,
        [b'4', b'3', answer @ ..] => Heard::Answer(leading_number(answer)),
        [b'4', b'4', ..] => Heard::Complaint,
        _ => Heard::Other,
    }
}

/// A sender hears of its own message by an event and by an answer; the event counts as its delivery.
fn hear_chat(payload: &[u8]) -> Heard {
    match payload {
        b"2" => Heard::Ping,
        [b'4', b'2', event @ ..]
            if event.starts_with(br#"["new_message""#) || event.starts_with(br#"["message_sent""#) =>
        {
            Heard::Message
        }
        [b'4', b'2', event @ ..] if event.starts_with(br#"["user_typing""#) => Heard::Signal,
        [b'4', b'2', event @ ..] if event.starts_with(br#"["message_error""#) => Heard::Complaint,
        [b'4', b'3', answer @ ..] => Heard::Answer(leading_number(answer)),
        [b'4', b'4', ..] => Heard::Complaint,
        _ => Heard::Other,
    }
}

/// Where the needle ends.
fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle).map(|at| at + needle.len())
}

fn leading_number(text: &[u8]) -> Option<usize> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(text.get(..digits)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recado_is_understood_whatever_the_order_of_its_fields() {
        let hear = |text: &str| Kind::Recado.hear(text.as_bytes(), 'a');
        assert_eq!(
            hear(r#"{"data":{"id":"m","seq":4},"tempId":"17","type":"sent"}"#),
            Heard::Answer(Some(17))
        );
        assert_eq!(hear(r#"{"type":"sent","tempId":"17"}"#), Heard::Answer(Some(17)));
        assert_eq!(hear(r#"{"type":"message","data":{}}"#), Heard::Message);
        assert_eq!(hear(r#"{"type":"message_updated","data":{}}"#), Heard::Other);
        assert_eq!(hear(r#"{"type":"typing","data":{}}"#), Heard::Signal);
        assert_eq!(hear(r#"{"type":"error","error":"no"}"#), Heard::Complaint);
    }

    #[test]
    fn socketio_is_understood_with_and_without_an_answer() {
        let hear = |text: &str| Kind::Socketio.hear(text.as_bytes(), 'a');
        assert_eq!(
            Kind::Socketio.post(0, "x", 'a', Some(7)),
            r#"427["message",{"content":"x","role":"USER"}]"#
        );
        assert_eq!(hear(r#"42["message",{"content":"x"}]"#), Heard::Message);
        assert_eq!(hear(r#"437["ok"]"#), Heard::Answer(Some(7)));
        assert_eq!((hear("2"), hear(r#"44{"message":"no"}"#)), (Heard::Ping, Heard::Complaint));
        assert_eq!(Kind::Socketio.greeting(b"0{}", "t").as_deref(), Some(r#"40{"token":"t"}"#));
    }

    #[test]
    fn a_chat_is_understood_and_its_groups_and_users_are_numbers() {
        let hear = |text: &str| Kind::Chat.hear(text.as_bytes(), 'a');
        let said = Kind::Chat.post(4, "x", 'a', Some(7));
        assert_eq!(said, r#"427["send_message",{"content":"x","groupId":5}]"#);
        assert_eq!((Kind::Chat.user(0), Kind::Chat.room("run", 4)), ("1".to_owned(), "5".to_owned()));
        assert_eq!(hear(r#"42["new_message",{}]"#), Heard::Message);
        assert_eq!(hear(r#"42["message_sent",{}]"#), Heard::Message);
        assert_eq!(hear(r#"42["message_error",{}]"#), Heard::Complaint);
        assert_eq!((hear(r#"437[{}]"#), hear("2")), (Heard::Answer(Some(7)), Heard::Ping));
        assert_eq!(hear(r#"42["contact_status_changed",{}]"#), Heard::Other);
    }

    #[test]
    fn a_floor_answers_by_its_echo() {
        let said = Kind::Floor.post(0, "xxxx", 'b', Some(1));
        assert_eq!(Kind::Floor.hear(said.as_bytes(), 'b'), Heard::Answer(None));
        assert_eq!(Kind::Floor.hear(said.as_bytes(), 'a'), Heard::Message);
        assert_eq!(said.len(), 4);
    }
}
