//! One bucket per user, address or room, made when first spent from.
//!
//! There are never more than so many: past that the idle ones go, and while none is idle newcomers share one.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use super::bucket::{Bucket, Moment, Rate};

/// At most this often all buckets are looked through for idle ones.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Spent from by all threads; nothing waits for anything here but the few instructions of another spending.
pub struct Buckets<K> {
    rate: Rate,
    most: usize,
    by_key: DashMap<K, Bucket>,
    count: AtomicUsize,
    shared: Bucket,
    /// In milliseconds since the start.
    next_sweep: AtomicU64,
}

impl<K: Eq + Hash + Clone> Buckets<K> {
    pub fn new(rate: Rate, most: usize) -> Self {
        Self {
            rate,
            most,
            by_key: DashMap::new(),
            count: AtomicUsize::new(0),
            shared: Bucket::default(),
            next_sweep: AtomicU64::new(0),
        }
    }

    pub fn len(&self) -> usize {
        self.count.load(Relaxed)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Spends, or changes nothing and tells how long until the same could be spent.
    pub fn spend(&self, key: &K, now: Moment, cost: u64) -> Result<(), Duration> {
        if self.rate.is_off() || cost == 0 {
            return Ok(());
        }
        if let Some(bucket) = self.by_key.get(key) {
            return bucket.spend(&self.rate, now, cost);
        }
        if self.len() >= self.most {
            self.sweep(now);
        }
        match self.by_key.entry(key.clone()) {
            Entry::Occupied(bucket) => bucket.get().spend(&self.rate, now, cost),
            Entry::Vacant(place) if self.take_place() => {
                place.insert(Bucket::default()).spend(&self.rate, now, cost)
            }
            Entry::Vacant(_) => self.shared.spend(&self.rate, now, cost),
        }
    }

    /// Gives back what was spent on something that was not done after all.
    pub fn give_back(&self, key: &K, cost: u64) {
        match self.by_key.get(key) {
            Some(bucket) => bucket.give_back(&self.rate, cost),
            None => self.shared.give_back(&self.rate, cost),
        }
    }

    /// How long until anything could be spent by this one; zero: at once. Makes no bucket.
    pub fn wait(&self, key: &K, now: Moment) -> Duration {
        match self.by_key.get(key) {
            Some(bucket) => bucket.wait(&self.rate, now, 1),
            None if self.len() >= self.most => self.shared.wait(&self.rate, now, 1),
            None => Duration::ZERO,
        }
    }

    /// Counts one more, unless there are enough.
    fn take_place(&self) -> bool {
        let taken =
            self.count.fetch_update(Relaxed, Relaxed, |count| (count < self.most).then_some(count + 1));
        taken.is_ok()
    }

    /// Forgets the idle ones. A flood of newcomers must not make everyone look through all of them each time.
    fn sweep(&self, now: Moment) {
        let at = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let next = at.saturating_add(u64::try_from(SWEEP_EVERY.as_millis()).unwrap_or(u64::MAX));
        let due = |due: u64| (due <= at).then_some(next);
        if self.next_sweep.fetch_update(Relaxed, Relaxed, due).is_err() {
            return;
        }
        self.by_key.retain(|_, bucket| {
            let idle = bucket.is_full(now);
            if idle {
                self.count.fetch_sub(1, Relaxed);
            }
            !idle
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn each_has_a_bucket_of_its_own() {
        let buckets = Buckets::new(Rate::per_second(1, 2), 10);
        assert_eq!(buckets.spend(&"ann", MS, 2), Ok(()));
        assert_eq!(buckets.spend(&"ann", MS, 1), Err(MS * 1000));
        assert_eq!(buckets.wait(&"ann", MS), MS * 1000);
        assert_eq!((buckets.wait(&"bob", MS), buckets.len()), (Duration::ZERO, 1));
        assert_eq!(buckets.spend(&"bob", MS, 2), Ok(()));
        buckets.give_back(&"ann", 1);
        assert_eq!((buckets.wait(&"ann", MS), buckets.wait(&"bob", MS)), (Duration::ZERO, MS * 1000));
    }

    #[test]
    fn a_million_newcomers_make_no_more_buckets_than_there_may_be() {
        let buckets = Buckets::new(Rate::per_second(1, 5), 1000);
        let passed = (0..1_000_000_u32).filter(|key| buckets.spend(key, MS, 1).is_ok()).count();
        assert_eq!((buckets.len(), buckets.by_key.len()), (1000, 1000));
        // A thousand have a bucket each, and all the rest share one.
        assert_eq!(passed, 1000 + 5);
    }

    #[test]
    fn idle_ones_make_room_for_newcomers_and_busy_ones_stay() {
        let buckets = Buckets::new(Rate::per_second(1, 5), 2);
        assert_eq!((buckets.spend(&1, MS, 5), buckets.spend(&2, MS, 1)), (Ok(()), Ok(())));
        // Both are busy, so the third shares; a second later the one that spent little is idle.
        assert_eq!((buckets.spend(&3, MS, 5), buckets.len()), (Ok(()), 2));
        assert_eq!((buckets.spend(&3, MS * 1100, 5), buckets.len()), (Ok(()), 2));
        assert_eq!(buckets.spend(&1, MS * 1100, 5), Err(MS * 3901));
        assert!(buckets.spend(&2, MS * 1100, 5).is_err(), "it has no bucket now and shares");
    }

    #[test]
    fn what_has_no_limit_or_costs_nothing_makes_no_bucket() {
        let off = Buckets::new(Rate::OFF, 10);
        assert_eq!((off.spend(&1, MS, 1_000_000), off.is_empty()), (Ok(()), true));
        let on = Buckets::new(Rate::per_second(1, 1), 10);
        assert_eq!((on.spend(&1, MS, 0), on.is_empty()), (Ok(()), true));
    }
}
