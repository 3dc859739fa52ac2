//! One Engine.IO session on its thread: what its packets mean, whatever brought them, and when it ends.
//!
//! It alone moves the heartbeat and hands messages to the rider. Everything outward goes through the outlet.

mod watching;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use recado_actors::dialect::Lane;
use recado_actors::limiter::Ask;
use recado_actors::refusal::Farewell;
use tokio::time::Instant;

use super::capacity::Share;
use super::heartbeat::Heartbeat;
use super::line::{Answer, Line};
use super::mount::Mount;
use super::packet::{Fault, Packet, Protocol, read_binary, read_text};
use super::payload3::Shape;
use super::registry::Standing;
use super::rider::{Rider, Seat, Work, framed};
use super::{payload, payload3};
use crate::doors::socket::Said;

/// Shared by the session's actor, while it polls, and its pump, on a WebSocket; all on one thread.
pub struct Life {
    pub mount: Arc<Mount>,
    pub seat: Rc<Seat>,
    pub line: Rc<Line>,
    pub standing: Arc<Standing>,
    heart: RefCell<Heartbeat>,
    rider: RefCell<Box<dyn Rider>>,
    /// When it is to be looked at.
    due: Cell<Instant>,
    /// It went on to a WebSocket, and so from its actor to a pump.
    turned: Cell<bool>,
    /// Its WebSocket is gone.
    left: Cell<bool>,
    /// It said goodbye by polling, and the poll that belongs to that is still on its way.
    bye: Cell<bool>,
    /// Its last words are seen through.
    parting: Cell<bool>,
    finished: Cell<bool>,
    /// What it said and is not served.
    busy: Cell<usize>,
    /// Held as long as the session is.
    _share: Share,
}

/// What a life begins with.
pub struct Birth {
    pub mount: Arc<Mount>,
    pub seat: Rc<Seat>,
    pub line: Rc<Line>,
    pub standing: Arc<Standing>,
    pub rider: Box<dyn Rider>,
    pub share: Share,
}

impl Life {
    pub fn begin(birth: Birth) -> Rc<Self> {
        let Birth { mount, seat, line, standing, rider, share } = birth;
        let rules = &mount.rules;
        let heart = Heartbeat::new(seat.protocol, rules.ping_interval, rules.ping_timeout, Instant::now());
        let life = Rc::new(Self {
            mount,
            seat,
            line,
            standing,
            due: Cell::new(heart.deadline()),
            heart: RefCell::new(heart),
            rider: RefCell::new(rider),
            turned: Cell::default(),
            left: Cell::default(),
            bye: Cell::default(),
            parting: Cell::default(),
            finished: Cell::default(),
            busy: Cell::default(),
            _share: share,
        });
        life.watch();
        life
    }

    pub fn open(self: &Rc<Self>) -> Option<Work> {
        let work = self.rider.borrow_mut().open();
        work.map(|work| self.busy_with(work))
    }

    /// What the client is told by while we are busy lies unread, so its time begins anew when we are done.
    fn busy_with(self: &Rc<Self>, work: Work) -> Work {
        let life = self.clone();
        life.busy.update(|busy| busy + 1);
        Box::pin(async move {
            work.await;
            life.busy.update(|busy| busy.saturating_sub(1));
            life.heart.borrow_mut().excuse(Instant::now());
            life.mind();
        })
    }

    /// Is it over? Whoever is overdue is found out here, whether or not a timer came first.
    pub fn is_over(&self) -> bool {
        if self.busy.get() == 0 && self.heart.borrow().is_over(Instant::now()) {
            self.seat.outlet.hang_up(Farewell::NoHeartbeat);
        }
        self.left.get() || self.line.is_gone()
    }

    /// From now on its pump is all there is of it: its actor ends with what was asked of that before.
    pub fn turn(&self) {
        self.turned.set(true);
        self.mount.registry.goes_by_socket(&self.seat.sid);
    }

    pub fn has_turned(&self) -> bool {
        self.turned.get()
    }

    /// Its WebSocket is gone.
    pub fn leave(&self) {
        self.left.set(true);
        self.finish();
    }

    /// Its actor is gone, as it should be or not.
    pub fn is_left_alone(&self) {
        if !self.has_turned() {
            self.finish();
        } else if std::thread::panicking() {
            self.seat.outlet.hang_up(Farewell::Internal);
        }
    }

    /// A goodbye may have been said meanwhile.
    pub fn mind(self: &Rc<Self>) {
        if self.is_ending() {
            self.look_soon();
        }
    }

    /// A WebSocket's message.
    pub fn hear_said(self: &Rc<Self>, said: Said) -> Option<Work> {
        let packet = match said {
            Said::Text(text) => read_text(self.seat.protocol, text),
            Said::Binary(bytes) => read_binary(self.seat.protocol, bytes),
        };
        match packet {
            Ok(packet) => self.hear(packet),
            Err(fault) => {
                log::debug!(fault = fault.word(); "a packet was refused");
                self.seat.outlet.close(Farewell::Malformed);
                None
            }
        }
    }

    /// A packet by whichever transport the session has.
    fn hear(self: &Rc<Self>, packet: Packet) -> Option<Work> {
        if self.is_over() || self.seat.outlet.farewell().is_some() {
            return None;
        }
        match packet {
            Packet::Message(message) => {
                let work = self.rider.borrow_mut().hear(message);
                return work.map(|work| self.busy_with(work));
            }
            Packet::Pong(_) => {
                if self.pays() && self.heart.borrow_mut().answered(Instant::now()) {
                    self.heart_moved();
                }
            }
            Packet::Ping(said) => self.answer_ping(&said),
            Packet::Close => self.end_by_client(),
            Packet::Noop => {}
            Packet::Open(_) | Packet::Upgrade => self.seat.outlet.close(Farewell::Malformed),
        }
        None
    }

    fn pays(&self) -> bool {
        self.seat.allowance.spend(Ask::Other).is_ok()
    }

    /// In protocol 4 only the server asks.
    fn answer_ping(&self, said: &str) {
        if !self.heart.borrow_mut().was_asked(Instant::now()) {
            return self.seat.outlet.close(Farewell::Malformed);
        }
        if self.pays() {
            self.say(&Packet::Pong(said.into()));
        }
    }

    fn end_by_client(self: &Rc<Self>) {
        if !self.line.is_polling() {
            self.seat.outlet.close(Farewell::ByClient(1000));
        } else if self.line.release("6") {
            self.seat.outlet.hang_up(Farewell::ByClient(1000));
        } else {
            self.bye.set(true);
            self.look_soon();
        }
    }

    /// Did it say goodbye, so that only a poll it sent at the same time is answered?
    pub fn said_bye(&self) -> bool {
        self.bye.get()
    }

    pub fn say(&self, packet: &Packet) {
        self.seat.outlet.push(&framed(self.seat.protocol, packet), Lane::Firm);
    }

    /// A poll waits for what is said. False if it must not, which ends the session.
    pub fn poll(&self, answer: Answer) -> bool {
        if self.line.wait(answer) {
            if self.said_bye() {
                self.line.release("6");
                self.seat.outlet.hang_up(Farewell::ByClient(1000));
            }
            return true;
        }
        if self.line.is_polling() {
            self.seat.outlet.hang_up(Farewell::Malformed);
        }
        false
    }

    /// Whatever cannot be gone on from.
    pub fn fail(&self, why: &'static str) {
        log::debug!(why; "a polling session was ended");
        self.seat.outlet.hang_up(Farewell::Malformed);
    }

    /// What a client posted: all of its packets, one after the other.
    pub async fn hear_payload(self: &Rc<Self>, body: Bytes, shape: Shape) -> Result<(), Fault> {
        let most = self.mount.rules.most_packets();
        let packets: Box<dyn Iterator<Item = _>> = match self.seat.protocol {
            Protocol::V4 => Box::new(payload::read(body, most)?),
            Protocol::V3 => Box::new(payload3::read(shape, body, most)?),
        };
        for packet in packets {
            if let Some(work) = self.hear(packet?) {
                work.await;
            }
            if self.seat.outlet.farewell().is_some() || self.said_bye() {
                break;
            }
        }
        Ok(())
    }
}
