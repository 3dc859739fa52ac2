//! What a client said itself, known by its client ids: an entry read again from the log does not say which session it
//! came from.
//!
//! It remembers the newest of them, and nothing for a client that says nothing.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Outlet;
use crate::dialect::Announcement;
use crate::id::{ClientId, UserId};
use crate::message::room::RoomEvent;

/// More than a client may have on its way at once, many times over.
const MOST: usize = 128;

/// Oldest first, by hash: eight bytes of each are enough to know them by.
#[derive(Debug, Default)]
pub(super) struct Own(RefCell<VecDeque<u64>>);

impl Own {
    fn note(&self, id: &ClientId) {
        let mut known = self.0.borrow_mut();
        if known.len() >= MOST {
            known.pop_front();
        }
        known.push_back(hash(id));
    }

    fn knows(&self, id: &ClientId) -> bool {
        self.0.borrow().contains(&hash(id))
    }
}

fn hash(id: &ClientId) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

impl Outlet {
    /// The client is about to say this.
    pub fn note_own(&self, id: &ClientId) {
        self.own.get_or_init(Box::default).note(id);
    }

    /// This client, which is this user's, caused it.
    pub(super) fn caused(&self, announcement: &Announcement, user: &UserId) -> bool {
        if let Some(session) = announcement.origin() {
            return session == self.session;
        }
        let (Some(own), RoomEvent::EntryAdded { entry, .. }) = (self.own.get(), announcement.event()) else {
            return false;
        };
        entry.by.as_ref() == Some(user) && entry.client_id.as_ref().is_some_and(|id| own.knows(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_known_and_no_more() {
        let (own, ids) = (Own::default(), (0..=MOST).map(|n| ClientId::parse(&n.to_string()).unwrap()));
        let ids: Vec<_> = ids.collect();
        ids.iter().for_each(|id| own.note(id));
        assert_eq!(ids.iter().filter(|id| own.knows(id)).count(), MOST);
        assert!(!own.knows(&ids[0]) && own.0.borrow().len() == MOST);
    }
}
