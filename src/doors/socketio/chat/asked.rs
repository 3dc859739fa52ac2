//! Chat events to what they ask for (seed 003, PROTOCOLS section 5.2). Pure: no sockets, no actors.
//!
//! | event | fields |
//! |---|---|
//! | `send_message` | `groupId`, `content`, `type`?, `replyToId`?, `tempId`?, `fileUrl`?, `fileName`?, `fileSize`? |
//! | `join_group`, `leave_group`, `typing_start`, `typing_stop`, `get_online_users` | `groupId` |
//! | `message_delivered`, `message_read` | `messageIds`; the group is the messages' own, whatever `groupId` says |
//! | `update_status` | `status`: `online`, `away`, `busy` or `offline` |
//! | `edit_message` | `messageId`, `content` |
//! | `delete_message`, `recall_message` | `messageId` |
//! | `upload_file` | `fileName`, `file`, `fileSize`, `groupId` |
//!
//! Ids are whole numbers, also written as text; a field that is null was left out, as Flutter does.

use recado_actors::depot::clean_title;
use recado_actors::message::presence::Status;
use recado_actors::message::room::{Attachment, MessageKind};
use serde_json::{Map, Value};

use super::texts;
use crate::doors::socketio::packet::LARGEST_ID;

/// The most messages one receipt may name.
const MOST_MESSAGES: usize = 1000;
/// The longest `tempId`, in bytes.
const LONGEST_TEMP_ID: usize = 128;
/// The longest address of a file, in bytes.
const LONGEST_ADDRESS: usize = 2048;

/// A group, message or user as the wire counts them.
pub type Number = u64;

/// A message as its sender wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub group: Number,
    pub kind: MessageKind,
    /// Trimmed; empty only beside a file.
    pub content: String,
    pub reply_to: Option<Number>,
    pub file: Option<Attachment>,
}

/// What an event asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Send(Letter),
    Join { group: Number },
    Leave { group: Number },
    Delivered { messages: Vec<Number> },
    Read { messages: Vec<Number> },
    Typing { group: Number, is_typing: bool },
    SetStatus(Status),
    ListOnline { group: Number },
    Edit { message: Number, content: String },
    Delete { message: Number },
    Recall { message: Number },
    Upload { group: Number, name: String, size: u64 },
}

/// What an event was read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Asked(Asked),
    /// The text for its sender.
    Refused(&'static str),
    /// No event of ours, or one that the original takes without a word.
    Ignored,
}

/// Reads an event. What it carries beside its first argument is ignored, as the original did.
pub fn read(name: &str, args: &[Value]) -> Heard {
    let nothing = Map::new();
    let fields = Fields(args.first().and_then(Value::as_object).unwrap_or(&nothing));
    let heard = match name {
        "send_message" => fields.letter().map(Asked::Send),
        "join_group" => fields.group().map(|group| Asked::Join { group }),
        "leave_group" => fields.group().map(|group| Asked::Leave { group }),
        "get_online_users" => fields.group().map(|group| Asked::ListOnline { group }),
        "edit_message" => fields.edit(),
        "delete_message" => fields.message().map(|message| Asked::Delete { message }),
        "recall_message" => fields.message().map(|message| Asked::Recall { message }),
        "upload_file" => fields.upload(),
        _ => return fields.signal(name).map_or(Heard::Ignored, Heard::Asked),
    };
    heard.map_or_else(Heard::Refused, Heard::Asked)
}

/// What the client calls its request, to be given back as it is: text or a number, nothing else and nothing long.
pub fn temp_id(args: &[Value]) -> Option<&Value> {
    let id = args.first()?.get("tempId")?;
    let fits = match id {
        Value::String(text) => (1..=LONGEST_TEMP_ID).contains(&text.len()),
        Value::Number(_) => true,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    };
    fits.then_some(id)
}

/// Where a file or a picture may be: here or on the web, and never what a client would run.
pub fn is_address(url: &str) -> bool {
    let begins = |start: &str| url.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start));
    url.len() <= LONGEST_ADDRESS && (["/", "https://", "http://"].into_iter().any(begins))
}

struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn field(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.field(name)?.as_str()
    }

    fn id(&self, name: &str) -> Option<Number> {
        number(self.field(name)?)
    }

    fn group(&self) -> Result<Number, &'static str> {
        self.id("groupId").ok_or(texts::GROUP_NEEDED)
    }

    fn message(&self) -> Result<Number, &'static str> {
        self.id("messageId").ok_or(texts::MESSAGE_NEEDED)
    }

    fn letter(&self) -> Result<Letter, &'static str> {
        let group = self.group()?;
        let kind = match self.field("type") {
            None => MessageKind::Text,
            Some(kind) => kind.as_str().and_then(MessageKind::parse).ok_or(texts::KIND_UNKNOWN)?,
        };
        let content = self.text("content").unwrap_or_default();
        let file = self.attached()?;
        match (kind, &file) {
            (MessageKind::Text, _) if content.is_empty() => return Err(texts::CONTENT_NEEDED),
            (MessageKind::Text, _) if content.trim().is_empty() => return Err(texts::TEXT_EMPTY),
            (MessageKind::Text, _) | (_, Some(_)) => {}
            (_, None) => return Err(texts::FILE_NEEDED),
        }
        let reply_to = match self.field("replyToId") {
            None => None,
            Some(id) => Some(number(id).ok_or(texts::REPLY_UNKNOWN)?),
        };
        Ok(Letter { group, kind, content: content.trim().to_owned(), reply_to, file })
    }

    /// What is said of a file counts for no text, so it has limits of its own.
    fn attached(&self) -> Result<Option<Attachment>, &'static str> {
        let Some(url) = self.text("fileUrl").filter(|url| !url.is_empty()) else { return Ok(None) };
        if !is_address(url) {
            return Err(texts::ADDRESS_WRONG);
        }
        let name = self.text("fileName").filter(|name| !name.is_empty()).map(clean_title);
        Ok(Some(Attachment { url: url.to_owned(), name, size: self.id("fileSize") }))
    }

    fn edit(&self) -> Result<Asked, &'static str> {
        let content = self.text("content").map(str::trim).filter(|content| !content.is_empty());
        match (self.id("messageId"), content) {
            (Some(message), Some(content)) => Ok(Asked::Edit { message, content: content.to_owned() }),
            _ => Err(texts::MESSAGE_AND_CONTENT_NEEDED),
        }
    }

    fn upload(&self) -> Result<Asked, &'static str> {
        let name = self.text("fileName").filter(|name| !name.is_empty());
        match (self.id("groupId"), name, self.id("fileSize"), self.field("file")) {
            (Some(group), Some(name), Some(size), Some(_)) => {
                Ok(Asked::Upload { group, name: name.to_owned(), size })
            }
            _ => Err(texts::FILE_INCOMPLETE),
        }
    }

    /// What nobody answers: it is understood or it is ignored.
    fn signal(&self, name: &str) -> Option<Asked> {
        match name {
            "message_delivered" => Some(Asked::Delivered { messages: self.messages()? }),
            "message_read" => Some(Asked::Read { messages: self.messages()? }),
            "typing_start" => Some(Asked::Typing { group: self.id("groupId")?, is_typing: true }),
            "typing_stop" => Some(Asked::Typing { group: self.id("groupId")?, is_typing: false }),
            "update_status" => Status::parse(self.text("status")?).map(Asked::SetStatus),
            _ => None,
        }
    }

    /// Those of them that are ids; a client that names too many is not worth reading.
    fn messages(&self) -> Option<Vec<Number>> {
        let named = self.field("messageIds")?.as_array()?;
        (named.len() <= MOST_MESSAGES).then(|| named.iter().filter_map(number).collect())
    }
}

/// A whole number above zero, also written as text.
fn number(value: &Value) -> Option<Number> {
    let number = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.filter(|number| (1..=LARGEST_ID).contains(number))
}

#[cfg(test)]
mod tests;
