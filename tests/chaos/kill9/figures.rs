//! What a storm amounted to, in one line.

use std::fmt;
use std::time::Duration;

use crate::client::Client;
use crate::history::{Outcome, RoomHistory};

#[derive(Default)]
pub struct Figures {
    /// One for every kill: how long the broker took to be ready again.
    pub ready: Vec<Duration>,
    pub acked: usize,
    pub deliveries: u64,
    resends: u64,
    pub raw_duplicates: u64,
    returns: Vec<Duration>,
}

impl Figures {
    pub fn count_clients(&mut self, clients: &[Client]) {
        for client in clients {
            self.resends += client.resends;
            self.returns.extend(client.returns.iter().map(|micros| Duration::from_micros(*micros)));
        }
    }

    pub fn count_room(&mut self, room: &RoomHistory, raw_duplicates: u64) {
        let is_acked = |outcome: &Outcome| matches!(outcome, Outcome::Ok { .. });
        self.acked += room.attempts.iter().filter(|attempt| is_acked(&attempt.outcome)).count();
        self.deliveries +=
            room.readers.iter().map(|reader| u64::try_from(reader.deliveries.len()).unwrap()).sum::<u64>();
        self.raw_duplicates += raw_duplicates;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ready, acked, deliveries, resends, raw_duplicates, returns } = self;
        let kills = ready.len();
        write!(f, "kill -9: {acked} acked, {deliveries} delivered, {kills} kills, {resends} resends, ")?;
        write!(
            f,
            "{raw_duplicates} raw duplicates, restart to ready {}, client back {}",
            Spread(ready),
            Spread(returns)
        )
    }
}

struct Spread<'a>(&'a [Duration]);

impl fmt::Display for Spread<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = self.0.to_vec();
        sorted.sort_unstable();
        let (median, most) = (sorted.get(sorted.len() / 2), sorted.last());
        write!(f, "p50 {:.0?} max {:.0?}", median.unwrap_or(&Duration::ZERO), most.unwrap_or(&Duration::ZERO))
    }
}
