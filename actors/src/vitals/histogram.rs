//! How values are spread: counts in fixed buckets, written by many threads without a lock.
//!
//! One observation is two additions, and memory never grows.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

/// Upper bounds for times, in nanoseconds: 100 µs to 10 s.
pub const TIMES: &[u64] = &[
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// Upper bounds for how many entries stand in one commit.
pub const SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096];

pub struct Histogram {
    bounds: &'static [u64],
    /// One more than there are bounds: the last is for what is beyond them.
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    pub fn of_times() -> Self {
        Self::new(TIMES)
    }

    pub fn of_sizes() -> Self {
        Self::new(SIZES)
    }

    fn new(bounds: &'static [u64]) -> Self {
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, buckets, sum: AtomicU64::new(0) }
    }

    pub fn observe(&self, value: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.buckets.get(bucket) {
            count.fetch_add(1, Relaxed);
            self.sum.fetch_add(value, Relaxed);
        }
    }

    /// In a histogram of times: one that began then and ended now.
    pub fn observe_since(&self, began: Instant) {
        self.observe_time(began.elapsed());
    }

    pub fn observe_time(&self, time: Duration) {
        self.observe(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// What was observed so far. The count is that of the buckets, so the two always agree.
    pub fn spread(&self) -> Spread {
        let counts = self.buckets.iter().map(|count| count.load(Relaxed)).collect();
        Spread { bounds: self.bounds, counts, sum: self.sum.load(Relaxed) }
    }
}

/// What a histogram held at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spread {
    bounds: &'static [u64],
    counts: Vec<u64>,
    sum: u64,
}

impl Spread {
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// Each bucket's upper bound and own count; the last has no bound.
    pub fn buckets(&self) -> impl Iterator<Item = (Option<u64>, u64)> {
        let bounds = self.bounds.iter().copied().map(Some).chain(std::iter::once(None));
        bounds.zip(self.counts.iter().copied())
    }

    /// What came after an earlier look at the same histogram.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let counts = self.counts.iter().zip(&earlier.counts);
        let counts = counts.map(|(now, then)| now.saturating_sub(*then)).collect();
        Self { bounds: self.bounds, counts, sum: self.sum.saturating_sub(earlier.sum) }
    }

    /// The value that this many of a thousand stay below, as 990 for the 99th percentile; exact to its bucket. None
    /// if there is nothing to go by. Beyond the last bound it is that bound.
    pub fn at(&self, of_a_thousand: u64) -> Option<u64> {
        let wanted = u128::from(self.count()) * u128::from(of_a_thousand.min(1000));
        let (mut below, mut floor) = (0u128, 0u64);
        for (bound, count) in self.buckets() {
            let Some(bound) = bound else { break };
            let (count, first) = (u128::from(count) * 1000, below);
            below += count;
            if count > 0 && below >= wanted {
                let step = u128::from(bound.saturating_sub(floor)) * (wanted - first.min(wanted)) / count;
                return Some(floor.saturating_add(u64::try_from(step).unwrap_or(0)));
            }
            floor = bound;
        }
        (self.count() > 0).then_some(floor)
    }

    /// The same in a histogram of times.
    pub fn time_at(&self, of_a_thousand: u64) -> Option<Duration> {
        self.at(of_a_thousand).map(Duration::from_nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_falls_into_the_first_bucket_that_holds_it() {
        let sizes = Histogram::of_sizes();
        for value in [0, 1, 2, 3, 4096, 4097] {
            sizes.observe(value);
        }
        let spread = sizes.spread();
        let filled: Vec<_> = spread.buckets().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [(Some(1), 2), (Some(2), 1), (Some(4), 1), (Some(4096), 1), (None, 1)]);
        assert_eq!((spread.count(), spread.sum()), (6, 8199));
    }

    #[test]
    fn quantiles_are_within_their_bucket() {
        let times = Histogram::of_times();
        assert_eq!(times.spread().at(500), None);
        (0..99).for_each(|_| times.observe_time(Duration::from_micros(700)));
        times.observe_time(Duration::from_millis(40));
        let spread = times.spread();
        let (half, most) = (spread.time_at(500).unwrap(), spread.time_at(999).unwrap());
        assert!(half > Duration::from_micros(500) && half <= Duration::from_millis(1), "{half:?}");
        assert!(most > Duration::from_millis(25) && most <= Duration::from_millis(50), "{most:?}");
        times.observe(u64::MAX);
        assert_eq!(times.spread().time_at(1000), Some(Duration::from_secs(10)));
    }

    #[test]
    fn what_came_since_leaves_out_what_was_before() {
        let sizes = Histogram::of_sizes();
        sizes.observe(100);
        let before = sizes.spread();
        sizes.observe(3);
        let since = sizes.spread().since(&before);
        assert_eq!((since.count(), since.sum(), since.at(1000)), (1, 3, Some(4)));
    }
}
