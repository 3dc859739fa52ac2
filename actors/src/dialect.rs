//! How a door says things: pure encoders, registered with the broker before it starts.
//!
//! An event is encoded at most once per dialect and form, by whichever worker needs it first, and the bytes are shared.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;

use crate::id::{Alias, RoomId, SessionId, UserId};
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

/// Whom something is for, among those in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hearers {
    Everyone,
    /// All but the session that caused it.
    Others,
    /// All but the connection that goes by this.
    AllButFrom(Alias),
    AllBut(UserId),
    Only(UserId),
}

/// One thing that is said of an event.
#[derive(Debug, Clone)]
pub struct Line {
    pub frame: Frame,
    pub to: Hearers,
}

impl Line {
    /// As the only word; without a frame there is none.
    pub fn alone(to: Hearers, frame: Option<Frame>) -> Vec<Self> {
        frame.into_iter().map(|frame| Self { frame, to: to.clone() }).collect()
    }

    pub fn everyone(frame: Option<Frame>) -> Vec<Self> {
        Self::alone(Hearers::Everyone, frame)
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
    /// What is said of an event, in order; nothing where this dialect has no word for it.
    fn event(&self, event: &RoomEvent) -> Vec<Line>;
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
    /// The session that caused it, if that is known here.
    origin: Option<SessionId>,
    lane: Lane,
    said: Box<[OnceLock<Box<[Said]>>]>,
}

/// One line of an announcement in one dialect.
pub struct Said {
    line: Line,
    /// In the other forms. Most announcements are too short for any, and keep no room for them.
    shaped: OnceLock<Box<[OnceLock<Frame>]>>,
}

impl Announcement {
    pub fn new(event: RoomEvent, origin: Option<SessionId>, dialects: &Dialects) -> Arc<Self> {
        let said = dialects.0.iter().map(|_| OnceLock::new()).collect();
        Arc::new(Self { lane: lane(&event), event, origin, said })
    }

    pub fn event(&self) -> &RoomEvent {
        &self.event
    }

    /// None: it is not known here, or nobody's.
    pub fn origin(&self) -> Option<SessionId> {
        self.origin
    }

    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// What is said of it in a dialect; encoded on first use.
    pub fn said(&self, id: DialectId, dialects: &Dialects) -> &[Said] {
        let (Some(dialect), Some(said)) = (dialects.get(id), self.said.get(usize::from(id.0))) else {
            return &[];
        };
        said.get_or_init(|| dialect.event(&self.event).into_iter().map(Said::new).collect())
    }
}

impl Said {
    fn new(line: Line) -> Self {
        Self { line, shaped: OnceLock::new() }
    }

    pub fn frame(&self) -> &Frame {
        &self.line.frame
    }

    pub fn hearers(&self) -> &Hearers {
        &self.line.to
    }

    /// The same frame in another form; `shape` makes it on first use.
    pub fn shaped(&self, form: Form, shape: impl FnOnce() -> Frame) -> Option<&Frame> {
        let forms = self.shaped.get_or_init(|| (0..Form::COUNT).map(|_| OnceLock::new()).collect());
        Some(forms.get(usize::from(form.0))?.get_or_init(shape))
    }
}

fn lane(event: &RoomEvent) -> Lane {
    match event {
        RoomEvent::EntryAdded { .. } | RoomEvent::NoticeGiven { .. } => Lane::Firm,
        RoomEvent::TypingChanged { .. }
        | RoomEvent::AttendanceChanged { .. }
        | RoomEvent::SignalGiven { .. } => Lane::Signal,
        RoomEvent::PresenceChanged { room, user, .. } => Lane::Newest(key("presence", room, user)),
        // Where messages are named one by one, the newest does not say what the older said.
        RoomEvent::ReceiptMoved { moved, .. } if !moved.over.is_empty() => Lane::Firm,
        RoomEvent::ReceiptMoved { room, user, .. } => Lane::Newest(key("receipt", room, user)),
    }
}

fn key(kind: &str, room: &RoomId, user: &UserId) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (kind, room, user).hash(&mut hasher);
    hasher.finish()
}
