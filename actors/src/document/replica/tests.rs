//! Stories of what is kept of a document, and what is told of it.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

mod editing;
mod nonsense;

/// Two letters by client 5 in the text "t", the second of which is two units long.
const WRITTEN: [u8; 15] = [1, 1, 5, 0, 4, 1, 1, b't', 5, b'a', 0xf0, 0x9f, 0x9a, 0x80, 0];

#[test]
fn what_somebody_lacks_begins_where_they_stand() {
    let mut replica = Replica::default();
    assert_eq!(replica.state().as_ref(), [0]);
    assert_eq!(replica.apply(&WRITTEN), Ok(Applied::News));
    assert_eq!(replica.apply(&WRITTEN), Ok(Applied::Nothing));
    assert_eq!(replica.state().as_ref(), [1, 5, 3]);
    assert_eq!(replica.since(&[1, 5, 3]).unwrap().as_ref(), [0, 0]);
    assert_eq!(replica.since(&[1, 9, 3]).unwrap().as_ref(), WRITTEN);
    let behind_a = [1, 1, 5, 1, 0x84, 5, 0, 4, 0xf0, 0x9f, 0x9a, 0x80, 0];
    assert_eq!(replica.since(&[1, 5, 1]).unwrap().as_ref(), behind_a);
    // Cut in its middle, a letter is lost on both sides, as in Yjs.
    let in_the_middle = [1, 1, 5, 2, 0x84, 5, 1, 3, 0xef, 0xbf, 0xbd, 0];
    assert_eq!(replica.since(&[1, 5, 2]).unwrap().as_ref(), in_the_middle);
    for state in [&[][..], &[9], &[1, 5], &[0, 0], &[0xff, 0x7f, 1, 1]] {
        assert_eq!(replica.since(state), Err(Unreadable), "{state:?}");
    }
}

#[test]
fn what_is_written_in_a_row_is_one_block() {
    let mut replica = Replica::default();
    replica.apply(&WRITTEN).unwrap();
    for clock in 3..10 {
        let typed = [1, 1, 5, clock, 0x84, 5, clock - 1, 1, b'x', 0];
        assert_eq!(replica.apply(&typed), Ok(Applied::News));
    }
    let whole = [1, 1, 5, 0, 4, 1, 1, b't', 12, b'a', 0xf0, 0x9f, 0x9a, 0x80];
    assert_eq!(replica.whole().as_ref(), [&whole[..], b"xxxxxxx", &[0]].concat());
    // Elsewhere, or before something else, it is not.
    assert_eq!(replica.apply(&[1, 1, 5, 10, 0x84, 5, 2, 1, b'y', 0]), Ok(Applied::News));
    assert_eq!(replica.apply(&[1, 1, 5, 11, 0xc4, 5, 10, 5, 3, 1, b'z', 0]), Ok(Applied::News));
    assert_eq!(replica.clients[&5].blocks.len(), 3);
}

#[test]
fn what_was_deleted_is_forgotten() {
    let mut replica = Replica::default();
    replica.apply(&[1, 1, 5, 0, 4, 1, 1, b't', 6, b's', b'e', b'c', b'r', b'e', b't', 0]).unwrap();
    assert_eq!(replica.apply(&[0, 1, 5, 2, 1, 2, 4, 1]), Ok(Applied::News));
    assert_eq!(replica.apply(&[0, 1, 5, 1, 2, 1]), Ok(Applied::Nothing));
    replica.collect();
    let whole = replica.whole();
    let left: Vec<_> =
        replica.clients[&5].blocks.iter().map(|(clock, block)| (*clock, block.length())).collect();
    assert_eq!(left, [(0, 1), (1, 2), (3, 1), (4, 1), (5, 1)]);
    assert!(!whole.windows(2).any(|letters| letters == b"ec"));
    let mut again = Replica::default();
    assert_eq!(again.apply(&whole), Ok(Applied::News));
    assert_eq!((again.whole(), again), (whole, replica));
}

#[test]
fn what_comes_before_its_cause_is_not_taken_in() {
    let mut replica = Replica::default();
    let later = [1, 1, 5, 3, 0x84, 5, 2, 1, b'x', 0];
    assert_eq!(replica.apply(&later), Ok(Applied::Unfit));
    assert_eq!(replica, Replica::default());
    replica.apply(&WRITTEN).unwrap();
    assert_eq!(replica.apply(&later), Ok(Applied::News));
}
