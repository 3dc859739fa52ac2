//! The names things go by, parsed once at the edge and trusted after.
//!
//! A value of one of these types has passed its checks: no later code looks again.

mod number;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use number::GroupId;

/// The most characters a user's, room's or message's name may have.
pub const ID_CHARS: usize = 128;

/// Why a text cannot be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("is empty")]
    Empty,
    #[error("has more than 128 characters")]
    TooLong,
    #[error("has a control character")]
    Control,
    #[error("has no known kind before its colon")]
    Kind,
    #[error("is not a whole number from 1 to 9007199254740991")]
    Number,
}

fn checked(text: &str) -> Result<Arc<str>, IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.chars().count() > ID_CHARS {
        return Err(IdError::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(IdError::Control);
    }
    Ok(text.into())
}

/// A person or program that speaks, as the token names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Sorts before everybody: nobody is called nothing.
    pub(crate) fn lowest() -> Self {
        Self(Arc::from(""))
    }

    pub fn parse(text: &str) -> Result<Self, IdError> {
        checked(text).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a room is for; the part of its name before the colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoomKind {
    Chat,
    Group,
    Project,
    Doc,
    Logs,
    /// No room: where nodes tell each other what is about none.
    Nodes,
}

impl RoomKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Group => "group",
            Self::Project => "project",
            Self::Doc => "doc",
            Self::Logs => "logs",
            Self::Nodes => "nodes",
        }
    }

    /// What is no room nobody can name.
    fn parse(text: &str) -> Result<Self, IdError> {
        let kinds = [Self::Chat, Self::Group, Self::Project, Self::Doc, Self::Logs];
        kinds.into_iter().find(|kind| kind.as_str() == text).ok_or(IdError::Kind)
    }
}

/// A room, `kind:id`: `chat:abc`, `group:7`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RoomId(Arc<str>);

impl RoomId {
    pub fn new(kind: RoomKind, id: &str) -> Result<Self, IdError> {
        let id = checked(id)?;
        Ok(Self(format!("{}:{id}", kind.as_str()).into()))
    }

    /// Reads the whole name back, as the store and the bridge hold it.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let (kind, id) = text.split_once(':').ok_or(IdError::Kind)?;
        Self::new(RoomKind::parse(kind)?, id)
    }

    pub fn chat(id: &str) -> Result<Self, IdError> {
        Self::new(RoomKind::Chat, id)
    }

    /// Where nodes tell each other what is about no room: every node hears it.
    pub fn nodes() -> Self {
        Self("nodes:all".into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn kind(&self) -> RoomKind {
        if self.0.starts_with("nodes:") {
            return RoomKind::Nodes;
        }
        let kind = self.0.split_once(':').and_then(|(kind, _)| RoomKind::parse(kind).ok());
        debug_assert!(kind.is_some(), "a room without a kind");
        kind.unwrap_or(RoomKind::Chat)
    }

    /// The part after the kind: what a dialect shows to its clients.
    pub fn local(&self) -> &str {
        self.0.split_once(':').map_or(&self.0, |(_, id)| id)
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One message, whoever numbered it: us, or the backend that is the system of record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageId(Arc<str>);

impl MessageId {
    pub fn parse(text: &str) -> Result<Self, IdError> {
        checked(text).map(Self)
    }

    /// A new one, ordered by the time it was made.
    pub fn fresh() -> Self {
        Self(format!("msg_{}", uuid::Uuid::now_v7().simple()).into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The sender's own name for what it posts; unique per (room, sender), so a retry is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClientId(Arc<str>);

impl ClientId {
    pub fn parse(text: &str) -> Result<Self, IdError> {
        checked(text).map(Self)
    }

    pub fn fresh() -> Self {
        Self(format!("auto_{}", uuid::Uuid::new_v4().simple()).into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One connected client on this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionId(pub u64);

/// By what a dialect knows a connection again when its client is back on another, also on another node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Alias(pub u64);

/// One worker thread of this node, as rooms address it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShardId(pub usize);

/// One running process of the broker.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeId(Arc<str>);

impl NodeId {
    pub fn parse(text: &str) -> Result<Self, IdError> {
        checked(text).map(Self)
    }

    /// A name no other process has, also not an earlier life of this one.
    pub fn fresh(host: &str) -> Self {
        let host: String = host.chars().filter(|c| !c.is_control()).take(64).collect();
        Self(format!("{host}-{}", uuid::Uuid::new_v4().simple()).into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The number of an entry in its room: contiguous from 1 within an [`Epoch`]; 0 stands before the first.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seq(pub u64);

impl Seq {
    pub const START: Self = Self(0);

    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// One unbroken life of a room's numbering. It changes only when the log was cut or restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl std::str::FromStr for Epoch {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_once_at_the_edge() {
        assert_eq!(UserId::parse(""), Err(IdError::Empty));
        assert_eq!(UserId::parse("a\nb"), Err(IdError::Control));
        assert_eq!(UserId::parse(&"é".repeat(129)), Err(IdError::TooLong));
        assert!(UserId::parse(&"é".repeat(128)).is_ok());
    }

    #[test]
    fn a_room_knows_its_kind_and_reads_back() {
        let room = RoomId::chat("a:b").unwrap();
        assert_eq!((room.as_str(), room.local()), ("chat:a:b", "a:b"));
        assert_eq!(RoomId::parse("chat:a:b"), Ok(room));
        assert_eq!(RoomId::parse("cave:a"), Err(IdError::Kind));
    }

    #[test]
    fn an_epoch_reads_back_what_it_prints() {
        let epoch = Epoch(0x1f_2e3d);
        assert_eq!(epoch.to_string().parse(), Ok(epoch));
        assert!("-1".parse::<Epoch>().is_err());
    }
}
