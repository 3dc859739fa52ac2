//! Whoever looks after a session while nothing comes in: heartbeats, and the time that goodbyes take.

use std::time::Duration;

use recado_actors::refusal::Farewell;
use tokio::time::{Instant, sleep_until, timeout};

use super::Life;
use crate::doors::socketio::engine::heartbeat::Beat;
use crate::doors::socketio::engine::packet::Packet;

/// How long the last words may take to be fetched or answered.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long a poll may be on its way beside the goodbye its client posted.
const BYE: Duration = Duration::from_millis(100);

impl Life {
    /// Asks whether the client is there, sees goodbyes through, and ends when the session does.
    pub async fn watch(&self) {
        while !self.is_over() {
            if self.said_bye() {
                let _ = timeout(BYE, self.over()).await;
                self.outlet.hang_up(Farewell::ByClient(1000));
            } else if self.outlet.farewell().is_some() {
                self.see_out().await;
            } else {
                self.wait_for_news().await;
            }
        }
    }

    async fn wait_for_news(&self) {
        let due = self.heart.borrow().deadline();
        tokio::select! {
            () = sleep_until(due) => self.beat(),
            () = self.line.news() => {}
        }
    }

    async fn over(&self) {
        while !self.is_over() {
            self.line.news().await;
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
            Beat::Gone => self.outlet.hang_up(Farewell::NoHeartbeat),
        }
    }

    /// The last words were said: gives the client a moment to fetch or answer them.
    async fn see_out(&self) {
        let seen = async {
            if self.line.is_polling() {
                self.outlet.drained(0).await;
            } else {
                self.over().await;
            }
        };
        let _ = timeout(GOODBYE, seen).await;
        if !self.left.get() {
            self.outlet.hang_up(Farewell::Internal);
        }
    }
}
