//! Where in a room's log a client stands, as the last argument of what it hears there: `<room>@<epoch>-<number>`. Pure.
//!
//! Stock clients bring the last text back that stood there, so nothing but this may end an event with a text.

use recado_actors::id::{Epoch, RoomId, Seq};
use recado_actors::message::client::Resume;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

pub fn written(room: &RoomId, epoch: Epoch, seq: Seq) -> String {
    format!("{}@{epoch}-{}", room.local(), seq.0)
}

/// None: that was never written for this room.
pub fn read(room: &RoomId, text: &str) -> Option<Resume> {
    let (epoch, seq) = text.strip_prefix(room.local())?.strip_prefix('@')?.split_once('-')?;
    let (epoch, since) = (epoch.parse().ok()?, Seq(seq.parse().ok()?));
    let resume = Resume { since, epoch: Some(epoch) };
    (written(room, epoch, since) == text).then_some(resume)
}

/// The arguments of an event: what is said, and where that stands if its door lets clients return.
pub struct Placed<T> {
    pub said: T,
    pub offset: Option<String>,
}

impl<T: Serialize> Serialize for Placed<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut args = to.serialize_seq(None)?;
        args.serialize_element(&self.said)?;
        if let Some(offset) = &self.offset {
            args.serialize_element(offset)?;
        }
        args.end()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_a_place_that_was_written_or_none(room in "\\PC{1,9}", end in "@?[0-9a-f]{0,17}-?\\PC{0,21}") {
            let room = RoomId::chat(&room).unwrap();
            for text in [format!("{}{end}", room.local()), end] {
                if let Some(Resume { since, epoch }) = read(&room, &text) {
                    prop_assert_eq!(written(&room, epoch.unwrap(), since), text);
                }
            }
        }
    }

    #[test]
    fn an_offset_is_read_back_for_its_room_and_no_other() {
        let (here, there) = (RoomId::chat("a@1-b").unwrap(), RoomId::chat("a").unwrap());
        let text = written(&here, Epoch(0x1f), Seq(12));
        assert_eq!(text, "a@1-b@1f-12");
        assert_eq!(read(&here, &text), Some(Resume { since: Seq(12), epoch: Some(Epoch(0x1f)) }));
        assert_eq!(read(&there, &text), None);
    }

    #[test]
    fn what_was_never_written_is_none() {
        let room = RoomId::chat("a").unwrap();
        for odd in ["", "a", "a@", "a@1f", "a@1f-", "a@-1", "a@1F-1", "a@1f-01", "a@1f-+1", "a@1f-1 ", "off"]
        {
            assert_eq!(read(&room, odd), None, "{odd}");
        }
        assert_eq!(read(&room, "a@1f-99999999999999999999"), None);
    }

    #[test]
    fn the_offset_is_the_last_argument_or_none() {
        let args = |offset| serde_json::to_string(&Placed { said: 1, offset }).unwrap();
        assert_eq!(
            (args(None), args(Some("a@1-2".to_owned()))),
            ("[1]".to_owned(), r#"[1,"a@1-2"]"#.to_owned())
        );
    }
}
