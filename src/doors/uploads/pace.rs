//! How long a body may take: no silence longer than the stall, and an end to all of it.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::doors::problem::Problem;

/// The clock of one request.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    stall: Duration,
    end: Instant,
}

impl Pace {
    pub(super) fn new(stall: Duration, longest: Duration) -> Self {
        Self { stall, end: Instant::now() + longest }
    }

    /// Waits for the next piece of a body, as long as a silence may last.
    pub(super) async fn next<T>(&self, piece: impl Future<Output = T>) -> Result<T, Problem> {
        let silence = Instant::now() + self.stall;
        timeout_at(silence.min(self.end), piece).await.map_err(|_| {
            if Instant::now() >= self.end {
                Problem::new(408, "body_too_slow", "the body did not come in time")
            } else {
                Problem::new(408, "body_stalled", "nothing more came of the body")
            }
        })
    }
}

pub(super) fn broken_off() -> Problem {
    Problem::new(400, "body_broken_off", "the body did not come whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn waits(stall: u64, longest: u64) -> Option<&'static str> {
        let pace = Pace::new(Duration::from_millis(stall), Duration::from_millis(longest));
        pace.next(std::future::pending::<()>()).await.err().map(|problem| problem.code)
    }

    #[tokio::test]
    async fn a_silence_and_a_trickle_both_end() {
        assert_eq!(waits(1, 60_000).await, Some("body_stalled"));
        assert_eq!(waits(60_000, 1).await, Some("body_too_slow"));
        let pace = Pace::new(Duration::from_secs(60), Duration::from_secs(60));
        assert_eq!(pace.next(std::future::ready(7)).await, Ok(7));
    }
}
