//! The wire under a session's outlet, which may change from polling to a WebSocket.
//!
//! What is queued are finished WebSocket frames, whichever it is: polling takes them apart when a poll is answered, so
//! at the change nothing is lost, told twice or put in another order. A poll gets whole frames.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use recado_actors::dialect::{Form, Frame};
use recado_actors::outlet::Wire;
use tokio::sync::{Notify, oneshot};

use super::polled::{Encoding, Polled};
use crate::doors::socket::SocketWire;

/// Where a poll waits for its payload.
pub type Answer = oneshot::Sender<Polled>;

enum Transport {
    /// With the poll that waits, if one does.
    Polling(Option<Answer>),
    Socket(SocketWire),
    Gone,
}

/// Held by the session and, as a wire, by its outlet.
pub struct Line {
    transport: RefCell<Transport>,
    encoding: Encoding,
    /// A poll waits, or the transport is another.
    turned: Notify,
    /// Something that whoever watches the session should look at.
    news: Notify,
}

impl Line {
    pub fn polling(encoding: Encoding) -> Rc<Self> {
        Self::new(encoding, Transport::Polling(None))
    }

    pub fn socket(encoding: Encoding, wire: SocketWire) -> Rc<Self> {
        Self::new(encoding, Transport::Socket(wire))
    }

    fn new(encoding: Encoding, transport: Transport) -> Rc<Self> {
        let (turned, news) = (Notify::new(), Notify::new());
        Rc::new(Self { transport: RefCell::new(transport), encoding, turned, news })
    }

    pub fn is_polling(&self) -> bool {
        matches!(*self.transport.borrow(), Transport::Polling(_))
    }

    pub fn is_gone(&self) -> bool {
        matches!(*self.transport.borrow(), Transport::Gone)
    }

    /// Whoever watches is to look.
    pub fn tell(&self) {
        self.news.notify_one();
    }

    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// A poll waits from now on; refused if one does already, or if nobody polls any more.
    pub fn wait(&self, answer: Answer) -> bool {
        let mut transport = self.transport.borrow_mut();
        let Transport::Polling(waiting) = &mut *transport else { return false };
        if waiting.is_some() {
            return false;
        }
        *waiting = Some(answer);
        drop(transport);
        self.turned.notify_waiters();
        true
    }

    /// Is the poll that waited given up by its client?
    pub fn is_abandoned(&self) -> bool {
        matches!(&*self.transport.borrow(), Transport::Polling(Some(answer)) if answer.is_closed())
    }

    /// Lets the poll that waits go with this one packet. False if none waits.
    pub fn release(&self, packet: &str) -> bool {
        let Transport::Polling(waiting) = &mut *self.transport.borrow_mut() else { return false };
        // Whoever gave it up is noticed elsewhere.
        waiting.take().is_some_and(|answer| answer.send(self.encoding.one(packet)).is_ok())
    }

    /// From now on all goes by WebSocket. False if the line is gone.
    pub fn turn(&self, wire: SocketWire) -> bool {
        self.release("6");
        if self.is_gone() {
            return false;
        }
        self.transport.replace(Transport::Socket(wire));
        self.turned.notify_waiters();
        true
    }

    /// The socket, when it is one.
    fn with_socket<T>(&self, ask: impl FnOnce(&SocketWire) -> T) -> Option<T> {
        match &*self.transport.borrow() {
            Transport::Socket(wire) => Some(ask(wire)),
            Transport::Polling(_) | Transport::Gone => None,
        }
    }
}

/// A line as the outlet sees it.
pub struct LineWire(pub Rc<Line>);

impl Wire for LineWire {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.0.transport.borrow_mut() {
            Transport::Socket(wire) => wire.try_write(bytes),
            Transport::Gone => Err(io::ErrorKind::BrokenPipe.into()),
            Transport::Polling(waiting) => {
                if waiting.as_ref().is_none_or(oneshot::Sender::is_closed) {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                let portion = self.0.encoding.portion(bytes);
                if let Some(payload) = self.0.encoding.payload(portion)
                    && let Some(answer) = waiting.take()
                {
                    let _ = answer.send(payload);
                }
                Ok(portion.len())
            }
        }
    }

    fn writable(&self) -> LocalBoxFuture<'_, io::Result<()>> {
        Box::pin(async {
            loop {
                let io = match &*self.0.transport.borrow() {
                    Transport::Socket(wire) => Some(wire.io.clone()),
                    Transport::Polling(Some(answer)) if !answer.is_closed() => return Ok(()),
                    // One that was given up ends the session, which turns the line.
                    Transport::Polling(_) => None,
                    Transport::Gone => return Err(io::ErrorKind::BrokenPipe.into()),
                };
                match io {
                    Some(io) => return io.writable().await,
                    None => self.0.turned.notified().await,
                }
            }
        })
    }

    fn hang_up(&self) {
        self.0.release("1");
        if let Transport::Socket(wire) = self.0.transport.replace(Transport::Gone) {
            wire.hang_up();
        }
        self.0.turned.notify_waiters();
        self.0.tell();
    }

    fn form(&self, frame: &Frame) -> Form {
        self.0.with_socket(|wire| wire.form(frame)).unwrap_or(Form::BARE)
    }

    fn kind(&self) -> u8 {
        self.0.with_socket(Wire::kind).unwrap_or(0)
    }

    fn shape(&self, frame: &Frame, form: Form) -> Frame {
        self.0.with_socket(|wire| wire.shape(frame, form)).unwrap_or_else(|| frame.clone())
    }

    fn transport(&self) -> &'static str {
        if self.0.is_polling() { "polling" } else { "websocket" }
    }
}
