//! How a broker ends: goodbyes first, actors last. And how one of its actors is made to fail on purpose.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::broker::{AGAIN, Broker, Inner};
use crate::refusal::Farewell;
use crate::shard::{EndSessions, Target};
use crate::supervisor::{Fate, StandDown};

impl Broker {
    /// Takes no new work and says goodbye to everyone; ends when all have left or `within` is over.
    pub async fn drain(&self, within: Duration) {
        self.0.vitals.drain();
        let everyone = Target { user: None, token_id: None, room: None };
        let leave = self.end_sessions(EndSessions { target: everyone, farewell: Farewell::ShuttingDown });
        let gone = async {
            leave.await;
            while self.0.vitals.sessions.load(Relaxed) > 0 {
                tokio::time::sleep(AGAIN).await;
            }
        };
        // Those who have not left by then are left behind.
        let _ = tokio::time::timeout(within, gone).await;
    }

    /// Ends every actor of this broker.
    pub fn stop(&self) {
        for place in self.0.shards.iter() {
            place.supervisor.do_send(StandDown);
            place.link.end();
        }
        self.0.shards.clear();
        self.0.supervisor.tell(StandDown);
        for room in self.0.rooms.all() {
            room.do_send(Fate::End);
        }
        self.0.rooms.clear();
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
            "shard" => self.shards().iter().for_each(|shard| shard.tell(Fate::Panic)),
            _ => debug_assert!(false, "no actor is called {kind}"),
        }
    }
}
