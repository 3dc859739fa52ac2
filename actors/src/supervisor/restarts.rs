//! How often, and after what pause, what dies is started again.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Unless told otherwise: past this many restarts within ten seconds a child stays dead.
pub const RESTART_LIMIT: usize = 5;
const FIRST_BACK_OFF: Duration = Duration::from_millis(5);

/// How often one actor is started again: past `most` restarts within `window` it stays dead.
#[derive(Debug, Clone, Copy)]
pub struct RestartLimits {
    pub most: usize,
    pub window: Duration,
}

impl Default for RestartLimits {
    fn default() -> Self {
        Self { most: RESTART_LIMIT, window: Duration::from_secs(10) }
    }
}

/// Counts restarts within the window.
#[derive(Debug, Default)]
pub struct Restarts(VecDeque<Instant>);

impl Restarts {
    /// How long to wait before the next restart; none when the limit is reached.
    pub fn next(&mut self, limits: RestartLimits, now: Instant) -> Option<Duration> {
        while self.0.front().is_some_and(|at| now.duration_since(*at) > limits.window) {
            self.0.pop_front();
        }
        if self.0.len() >= limits.most {
            return None;
        }
        let back_off = FIRST_BACK_OFF.saturating_mul(1u32 << self.0.len().min(4));
        self.0.push_back(now);
        Some(back_off)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restarts_back_off_within_100_ms_and_end_at_the_limit() {
        let mut restarts = Restarts::default();
        let (limits, now) = (RestartLimits::default(), Instant::now());
        let waits: Vec<_> = std::iter::from_fn(|| restarts.next(limits, now)).collect();
        assert_eq!(waits.len(), RESTART_LIMIT);
        assert!(waits.iter().all(|wait| *wait <= Duration::from_millis(80)));
        assert!(restarts.next(limits, now + limits.window + Duration::from_secs(1)).is_some());
    }
}
