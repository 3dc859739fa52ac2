//! When those who are told goodbye shall come back: not before there is somebody to come back to, and not all at once.
//!
//! Each session has a moment of its own, and those of any number of sessions fill the time evenly, unlike drawn ones.

use std::time::Duration;

use crate::id::SessionId;

/// 2^64 divided by the golden ratio: its multiples, cut to 64 bits, fall evenly.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// From when on, and over how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returns {
    pub after: Duration,
    pub spread: Duration,
}

impl Returns {
    /// One session's moment, in milliseconds from now.
    pub fn moment_ms(self, session: SessionId) -> u32 {
        let share = u128::from(session.0.wrapping_mul(GOLDEN));
        let within = self.spread.as_millis().saturating_mul(share) >> 64;
        u32::try_from(self.after.as_millis().saturating_add(within)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_to_return_fill_the_spread_evenly() {
        let returns = Returns { after: Duration::from_millis(700), spread: Duration::from_secs(1) };
        let moments: Vec<_> = (5000..5400).map(|id| returns.moment_ms(SessionId(id))).collect();
        assert!(moments.iter().all(|moment| (700..1700).contains(moment)));
        for tenth in 0..10 {
            let within = 700 + tenth * 100..800 + tenth * 100;
            let count = moments.iter().filter(|moment| within.contains(*moment)).count();
            assert!((37..=43).contains(&count), "{count} of 400 in {within:?}");
        }
    }

    #[test]
    fn no_spread_and_no_end_are_moments_too() {
        let moment = |after, spread| Returns { after, spread }.moment_ms(SessionId(3));
        assert_eq!(moment(Duration::ZERO, Duration::ZERO), 0);
        assert_eq!(moment(Duration::MAX, Duration::MAX), u32::MAX);
    }
}
