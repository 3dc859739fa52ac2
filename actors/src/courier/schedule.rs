//! When a letter that failed is sent again. Pure: time and chance are arguments.
//!
//! A wait is never shorter than four fifths of what the schedule says, nor than the endpoint asked for.

use std::time::Duration;

/// An endpoint may ask for no more than this.
const LONGEST_REST: Duration = Duration::from_secs(24 * 60 * 60);

/// The wait after each failure; past the last, the letter is dead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(pub Vec<Duration>);

impl Schedule {
    /// How long to wait after this many failures, spread by a fifth to either side so that rooms which failed
    /// together do not return together. `chance` is any number.
    pub fn wait(&self, failures: u32, rest: Option<Duration>, chance: u64) -> Option<Duration> {
        let place = usize::try_from(failures).ok()?.checked_sub(1)?;
        let planned = *self.0.get(place)?;
        let percent = u32::try_from(chance % 41).unwrap_or(20).saturating_add(80);
        let spread = planned.saturating_mul(percent) / 100;
        Some(spread.max(bounded(rest)))
    }
}

/// What an endpoint asked for, within reason.
pub fn bounded(rest: Option<Duration>) -> Duration {
    rest.unwrap_or_default().min(LONGEST_REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> Schedule {
        Schedule([5, 300].map(Duration::from_secs).to_vec())
    }

    #[test]
    fn waits_are_spread_by_a_fifth_and_end_with_the_schedule() {
        for chance in 0..1000 {
            let first = schedule().wait(1, None, chance).unwrap();
            assert!((4000..=6000).contains(&first.as_millis()), "{first:?}");
        }
        assert_eq!(schedule().wait(2, None, 20), Some(Duration::from_secs(300)));
        assert_eq!(schedule().wait(3, None, 20), None);
        assert_eq!(schedule().wait(u32::MAX, None, 20), None);
    }

    #[test]
    fn what_the_endpoint_asks_for_is_honoured_within_a_day() {
        let asked = |seconds| schedule().wait(1, Some(Duration::from_secs(seconds)), 20).unwrap().as_secs();
        assert_eq!([asked(1), asked(60), asked(u64::MAX)], [5, 60, 86_400]);
    }
}
