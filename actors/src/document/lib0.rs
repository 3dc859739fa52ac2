//! The numbers and texts that documents are written in (lib0, version 1): read under limits, and written. Pure.

/// What is left to read. Every question answers none where the bytes do not say it.
#[derive(Debug, Clone, Copy)]
pub struct Lib0<'a>(&'a [u8]);

/// The largest number that JavaScript takes.
const LARGEST: u64 = (1 << 53) - 1;
/// The longest a number may be: 7 bits to a byte.
const LONGEST: u32 = 8;

impl<'a> Lib0<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn left(&self) -> usize {
        self.0.len()
    }

    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A whole number from 0 to 2^53 - 1.
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for place in 0..LONGEST {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << (place * 7);
            if byte < 0x80 {
                return (number <= LARGEST).then_some(number);
            }
        }
        None
    }

    /// How many of something follow that takes at least this many bytes each: never more than there is room for.
    pub fn count(&mut self, least: usize) -> Option<u64> {
        let count = self.number()?;
        let room = self.left().checked_div(least)?;
        (count <= u64::try_from(room).ok()?).then_some(count)
    }

    pub fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// What was read since this one stood there.
    pub fn since(&self, before: Self) -> Option<&'a [u8]> {
        before.0.get(..before.left().checked_sub(self.left())?)
    }

    /// Bytes behind their length.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }

    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

pub fn put_number(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = number.to_le_bytes().first().map_or(0, |byte| byte & 0x7f);
        number >>= 7;
        if number == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, u64::try_from(bytes.len()).unwrap_or_default());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_count_is_believed_beyond_what_there_is_room_for() {
        assert_eq!(Lib0::new(&[3, 0, 0, 0]).count(1), Some(3));
        assert_eq!(Lib0::new(&[3, 0, 0, 0]).count(2), None);
        assert_eq!(Lib0::new(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0]).count(1), None);
        assert_eq!(Lib0::new(&[0xff; 12]).number(), None);
        assert_eq!(Lib0::new(&[4, b'a']).text(), None);
        assert_eq!(Lib0::new(&[1, 0xff]).text(), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(number in 0..=LARGEST, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut out = Vec::new();
            put_number(&mut out, number);
            put_bytes(&mut out, &bytes);
            let mut read = Lib0::new(&out);
            prop_assert_eq!(read.number(), Some(number));
            prop_assert_eq!(read.bytes(), Some(bytes.as_slice()));
            prop_assert!(read.is_empty());
        }

        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut read = Lib0::new(&bytes);
            let _ = (read.number(), read.count(2), read.text(), read.take(3), read.byte());
        }
    }
}
