//! How a broker ends: goodbyes first, actors last. And how one of its actors is made to fail on purpose.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};

use crate::archive::Settle;
use crate::broker::{AGAIN, Broker, Inner, Returns};
use crate::shard::EndShare;
use crate::supervisor::{Fate, StandDown};

/// In how many steps everyone is told goodbye.
const STEPS: u32 = 50;
/// The longest that a step waits for a worker.
const PATIENCE: Duration = Duration::from_secs(1);
/// About how long a process takes to end and another to be ready in its place.
const RESTART: Duration = Duration::from_secs(1);
/// The most that is kept back of a drain for those told last, and then for what they said.
const RESERVE: Duration = Duration::from_secs(2);

impl Broker {
    /// Takes no new work and says goodbye to everyone, spread over `within`; ends when all have left and all they said
    /// is stored, at the latest when `within` is over.
    pub async fn drain(&self, within: Duration) {
        self.end_in(STEPS, within).await;
    }

    /// The same with everyone at once.
    pub async fn drain_at_once(&self, within: Duration) {
        self.end_in(1, within).await;
    }

    async fn end_in(&self, steps: u32, within: Duration) {
        self.0.vitals.drain();
        let begun = Instant::now();
        let reserve = (within / 5).min(RESERVE);
        let parted =
            timeout_at(begun + within - reserve / 2, self.part_with_all(steps, within - reserve)).await;
        if parted.is_err() {
            // Time was too short for some even to be told. Those who do not leave now are left behind.
            let _ = timeout_at(begun + within, self.part_with_share(1, Duration::ZERO)).await;
        }
        // What is not stored by then was not acknowledged.
        let _ = timeout_at(begun + within, self.settle()).await;
    }

    async fn part_with_all(&self, steps: u32, over: Duration) {
        // Zero would let no time pass between two steps.
        let pause = (over / steps).max(Duration::from_millis(1));
        let mut due = Instant::now();
        let mut left = steps;
        while !self.0.vitals.is_empty() {
            self.part_with_share(left, pause).await;
            // By the clock and not by counting: a step that came late must not put off the last ones.
            while due <= Instant::now() {
                due += pause;
                left = left.saturating_sub(1).max(1);
            }
            // A pause that is over is as good as nobody left.
            let _ = timeout_at(due, self.emptied()).await;
        }
    }

    /// One step: on every worker one in `left` of those who are still there.
    async fn part_with_share(&self, left: u32, pause: Duration) {
        let returns = Returns { after: self.back_after(left, pause), spread: self.0.settings.return_spread };
        let steps = usize::try_from(left).unwrap_or(usize::MAX);
        let shards = self.shards();
        // A shard that died with this in hand is asked again in the next step, and one that is busy does it then.
        join_all(shards.iter().map(|shard| shard.ask(EndShare { steps, returns }, PATIENCE))).await;
    }

    /// Other nodes take those who leave at once. Alone, nobody does until the last has left and this node is back.
    fn back_after(&self, left: u32, pause: Duration) -> Duration {
        if self.0.ports.backplane.is_some() {
            return Duration::ZERO;
        }
        pause * left.min(self.0.vitals.sessions()) + RESTART
    }

    async fn emptied(&self) {
        while !self.0.vitals.is_empty() {
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Ends when all that was taken is stored.
    async fn settle(&self) {
        let wait = self.0.settings.command_timeout;
        // One that died with it has told nobody that it was taken.
        let _ = self.0.receipts.ask(Settle, wait).await;
        let _ = self.0.archive.ask(Settle, wait).await;
    }

    /// Ends every actor of this broker.
    pub fn stop(&self) {
        // What was not started by now never is.
        self.0.launching.store(true, Relaxed);
        for place in self.0.shards.iter() {
            place.supervisor.do_send(StandDown);
            place.link.end();
        }
        self.0.shards.clear();
        self.0.supervisor.tell(StandDown);
        let rooms = self.0.rooms.all();
        // Off the list first: a room that is not on it ends in order, and nobody starts it again.
        self.0.rooms.clear();
        for room in rooms {
            room.do_send(Fate::End);
        }
        if let Some(library) = &self.0.library {
            library.end();
        }
        let Inner { archive, presence, receipts, bridge, outbox, courier, warden, directory, .. } = &*self.0;
        archive.end();
        presence.end();
        receipts.end();
        bridge.end();
        outbox.end();
        courier.end();
        warden.end();
        directory.end();
    }

    /// Makes the actor of this kind panic. Only fault injection does.
    pub fn injure(&self, kind: &str) {
        match kind {
            "archive" => self.0.archive.tell(Fate::Panic),
            "presence" => self.0.presence.tell(Fate::Panic),
            "receipts" => self.0.receipts.tell(Fate::Panic),
            "bridge" => self.0.bridge.tell(Fate::Panic),
            "outbox" => self.0.outbox.tell(Fate::Panic),
            "courier" => self.0.courier.tell(Fate::Panic),
            "warden" => self.0.warden.tell(Fate::Panic),
            "directory" => self.0.directory.tell(Fate::Panic),
            "room" => self.0.rooms.all().iter().for_each(|room| room.do_send(Fate::Panic)),
            "document" => self.0.library.iter().for_each(|library| library.befall(Fate::Panic)),
            "desk" => self.0.library.iter().for_each(|library| library.befall_desks(Fate::Panic)),
            "shard" => self.shards().iter().for_each(|shard| shard.tell(Fate::Panic)),
            _ => debug_assert!(false, "no actor is called {kind}"),
        }
    }
}
