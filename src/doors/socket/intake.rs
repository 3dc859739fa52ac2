//! What a client sends: read through one buffer per thread, past the guard and through the codec, message by message.
//!
//! Nothing more is read before what came is served, and nothing is kept of what was.

use std::cell::RefCell;
use std::io::{ErrorKind, Read};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_codec::Decoder;
use actix_http::ws::{Codec, Frame, ProtocolError};
use actix_web::rt::net::TcpStream;
use actix_web_actors::ws::Message;
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::Stream;
use recado_actors::refusal::Farewell;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::time::Sleep;

use super::guard::{Guard, Unfinished};

/// One thread's buffer; nobody keeps anything in it between two turns.
pub struct ReadBuffer(RefCell<Box<[u8]>>);

impl Default for ReadBuffer {
    fn default() -> Self {
        Self(RefCell::new(vec![0; 64 << 10].into()))
    }
}

pub(super) struct Intake {
    io: Rc<TcpStream>,
    buffer: Rc<ReadBuffer>,
    guard: Guard,
    codec: Codec,
    /// What the guard let through and is not served.
    unserved: BytesMut,
    /// Runs while something began and has not ended.
    deadline: Option<Box<Deadline>>,
    /// What was wrong with bytes of which some were not; said when those are served.
    refused: Option<Farewell>,
    ended: bool,
}

struct Deadline {
    of: Unfinished,
    sleep: Pin<Box<Sleep>>,
}

/// `early` came right behind the handshake.
pub(super) fn read(io: Rc<TcpStream>, buffer: Rc<ReadBuffer>, early: &Bytes, guard: Guard) -> Intake {
    let codec = Codec::new().max_size(guard.limits().message_bytes);
    let (unserved, deadline, refused) = (BytesMut::new(), None, None);
    let mut intake = Intake { io, buffer, guard, codec, unserved, deadline, refused, ended: false };
    intake.admit(early);
    intake
}

impl Intake {
    /// Passes bytes by the guard.
    fn admit(&mut self, input: &[u8]) {
        self.refused = self.guard.feed(input, &mut self.unserved).err();
        if self.refused.is_none() {
            self.watch();
        }
    }

    /// The next message of what came; none if no more of it is whole.
    fn next(&mut self) -> Option<Result<Message, Farewell>> {
        if self.unserved.is_empty() {
            return None;
        }
        let decoded = self.codec.decode(&mut self.unserved).map_err(|error| judge(&error)).transpose()?;
        if self.unserved.is_empty() {
            // What is left of a buffer would keep all of it.
            self.unserved = BytesMut::new();
        }
        Some(decoded.and_then(message))
    }

    fn refuse(&mut self, farewell: Farewell) -> Result<Message, Farewell> {
        self.ended = true;
        self.deadline = None;
        Err(farewell)
    }

    /// Each unfinished thing has a time of its own.
    fn watch(&mut self) {
        let unfinished = self.guard.unfinished();
        if self.deadline.as_ref().map(|deadline| deadline.of) == unfinished {
            return;
        }
        self.deadline = unfinished.map(|of| {
            let within = match of {
                Unfinished::Message(_) => self.guard.limits().fragments,
                Unfinished::Frame(_) => self.guard.limits().frame,
            };
            Box::new(Deadline { of, sleep: Box::pin(tokio::time::sleep(within)) })
        });
    }

    /// Reads and admits; false when there is nothing more to come.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<bool>> {
        loop {
            ready!(self.io.poll_read_ready(cx))?;
            let buffer = self.buffer.clone();
            let mut buffer = buffer.0.borrow_mut();
            match read_some(&self.io, &mut buffer) {
                Ok(read) => {
                    self.admit(buffer.get(..read).unwrap_or_default());
                    return Poll::Ready(Ok(read > 0));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// A whole message: the guard has joined and checked what came in parts.
fn message(frame: Frame) -> Result<Message, Farewell> {
    Ok(match frame {
        Frame::Text(bytes) => Message::Text(ByteString::try_from(bytes).map_err(|_| Farewell::NotText)?),
        Frame::Binary(bytes) => Message::Binary(bytes),
        Frame::Ping(payload) => Message::Ping(payload),
        Frame::Pong(payload) => Message::Pong(payload),
        Frame::Close(reason) => Message::Close(reason),
        // The guard joins fragments, so none comes this far.
        Frame::Continuation(_) => return Err(Farewell::Malformed),
    })
}

/// What the codec found wrong, in our words.
fn judge(error: &ProtocolError) -> Farewell {
    match error {
        ProtocolError::Overflow => Farewell::TooBig,
        _ => Farewell::Malformed,
    }
}

/// Reads once. Less than was asked for means that the socket is empty (epoll(7)), so it is not asked again before it
/// says that there is more.
fn read_some(io: &TcpStream, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut some = None;
    let read = io.try_io(Interest::READABLE, || {
        let read = (&*SockRef::from(io)).read(buffer)?;
        if read == 0 || read == buffer.len() {
            return Ok(read);
        }
        some = Some(read);
        Err(ErrorKind::WouldBlock.into())
    });
    some.map_or(read, Ok)
}

impl Stream for Intake {
    type Item = Result<Message, Farewell>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while !self.ended {
            if let Some(message) = self.next() {
                return Poll::Ready(Some(message));
            }
            if let Some(farewell) = self.refused {
                return Poll::Ready(Some(self.refuse(farewell)));
            }
            match self.poll_read(cx) {
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(Ok(false)) => break,
                Poll::Ready(Err(_)) => return Poll::Ready(Some(Err(Farewell::ByClient(1006)))),
                Poll::Pending => return self.poll_deadline(cx),
            }
        }
        Poll::Ready(None)
    }
}

impl Intake {
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Option<<Self as Stream>::Item>> {
        match &mut self.deadline {
            Some(deadline) => {
                ready!(deadline.sleep.as_mut().poll(cx));
                Poll::Ready(Some(self.refuse(Farewell::TooFragmented)))
            }
            None => Poll::Pending,
        }
    }
}
