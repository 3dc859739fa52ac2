//! Any bytes, cut anywhere: the guard never panics, never holds more than it may, and joins exactly.

use proptest::prelude::*;

use super::*;

const LIMITS: GuardLimits = GuardLimits {
    message_bytes: 1000,
    fragments_count: 8,
    fragments: Duration::from_secs(10),
    frame: Duration::from_secs(20),
};

fn masked(first: u8, mask: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ ..126 => frame.push(MASKED | u8::try_from(short).unwrap()),
        medium => {
            frame.push(MASKED | 126);
            frame.extend(u16::try_from(medium).unwrap().to_be_bytes());
        }
    }
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// Feeds in pieces cut at the given sizes.
fn feed_cut(guard: &mut Guard, bytes: &[u8], cuts: &[usize]) -> Result<BytesMut, Farewell> {
    let mut out = BytesMut::new();
    let (mut rest, mut cuts) = (bytes, cuts.iter().cycle());
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(cuts.next().map_or(1, |cut| (*cut).max(1)).min(rest.len()));
        guard.feed(piece, &mut out)?;
        rest = later;
    }
    Ok(out)
}

proptest! {
    #[test]
    fn any_bytes_never_panic_and_never_pile_up(bytes in prop::collection::vec(any::<u8>(), 0..4000), cuts in prop::collection::vec(1usize..50, 1..20)) {
        let mut guard = Guard::new(Arc::new(LIMITS), None);
        let _ = feed_cut(&mut guard, &bytes, &cuts);
        prop_assert!(guard.joining.is_none_or(|joining| joining.payload.len() <= LIMITS.message_bytes));
    }

    #[test]
    fn fragments_become_one_frame_wherever_they_are_cut(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 2..8),
        mask in any::<[u8; 4]>(),
        cuts in prop::collection::vec(1usize..50, 1..20),
    ) {
        let last = parts.len() - 1;
        let mut bytes = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let opcode = if number == 0 { BINARY } else { CONTINUATION };
            let fin = if number == last { FIN } else { 0 };
            bytes.extend(masked(fin | opcode, mask, part));
            if number != last {
                bytes.extend(masked(FIN | 0x9, mask, b"between"));
            }
        }
        let out = feed_cut(&mut Guard::new(Arc::new(LIMITS), None), &bytes, &cuts).unwrap();
        let mut expected: Vec<u8> = (0..last).flat_map(|_| masked(FIN | 0x9, mask, b"between")).collect();
        expected.extend(masked(FIN | BINARY, [0; 4], &parts.concat()));
        prop_assert_eq!(out.as_ref(), expected.as_slice());
    }

    #[test]
    fn whole_frames_go_through_as_they_are(
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..10),
        mask in any::<[u8; 4]>(),
        cuts in prop::collection::vec(1usize..50, 1..20),
    ) {
        let bytes: Vec<u8> = frames.iter().flat_map(|payload| masked(FIN | 0x2, mask, payload)).collect();
        let mut guard = Guard::new(Arc::new(LIMITS), None);
        let out = feed_cut(&mut guard, &bytes, &cuts).unwrap();
        prop_assert_eq!(out.as_ref(), bytes.as_slice());
        prop_assert_eq!((guard.unfinished(), guard.let_through()), (None, frames.len()));
    }
}

fn packing() -> Guard {
    Guard::new(Arc::new(LIMITS), Some(Rc::default()))
}

/// "Hello" as RFC 7692 section 7.2.3.1 has it.
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

proptest! {
    #[test]
    fn any_bytes_never_panic_and_never_pile_up_where_they_may_be_compressed(
        frames in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..200)), 0..10),
        rest in prop::collection::vec(any::<u8>(), 0..100),
        cuts in prop::collection::vec(1usize..50, 1..20),
    ) {
        let frames = frames.iter().flat_map(|(first, payload)| masked(*first, [7; 4], payload));
        let bytes: Vec<u8> = frames.chain(rest).collect();
        let mut guard = packing();
        let most = LIMITS.message_bytes;
        if let Ok(out) = feed_cut(&mut guard, &bytes, &cuts) {
            prop_assert!(out.len() <= guard.let_through() * (most + LONGEST_HEADER) + bytes.len());
        }
        prop_assert!(guard.joining.is_none_or(|joining| joining.payload.len() <= packed_at_most(most)));
    }

    #[test]
    fn a_compressed_message_becomes_a_plain_frame_wherever_it_is_cut(
        at in 0usize..=7,
        mask in any::<[u8; 4]>(),
        cuts in prop::collection::vec(1usize..9, 1..9),
    ) {
        let (one, two) = HELLO.split_at(at);
        let between = masked(FIN | 0x9, mask, b"between");
        let parts = [masked(PACKED | TEXT, mask, one), between.clone(), masked(FIN, mask, two)].concat();
        let plain = masked(FIN | TEXT, [0; 4], b"Hello");
        let mut guard = packing();
        let whole = masked(FIN | PACKED | TEXT, mask, &HELLO);
        prop_assert_eq!(feed_cut(&mut guard, &whole, &cuts).unwrap(), plain.as_slice());
        let both = [between, plain].concat();
        prop_assert_eq!(feed_cut(&mut guard, &parts, &cuts).unwrap(), both.as_slice());
        prop_assert_eq!((guard.unfinished(), guard.let_through()), (None, 3));
    }
}

#[test]
fn a_compressed_message_in_one_frame_has_the_time_of_a_frame() {
    let after = |bytes: &[u8]| {
        let mut guard = packing();
        guard.feed(bytes, &mut BytesMut::new()).unwrap();
        guard.unfinished()
    };
    let whole = masked(FIN | PACKED | TEXT, [0; 4], &HELLO);
    let (part, _) = whole.split_at(10);
    assert_eq!(after(part), Some(Unfinished::Frame(0)));
    let fragment = masked(PACKED | TEXT, [0; 4], &HELLO);
    assert_eq!(after(&fragment), Some(Unfinished::Message(0)));
    let last = masked(FIN, [0; 4], b"more");
    assert_eq!(after(&[&fragment, last.split_at(7).0].concat()), Some(Unfinished::Message(0)));
}

#[test]
fn the_bit_that_means_compressed_has_its_place() {
    let out_of_place = [
        masked(FIN | PACKED | 0x9, [0; 4], b"a ping"),
        masked(FIN | PACKED | 0x3, [0; 4], &HELLO),
        [masked(TEXT, [0; 4], b"a"), masked(FIN | PACKED, [0; 4], b"b")].concat(),
        [masked(PACKED | TEXT, [0; 4], &HELLO), masked(FIN | PACKED, [0; 4], b"")].concat(),
        masked(FIN | 0x20 | TEXT, [0; 4], b"a"),
        masked(FIN | 0x10 | PACKED | TEXT, [0; 4], &HELLO),
    ];
    for bytes in &out_of_place {
        assert_eq!(packing().feed(bytes, &mut BytesMut::new()), Err(Farewell::Malformed), "{bytes:x?}");
    }
    assert_eq!(refused(&masked(FIN | PACKED | TEXT, [0; 4], &HELLO)), Some(Farewell::Malformed));
}

#[test]
fn what_compressing_made_longer_is_let_in_and_more_is_not() {
    let stored = |length: u16| {
        let lengths = [length.to_le_bytes(), (!length).to_le_bytes()].concat();
        [&[0][..], &lengths, &vec![b'x'; usize::from(length)], &[0]].concat()
    };
    let frame = |packed: &[u8]| masked(FIN | PACKED | TEXT, [1; 4], packed);
    let fed = |packed: &[u8]| packing().feed(&frame(packed), &mut BytesMut::new());
    assert_eq!(fed(&stored(1000)), Ok(()));
    assert_eq!(fed(&stored(1001)), Err(Farewell::TooBig));
    let mut packer = packing();
    let header = frame(&vec![0; packed_at_most(1000) + 1]);
    let declared = header.get(..8).unwrap_or_default();
    assert_eq!(packer.feed(declared, &mut BytesMut::new()), Err(Farewell::TooBig));
}

fn refused(bytes: &[u8]) -> Option<Farewell> {
    Guard::new(Arc::new(LIMITS), None).feed(bytes, &mut BytesMut::new()).err()
}

#[test]
fn a_gigabyte_is_refused_by_its_declared_length() {
    let mut header = vec![FIN | 0x2, MASKED | 127];
    header.extend((1u64 << 30).to_be_bytes());
    assert_eq!(refused(&header), Some(Farewell::TooBig));
}

#[test]
fn the_limit_itself_passes_and_one_byte_more_does_not() {
    assert_eq!(refused(&masked(FIN | 0x1, [1; 4], &[b'x'; 1000])), None);
    assert_eq!(refused(&masked(FIN | 0x1, [1; 4], &[b'x'; 1001])), Some(Farewell::TooBig));
    let halves = [masked(0x1, [1; 4], &[b'x'; 600]), masked(FIN, [1; 4], &[b'x'; 401])].concat();
    assert_eq!(refused(&halves), Some(Farewell::TooBig));
}

#[test]
fn empty_fragments_are_counted() {
    let mut bytes = masked(0x1, [0; 4], b"");
    for _ in 0..8 {
        bytes.extend(masked(CONTINUATION, [0; 4], b""));
    }
    assert_eq!(refused(&bytes), Some(Farewell::TooFragmented));
}

#[test]
fn frames_out_of_place_are_malformed() {
    for bytes in [
        masked(FIN, [0; 4], b"a continuation of nothing"),
        [masked(0x1, [0; 4], b"a"), masked(FIN | 0x1, [0; 4], b"a second beginning")].concat(),
        masked(0x9, [0; 4], b"a ping in parts"),
        masked(FIN | 0x9, [0; 4], &[0; 126]),
        vec![FIN | 0x1, 1, b'x'],
    ] {
        assert_eq!(refused(&bytes), Some(Farewell::Malformed));
    }
}

proptest! {
    #[test]
    fn text_is_let_in_wherever_it_is_cut(
        texts in prop::collection::vec("[a-zé€😀]{1,60}", 1..10),
        mask in any::<[u8; 4]>(),
        cuts in prop::collection::vec(1usize..50, 1..20),
    ) {
        let sent: Vec<u8> = texts.iter().flat_map(|text| masked(FIN | TEXT, mask, text.as_bytes())).collect();
        let plain: Vec<u8> = texts.iter().flat_map(|text| masked(FIN | TEXT, [0; 4], text.as_bytes())).collect();
        let out = feed_cut(&mut Guard::new(Arc::new(LIMITS), None), &sent, &cuts).unwrap();
        let (mut again, mut reread) = (BytesMut::new(), Guard::new(Arc::new(LIMITS), None));
        // What passed as it was is still masked, so it is read once more byte by byte.
        for byte in &out {
            reread.feed(&[*byte], &mut again).unwrap();
        }
        prop_assert_eq!(again.as_ref(), plain.as_slice());
    }
}

#[test]
fn what_cannot_be_text_is_refused_at_its_first_wrong_byte() {
    let good = "κόσμε".as_bytes();
    for (bad, at) in [(&b"\xf4\x90\x80\x80"[..], 1), (b"\xed\xa0\x80", 1), (b"\xff", 0), (b"\xc0\xaf", 0)] {
        let text = [good, bad, b"edited"].concat();
        let parts = [masked(TEXT, [9; 4], good), masked(CONTINUATION, [9; 4], &text[good.len()..])].concat();
        let header = parts.len() - text.len();
        for (bytes, first_wrong) in
            [(masked(FIN | TEXT, [9; 4], &text), 6 + good.len() + at), (parts, header + good.len() + at)]
        {
            let mut guard = Guard::new(Arc::new(LIMITS), None);
            let fed = bytes.iter().map(|byte| guard.feed(&[*byte], &mut BytesMut::new()));
            let refused = fed.enumerate().find(|(_, fed)| fed.is_err());
            assert_eq!(refused, Some((first_wrong, Err(Farewell::NotText))), "{bad:x?}");
        }
    }
}

#[test]
fn a_goodbye_has_a_code_and_a_reason_that_may_be_said() {
    let goodbye = |payload: &[u8]| refused(&masked(FIN | CLOSE, [3; 4], payload));
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999_u16] {
        assert_eq!(goodbye(&code.to_be_bytes()), None, "{code}");
    }
    for code in [0, 999, 1004, 1005, 1006, 1012, 1013, 1014, 1015, 1016, 1100, 2000, 2999, 5000, 65535_u16] {
        assert_eq!(goodbye(&code.to_be_bytes()), Some(Farewell::Malformed), "{code}");
    }
    assert_eq!(goodbye(b""), None);
    assert_eq!(goodbye(b"\x03"), Some(Farewell::Malformed));
    assert_eq!(goodbye(&[&b"\x03\xe8"[..], &[b'x'; 123]].concat()), None);
    assert_eq!(goodbye(b"\x03\xe8\xed\xa0\x80"), Some(Farewell::NotText));
}

#[test]
fn nothing_is_let_in_after_a_goodbye_and_what_it_cut_short_is_forgotten() {
    let mut guard = Guard::new(Arc::new(LIMITS), None);
    let goodbye = masked(FIN | CLOSE, [0; 4], b"\x03\xe8bye");
    let said = [masked(TEXT, [5; 4], b"half"), goodbye.clone(), masked(FIN, [5; 4], b"more"), vec![0xff; 9]]
        .concat();
    let mut out = BytesMut::new();
    assert_eq!(guard.feed(&said, &mut out), Ok(()));
    assert_eq!(out.as_ref(), goodbye.as_slice());
    assert_eq!((guard.unfinished(), guard.let_through()), (None, 1));
}
