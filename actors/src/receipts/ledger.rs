//! How far each user got in each room: watermarks that only rise.
//!
//! Pure. Merging is commutative, associative and idempotent, so receipts may arrive late, twice or in any order.

use std::collections::BTreeMap;

use crate::id::{RoomId, UserId};
use crate::message::receipt::{Receipt, Watermark};

impl Watermark {
    /// The greater of both; read implies delivered.
    pub fn merge(self, other: Self) -> Self {
        let read = self.read.max(other.read);
        Self { delivered: self.delivered.max(other.delivered).max(read), read }
    }

    /// The lesser of both.
    pub fn least(self, other: Self) -> Self {
        Self { delivered: self.delivered.min(other.delivered), read: self.read.min(other.read) }
    }
}

/// The watermarks of the rooms that are open.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Ledger {
    rooms: BTreeMap<RoomId, BTreeMap<UserId, Watermark>>,
}

impl Ledger {
    /// Merges a receipt in; from where to where the watermark rose, if it did.
    pub fn advance(&mut self, receipt: &Receipt) -> Option<(Watermark, Watermark)> {
        let users = self.rooms.entry(receipt.room.clone()).or_default();
        let mark = users.entry(receipt.user.clone()).or_default();
        let merged = mark.merge(receipt.mark);
        if merged == *mark {
            return None;
        }
        Some((std::mem::replace(mark, merged), merged))
    }

    pub fn knows(&self, room: &RoomId) -> bool {
        self.rooms.contains_key(room)
    }

    /// Starts a room from what the store holds.
    pub fn open(&mut self, room: &RoomId, stored: &[Receipt]) {
        self.rooms.entry(room.clone()).or_default();
        for receipt in stored {
            self.advance(receipt);
        }
    }

    /// Forgets a room nobody is in; the store remembers it.
    pub fn close(&mut self, room: &RoomId) {
        self.rooms.remove(room);
    }

    pub fn list(&self, room: &RoomId) -> Vec<Receipt> {
        let users = self.rooms.get(room).into_iter().flatten();
        users.map(|(user, mark)| Receipt { room: room.clone(), user: user.clone(), mark: *mark }).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::Seq;

    fn mark() -> impl Strategy<Value = Watermark> {
        (0u64..50, 0u64..50)
            .prop_map(|(d, r)| Watermark { delivered: Seq(d), read: Seq(r) }.merge(Watermark::default()))
    }

    fn receipts() -> impl Strategy<Value = Vec<Receipt>> {
        let one = (0u8..3, 0u8..3, mark()).prop_map(|(room, user, mark)| Receipt {
            room: RoomId::chat(&room.to_string()).unwrap(),
            user: UserId::parse(&user.to_string()).unwrap(),
            mark,
        });
        prop::collection::vec(one, 0..40)
    }

    fn ledger<'a>(receipts: impl IntoIterator<Item = &'a Receipt>) -> Ledger {
        let mut ledger = Ledger::default();
        for receipt in receipts {
            ledger.advance(receipt);
        }
        ledger
    }

    proptest! {
        #[test]
        fn merging_keeps_its_laws(a in mark(), b in mark(), c in mark()) {
            prop_assert_eq!(a.merge(b), b.merge(a));
            prop_assert_eq!(a.merge(b).merge(c), a.merge(b.merge(c)));
            prop_assert_eq!(a.merge(a), a);
            prop_assert!(a.merge(b).read <= a.merge(b).delivered);
        }

        #[test]
        fn order_and_repetition_do_not_matter(receipts in receipts()) {
            let forward = ledger(&receipts);
            let backward = ledger(receipts.iter().rev());
            let twice = ledger(receipts.iter().chain(&receipts));
            prop_assert_eq!(&forward, &backward);
            prop_assert_eq!(&forward, &twice);
        }

        #[test]
        fn a_watermark_never_falls(receipts in receipts()) {
            let mut ledger = Ledger::default();
            let mut before = BTreeMap::new();
            for receipt in &receipts {
                ledger.advance(receipt);
                for now in ledger.list(&receipt.room) {
                    let was = before.insert((now.room.clone(), now.user.clone()), now.mark).unwrap_or_default();
                    prop_assert!(was.read <= now.mark.read && was.delivered <= now.mark.delivered);
                }
            }
        }
    }
}
