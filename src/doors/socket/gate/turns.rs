//! Turns at the gate: a herd that returns at once is let in at a steady rate, each at its moment.
//!
//! Whoever would have to wait too long is told when to come again, no two at the same moment. Pure.

use std::time::Duration;

use recado_actors::limiter::{Bucket, Moment, Rate};

/// Those who are told to come again are spread over this long; past it they start over at its front.
const SPREAD: Duration = Duration::from_secs(60);

pub struct Turns {
    rate: Rate,
    longest: Duration,
    waiting: Bucket,
    sent_away: Bucket,
}

impl Turns {
    pub fn new(rate: Rate, longest: Duration) -> Self {
        Self { rate, longest, waiting: Bucket::default(), sent_away: Bucket::default() }
    }

    /// How long until the turn that this takes, or, if none is left, after how long to come again.
    pub fn take(&self, now: Moment) -> Result<Duration, Duration> {
        self.waiting.reserve(&self.rate, now, 1, self.longest).map_err(|until_room| {
            let one_by_one = Rate { burst: 1, ..self.rate };
            let place = self.sent_away.reserve(&one_by_one, now, 1, Duration::MAX).unwrap_or_default();
            until_room + spread(place)
        })
    }
}

fn spread(place: Duration) -> Duration {
    let rounds = place.as_millis() / SPREAD.as_millis();
    place.saturating_sub(SPREAD.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Duration::from_secs(9);
    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_herd_is_let_in_one_by_one_after_the_burst() {
        let turns = Turns::new(Rate::per_second(100, 50), MS * 1000);
        let waits: Vec<_> = (0..150).map(|_| turns.take(NOW).unwrap()).collect();
        assert!(waits[..50].iter().all(Duration::is_zero));
        assert!(waits[50..].iter().zip(1..).all(|(wait, place)| *wait == MS * 10 * place));
        assert!(turns.take(NOW).is_err());
    }

    #[test]
    fn those_sent_away_come_again_as_they_can_be_served() {
        let turns = Turns::new(Rate::per_second(10, 1), Duration::ZERO);
        assert_eq!(turns.take(NOW), Ok(Duration::ZERO));
        let again: Vec<_> = (0..1200).map(|_| turns.take(NOW).unwrap_err()).collect();
        let first: Vec<_> = again.iter().take(600).collect();
        assert!(first.windows(2).all(|two| *two[1] == *two[0] + MS * 100));
        assert_eq!((again[0], again[599], again[600]), (MS * 100, MS * 60_000, MS * 100));
        // The first of them comes at its time and is served.
        assert_eq!(turns.take(NOW + again[0]), Ok(Duration::ZERO));
    }

    #[test]
    fn no_rate_is_no_wait() {
        let turns = Turns::new(Rate::OFF, Duration::ZERO);
        assert!((0..10_000).all(|_| turns.take(NOW) == Ok(Duration::ZERO)));
    }
}
