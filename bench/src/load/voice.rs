//! How a client is heard and hears, whichever its transport: texts out, texts in.

use super::polling::{Outbox, Poller};
use crate::frame::{self, Frame};
use crate::reader::FrameReader;
use anyhow::{Context, Result, ensure};
use std::io::ErrorKind;
use std::rc::Rc;
use tokio::net::tcp::OwnedWriteHalf;

/// What a client says goes this way.
#[derive(Clone)]
pub enum Voice {
    Socket(Rc<OwnedWriteHalf>),
    Posts(Rc<Outbox>),
}

impl Voice {
    /// A few bytes, whole; a server that has let a socket's buffer fill up does not read at all.
    pub fn say(&self, text: &str) -> Result<()> {
        match self {
            Self::Socket(socket) => {
                let bytes = frame::masked(frame::TEXT, text.as_bytes())?;
                let wrote = socket.try_write(&bytes).context("the server does not read what it is told")?;
                ensure!(wrote == bytes.len(), "the server does not read what it is told");
            }
            Self::Posts(outbox) => outbox.put(text),
        }
        Ok(())
    }

    /// The same text so many times in one breath, as fast as the server takes it.
    pub async fn say_often(&self, text: &str, times: usize) -> Result<()> {
        match self {
            Self::Socket(socket) => {
                let bytes = frame::masked(frame::TEXT, text.as_bytes())?.repeat(times);
                write(socket, &bytes).await
            }
            Self::Posts(outbox) => {
                (0..times).for_each(|_| outbox.put(text));
                Ok(())
            }
        }
    }

    /// A full socket cannot take it, but then the server sees the client alive by other means.
    pub fn reply(&self, opcode: u8, payload: &[u8]) -> Result<()> {
        match self {
            Self::Socket(socket) => _ = socket.try_write(&frame::masked(opcode, payload)?),
            Self::Posts(outbox) => outbox.put(std::str::from_utf8(payload)?),
        }
        Ok(())
    }

    pub fn bye(&self) -> Result<()> {
        match self {
            Self::Socket(_) => self.reply(frame::CLOSE, &1000_u16.to_be_bytes()),
            Self::Posts(outbox) => {
                outbox.put("1");
                Ok(())
            }
        }
    }
}

async fn write(socket: &OwnedWriteHalf, mut unsaid: &[u8]) -> Result<()> {
    while !unsaid.is_empty() {
        socket.writable().await?;
        match socket.try_write(unsaid) {
            Ok(wrote) => unsaid = unsaid.get(wrote..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// What a client hears comes this way.
pub enum Ear {
    Socket(FrameReader),
    Polls(Poller),
}

impl Ear {
    /// One read or one poll: `hear` gets all that came by it. False when the server has hung up.
    pub async fn turn(&mut self, hear: impl FnMut(&Frame, &[u8]) -> Result<()>) -> Result<bool> {
        match self {
            Self::Socket(reader) => reader.turn(hear).await,
            Self::Polls(poller) => poller.turn(hear).await,
        }
    }
}
