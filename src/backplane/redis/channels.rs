//! Which channel is which room's: a chat's has the name that others know it by, all else is named after our store too. Pure.

use recado_actors::id::{Epoch, RoomId, RoomKind};

#[derive(Clone)]
pub(super) struct Channels {
    prefix: String,
    /// Before the rooms of which only nodes with the same store speak.
    own: String,
}

/// The only kind the seed shares.
pub(super) fn is_chat(room: &RoomId) -> bool {
    room.kind() == RoomKind::Chat
}

impl Channels {
    pub fn new(prefix: &str, epoch: Epoch) -> Self {
        Self { prefix: prefix.to_owned(), own: format!("{prefix}recado:{epoch}:") }
    }

    pub fn of(&self, room: &RoomId) -> String {
        format!("{}{room}", if is_chat(room) { &self.prefix } else { &self.own })
    }

    /// The chat it is.
    pub fn chat(&self, channel: &str) -> Option<RoomId> {
        channel.strip_prefix(&self.prefix).and_then(|name| RoomId::parse(name).ok()).filter(is_chat)
    }

    /// Is it one in which only nodes with our store speak?
    pub fn is_own(&self, channel: &str) -> bool {
        channel.starts_with(&self.own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_s_channel_is_everybody_s_and_a_group_s_is_the_store_s() {
        let channels = Channels::new("x:", Epoch(7));
        let (chat, group) = (RoomId::chat("a").unwrap(), RoomId::parse("group:1").unwrap());
        assert_eq!(channels.of(&chat), "x:chat:a");
        assert_eq!(channels.chat("x:chat:a"), Some(chat));
        assert!(channels.is_own(&channels.of(&group)) && channels.is_own(&channels.of(&RoomId::nodes())));
        assert!(!Channels::new("x:", Epoch(8)).is_own(&channels.of(&group)));
        for other in ["chat:a", "x:group:1", "x:chat:", "x:nodes:all"] {
            assert_eq!(channels.chat(other), None, "{other}");
            assert!(!channels.is_own(other), "{other}");
        }
    }
}
