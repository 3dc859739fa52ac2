//! What was deleted of what each client has written, as ranges of its clock: sorted, apart, and merged. Pure.

use std::collections::BTreeMap;

use super::block::LAST_CLOCK;
use super::lib0::{Lib0, put_number};

/// From the first, and before the second.
type Range = (u64, u64);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Deletions(BTreeMap<u64, Vec<Range>>);

impl Deletions {
    /// None: it is nothing that a client of today writes.
    pub fn read(read: &mut Lib0<'_>) -> Option<Self> {
        let mut all = BTreeMap::new();
        for _ in 0..read.count(4)? {
            let client = read.number()?;
            let (mut end, mut ranges) = (0, Vec::new());
            for _ in 0..read.count(2).filter(|count| *count > 0)? {
                let clock = read.number().filter(|clock| *clock >= end)?;
                let length = read.number().filter(|length| *length > 0)?;
                end = clock.checked_add(length).filter(|end| *end <= LAST_CLOCK)?;
                ranges.push((clock, end));
            }
            all.insert(client, ranges).is_none().then_some(())?;
        }
        Some(Self(all))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How far each client must have written for all of it to be there.
    pub fn needs(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().filter_map(|(client, ranges)| Some((*client, ranges.last()?.1)))
    }

    pub fn of(&self, client: u64) -> &[Range] {
        self.0.get(&client).map_or(&[], Vec::as_slice)
    }

    /// True: something of it was not deleted before.
    pub fn add(&mut self, more: Self) -> bool {
        let mut news = false;
        for (client, ranges) in more.0 {
            let known = self.0.entry(client).or_default();
            let merged = merged(known, &ranges);
            news |= covered(&merged) > covered(known);
            *known = merged;
        }
        news
    }

    pub fn write(&self, out: &mut Vec<u8>) {
        let count = |some: usize| u64::try_from(some).unwrap_or_default();
        put_number(out, count(self.0.len()));
        for (client, ranges) in &self.0 {
            put_number(out, *client);
            put_number(out, count(ranges.len()));
            for (start, end) in ranges {
                put_number(out, *start);
                put_number(out, end.saturating_sub(*start));
            }
        }
    }
}

fn covered(ranges: &[Range]) -> u64 {
    ranges.iter().map(|(start, end)| end.saturating_sub(*start)).fold(0, u64::saturating_add)
}

fn merged(some: &[Range], others: &[Range]) -> Vec<Range> {
    let mut all: Vec<Range> = some.iter().chain(others).copied().collect();
    all.sort_unstable();
    let mut merged: Vec<Range> = Vec::with_capacity(all.len());
    for (start, end) in all {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}
