//! A token bucket in eight bytes (GCRA): what was spent, told as the moment at which all of it is earned back. Pure.
//!
//! Never more passes than the burst and what was earned meanwhile, and a refusal tells to the nanosecond when it ends.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// So much, and never more than `burst` at once.
/// None by default.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// What is earned `per` this long; 0 is no limit.
    pub units: u64,
    pub per: Duration,
    /// The most that can be saved up.
    pub burst: u64,
}

impl Rate {
    /// No limit at all.
    pub const OFF: Self = Self { units: 0, per: Duration::ZERO, burst: 0 };

    pub fn per_second(units: u64, burst: u64) -> Self {
        Self { units, per: Duration::from_secs(1), burst }
    }

    pub fn per_minute(units: u64) -> Self {
        Self { units, per: Duration::from_secs(60), burst: units }
    }

    pub fn is_off(&self) -> bool {
        self.units == 0
    }

    /// How long it takes to earn this much, in nanoseconds, rounded up.
    fn earning(&self, amount: u64) -> u64 {
        amount.saturating_mul(nanos(self.per)).div_ceil(self.units.max(1))
    }

    /// What costs more than can ever be saved up takes all that can be.
    fn price(&self, cost: u64) -> u64 {
        self.earning(cost.min(self.burst))
    }

    /// How much too early it is, if all were earned back at `even`.
    fn lack(&self, even: u64, now: u64) -> u64 {
        even.saturating_sub(now).saturating_sub(self.earning(self.burst))
    }
}

/// A moment, as the time since a start that all who use one bucket agree on.
pub type Moment = Duration;

/// Full when new. Whoever spends from it brings the same rate each time.
#[derive(Debug, Default)]
pub struct Bucket(AtomicU64);

impl Bucket {
    /// Spends, or changes nothing and tells how long until the same could be spent.
    pub fn spend(&self, rate: &Rate, now: Moment, cost: u64) -> Result<(), Duration> {
        self.reserve(rate, now, cost, Duration::ZERO).map(|_| ())
    }

    /// Spends what may be earned later yet: how long until then. Past `longest` it changes nothing and tells
    /// how long until it could be reserved.
    pub fn reserve(
        &self,
        rate: &Rate,
        now: Moment,
        cost: u64,
        longest: Duration,
    ) -> Result<Duration, Duration> {
        if rate.is_off() {
            return Ok(Duration::ZERO);
        }
        let (now, longest, price) = (nanos(now), nanos(longest), rate.price(cost));
        let mut wait = 0;
        let spent = self.0.fetch_update(Relaxed, Relaxed, |even| {
            let even = even.max(now).saturating_add(price);
            wait = rate.lack(even, now);
            (wait <= longest).then_some(even)
        });
        match spent {
            Ok(_) => Ok(Duration::from_nanos(wait)),
            Err(_) => Err(Duration::from_nanos(wait.saturating_sub(longest))),
        }
    }

    /// How long until this much could be spent; zero: at once.
    pub fn wait(&self, rate: &Rate, now: Moment, cost: u64) -> Duration {
        if rate.is_off() {
            return Duration::ZERO;
        }
        let now = nanos(now);
        let even = self.0.load(Relaxed).max(now).saturating_add(rate.price(cost));
        Duration::from_nanos(rate.lack(even, now))
    }

    /// Gives back what was spent on something that was not done after all.
    pub fn give_back(&self, rate: &Rate, cost: u64) {
        if rate.is_off() {
            return;
        }
        let price = rate.price(cost);
        // The closure always has a new value, so this cannot fail.
        let _ = self.0.fetch_update(Relaxed, Relaxed, |even| Some(even.saturating_sub(price)));
    }

    /// Everything is earned back: it is as good as new.
    pub fn is_full(&self, now: Moment) -> bool {
        self.0.load(Relaxed) <= nanos(now)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
