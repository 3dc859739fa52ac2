//! What an item says: a text, values, a type that others stand in, or only that something was said. Pure.

use super::{LAST_CLOCK, Lib0, length, put_bytes, put_number};

/// How deep a value may be nested.
const DEEPEST: usize = 64;

const DELETED: u8 = 1;
const BINARY: u8 = 3;
const TEXT: u8 = 4;
const EMBEDDED: u8 = 5;
const FORMAT: u8 = 6;
const TYPE: u8 = 7;
const VALUES: u8 = 8;
const DOCUMENT: u8 = 9;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::document) enum Content {
    Deleted(u64),
    /// And how long it is as JavaScript counts.
    Text(String, u64),
    /// Each as it is written.
    Values(Vec<Box<[u8]>>),
    /// What cannot be cut, as it is written.
    One(u8, Box<[u8]>),
}

impl Content {
    /// None: it is nothing that a client of today writes.
    pub fn read(read: &mut Lib0<'_>, kind: u8) -> Option<Self> {
        let before = *read;
        match kind {
            DELETED => return length(read).map(Self::Deleted),
            TEXT => {
                let text = read.text().filter(|text| !text.is_empty())?;
                return Some(Self::Text(text.to_owned(), units(text)));
            }
            VALUES => {
                let count = read.count(1).filter(|count| (1..=LAST_CLOCK).contains(count))?;
                return (0..count).map(|_| one_value(read)).collect::<Option<_>>().map(Self::Values);
            }
            BINARY => drop(read.bytes()?),
            // A value as JSON.
            EMBEDDED => drop(read.text()?),
            // Its name, and its value as JSON.
            FORMAT => drop((read.text()?, read.text()?)),
            TYPE => shared_type(read)?,
            DOCUMENT => {
                read.text()?;
                value(read, DEEPEST)?;
            }
            // 2 is what Yjs wrote before version 13; what comes later is not known.
            _ => return None,
        }
        Some(Self::One(kind, read.since(before)?.into()))
    }

    pub fn kind(&self) -> u8 {
        match self {
            Self::Deleted(_) => DELETED,
            Self::Text(..) => TEXT,
            Self::Values(_) => VALUES,
            Self::One(kind, _) => *kind,
        }
    }

    pub fn is_type(&self) -> bool {
        self.kind() == TYPE
    }

    pub fn length(&self) -> u64 {
        match self {
            Self::Deleted(length) | Self::Text(_, length) => *length,
            Self::Values(values) => u64::try_from(values.len()).unwrap_or(LAST_CLOCK),
            Self::One(..) => 1,
        }
    }

    /// Keeps so much of it; what is behind.
    pub fn cut(&mut self, after: u64) -> Option<Self> {
        match self {
            Self::Deleted(length) => {
                let left = length.checked_sub(after)?;
                *length = after;
                Some(Self::Deleted(left))
            }
            Self::Text(text, length) => {
                let left = length.checked_sub(after)?;
                *length = after;
                Some(Self::Text(cut_text(text, after), left))
            }
            Self::Values(values) => {
                let after = usize::try_from(after).ok().filter(|after| *after <= values.len())?;
                Some(Self::Values(values.split_off(after)))
            }
            Self::One(..) => None,
        }
    }

    /// Joins what follows, if both are of one kind that can be; what is left of it.
    pub fn join(&mut self, next: Self) -> Option<Self> {
        match (self, next) {
            (Self::Deleted(length), Self::Deleted(more)) => *length = length.saturating_add(more),
            (Self::Text(text, length), Self::Text(next, more)) => {
                text.push_str(&next);
                *length = length.saturating_add(more);
            }
            (_, next) => return Some(next),
        }
        None
    }

    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Deleted(length) => put_number(out, *length),
            Self::Text(text, _) => put_bytes(out, text.as_bytes()),
            Self::Values(values) => {
                put_number(out, u64::try_from(values.len()).unwrap_or(LAST_CLOCK));
                values.iter().for_each(|value| out.extend_from_slice(value));
            }
            Self::One(_, bytes) => out.extend_from_slice(bytes),
        }
    }
}

fn units(text: &str) -> u64 {
    text.chars().map(|letter| if letter > '\u{ffff}' { 2 } else { 1 }).fold(0, u64::saturating_add)
}

/// Cuts a text where JavaScript would; in the middle of a letter both sides get the mark for a lost one, as in Yjs.
fn cut_text(text: &mut String, after: u64) -> String {
    let (mut at, mut counted) = (text.len(), 0_u64);
    for (place, letter) in text.char_indices() {
        if counted >= after {
            at = place;
            break;
        }
        counted = counted.saturating_add(if letter > '\u{ffff}' { 2 } else { 1 });
    }
    let behind = text.split_off(at);
    if counted <= after {
        return behind;
    }
    text.pop();
    text.push(char::REPLACEMENT_CHARACTER);
    format!("{}{behind}", char::REPLACEMENT_CHARACTER)
}

/// Array, map, text, XML fragment and XML text are told by a number alone; an element has a name.
fn shared_type(read: &mut Lib0<'_>) -> Option<()> {
    match read.byte()? {
        0 | 1 | 2 | 4 | 6 => Some(()),
        // An element and a hook.
        3 | 5 => read.text().map(drop),
        _ => None,
    }
}

fn one_value(read: &mut Lib0<'_>) -> Option<Box<[u8]>> {
    let before = *read;
    value(read, DEEPEST)?;
    read.since(before).map(Into::into)
}

fn value(read: &mut Lib0<'_>, deeper: usize) -> Option<()> {
    let deeper = deeper.checked_sub(1)?;
    match read.byte()? {
        // Undefined, null, false and true.
        127 | 126 | 121 | 120 => {}
        125 => whole(read)?,
        124 => drop(read.take(4)?),
        123 | 122 => drop(read.take(8)?),
        119 => drop(read.text()?),
        118 => {
            for _ in 0..read.count(2)? {
                read.text()?;
                value(read, deeper)?;
            }
        }
        117 => {
            for _ in 0..read.count(1)? {
                value(read, deeper)?;
            }
        }
        116 => drop(read.bytes()?),
        _ => return None,
    }
    Some(())
}

/// A number with a sign.
fn whole(read: &mut Lib0<'_>) -> Option<()> {
    for _ in 0..8 {
        if read.byte()? < 0x80 {
            return Some(());
        }
    }
    None
}
