//! What rides on an Engine.IO session: Socket.IO, or an echo.
//!
//! It says things through the session's outlet and ends the session by closing that; it knows no transport.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use recado_actors::broker::Worker;
use recado_actors::dialect::Frame;
use recado_actors::limiter::Allowance;
use recado_actors::outlet::Outlet;
use recado_actors::refusal::Farewell;

use super::packet::{Message, Packet, Protocol};
use super::sid::Sid;
use crate::doors::socket::alarms::Alarms;
use crate::doors::socket::frame;
use crate::doors::socket::gate::Place;

/// What a message asks for that takes longer than this turn. The next message is heard when it is done.
pub type Work = LocalBoxFuture<'static, ()>;

pub trait Rider: 'static {
    /// The session is open: the client has, or is about to get, its `open` packet.
    fn open(&mut self) -> Option<Work>;
    /// A whole message came in.
    fn hear(&mut self, message: Message) -> Option<Work>;
    /// The session is over.
    fn closed(&mut self, farewell: Farewell);
}

/// What a rider and its session share. All of it belongs to one thread.
pub struct Seat {
    pub outlet: Rc<Outlet>,
    pub allowance: Rc<Allowance>,
    pub worker: Rc<Worker>,
    /// Who is to be looked at on its thread.
    pub alarms: Rc<Alarms>,
    /// A token that it showed in its handshake.
    pub token: Option<Box<str>>,
    pub place: Place,
    pub protocol: Protocol,
    pub sid: Sid,
}

/// Gives every new session its rider.
pub trait Riders: Send + Sync + 'static {
    fn rider(&self, seat: Rc<Seat>) -> Box<dyn Rider>;
}

/// A packet as one finished frame, whatever the transport.
pub fn framed(protocol: Protocol, packet: &Packet) -> Frame {
    match packet.frame(protocol) {
        Message::Text(text) => frame::text(&text),
        Message::Binary(bytes) => frame::binary(&bytes),
    }
}
