//! How a door says things: pure encoders, registered with the broker before it starts.
//!
//! An event is encoded at most once per dialect and form, by whichever worker needs it first, and the bytes are shared.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;

use crate::id::UserId;
use crate::message::room::RoomEvent;
use crate::refusal::Farewell;

/// Finished bytes for a client: a whole WebSocket frame, and the bare packet inside it.
#[derive(Debug, Clone)]
pub struct Frame {
    wire: Bytes,
    header: u8,
}

impl Frame {
    /// `header` bytes at the front of `wire` belong to the transport.
    pub fn new(wire: Bytes, header: u8) -> Self {
        Self { wire, header }
    }

    pub fn wire(&self) -> &Bytes {
        &self.wire
    }

    /// How many bytes are inside the transport's frame.
    pub fn packet_len(&self) -> usize {
        self.wire.len().saturating_sub(self.header.into())
    }

    /// What is inside the transport's frame; shares the same bytes.
    pub fn packet(&self) -> Bytes {
        self.wire.slice(usize::from(self.header).min(self.wire.len())..)
    }
}

/// How a wire takes a frame: bare, as its dialect made it, or in a form of the wire's own, as compressed.
/// What those are only wires know; the same number means the same to all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Form(pub u8);

impl Form {
    pub const BARE: Self = Self(0);
    /// How many there may be, the bare one included.
    pub const COUNT: u8 = 4;
}

/// What a door's messages look like, outward.
pub trait Dialect: Send + Sync + 'static {
    fn name(&self) -> &'static str;
    /// The door whose dialect it is, in one word.
    fn door(&self) -> &'static str;
    /// None: clients of this dialect have no word for it.
    fn event(&self, event: &RoomEvent) -> Option<Frame>;
    /// The last words, in order; none: hang up without a word.
    fn farewell(&self, farewell: Farewell) -> Vec<Frame>;
    /// What asks a silent client whether it is still there.
    fn ping(&self) -> Frame;
    /// How often to ask. A client that has not answered by the next time is gone.
    fn heartbeat(&self) -> Duration;
}

/// A registered dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DialectId(pub u8);

/// All dialects of this broker.
#[derive(Clone)]
pub struct Dialects(Arc<[Arc<dyn Dialect>]>);

impl Dialects {
    pub fn new(dialects: Vec<Arc<dyn Dialect>>) -> Self {
        Self(dialects.into())
    }

    pub fn id(&self, name: &str) -> Option<DialectId> {
        let at = self.0.iter().position(|dialect| dialect.name() == name)?;
        u8::try_from(at).ok().map(DialectId)
    }

    pub fn get(&self, id: DialectId) -> Option<&Arc<dyn Dialect>> {
        self.0.get(usize::from(id.0))
    }
}

/// What an outlet may do with a frame when its client reads too slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Never dropped: entries, answers.
    Firm,
    /// Dropped first: typing.
    Signal,
    /// Only the newest of its key counts: presence and receipts of one user.
    Newest(u64),
}

/// An event on its way to many clients.
pub struct Announcement {
    event: RoomEvent,
    lane: Lane,
    said: Box<[Said]>,
}

/// An announcement in one dialect.
#[derive(Default)]
struct Said {
    bare: OnceLock<Option<Frame>>,
    /// In the other forms. Most announcements are too short for any, and keep no room for them.
    shaped: OnceLock<Box<[OnceLock<Frame>]>>,
}

impl Announcement {
    pub fn new(event: RoomEvent, dialects: &Dialects) -> Arc<Self> {
        let said = dialects.0.iter().map(|_| Said::default()).collect();
        Arc::new(Self { lane: lane(&event), event, said })
    }

    pub fn event(&self) -> &RoomEvent {
        &self.event
    }

    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// The frame for a dialect; encoded on first use.
    pub fn frame(&self, id: DialectId, dialects: &Dialects) -> Option<&Frame> {
        let dialect = dialects.get(id)?;
        self.said.get(usize::from(id.0))?.bare.get_or_init(|| dialect.event(&self.event)).as_ref()
    }

    /// The same frame in another form; `shape` makes it on first use.
    pub fn shaped(&self, id: DialectId, form: Form, shape: impl FnOnce() -> Frame) -> Option<&Frame> {
        let shaped = &self.said.get(usize::from(id.0))?.shaped;
        let forms = shaped.get_or_init(|| (0..Form::COUNT).map(|_| OnceLock::new()).collect());
        Some(forms.get(usize::from(form.0))?.get_or_init(shape))
    }
}

fn lane(event: &RoomEvent) -> Lane {
    match event {
        RoomEvent::EntryAdded { .. } | RoomEvent::NoticeGiven { .. } => Lane::Firm,
        RoomEvent::TypingChanged { .. } => Lane::Signal,
        RoomEvent::PresenceChanged { user, .. } => Lane::Newest(key("presence", user)),
        RoomEvent::ReceiptMoved { user, .. } => Lane::Newest(key("receipt", user)),
    }
}

fn key(kind: &str, user: &UserId) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (kind, user).hash(&mut hasher);
    hasher.finish()
}
