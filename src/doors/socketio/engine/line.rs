//! The wire under a session's outlet, which may change from polling to a WebSocket.
//!
//! What is queued are finished WebSocket frames, whichever it is: polling takes them apart when a poll is answered, so
//! at the change nothing is lost, told twice or put in another order. A poll gets whole frames.

use std::cell::{OnceCell, RefCell};
use std::io;
use std::rc::{Rc, Weak};

use futures_util::future::LocalBoxFuture;
use recado_actors::dialect::{Form, Frame};
use recado_actors::outlet::Wire;
use tokio::sync::{Notify, oneshot};

use super::life::Life;
use super::polled::{Encoding, Polled};
use crate::doors::socket::SocketWire;

/// Where a poll waits for its payload.
pub type Answer = oneshot::Sender<Polled>;

enum Transport {
    Polling(Box<Polling>),
    Socket(SocketWire),
    Gone,
}

struct Polling {
    /// The poll that waits, if one does.
    waiting: Option<Answer>,
    encoding: Encoding,
    /// A poll waits, or the transport is another.
    turned: Rc<Notify>,
}

impl Polling {
    /// Lets the poll that waits go with this one packet. False if none waits.
    fn release(&mut self, packet: &str) -> bool {
        // Whoever gave it up is noticed elsewhere.
        self.waiting.take().is_some_and(|answer| answer.send(self.encoding.one(packet)).is_ok())
    }
}

/// Held by the session and, as a wire, by its outlet.
pub struct Line {
    transport: RefCell<Transport>,
    /// Whoever is to look when it is gone.
    watcher: OnceCell<Weak<Life>>,
}

impl Line {
    pub fn polling(encoding: Encoding) -> Rc<Self> {
        let polling = Polling { waiting: None, encoding, turned: Rc::default() };
        Self::new(Transport::Polling(Box::new(polling)))
    }

    pub fn socket(wire: SocketWire) -> Rc<Self> {
        Self::new(Transport::Socket(wire))
    }

    fn new(transport: Transport) -> Rc<Self> {
        Rc::new(Self { transport: RefCell::new(transport), watcher: OnceCell::new() })
    }

    pub(super) fn is_watched_by(&self, life: Weak<Life>) {
        let told = self.watcher.set(life);
        debug_assert!(told.is_ok(), "a line belongs to one session");
    }

    pub fn is_polling(&self) -> bool {
        matches!(*self.transport.borrow(), Transport::Polling(_))
    }

    pub fn is_gone(&self) -> bool {
        matches!(*self.transport.borrow(), Transport::Gone)
    }

    /// A poll waits from now on; refused if one does already, or if nobody polls any more.
    pub fn wait(&self, answer: Answer) -> bool {
        let Transport::Polling(polling) = &mut *self.transport.borrow_mut() else { return false };
        if polling.waiting.is_some() {
            return false;
        }
        polling.waiting = Some(answer);
        polling.turned.notify_waiters();
        true
    }

    /// Is the poll that waited given up by its client?
    pub fn is_abandoned(&self) -> bool {
        let Transport::Polling(polling) = &*self.transport.borrow() else { return false };
        polling.waiting.as_ref().is_some_and(oneshot::Sender::is_closed)
    }

    /// Lets the poll that waits go with this one packet. False if none waits.
    pub fn release(&self, packet: &str) -> bool {
        let Transport::Polling(polling) = &mut *self.transport.borrow_mut() else { return false };
        polling.release(packet)
    }

    /// From now on all goes by WebSocket. False if the line is gone.
    pub fn turn(&self, wire: SocketWire) -> bool {
        if self.is_gone() {
            return false;
        }
        self.becomes(Transport::Socket(wire), "6");
        true
    }

    /// Nobody polls any more; a poll that waits is answered with this packet.
    fn becomes(&self, transport: Transport, packet: &str) -> Transport {
        let mut before = self.transport.replace(transport);
        if let Transport::Polling(polling) = &mut before {
            polling.release(packet);
            polling.turned.notify_waiters();
        }
        before
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
            Transport::Polling(polling) => {
                if polling.waiting.as_ref().is_none_or(oneshot::Sender::is_closed) {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                let portion = polling.encoding.portion(bytes);
                if let Some(payload) = polling.encoding.payload(portion)
                    && let Some(answer) = polling.waiting.take()
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
                let (io, turned) = match &*self.0.transport.borrow() {
                    Transport::Socket(wire) => (Some(wire.io.clone()), None),
                    Transport::Polling(polling) => match &polling.waiting {
                        Some(answer) if !answer.is_closed() => return Ok(()),
                        // One that was given up ends the session, which turns the line.
                        Some(_) | None => (None, Some(polling.turned.clone())),
                    },
                    Transport::Gone => return Err(io::ErrorKind::BrokenPipe.into()),
                };
                match (io, turned) {
                    (Some(io), _) => return io.writable().await,
                    (None, Some(turned)) => turned.notified().await,
                    (None, None) => {}
                }
            }
        })
    }

    fn hang_up(&self) {
        if let Transport::Socket(wire) = self.0.becomes(Transport::Gone, "1") {
            wire.hang_up();
        }
        if let Some(life) = self.0.watcher.get().and_then(Weak::upgrade) {
            life.look_soon();
        }
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
