//! One Engine.IO session on its thread: what its packets mean, whatever brought them.
//!
//! It alone moves the heartbeat and hands messages to the rider. Everything outward goes through the outlet.

mod watching;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use recado_actors::dialect::Lane;
use recado_actors::limiter::{Allowance, Ask};
use recado_actors::outlet::Outlet;
use recado_actors::refusal::Farewell;
use tokio::time::Instant;

use super::capacity::Share;
use super::heartbeat::Heartbeat;
use super::line::{Answer, Line};
use super::mount::Mount;
use super::packet::{Fault, Packet, Protocol, read_binary, read_text};
use super::payload3::Shape;
use super::registry::Standing;
use super::rider::{Rider, Work, framed};
use super::sid::Sid;
use super::{payload, payload3};
use crate::doors::socket::Said;
use crate::doors::socket::gate::Place;

/// Shared by the session's actor and, on a WebSocket, its pump; both on one thread.
pub struct Life {
    pub mount: Arc<Mount>,
    pub sid: Sid,
    pub protocol: Protocol,
    pub outlet: Rc<Outlet>,
    pub allowance: Rc<Allowance>,
    pub line: Rc<Line>,
    pub standing: Arc<Standing>,
    heart: RefCell<Heartbeat>,
    rider: RefCell<Box<dyn Rider>>,
    /// Its WebSocket is gone.
    left: Cell<bool>,
    /// It said goodbye by polling, and the poll that belongs to that is still on its way.
    bye: Cell<bool>,
    /// What it said and is not served.
    busy: Cell<usize>,
    /// Held as long as the session is.
    _place: Rc<Place>,
    _share: Share,
}

/// What a life begins with.
pub struct Birth {
    pub mount: Arc<Mount>,
    pub sid: Sid,
    pub protocol: Protocol,
    pub outlet: Rc<Outlet>,
    pub allowance: Rc<Allowance>,
    pub line: Rc<Line>,
    pub standing: Arc<Standing>,
    pub rider: Box<dyn Rider>,
    pub place: Rc<Place>,
    pub share: Share,
}

impl Life {
    pub fn begin(birth: Birth) -> Rc<Self> {
        let Birth { mount, sid, protocol, outlet, allowance, line, standing, rider, place, share } = birth;
        let rules = &mount.rules;
        let heart = Heartbeat::new(protocol, rules.ping_interval, rules.ping_timeout, Instant::now());
        let (heart, rider) = (RefCell::new(heart), RefCell::new(rider));
        let (left, bye, busy) = (Cell::new(false), Cell::new(false), Cell::new(0));
        Rc::new(Self {
            mount,
            sid,
            protocol,
            outlet,
            allowance,
            line,
            standing,
            heart,
            rider,
            left,
            bye,
            busy,
            _place: place,
            _share: share,
        })
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
            life.line.tell();
        })
    }

    /// Is it over? Whoever is overdue is found out here, whether or not a timer came first.
    pub fn is_over(&self) -> bool {
        if self.busy.get() == 0 && self.heart.borrow().is_over(Instant::now()) {
            self.outlet.hang_up(Farewell::NoHeartbeat);
        }
        self.left.get() || self.line.is_gone()
    }

    /// Its WebSocket is gone.
    pub fn leave(&self) {
        self.left.set(true);
        self.line.tell();
    }

    pub fn has_left(&self) -> bool {
        self.left.get()
    }

    /// A WebSocket's message.
    pub fn hear_said(self: &Rc<Self>, said: Said) -> Option<Work> {
        let packet = match said {
            Said::Text(text) => read_text(self.protocol, text),
            Said::Binary(bytes) => read_binary(self.protocol, bytes),
        };
        match packet {
            Ok(packet) => self.hear(packet),
            Err(fault) => {
                log::debug!(fault = fault.word(); "a packet was refused");
                self.outlet.close(Farewell::Malformed);
                None
            }
        }
    }

    /// A packet by whichever transport the session has.
    fn hear(self: &Rc<Self>, packet: Packet) -> Option<Work> {
        if self.is_over() || self.outlet.farewell().is_some() {
            return None;
        }
        match packet {
            Packet::Message(message) => {
                let work = self.rider.borrow_mut().hear(message);
                return work.map(|work| self.busy_with(work));
            }
            Packet::Pong(_) => {
                if self.pays() && self.heart.borrow_mut().answered(Instant::now()) {
                    self.line.tell();
                }
            }
            Packet::Ping(said) => self.answer_ping(&said),
            Packet::Close => self.end_by_client(),
            Packet::Noop => {}
            Packet::Open(_) | Packet::Upgrade => self.outlet.close(Farewell::Malformed),
        }
        None
    }

    fn pays(&self) -> bool {
        self.allowance.spend(Ask::Other).is_ok()
    }

    /// In protocol 4 only the server asks.
    fn answer_ping(&self, said: &str) {
        if !self.heart.borrow_mut().was_asked(Instant::now()) {
            return self.outlet.close(Farewell::Malformed);
        }
        self.line.tell();
        if self.pays() {
            self.say(&Packet::Pong(said.into()));
        }
    }

    fn end_by_client(&self) {
        if !self.line.is_polling() {
            self.outlet.close(Farewell::ByClient(1000));
        } else if self.line.release("6") {
            self.outlet.hang_up(Farewell::ByClient(1000));
        } else {
            self.bye.set(true);
        }
    }

    /// Did it say goodbye, so that only a poll it sent at the same time is answered?
    pub fn said_bye(&self) -> bool {
        self.bye.get()
    }

    pub fn say(&self, packet: &Packet) {
        self.outlet.push(&framed(self.protocol, packet), Lane::Firm);
    }

    /// A poll waits for what is said. False if it must not, which ends the session.
    pub fn poll(&self, answer: Answer) -> bool {
        if self.line.wait(answer) {
            if self.said_bye() {
                self.line.release("6");
                self.outlet.hang_up(Farewell::ByClient(1000));
            }
            return true;
        }
        if self.line.is_polling() {
            self.outlet.hang_up(Farewell::Malformed);
        }
        false
    }

    /// Whatever cannot be gone on from.
    pub fn fail(&self, why: &'static str) {
        log::debug!(why; "a polling session was ended");
        self.outlet.hang_up(Farewell::Malformed);
    }

    /// What a client posted: all of its packets, one after the other.
    pub async fn hear_payload(self: &Rc<Self>, body: Bytes, shape: Shape) -> Result<(), Fault> {
        let most = self.mount.rules.most_packets();
        let packets: Box<dyn Iterator<Item = _>> = match self.protocol {
            Protocol::V4 => Box::new(payload::read(body, most)?),
            Protocol::V3 => Box::new(payload3::read(shape, body, most)?),
        };
        for packet in packets {
            if let Some(work) = self.hear(packet?) {
                work.await;
            }
            if self.outlet.farewell().is_some() || self.said_bye() {
                break;
            }
        }
        Ok(())
    }

    /// The rider's last moment.
    pub fn end(&self) {
        let farewell = self.outlet.farewell().unwrap_or(Farewell::ByClient(1006));
        self.rider.borrow_mut().closed(farewell);
    }
}
