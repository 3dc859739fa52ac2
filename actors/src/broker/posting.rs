//! One post at a time per client id on its way to the system of record, whichever of a user's sessions it comes from.

use dashmap::mapref::entry::Entry as Slot;

use crate::broker::Broker;

/// Held while a post is on its way; another with the same key is told to try again.
pub struct Posting {
    broker: Broker,
    key: String,
}

impl Broker {
    /// None: the same post is on its way already.
    pub(crate) fn begin_posting(&self, key: &str) -> Option<Posting> {
        match self.0.postings.entry(key.to_owned()) {
            Slot::Occupied(_) => None,
            Slot::Vacant(vacant) => {
                vacant.insert(());
                Some(Posting { broker: self.clone(), key: key.to_owned() })
            }
        }
    }
}

impl Drop for Posting {
    fn drop(&mut self) {
        self.broker.0.postings.remove(&self.key);
    }
}
