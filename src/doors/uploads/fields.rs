//! The rooms and names that go with a file, in whatever way they were said.

use recado_actors::depot::NewFile;
use recado_actors::id::{RoomId, RoomKind};

use crate::doors::problem::Problem;

/// What is said of a file beside its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub title: Option<String>,
    pub room: Option<RoomId>,
}

impl Said {
    /// Takes one field in; what it does not know it leaves.
    pub(super) fn hear(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        match name {
            "groupId" => self.room = Some(room(RoomKind::Group, name, value)?),
            "chatId" => self.room = Some(room(RoomKind::Chat, name, value)?),
            "fileName" | "filename" | "name" => self.title = Some(value.to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// Without a word about a room, it goes to the one the token is for.
    pub(super) fn file(self, own: Option<&RoomId>) -> NewFile {
        NewFile { title: self.title.unwrap_or_default(), room: self.room.or_else(|| own.cloned()) }
    }
}

fn room(kind: RoomKind, name: &str, value: &str) -> Result<RoomId, Problem> {
    RoomId::new(kind, value.trim())
        .map_err(|error| Problem::new(422, "invalid_field", format!("{name}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_named_by_its_kind_and_checked() {
        let mut said = Said::default();
        said.hear("groupId", "7").unwrap();
        said.hear("fileName", "a.txt").unwrap();
        said.hear("colour", "blue").unwrap();
        let own = RoomId::chat("own").unwrap();
        let file = said.file(Some(&own));
        assert_eq!((file.title.as_str(), file.room.unwrap().as_str()), ("a.txt", "group:7"));
        assert_eq!(Said::default().file(Some(&own)).room, Some(own));
        assert_eq!(Said::default().hear("groupId", "").unwrap_err().status, 422);
        assert_eq!(Said::default().hear("chatId", "a\u{7}").unwrap_err().code, "invalid_field");
    }
}
