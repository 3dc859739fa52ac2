//! What y-websocket providers say and are told, and the address of a document. Pure.
//!
//! The protocol of `y-websocket` and `y-protocols`, as binary messages:
//!
//! | first number | what follows |
//! |---|---|
//! | 0, sync | 0 and a state vector: "I know so much"; 1 and an update: "this you lack"; 2 and an update: "this changed" |
//! | 1, awareness | for each client its number, its clock and JSON, `null` when it is gone |
//! | 2, auth | 0 and a text: permission denied; only the server says it |
//! | 3, query awareness | nothing |

use bytes::Bytes;
use recado_actors::dialect::Frame;
use recado_actors::document::Word;
use recado_actors::document::awareness::{self, Shown};
use recado_actors::document::lib0::{Lib0, put_bytes};
use recado_actors::id::{RoomId, RoomKind};

use crate::doors::socket::frame;

const SYNC: u8 = 0;
const AWARENESS: u8 = 1;
const AUTH: u8 = 2;
const QUERY_AWARENESS: u8 = 3;

const STATE: u8 = 0;
const MISSING: u8 = 1;
const CHANGE: u8 = 2;
const DENIED: u8 = 0;

/// What a provider asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// What it lacks, which knows so much.
    State(Bytes),
    /// To take this in, which it may have been asked for.
    Change {
        update: Bytes,
        answers: bool,
    },
    Show(Vec<Shown>),
    AllShown,
}

/// None: it is no message of this protocol.
pub fn read(message: &Bytes) -> Option<Asked> {
    let mut read = Lib0::new(message);
    let asked = match read.byte()? {
        SYNC => match read.byte()? {
            STATE => Asked::State(message.slice_ref(read.bytes()?)),
            step @ (MISSING | CHANGE) => {
                Asked::Change { update: message.slice_ref(read.bytes()?), answers: step == MISSING }
            }
            _ => return None,
        },
        AWARENESS => Asked::Show(awareness::read(read.bytes()?)?),
        QUERY_AWARENESS => Asked::AllShown,
        _ => return None,
    };
    read.is_empty().then_some(asked)
}

/// What a document says, as a frame.
pub fn told(word: Word<'_>) -> Frame {
    match word {
        Word::Known(state) => message(&[SYNC, STATE], state),
        Word::Missing(update) => message(&[SYNC, MISSING], update),
        Word::Changed(update) => message(&[SYNC, CHANGE], update),
        Word::Shown(shown) => message(&[AWARENESS], shown),
    }
}

pub fn denied(reason: &str) -> Frame {
    message(&[AUTH, DENIED], reason.as_bytes())
}

fn message(kind: &[u8], content: &[u8]) -> Frame {
    let mut bytes = kind.to_vec();
    put_bytes(&mut bytes, content);
    frame::binary(&bytes)
}

/// The one part below `/collab/`, as it is written; what Socket.IO has there is not ours.
pub fn place(path: &str) -> Option<&str> {
    let name = path.strip_prefix("/collab/")?;
    (!name.is_empty() && !name.contains('/') && name != "socket.io").then_some(name)
}

/// The document that an address is of.
pub fn document(path: &str) -> Option<RoomId> {
    let mut written = place(path)?.bytes();
    let mut name = Vec::new();
    while let Some(byte) = written.next() {
        let byte = match byte {
            b'%' => (digit(written.next()?)? << 4) | digit(written.next()?)?,
            plain => plain,
        };
        name.push(byte);
    }
    RoomId::new(RoomKind::Doc, std::str::from_utf8(&name).ok()?).ok()
}

fn digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_providers_say_is_understood() {
        let read = |bytes: &'static [u8]| read(&Bytes::from_static(bytes));
        assert_eq!(read(&[0, 0, 1, 0]), Some(Asked::State(Bytes::from_static(&[0]))));
        let change = |answers| Some(Asked::Change { update: Bytes::from_static(&[0, 0]), answers });
        assert_eq!(read(&[0, 1, 2, 0, 0]), change(true));
        assert_eq!(read(&[0, 2, 2, 0, 0]), change(false));
        let shown = Shown { client: 7, clock: 1, state: Some("{}".into()) };
        assert_eq!(read(&[1, 6, 1, 7, 1, 2, b'{', b'}']), Some(Asked::Show(vec![shown])));
        assert_eq!(read(&[3]), Some(Asked::AllShown));
    }

    #[test]
    fn what_is_no_message_is_not_guessed_at() {
        for bytes in [
            &[][..],
            &[0],
            &[0, 3, 0],
            &[0, 0, 2, 0],
            &[0, 0, 1, 0, 9],
            &[1, 2, 1, 7],
            &[2, 0, 0],
            &[3, 0],
            &[4],
        ] {
            assert_eq!(read(&Bytes::copy_from_slice(bytes)), None, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_told_is_what_a_provider_reads() {
        assert_eq!(told(Word::Known(&[0])).packet().as_ref(), [0, 0, 1, 0]);
        assert_eq!(told(Word::Missing(&[0, 0])).packet().as_ref(), [0, 1, 2, 0, 0]);
        assert_eq!(told(Word::Changed(&[0, 0])).packet().as_ref(), [0, 2, 2, 0, 0]);
        assert_eq!(told(Word::Shown(&[0])).packet().as_ref(), [1, 1, 0]);
        assert_eq!(denied("no").packet().as_ref(), [2, 0, 2, b'n', b'o']);
    }

    #[test]
    fn the_document_is_the_one_part_of_its_address() {
        let named = |path| document(path).map(|id| id.local().to_owned());
        assert_eq!(named("/collab/notes").as_deref(), Some("notes"));
        assert_eq!(named("/collab/a%2Fb%20%C3%A9").as_deref(), Some("a/b é"));
        for path in
            ["/collab/", "/collab", "/collab/a/b", "/collab/socket.io/", "/collab/socket.io", "/other/a"]
        {
            assert_eq!(place(path), None, "{path}");
        }
        for path in ["/collab/%", "/collab/%zz", "/collab/%ff", "/collab/%00"] {
            assert_eq!((place(path).is_some(), named(path)), (true, None), "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            read(&Bytes::from(bytes));
        }

        #[test]
        fn any_path_never_panics(path in "/collab/\\PC{0,40}") {
            document(&path);
        }
    }
}
