//! Stories of changes that are read or refused, and of those that hang together.

use proptest::prelude::*;

use super::*;
use crate::document::lib0::{put_bytes, put_number};

/// A change of one block of values by client 1, and no deletion.
fn with_values(values: &[u8]) -> Vec<u8> {
    let mut update = vec![1, 1, 1, 0, 0x08, 1];
    put_bytes(&mut update, b"root");
    update.push(1);
    update.extend_from_slice(values);
    update.push(0);
    update
}

#[test]
fn a_plain_change_is_read() {
    // "hi" in the text "t", by client 5.
    let update = [1, 1, 5, 0, 4, 1, 1, b't', 2, b'h', b'i', 0];
    let change = Change::read(&update).unwrap();
    assert_eq!((change.runs[0].client, change.runs[0].blocks[0].length()), (5, 2));
    assert!(Change::read(&[0, 1, 5, 1, 0, 2]).unwrap().deleted.needs().eq([(5, 2)]));
    assert!(Change::read(&[0, 0]).is_some_and(|change| change.is_nothing()));
    assert!(Change::read(&with_values(&[118, 1, 1, b'k', 125, 0x41])).is_some());
}

#[test]
fn what_declares_more_than_it_holds_is_refused() {
    let bombs: [&[u8]; 5] =
        [&[0xff, 0xff, 0xff, 0xff, 0x0f], &[1, 0xff, 0xff, 0x7f, 1, 0], &[0, 0xff, 0x7f], &[], &[0]];
    for update in bombs {
        assert_eq!(Change::read(update), None, "{update:?}");
    }
    assert_eq!(Change::read(&[0, 0, 0]), None, "something follows");
    assert_eq!(Change::read(&with_values(&[117, 0xff, 0x7f])), None);
}

#[test]
fn what_is_nested_without_end_is_refused() {
    let nested =
        |depth: usize| with_values(&[117, 1].repeat(depth).into_iter().chain([127]).collect::<Vec<_>>());
    assert!(Change::read(&nested(63)).is_some());
    assert_eq!(Change::read(&nested(64)), None);
    assert_eq!(Change::read(&nested(200_000)), None);
}

#[test]
fn no_clock_overflows() {
    let mut update = vec![1, 2, 1, 0];
    for _ in 0..2 {
        update.push(0);
        put_number(&mut update, LAST_CLOCK);
    }
    update.push(0);
    assert_eq!(Change::read(&update), None);
    let mut update = vec![0, 1, 1, 1];
    put_number(&mut update, LAST_CLOCK);
    put_number(&mut update, 1);
    assert_eq!(Change::read(&update), None);
}

#[test]
fn each_client_is_told_of_once_and_in_order() {
    let letter = |client: u8| [1, client, 0, 4, 1, 1, b't', 1, b'x'];
    assert!(Change::read(&[&[2][..], &letter(1), &letter(2), &[0]].concat()).is_some());
    assert_eq!(Change::read(&[&[2][..], &letter(1), &letter(1), &[0]].concat()), None);
    assert!(Change::read(&[0, 1, 1, 2, 0, 1, 1, 1]).is_some());
    assert_eq!(Change::read(&[0, 1, 1, 2, 1, 1, 0, 1]), None);
    assert_eq!(Change::read(&[0, 1, 1, 1, 0, 0]), None, "nothing is deleted");
    assert_eq!(Change::read(&[1, 0, 1, 0, 0]), None, "nothing is written");
}

/// By client 1: a letter after one of client 2, whose own may stand in the same change.
#[test]
fn a_change_fits_where_all_it_hangs_on_is_known() {
    let hanging = |on: u8, clock: u8| [1, 1, 0, 0x84, on, clock, 1, b'x'];
    let own = [1, 2, 0, 4, 1, 1, b't', 1, b'y'];
    let change = |parts: &[&[u8]]| Change::read(&parts.concat()).unwrap();
    let alone = change(&[&[1], &hanging(2, 0), &[0]]);
    assert!(!alone.fits(|_| 0) && alone.fits(|client| u64::from(client == 2)));
    assert!(change(&[&[2], &hanging(2, 0), &own, &[0]]).fits(|_| 0));
    assert!(change(&[&[2], &own, &hanging(2, 0), &[0]]).fits(|_| 0));
    assert!(!change(&[&[1], &hanging(1, 0), &[0]]).fits(|_| 0), "it hangs on itself");
    let back = [1, 2, 0, 0x84, 1, 0, 1, b'y'];
    assert!(!change(&[&[2], &hanging(2, 0), &back, &[0]]).fits(|_| 0), "they hang on each other");
    assert!(!change(&[&[0, 1, 3, 1, 0, 2]]).fits(|_| 1) && change(&[&[0, 1, 3, 1, 0, 2]]).fits(|_| 2));
    assert!(!change(&[&[1, 1, 1, 0, 10, 2, 0]]).fits(|_| 100), "it leaves something out");
}

proptest! {
    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Some(change) = Change::read(&bytes) {
            change.fits(|_| 1);
        }
    }
}
