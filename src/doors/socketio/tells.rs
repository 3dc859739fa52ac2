//! What dialects over Engine.IO share: it has a heartbeat of its own, and one goodbye for all of them. Pure.

use std::time::Duration;

use recado_actors::dialect::{Dialect, Frame, Line};
use recado_actors::message::room::RoomEvent;
use recado_actors::refusal::Farewell;

use super::engine::farewells;
use crate::doors::socket::frame;

/// How the clients of one door are told things.
pub trait Tells: Send + Sync + 'static {
    /// The name of the door.
    const DOOR: &'static str;

    /// Of the dialect: another than the door's where that speaks more than one.
    fn name(&self) -> &'static str {
        Self::DOOR
    }

    /// What is said of an event, in order; nothing where this dialect has no word for it.
    fn event(&self, event: &RoomEvent) -> Vec<Line>;

    /// What is said before the transport closes.
    fn parting(&self, _farewell: Farewell) -> Option<Frame> {
        None
    }
}

/// Such a dialect, as it is registered with the broker.
pub struct OverEngine<T>(pub T);

impl<T: Tells> Dialect for OverEngine<T> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn door(&self) -> &'static str {
        T::DOOR
    }

    fn event(&self, event: &RoomEvent) -> Vec<Line> {
        self.0.event(event)
    }

    fn farewell(&self, farewell: Farewell) -> Vec<Frame> {
        self.0.parting(farewell).into_iter().chain(farewells::last_words(farewell)).collect()
    }

    fn ping(&self) -> Frame {
        frame::ping()
    }

    fn heartbeat(&self) -> Duration {
        Duration::MAX
    }
}
