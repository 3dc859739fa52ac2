//! Documents in memory: their changes by number.

use std::collections::BTreeMap;

use bytes::Bytes;
use dashmap::DashMap;
use futures_util::future::BoxFuture;

use super::MemoryStore;
use crate::id::RoomId;
use crate::ports::LogError;
use crate::ports::documents::{Documents, Kept};

#[derive(Default)]
pub(super) struct Papers(DashMap<RoomId, BTreeMap<u64, Bytes>>);

impl Documents for MemoryStore {
    fn load(&self, document: &RoomId) -> BoxFuture<'static, Result<Kept, LogError>> {
        let document = document.clone();
        self.at_once(move |shelves| {
            let Some(kept) = shelves.papers.0.get(&document) else { return Kept::default() };
            Kept { updates: kept.values().cloned().collect(), last: last(&kept) }
        })
    }

    fn append(&self, document: &RoomId, updates: Vec<Bytes>) -> BoxFuture<'static, Result<u64, LogError>> {
        let document = document.clone();
        self.at_once(move |shelves| {
            let mut kept = shelves.papers.0.entry(document).or_default();
            for update in updates {
                let next = last(&kept).saturating_add(1);
                kept.insert(next, update);
            }
            last(&kept)
        })
    }

    fn compact(
        &self,
        document: &RoomId,
        up_to: u64,
        whole: Bytes,
    ) -> BoxFuture<'static, Result<(), LogError>> {
        let document = document.clone();
        self.at_once(move |shelves| {
            let Some(mut kept) = shelves.papers.0.get_mut(&document) else { return };
            let newer = kept.split_off(&up_to.saturating_add(1));
            let older = std::mem::replace(&mut *kept, newer);
            if let Some((last, _)) = older.last_key_value() {
                kept.insert(*last, whole);
            }
        })
    }
}

fn last(kept: &BTreeMap<u64, Bytes>) -> u64 {
    kept.last_key_value().map_or(0, |(last, _)| *last)
}
