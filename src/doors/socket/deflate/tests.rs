//! Round trips through both engines, and what an attacker might send to one of them.

use bytes::Bytes;
use proptest::prelude::*;
use recado_actors::dialect::{Form, Frame};
use recado_actors::refusal::Farewell;

use super::*;
use crate::doors::socket::frame;

const MOST: usize = 64 << 10;

fn deflater(least_bytes: usize) -> Deflater {
    Deflater::new(DeflateRules { least_bytes, level: 3 })
}

fn inflated(inflater: &Inflater, packed: &[u8], most: usize) -> Result<Vec<u8>, Farewell> {
    let mut plain = Vec::new();
    inflater.inflate(packed, most, |shown| plain.extend_from_slice(shown)).map(|()| plain)
}

/// What a client compresses.
fn packed(plain: &[u8]) -> Vec<u8> {
    let mut compress = flate2::Compress::new(flate2::Compression::new(9), false);
    let mut packed = Vec::with_capacity(plain.len() + plain.len() / 8 + 64);
    compress.compress_vec(plain, &mut packed, flate2::FlushCompress::Sync).unwrap();
    assert!(packed.ends_with(&TAIL));
    packed.truncate(packed.len() - TAIL.len());
    packed
}

fn words(count: usize) -> String {
    (0..count).map(|number| format!("word {} ", number * number % 97)).collect()
}

fn whole(payload: &str) -> Frame {
    frame::json(&payload).unwrap()
}

#[test]
fn the_examples_of_the_rfc_are_read() {
    let inflater = Inflater::default();
    for packed in [
        // Sections 7.2.3.1, 7.2.3.3 (no compression), 7.2.3.4 (the last block set) and 7.2.3.5 (two blocks).
        &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00][..],
        &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
        &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
        &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
    ] {
        assert_eq!(inflated(&inflater, packed, 5).as_deref(), Ok(&b"Hello"[..]), "{packed:x?}");
        assert_eq!(inflated(&inflater, packed, 4), Err(Farewell::TooBig), "{packed:x?}");
    }
    for empty in [&[0x00][..], &[]] {
        assert_eq!(inflated(&inflater, empty, 0).as_deref(), Ok(&b""[..]));
    }
}

#[test]
fn a_message_that_leans_on_the_one_before_is_refused() {
    let inflater = Inflater::default();
    assert!(inflated(&inflater, &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], 5).is_ok());
    // Section 7.2.3.2: the same again, by reference to the window.
    let leaning = [0xf2, 0x00, 0x11, 0x00, 0x00];
    assert_eq!(inflated(&inflater, &leaning, 5), Err(Farewell::Malformed));
}

#[test]
fn a_message_that_was_cut_is_refused_wherever_it_was_cut() {
    let inflater = Inflater::default();
    let packed = packed(words(200).as_bytes());
    let taken = (0..packed.len() - 1).filter(|cut| inflated(&inflater, &packed[..*cut], MOST).is_ok());
    // Nothing was said by then.
    assert_eq!(taken.collect::<Vec<_>>(), [0]);
}

#[test]
fn a_bomb_goes_off_at_the_limit_and_leaves_nothing_behind() {
    let inflater = Inflater::default();
    let bomb = packed(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 70 << 10);
    assert_eq!(inflated(&inflater, &bomb, MOST), Err(Farewell::TooBig));
    let exact = packed(&vec![b' '; MOST]);
    assert_eq!(inflated(&inflater, &exact, MOST).map(|plain| plain.len()), Ok(MOST));
    assert_eq!(inflated(&inflater, &exact, MOST - 1), Err(Farewell::TooBig));
}

#[test]
fn only_what_gets_shorter_is_compressed() {
    let deflater = deflater(100);
    let long = whole(&words(50));
    let shaped = deflater.shape(&long, deflater.form(&long, Window::LARGEST));
    assert_eq!(shaped.wire().first(), Some(&0xc1));
    assert!(shaped.wire().len() < long.wire().len() / 2);
    // Once compressed is enough.
    assert_eq!(deflater.form(&shaped, Window::LARGEST), Form::BARE);
    assert_eq!(deflater.form(&whole("short"), Window::LARGEST), Form::BARE);
    assert_eq!(deflater.form(&frame::pong(&[b'x'; 120]), Window::LARGEST), Form::BARE);
    let mut state = 7_u64;
    let noise = (0..3000).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    });
    let wire: Vec<u8> = [0x82, 126, 0x0b, 0xb8].into_iter().chain(noise).collect();
    let random = Frame::new(Bytes::from(wire), 4);
    assert_eq!(deflater.shape(&random, Form(1)).wire(), random.wire());
}

#[test]
fn a_window_is_kept_to() {
    let deflater = deflater(0);
    let period: String = words(70);
    for bits in 9..=15 {
        let window = Window::new(bits).unwrap();
        let long = whole(&period.repeat(40));
        let form = deflater.form(&long, window);
        let shaped = deflater.shape(&long, form).packet();
        let mut small = flate2::Decompress::new_with_window_bits(false, bits);
        let mut plain = Vec::with_capacity(long.packet().len() + 64);
        // A window this small must do even when the text comes out in small pieces.
        let mut input = [&shaped[..], &TAIL].concat();
        while !input.is_empty() {
            let mut piece = Vec::with_capacity(100);
            let before = small.total_in();
            small.decompress_vec(&input, &mut piece, flate2::FlushDecompress::Sync).unwrap();
            input.drain(..usize::try_from(small.total_in() - before).unwrap());
            plain.extend(piece);
        }
        assert_eq!(Bytes::from(plain), long.packet(), "{bits}");
        let short = whole(&"a".repeat(window.bytes() - 2));
        assert_eq!(deflater.form(&short, window), Form(1), "all of it lies within the window");
    }
}

#[test]
fn for_the_smallest_window_only_what_is_no_longer_than_it_is_compressed() {
    let (deflater, smallest) = (deflater(0), Window::new(8).unwrap());
    let (short, long) = (frame::text(&"a".repeat(256)), frame::text(&"a".repeat(257)));
    assert_eq!(deflater.form(&long, smallest), Form::BARE);
    assert_ne!(deflater.shape(&short, deflater.form(&short, smallest)).wire(), short.wire());
}

proptest! {
    #[test]
    fn what_goes_out_comes_in_again(text in "[a-e€😀]{0,300}", times in 1usize..40, level in 1u8..=9, bits in 8u8..=15) {
        let deflater = Deflater::new(DeflateRules { least_bytes: 0, level });
        let plain = whole(&text.repeat(times));
        let shaped = deflater.shape(&plain, deflater.form(&plain, Window::new(bits).unwrap()));
        let inflater = Inflater::default();
        match shaped.wire().first() {
            Some(0xc1) => prop_assert_eq!(inflated(&inflater, &shaped.packet(), 1 << 20).unwrap(), plain.packet()),
            _ => prop_assert_eq!(shaped.wire(), plain.wire()),
        }
    }

    #[test]
    fn any_bytes_are_inflated_within_bounds_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600), most in 0usize..5000) {
        let inflater = Inflater::default();
        let once = inflated(&inflater, &bytes, most);
        prop_assert!(once.as_ref().map_or(true, |plain| plain.len() <= most));
        // The thread's engine is none the worse for it.
        prop_assert_eq!(&once, &inflated(&inflater, &bytes, most));
        prop_assert_eq!(inflated(&inflater, &packed(b"hello"), 5).unwrap(), b"hello");
    }

    #[test]
    fn any_message_survives(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert_eq!(inflated(&Inflater::default(), &packed(&bytes), 3000).unwrap(), bytes);
    }
}
