//! The chapters of the Autobahn suite, each case a row of a table, told to the plain echo of `protocol_echo`.
//!
//! Every row is sent twice: as one piece, and byte by byte, which no server may tell apart.

mod deflated;
mod frames;
mod goodbyes;
mod sizes;
mod texts;

use crate::echoing::as_the_suites_expect;
use crate::house::House;
use crate::raw_socket::{CLOSE, FIN, RawSocket, frame};

/// A frame as the server sends it: its first byte and what it carries.
type Frame = (u8, Vec<u8>);

/// What a client sends, what it hears, and the code it is then told goodbye with.
struct Row {
    name: String,
    sent: Vec<u8>,
    heard: Vec<Frame>,
    /// None: the client says goodbye itself, with 1000, and hears it back.
    closed: Option<u16>,
}

impl Row {
    fn new(name: impl Into<String>, sent: &[Vec<u8>], heard: &[Frame], closed: Option<u16>) -> Self {
        Self { name: name.into(), sent: sent.concat(), heard: heard.to_vec(), closed }
    }

    /// All of it comes back.
    fn echoed(name: impl Into<String>, sent: &[Vec<u8>], heard: &[Frame]) -> Self {
        Self::new(name, sent, heard, None)
    }

    /// It is refused with this code, and nothing is said before that.
    fn refused(name: impl Into<String>, sent: &[Vec<u8>], code: u16) -> Self {
        Self::new(name, sent, &[], Some(code))
    }

    async fn plays(&self, house: &House, piece: usize) {
        let mut socket = dials(house, &[]).await;
        for piece in self.sent.chunks(piece.max(1)) {
            socket.sends(piece).await;
        }
        for (number, heard) in self.heard.iter().enumerate() {
            let frame = socket.hears_frame().await;
            assert_eq!(frame.as_ref(), Some(heard), "{}: frame {number}", self.name);
        }
        if self.closed.is_none() {
            socket.sends(&frame(FIN | CLOSE, &1000_u16.to_be_bytes())).await;
        }
        ends(&mut socket, self.closed.unwrap_or(1000), &self.name).await;
    }
}

/// A client of the plain echo.
async fn dials(house: &House, lines: &[&str]) -> RawSocket {
    let mut socket = RawSocket::dials(house.address()).await;
    socket.opens("/echo", lines).await;
    socket
}

/// It is told goodbye with this code, and nothing after it.
async fn ends(socket: &mut RawSocket, code: u16, name: &str) {
    let (first, payload) = socket.hears_frame().await.expect(name);
    assert_eq!((first, payload.get(..2)), (FIN | CLOSE, Some(&code.to_be_bytes()[..])), "{name}");
    assert_eq!(socket.hears_frame().await, None, "{name}: a word after the goodbye");
}

async fn all_hold(rows: &[Row]) {
    let house = as_the_suites_expect().await;
    for row in rows {
        row.plays(&house, usize::MAX).await;
        if row.sent.len() <= 2000 {
            row.plays(&house, 1).await;
        }
    }
    house.ends().await;
}
