//! What a client sends: read through one buffer per thread, past the guard, into the codec.

use std::cell::{Cell, RefCell};
use std::io::{ErrorKind, Read};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::error::PayloadError;
use actix_web::rt::net::TcpStream;
use bytes::{Bytes, BytesMut};
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

/// What the intake and the pump tell each other about one socket.
#[derive(Default)]
pub(super) struct Passage {
    /// Why nothing more is let in.
    pub verdict: Cell<Option<Farewell>>,
    /// Whole frames that are in and not yet served. The codec would take in more before it hands on the next,
    /// so nothing is read meanwhile.
    pub unserved: Cell<usize>,
}

pub(super) struct Intake {
    io: Rc<TcpStream>,
    buffer: Rc<ReadBuffer>,
    early: Bytes,
    guard: Guard,
    watched: Option<Unfinished>,
    /// Runs while something began and has not ended.
    deadline: Option<Pin<Box<Sleep>>>,
    passage: Rc<Passage>,
    /// What was wrong with bytes of which some were not; said when those are served.
    refused: Option<Farewell>,
    ended: bool,
}

pub(super) fn read(
    io: Rc<TcpStream>,
    buffer: Rc<ReadBuffer>,
    early: Bytes,
    guard: Guard,
    passage: Rc<Passage>,
) -> Intake {
    Intake { io, buffer, early, guard, watched: None, deadline: None, passage, refused: None, ended: false }
}

impl Intake {
    /// Passes bytes by the guard; what it lets through, if anything is whole enough.
    fn admit(&mut self, input: &[u8]) -> Option<Result<Bytes, PayloadError>> {
        let mut out = BytesMut::new();
        let before = self.guard.let_through();
        self.refused = self.guard.feed(input, &mut out).err();
        self.passage.unserved.update(|unserved| unserved + self.guard.let_through() - before);
        match self.refused.take_if(|_| out.is_empty()) {
            Some(farewell) => return Some(self.refuse(farewell)),
            None => self.watch(),
        }
        (!out.is_empty()).then(|| Ok(out.freeze()))
    }

    fn refuse(&mut self, farewell: Farewell) -> Result<Bytes, PayloadError> {
        self.ended = true;
        self.deadline = None;
        self.passage.verdict.set(Some(farewell));
        Err(PayloadError::Overflow)
    }

    /// Each unfinished thing has a time of its own.
    fn watch(&mut self) {
        let unfinished = self.guard.unfinished();
        if self.watched == unfinished {
            return;
        }
        self.watched = unfinished;
        let within = unfinished.map(|unfinished| match unfinished {
            Unfinished::Message(_) => self.guard.limits().fragments,
            Unfinished::Frame(_) => self.guard.limits().frame,
        });
        self.deadline = within.map(|within| Box::pin(tokio::time::sleep(within)));
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<Bytes>> {
        loop {
            ready!(self.io.poll_read_ready(cx))?;
            let mut buffer = self.buffer.0.borrow_mut();
            match read_some(&self.io, &mut buffer) {
                Ok(read) => {
                    return Poll::Ready(Ok(Bytes::copy_from_slice(buffer.get(..read).unwrap_or_default())));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
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
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while !self.ended {
            if self.passage.unserved.get() > 0 {
                // No waker is needed: the codec has a whole frame to hand on, and asks again after it.
                return Poll::Pending;
            }
            if let Some(farewell) = self.refused {
                return Poll::Ready(Some(self.refuse(farewell)));
            }
            let input = match std::mem::take(&mut self.early) {
                early if !early.is_empty() => early,
                _ => match self.poll_read(cx) {
                    Poll::Ready(Ok(bytes)) if bytes.is_empty() => break,
                    Poll::Ready(Ok(bytes)) => bytes,
                    Poll::Ready(Err(error)) => {
                        self.passage.verdict.set(Some(Farewell::ByClient(1006)));
                        return Poll::Ready(Some(Err(PayloadError::Io(error))));
                    }
                    Poll::Pending => return self.poll_deadline(cx),
                },
            };
            if let Some(admitted) = self.admit(&input) {
                return Poll::Ready(Some(admitted));
            }
        }
        Poll::Ready(None)
    }
}

impl Intake {
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        match &mut self.deadline {
            Some(deadline) => {
                ready!(deadline.as_mut().poll(cx));
                Poll::Ready(Some(self.refuse(Farewell::TooFragmented)))
            }
            None => Poll::Pending,
        }
    }
}
