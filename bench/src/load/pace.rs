//! When each message is due, whatever the server does meanwhile.
//!
//! Open loop: a slow answer delays no later message, and every wait is counted from the moment a message was due.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The runtime's timers are no finer than this; what is left of a wait is spent asking for news.
const COARSE: Duration = Duration::from_millis(2);

pub struct Pace {
    start: Instant,
    interval_nanos: u64,
    next: u64,
}

impl Pace {
    /// `rate` messages a second, from now on.
    pub fn new(rate: u64) -> Self {
        Self { start: Instant::now(), interval_nanos: 1_000_000_000 / rate.max(1), next: 0 }
    }

    fn due(&self) -> Instant {
        self.start + Duration::from_nanos(self.next.saturating_mul(self.interval_nanos))
    }

    /// Waits for the next message's moment, and gives it.
    pub async fn tick(&mut self) -> Instant {
        let due = self.due();
        self.next += 1;
        if due > Instant::now() + COARSE {
            sleep_until(due - COARSE).await;
        }
        while Instant::now() < due {
            tokio::task::yield_now().await;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn moments_are_evenly_spaced_however_late_they_are_asked_for() {
        let mut pace = Pace::new(1_000);
        let first = pace.tick().await;
        tokio::time::timeout(Duration::from_millis(20), std::future::pending::<()>()).await.ok();
        for tick in 1..10 {
            assert_eq!(pace.tick().await - first, Duration::from_millis(tick));
        }
    }
}
