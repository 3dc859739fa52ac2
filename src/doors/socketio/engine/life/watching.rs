//! Whoever looks after a session while nothing comes in: heartbeats, the time that goodbyes take, and its end.

use std::rc::Rc;
use std::time::Duration;

use recado_actors::refusal::Farewell;
use tokio::time::{Instant, sleep, timeout};

use super::Life;
use crate::doors::socket::alarms::Ring;
use crate::doors::socketio::engine::heartbeat::Beat;
use crate::doors::socketio::engine::packet::Packet;
use crate::doors::socketio::engine::session::Ended;

/// How long the last words may take to be fetched or answered.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long a poll may be on its way beside the goodbye its client posted.
const BYE: Duration = Duration::from_millis(100);

impl Life {
    /// To be looked at when its time comes.
    pub(super) fn watch(self: &Rc<Self>) {
        self.line.is_watched_by(Rc::downgrade(self));
        self.look_at(self.heart.borrow().deadline());
    }

    /// To be looked at as soon as the present turn is over.
    pub fn look_soon(self: &Rc<Self>) {
        self.look_at(Instant::now());
    }

    /// Only the last such wish counts.
    fn look_at(self: &Rc<Self>, at: Instant) {
        let life: Rc<dyn Ring> = self.clone();
        self.due.set(at);
        self.seat.alarms.set(at, Rc::downgrade(&life));
    }

    /// The heartbeat moved on. If it is due later than it was, that is found out when it would have been.
    pub(super) fn heart_moved(self: &Rc<Self>) {
        let deadline = self.heart.borrow().deadline();
        if deadline < self.due.get() {
            self.look_at(deadline);
        }
    }

    fn beat(&self) {
        let now = Instant::now();
        if self.busy.get() > 0 {
            self.heart.borrow_mut().excuse(now);
        }
        let beat = self.heart.borrow_mut().beat(now);
        match beat {
            Beat::Early => {}
            Beat::Ask => self.say(&Packet::Ping("".into())),
            Beat::Gone => self.seat.outlet.hang_up(Farewell::NoHeartbeat),
        }
    }

    pub(super) fn is_ending(&self) -> bool {
        self.said_bye() || self.seat.outlet.farewell().is_some()
    }

    /// The last words were said: gives the client a moment to fetch or answer them.
    fn see_out(&self) {
        if self.parting.replace(true) {
            return;
        }
        let (outlet, polls, bye) = (self.seat.outlet.clone(), self.line.is_polling(), self.said_bye());
        actix_web::rt::spawn(async move {
            match (bye, polls) {
                (true, _) => sleep(BYE).await,
                (false, true) => _ = timeout(GOODBYE, outlet.drained(0)).await,
                (false, false) => sleep(GOODBYE).await,
            }
            outlet.hang_up(if bye { Farewell::ByClient(1000) } else { Farewell::Internal });
        });
    }

    /// Nobody finds the session any more, its rider is told, its places are given back. Once.
    pub(super) fn finish(&self) {
        if self.finished.replace(true) {
            return;
        }
        let entry = self.mount.registry.remove(&self.seat.sid);
        if let Some(session) = entry.and_then(|entry| entry.session) {
            session.do_send(Ended);
        }
        let farewell = self.seat.outlet.farewell().unwrap_or(Farewell::ByClient(1006));
        self.rider.borrow_mut().closed(farewell);
        self.seat.worker.forget(&self.seat.outlet);
        if !self.left.get() {
            self.seat.outlet.hang_up(Farewell::Internal);
        }
    }
}

impl Ring for Life {
    fn ring(self: Rc<Self>) {
        if Instant::now() < self.due.get() {
            // An older wish.
            return;
        }
        if self.is_over() {
            return self.finish();
        }
        if self.is_ending() {
            self.see_out();
            return self.look_at(Instant::now() + GOODBYE);
        }
        self.beat();
        self.look_at(self.heart.borrow().deadline());
    }
}
