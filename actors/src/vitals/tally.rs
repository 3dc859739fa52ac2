//! Counts by name, for what happens seldom enough to look a name up.
//!
//! Names are words of ours, known when the program is built: nothing a client says can add one.

use dashmap::DashMap;

/// How often each of a few things happened.
#[derive(Debug, Default)]
pub struct Tally(DashMap<&'static str, u64>);

impl Tally {
    /// One that tells these even before they first happen: who watches a count sees its first step only from zero.
    pub fn of_these(names: &[&'static str]) -> Self {
        Self(names.iter().map(|name| (*name, 0)).collect())
    }

    pub fn count(&self, name: &'static str) {
        *self.0.entry(name).or_default() += 1;
    }

    pub fn of(&self, name: &str) -> u64 {
        self.0.get(name).map_or(0, |count| *count)
    }

    pub fn total(&self) -> u64 {
        self.0.iter().map(|count| *count).sum()
    }

    /// All of them, in the order of their names.
    pub fn all(&self) -> Vec<(&'static str, u64)> {
        let mut all: Vec<_> = self.0.iter().map(|count| (*count.key(), *count)).collect();
        all.sort_unstable();
        all
    }
}

/// How many of each of a few things there are.
#[derive(Debug, Default)]
pub struct Census<K: Eq + std::hash::Hash>(DashMap<K, i64>);

impl<K: Eq + std::hash::Hash + Copy + Ord> Census<K> {
    pub fn add(&self, key: K) {
        *self.0.entry(key).or_default() += 1;
    }

    pub fn remove(&self, key: K) {
        *self.0.entry(key).or_default() -= 1;
    }

    /// All that ever were, those too of which there are none now, in order.
    pub fn all(&self) -> Vec<(K, i64)> {
        let mut all: Vec<_> = self.0.iter().map(|count| (*count.key(), *count)).collect();
        all.sort_unstable();
        all
    }
}
