//! Changes that are well formed and make no sense: blocks that hang on each other, or on themselves.

use super::*;
use crate::document::lib0::put_bytes;

#[derive(Debug, Clone)]
struct Odd {
    origin: Option<(u64, u64)>,
    right: Option<(u64, u64)>,
    parent: Option<(u64, u64)>,
    sub: bool,
    content: u8,
    length: u8,
}

/// How much each of the three clients has written before.
const KNOWN: u64 = 12;

fn id() -> impl Strategy<Value = (u64, u64)> {
    (1_u64..4, 0_u64..KNOWN + 2)
}

/// A list and a map of each client, with something of everything in them.
fn known() -> Vec<u8> {
    let mut out = vec![3];
    for client in 1..4 {
        out.extend([7, client, 0, 7, 1, 1, b'r', 0, 0x27, 1, 1, b'r', 1, b'k', 1]);
        out.extend([4, 0, client, 0, 3, b'x', b'y', b'z', 0x28, 0, client, 1, 1, b'k', 3, 126, 127, 120]);
        out.extend([1, 0, client, 0, 2, 6, 0, client, 0, 1, b'f', 1, b'1', 0x84, client, 2, 1, b'w']);
    }
    out.push(0);
    out
}

fn block() -> impl Strategy<Value = Odd> {
    let ids = (prop::option::of(id()), prop::option::of(id()), prop::option::of(id()));
    (ids, any::<bool>(), 0_u8..12, 1_u8..4).prop_map(|((origin, right, parent), sub, content, length)| Odd {
        origin,
        right,
        parent,
        sub,
        content,
        length,
    })
}

fn put_id(out: &mut Vec<u8>, (client, clock): (u64, u64)) {
    put_number(out, client);
    put_number(out, clock);
}

fn put_block(out: &mut Vec<u8>, block: &Odd) {
    let Odd { origin, right, parent, sub, content, length } = block;
    let content = [0, 1, 3, 4, 5, 6, 7, 7, 7, 8, 9, 10][usize::from(*content)];
    if matches!(content, 0 | 10) {
        return out.extend([content, *length]);
    }
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    let alone = origin.is_none() && right.is_none();
    out.push(
        content | flag(origin.is_some(), 0x80) | flag(right.is_some(), 0x40) | flag(*sub && alone, 0x20),
    );
    origin.iter().chain(right).for_each(|id| put_id(out, *id));
    if alone {
        match parent {
            Some(id) => {
                out.push(0);
                put_id(out, *id);
            }
            None => out.extend([1, 1, b'r']),
        }
        if *sub {
            out.extend([1, b'k']);
        }
    }
    match content {
        1 => out.push(*length),
        4 => put_bytes(out, "xyz".get(..usize::from(*length)).unwrap().as_bytes()),
        3 => put_bytes(out, b"b"),
        5 => put_bytes(out, b"{}"),
        6 => out.extend([1, b'f', 1, b'1']),
        7 => out.extend_from_slice([&[length % 3][..], &[3, 1, b'p'], &[4]][usize::from(length % 3)]),
        8 => {
            out.push(*length);
            out.extend(vec![126; usize::from(*length)]);
        }
        _ => out.extend([1, b'g', 118, 0]),
    }
}

/// Each client at most once, from clocks that are likely known, so that most of it is taken in.
fn update() -> impl Strategy<Value = Vec<u8>> {
    let clock = prop_oneof![4 => Just(KNOWN), 1 => 0..KNOWN];
    let run = || prop::option::of((clock.clone(), prop::collection::vec(block(), 1..6)));
    let gone = || prop::option::of((0_u64..KNOWN, 1_u64..4));
    ([run(), run(), run()], [gone(), gone(), gone()]).prop_map(|(runs, gone)| {
        let mut out = vec![u8::try_from(runs.iter().flatten().count()).unwrap()];
        for (client, run) in (1..).zip(&runs) {
            let Some((clock, blocks)) = run else { continue };
            put_number(&mut out, u64::try_from(blocks.len()).unwrap());
            put_id(&mut out, (client, *clock));
            blocks.iter().for_each(|block| put_block(&mut out, block));
        }
        out.push(u8::try_from(gone.iter().flatten().count()).unwrap());
        for (client, gone) in (1..).zip(&gone) {
            let Some(gone) = gone else { continue };
            out.extend([client, 1]);
            put_id(&mut out, *gone);
        }
        out
    })
}

proptest! {
    /// The library of Yjs reads past its memory on some of these. Here they are bytes like others, and what is kept of
    /// them is as whole as anything.
    #[test]
    fn what_makes_no_sense_is_kept_or_refused_and_harms_nothing(
        updates in prop::collection::vec(update(), 1..8)
    ) {
        let mut replica = Replica::default();
        prop_assert_eq!(replica.apply(&known()), Ok(Applied::News));
        for update in &updates {
            let before = replica.clone();
            match replica.apply(update) {
                Ok(Applied::News) => {}
                Ok(Applied::Nothing | Applied::Unfit) | Err(Unreadable) => prop_assert_eq!(&before, &replica),
            }
            let mut again = Replica::default();
            prop_assert!(again.apply(&replica.whole()).is_ok());
            prop_assert_eq!(again.whole(), replica.whole());
            prop_assert_eq!(again.state(), replica.state());
            replica.collect();
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut replica = Replica::default();
        let _ = (replica.apply(&bytes), replica.since(&bytes));
    }

    #[test]
    fn a_damaged_change_does_no_more_than_fail(damage in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4)) {
        let mut update = known();
        for (place, byte) in damage {
            let place = place.index(update.len());
            update[place] = byte;
        }
        let mut replica = Replica::default();
        let _ = replica.apply(&update);
        replica.collect();
        let mut again = Replica::default();
        again.apply(&replica.whole()).unwrap();
        prop_assert_eq!(again.whole(), replica.whole());
    }
}
