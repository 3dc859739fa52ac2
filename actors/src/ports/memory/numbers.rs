//! The numbers of messages in groups, and where each was given.
//!
//! A number is known to lead to its room before anybody hears of it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use dashmap::DashMap;

use crate::ports::Place;

#[derive(Default)]
pub(super) struct Numbers {
    last: AtomicU64,
    places: DashMap<u64, Place>,
}

impl Numbers {
    /// The next one, for this place.
    pub(super) fn give(&self, place: Place) -> u64 {
        let number = self.last.fetch_add(1, Relaxed).saturating_add(1);
        self.places.insert(number, place);
        number
    }

    pub(super) fn place(&self, number: u64) -> Option<Place> {
        self.places.get(&number).map(|place| place.clone())
    }
}
