//! One block of what a client has written: read, cut in two, joined again, and written. Pure.
//!
//! Yjs update format, version 1. Where a block goes in the document is for the clients to find out: here it is kept with
//! what it hangs on, and nothing follows its references.

mod content;

use smallvec::SmallVec;

use super::lib0::{Lib0, put_bytes, put_number};
pub(super) use content::Content;

/// The most that one client may have written, in a document's own units.
pub(super) const LAST_CLOCK: u64 = (1 << 31) - 1;

/// The kinds of block that are no items.
const COLLECTED: u8 = 0;
const SKIPPED: u8 = 10;

const HAS_ORIGIN: u8 = 0x80;
const HAS_RIGHT: u8 = 0x40;
const HAS_KEY: u8 = 0x20;
const CONTENT: u8 = 0x1f;

/// A place in what a client has written: the client, and its clock there.
pub(super) type Place = (u64, u64);

/// What an item stands in, where no neighbour tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Parent {
    Root(Box<str>),
    Item(Place),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    origin: Option<Place>,
    right: Option<Place>,
    /// Only where it has neither.
    parent: Option<Box<(Parent, Option<Box<str>>)>>,
    /// It stands under a key, even where that is not written.
    is_keyed: bool,
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// So much was written here, and is gone without a trace.
    Collected(u64),
    /// So much is left out.
    Skipped(u64),
    Item(Item),
}

impl Block {
    pub fn read(read: &mut Lib0<'_>) -> Option<Self> {
        let about = read.byte()?;
        match about {
            COLLECTED => return length(read).map(Self::Collected),
            SKIPPED => return length(read).map(Self::Skipped),
            _ => {}
        }
        let mut neighbour = |flag| if about & flag == 0 { Some(None) } else { place(read).map(Some) };
        let (origin, right) = (neighbour(HAS_ORIGIN)?, neighbour(HAS_RIGHT)?);
        let is_keyed = about & HAS_KEY != 0;
        let parent = if origin.is_none() && right.is_none() {
            let parent = match read.byte()? {
                1 => Parent::Root(read.text()?.into()),
                0 => Parent::Item(place(read)?),
                _ => return None,
            };
            let key = if is_keyed { Some(read.text()?.into()) } else { None };
            Some(Box::new((parent, key)))
        } else {
            None
        };
        let content = Content::read(read, about & CONTENT)?;
        Some(Self::Item(Item { origin, right, parent, is_keyed, content }))
    }

    pub fn length(&self) -> u64 {
        match self {
            Self::Collected(length) | Self::Skipped(length) => *length,
            Self::Item(item) => item.content.length(),
        }
    }

    /// What must be there before it.
    pub fn needs(&self) -> SmallVec<[Place; 2]> {
        let Self::Item(item) = self else { return SmallVec::new() };
        let parent = item.parent.as_ref().and_then(|parent| match parent.0 {
            Parent::Item(place) => Some(place),
            Parent::Root(_) => None,
        });
        item.origin.into_iter().chain(item.right).chain(parent).collect()
    }

    /// Cuts it after so much of it, if it is longer; what is behind. It is at this place.
    pub fn cut(&mut self, (client, clock): Place, after: u64) -> Option<Self> {
        let left = self.length().checked_sub(after).filter(|left| *left > 0 && after > 0)?;
        Some(match self {
            Self::Collected(length) => {
                *length = after;
                Self::Collected(left)
            }
            Self::Skipped(length) => {
                *length = after;
                Self::Skipped(left)
            }
            Self::Item(item) => {
                let content = item.content.cut(after)?;
                let origin = Some((client, clock.saturating_add(after).saturating_sub(1)));
                Self::Item(Item { origin, right: item.right, parent: None, is_keyed: item.is_keyed, content })
            }
        })
    }

    /// Joins what follows it, if both are as if they had been written at once; it begins at this place.
    pub fn join(&mut self, (client, clock): Place, next: Self) -> Option<Self> {
        let end = clock.saturating_add(self.length());
        match (self, next) {
            (Self::Collected(length), Self::Collected(more)) => {
                *length = length.saturating_add(more);
                None
            }
            (Self::Item(item), Self::Item(next)) => {
                let follows = next.origin == Some((client, end.saturating_sub(1)))
                    && next.right == item.right
                    && !next.is_keyed
                    && !item.is_keyed;
                if !follows {
                    return Some(Self::Item(next));
                }
                let Item { origin, right, parent, is_keyed, content } = next;
                let content = item.content.join(content)?;
                Some(Self::Item(Item { origin, right, parent, is_keyed, content }))
            }
            (_, next) => Some(next),
        }
    }

    /// What it said is gone; that it was there is not.
    pub fn empty(&mut self) {
        if let Self::Item(item) = self
            && !item.content.is_type()
        {
            item.content = Content::Deleted(item.content.length());
        }
    }

    pub fn write(&self, out: &mut Vec<u8>) {
        let Item { origin, right, parent, is_keyed, content } = match self {
            Self::Collected(length) => {
                out.push(COLLECTED);
                return put_number(out, *length);
            }
            Self::Skipped(length) => {
                out.push(SKIPPED);
                return put_number(out, *length);
            }
            Self::Item(item) => item,
        };
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        out.push(
            content.kind()
                | flag(origin.is_some(), HAS_ORIGIN)
                | flag(right.is_some(), HAS_RIGHT)
                | flag(*is_keyed, HAS_KEY),
        );
        for (client, clock) in origin.iter().chain(right) {
            put_number(out, *client);
            put_number(out, *clock);
        }
        if let Some(parent) = parent {
            match &parent.0 {
                Parent::Root(name) => {
                    out.push(1);
                    put_bytes(out, name.as_bytes());
                }
                Parent::Item((client, clock)) => {
                    out.push(0);
                    put_number(out, *client);
                    put_number(out, *clock);
                }
            }
            if let Some(key) = &parent.1 {
                put_bytes(out, key.as_bytes());
            }
        }
        content.write(out);
    }
}

fn place(read: &mut Lib0<'_>) -> Option<Place> {
    Some((read.number()?, read.number().filter(|clock| *clock <= LAST_CLOCK)?))
}

/// Nothing has no length.
fn length(read: &mut Lib0<'_>) -> Option<u64> {
    read.number().filter(|length| (1..=LAST_CLOCK).contains(length))
}
