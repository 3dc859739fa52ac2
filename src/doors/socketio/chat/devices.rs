//! Which devices of a user came and went lately, so that each is told what it missed and not only the first that comes.
//!
//! The wire has no name for a device and receipts are a user's, so it is not known which one comes: it is told all that
//! any of them may lack. Ids tell a client what it has already. This node alone knows, for an hour, of so many users; of
//! the hour before it began it knows nothing, and takes it that each user had a device that went shortly before.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use dashmap::DashMap;
use recado_actors::clock::Timestamp;
use recado_actors::id::UserId;
use recado_actors::refusal::Farewell;

const HOUR_MS: i64 = 3_600_000;
/// How long a device may have been deaf before it was noticed.
const UNNOTICED_MS: i64 = 60_000;
/// How many that went are told apart.
const MOST_GONE: usize = 8;

pub(super) struct Devices {
    most: usize,
    /// When this node began.
    began: Timestamp,
    by_user: DashMap<UserId, Lately>,
    /// When those were looked through last, in milliseconds since 1970.
    swept: AtomicI64,
}

/// What is known of one user's devices.
#[derive(Debug)]
struct Lately {
    /// When the last of them came or went.
    at: Timestamp,
    /// What was said since then may be new to a device that was not seen.
    unseen: Timestamp,
    /// Until when those that went heard everything.
    gone: Vec<Timestamp>,
}

impl Lately {
    fn is_over(&self, now: Timestamp) -> bool {
        self.at.plus_ms(HOUR_MS) <= now
    }

    /// One comes: it lacks at most what was said since then.
    fn comes(&mut self) -> Timestamp {
        let oldest = self.gone.iter().min().copied();
        self.forget_newest();
        oldest.unwrap_or(self.unseen)
    }

    fn forget_newest(&mut self) {
        let newest = self.gone.iter().enumerate().max_by_key(|(_, until)| **until).map(|(place, _)| place);
        if let Some(place) = newest {
            self.gone.swap_remove(place);
        }
    }
}

impl Devices {
    pub fn new(most: usize, began: Timestamp) -> Self {
        Self { most, began, by_user: DashMap::new(), swept: AtomicI64::new(0) }
    }

    /// One of this user's devices comes, and nobody was told of anything since `undelivered`. Since when it may lack what
    /// others of them were told; none if there is nothing of the kind.
    pub fn comes(&self, user: &UserId, now: Timestamp, undelivered: Option<Timestamp>) -> Option<Timestamp> {
        if let Some(mut known) = self.by_user.get_mut(user).filter(|known| !known.is_over(now)) {
            known.at = now;
            return Some(known.comes());
        }
        let forgotten = self.forgotten(now);
        if self.has_room(now) {
            let unseen = undelivered.into_iter().chain(forgotten).min().unwrap_or(now);
            self.by_user.insert(user.clone(), Lately { at: now, unseen, gone: Vec::new() });
        }
        forgotten
    }

    /// Since when a device may have been away that went before this node began, while others of its user were told.
    fn forgotten(&self, now: Timestamp) -> Option<Timestamp> {
        (now < self.began.plus_ms(HOUR_MS)).then(|| self.began.plus_ms(-UNNOTICED_MS))
    }

    /// It goes, by itself or for another reason.
    pub fn goes(&self, user: &UserId, now: Timestamp, farewell: Option<Farewell>) {
        let Some(mut known) = self.by_user.get_mut(user) else { return };
        let by_itself = matches!(farewell, None | Some(Farewell::ByClient(1000 | 1001 | 1005)));
        known.at = now;
        known.gone.push(if by_itself { now } else { now.plus_ms(-UNNOTICED_MS) });
        if known.gone.len() > MOST_GONE {
            known.forget_newest();
        }
    }

    /// Looks for those of whom nothing was heard for long, at most once a second, however many newcomers there are.
    fn has_room(&self, now: Timestamp) -> bool {
        if self.by_user.len() >= self.most && self.swept.load(Relaxed).saturating_add(1000) <= now.0 {
            self.swept.store(now.0, Relaxed);
            self.by_user.retain(|_, known| !known.is_over(now));
        }
        self.by_user.len() < self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> UserId {
        UserId::parse("7").unwrap()
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp(1_000_000_000).plus_ms(ms)
    }

    fn long_ago() -> Timestamp {
        at(-2 * HOUR_MS)
    }

    #[test]
    fn whoever_went_shortly_before_the_node_began_lacks_what_was_said_since() {
        let devices = Devices::new(10, at(0));
        assert_eq!(devices.comes(&ana(), at(5), None), Some(at(-UNNOTICED_MS)));
        assert_eq!(devices.comes(&ana(), at(6), None), Some(at(-UNNOTICED_MS)));
        let bob = UserId::parse("8").unwrap();
        assert_eq!(devices.comes(&bob, at(7), Some(at(-2 * UNNOTICED_MS))), Some(at(-UNNOTICED_MS)));
        assert_eq!(devices.comes(&bob, at(8), None), Some(at(-2 * UNNOTICED_MS)));
        let carl = UserId::parse("9").unwrap();
        assert_eq!(devices.comes(&carl, at(HOUR_MS), None), None);
    }

    #[test]
    fn devices_that_come_together_lack_the_same() {
        let devices = Devices::new(10, long_ago());
        assert_eq!(devices.comes(&ana(), at(0), Some(at(-500))), None);
        assert_eq!(devices.comes(&ana(), at(10), None), Some(at(-500)));
        assert_eq!(devices.comes(&ana(), at(HOUR_MS), None), Some(at(-500)));
        assert_eq!(devices.comes(&ana(), at(3 * HOUR_MS), None), None);
    }

    #[test]
    fn who_went_and_comes_again_lacks_what_was_said_since() {
        let devices = Devices::new(10, long_ago());
        devices.comes(&ana(), at(0), None);
        devices.goes(&ana(), at(100), None);
        assert_eq!(devices.comes(&ana(), at(200), None), Some(at(100)));
        devices.goes(&ana(), at(300), Some(Farewell::NoHeartbeat));
        assert_eq!(devices.comes(&ana(), at(400), None), Some(at(300 - UNNOTICED_MS)));
    }

    #[test]
    fn of_several_that_went_each_is_told_what_any_of_them_lacks() {
        let devices = Devices::new(10, long_ago());
        devices.comes(&ana(), at(0), None);
        for gone in [3, 1, 2] {
            devices.goes(&ana(), at(gone), None);
        }
        let told: Vec<_> = (0..4).map(|_| devices.comes(&ana(), at(4), None)).collect();
        assert_eq!(told, [Some(at(1)), Some(at(1)), Some(at(1)), Some(at(0))]);
        for gone in 10..100 {
            devices.goes(&ana(), at(gone), None);
        }
        assert_eq!(devices.comes(&ana(), at(200), None), Some(at(10)));
        assert_eq!(devices.by_user.get(&ana()).map(|known| known.gone.len()), Some(MOST_GONE - 1));
    }

    #[test]
    fn no_more_users_are_known_than_there_may_be() {
        let devices = Devices::new(2, long_ago());
        let comes =
            |name: &str, now| devices.comes(&UserId::parse(name).unwrap(), now, Some(at(0))).is_some();
        assert!(!comes("1", at(0)) && !comes("2", at(0)) && !comes("3", at(0)));
        assert!(comes("1", at(1)) && !comes("3", at(1)));
        devices.goes(&UserId::parse("3").unwrap(), at(2), None);
        assert!(!comes("3", at(2 * HOUR_MS)) && comes("3", at(2 * HOUR_MS)));
    }
}
