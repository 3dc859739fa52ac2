//! How long things took, kept exactly enough for the rarest of them.

use anyhow::Result;
use hdrhistogram::Histogram;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// Three digits of every value from a microsecond to two minutes; what took longer counts as two minutes.
const LONGEST_MICROS: u64 = 120_000_000;

pub struct Lags(Histogram<u64>);

impl Lags {
    pub fn new() -> Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST_MICROS, 3)?))
    }

    pub fn record(&mut self, lag: Duration) {
        let micros = u64::try_from(lag.as_micros()).unwrap_or(LONGEST_MICROS);
        self.0.saturating_record(micros.clamp(1, LONGEST_MICROS));
    }

    pub fn clear(&mut self) {
        self.0.reset();
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// How many of a hundred took no longer.
    pub fn percent_within(&self, lag: Duration) -> f64 {
        self.0.percentile_below(u64::try_from(lag.as_micros()).unwrap_or(LONGEST_MICROS))
    }

    pub fn percentiles(&self) -> Percentiles {
        let at = |quantile| self.0.value_at_quantile(quantile);
        Percentiles { p50_us: at(0.5), p99_us: at(0.99), p999_us: at(0.999), max_us: self.0.max() }
    }
}

/// In microseconds.
#[derive(Serialize, Clone, Copy)]
pub struct Percentiles {
    p50_us: u64,
    p99_us: u64,
    p999_us: u64,
    max_us: u64,
}

impl fmt::Display for Percentiles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50_us, p99_us, p999_us, max_us } = self;
        write!(out, "{p50_us} µs (p50), {p99_us} µs (p99), {p999_us} µs (p99.9), {max_us} µs at most")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_hundred_is_seen_at_the_ninety_ninth() -> Result<()> {
        let mut lags = Lags::new()?;
        (0..980).for_each(|_| lags.record(Duration::from_millis(1)));
        (0..20).for_each(|_| lags.record(Duration::from_secs(600)));
        let Percentiles { p50_us, p99_us, .. } = lags.percentiles();
        assert!((999..=1001).contains(&p50_us) && p99_us >= 119_000_000, "{p50_us} {p99_us}");
        assert!((97.9..98.1).contains(&lags.percent_within(Duration::from_secs(1))));
        Ok(())
    }
}
