//! How a door says things: pure encoders, registered with the broker before it starts.
//!
//! An event is encoded at most once per dialect, by whichever worker needs it first, and the bytes are shared.

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

    /// What is inside the transport's frame; shares the same bytes.
    pub fn packet(&self) -> Bytes {
        self.wire.slice(usize::from(self.header).min(self.wire.len())..)
    }
}

/// What a door's messages look like, outward.
pub trait Dialect: Send + Sync + 'static {
    fn name(&self) -> &'static str;
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
    frames: Box<[OnceLock<Option<Frame>>]>,
}

impl Announcement {
    pub fn new(event: RoomEvent, dialects: &Dialects) -> Arc<Self> {
        let frames = dialects.0.iter().map(|_| OnceLock::new()).collect();
        Arc::new(Self { lane: lane(&event), event, frames })
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
        self.frames.get(usize::from(id.0))?.get_or_init(|| dialect.event(&self.event)).as_ref()
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
