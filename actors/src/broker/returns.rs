//! When those who are told goodbye shall come back: not before there is somebody to come back to, and not all at once.
//!
//! Each client draws its own moment, so that the node they return to meets them one by one.

use std::time::Duration;

use uuid::Uuid;

/// From when on, and over how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returns {
    pub after: Duration,
    pub spread: Duration,
}

impl Returns {
    /// One client's moment, in milliseconds from now.
    pub fn draw_ms(self) -> u32 {
        let (random, _) = Uuid::new_v4().as_u64_pair();
        let spread = millis(self.spread);
        // The first half of its bits is nothing but random.
        let drawn = (random >> 32).checked_rem(spread.saturating_add(1)).unwrap_or(0);
        u32::try_from(millis(self.after).saturating_add(drawn)).unwrap_or(u32::MAX)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_to_return_fill_the_spread_and_nothing_else() {
        let (after, spread) = (Duration::from_millis(700), Duration::from_millis(1000));
        let drawn: Vec<_> = (0..2000).map(|_| Returns { after, spread }.draw_ms()).collect();
        assert!(drawn.iter().all(|moment| (700..=1700).contains(moment)));
        for tenth in 0..10 {
            let within = 700 + tenth * 100..800 + tenth * 100;
            let count = drawn.iter().filter(|moment| within.contains(*moment)).count();
            assert!((100..=300).contains(&count), "{count} of 2000 in {within:?}");
        }
    }

    #[test]
    fn no_spread_and_no_end_are_moments_too() {
        let never = Duration::MAX;
        assert_eq!(Returns { after: Duration::ZERO, spread: Duration::ZERO }.draw_ms(), 0);
        assert_eq!(Returns { after: never, spread: never }.draw_ms(), u32::MAX);
    }
}
