//! Redis between nodes. As seed 004 has it for chats: a channel for each, and in it what a widget would receive. What
//! else there is goes in our own words, and only among nodes that share a store, by channels with its epoch.
//!
//! Three tasks do the work: one publishes, one listens, one probes the whole way. Whoever calls in here waits for none
//! of them longer than it is told, and whatever Redis does, the queues between stay within their limits.

mod backlog;
mod channels;
mod connection;
mod echoes;
mod listening;
pub mod payload;
mod probing;
mod publishing;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};
use futures_util::stream::{BoxStream, unfold};
use futures_util::{FutureExt, StreamExt};
use recado_actors::clock::Clock;
use recado_actors::dialect::Dialect;
use recado_actors::id::{Epoch, NodeId, RoomId};
use recado_actors::message::cluster::{News, RoomNews};
use recado_actors::message::room::{EntryBody, RoomEvent};
use recado_actors::ports::{Backplane, BackplaneError};
use recado_actors::vitals::BridgeVitals;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;

use self::backlog::Backlog;
use self::channels::{Channels, is_chat};
use self::connection::Server;
pub use self::connection::SetupError;
use self::echoes::Echoes;
use self::listening::{Listener, Wish};
use self::probing::Prober;
use self::publishing::{Outgoing, Publisher};

/// The most news handed on at once.
const AT_ONCE: usize = 64;
/// Longest wait for a channel to be followed; the wish stays.
const FOLLOWED: Duration = Duration::from_secs(10);
/// Longest wait for what is queued to go out at the end.
const LAST_WORDS: Duration = Duration::from_secs(2);

pub struct RedisSettings {
    /// `redis://` or `rediss://`, with whatever secret is in it.
    pub address: String,
    /// Before the name of every channel.
    pub prefix: String,
    /// How often the whole way is probed.
    pub probe: Duration,
    /// Silence after which the listening connection is asked whether it lives.
    pub ping: Duration,
    /// The most that waits in each direction.
    pub queue_bytes: usize,
    /// Largest payload that is read.
    pub payload_bytes: usize,
    /// Without the bridge the node is not ready.
    pub required: bool,
}

/// What it shares with the rest of the broker.
pub struct Surroundings {
    pub node: NodeId,
    pub clock: Clock,
    /// Of the store, which tells it from any other.
    pub epoch: Epoch,
    pub vitals: Arc<BridgeVitals>,
    /// Words everything as a stock widget hears it.
    pub dialect: Arc<dyn Dialect>,
}

pub struct RedisBackplane {
    shared: Arc<Shared>,
    channels: Channels,
    dialect: Arc<dyn Dialect>,
    wishes: UnboundedSender<Wish>,
}

/// What the tasks and whoever calls in have in common.
struct Shared {
    server: Server,
    vitals: Arc<BridgeVitals>,
    outgoing: Backlog<Outgoing>,
    incoming: Backlog<RoomNews>,
    echoes: Echoes,
    probe_channel: String,
    /// The number of the last probe that came back.
    heard: watch::Sender<u64>,
    /// Which listening connection it is by now; changes when a new one follows everything.
    connected: watch::Sender<u64>,
    /// Which one brings nothing back and must be made anew.
    stale: watch::Sender<u64>,
}

impl Shared {
    fn run(
        self: &Arc<Self>,
        settings: &RedisSettings,
        channels: Channels,
        clock: Clock,
        wished: UnboundedReceiver<Wish>,
    ) -> Running {
        let closing = Arc::new(Notify::new());
        let publisher = Publisher { shared: self.clone() };
        let prober = Prober { shared: self.clone(), every: settings.probe };
        let listener = Listener {
            shared: self.clone(),
            channels,
            ping: settings.ping,
            payload_bytes: settings.payload_bytes,
            clock,
        };
        Running {
            publishing: tokio::spawn(publisher.run(closing.clone())),
            others: [tokio::spawn(listener.run(wished)), tokio::spawn(prober.run())],
            closing,
        }
    }
}

/// The tasks behind it; they end with [`Running::close`] or when this is dropped.
pub struct Running {
    publishing: JoinHandle<()>,
    others: [JoinHandle<()>; 2],
    closing: Arc<Notify>,
}

impl RedisBackplane {
    /// Starts at once, whether or not Redis is there.
    pub fn start(settings: &RedisSettings, around: Surroundings) -> Result<(Self, Running), SetupError> {
        let Surroundings { node, clock, epoch, vitals, dialect } = around;
        let channels = Channels::new(&settings.prefix, epoch);
        let server = Server::new(&settings.address)?;
        vitals.expect(settings.required);
        let shared = Arc::new(Shared {
            server,
            vitals,
            outgoing: Backlog::new(settings.queue_bytes),
            incoming: Backlog::new(settings.queue_bytes),
            echoes: Echoes::new(),
            probe_channel: format!("{}recado:probe:{}", settings.prefix, node.as_str()),
            heard: watch::Sender::new(0),
            connected: watch::Sender::new(0),
            stale: watch::Sender::new(0),
        });
        let (wishes, wished) = unbounded_channel();
        let running = shared.run(settings, channels.clone(), clock, wished);
        Ok((Self { shared, channels, dialect, wishes }, running))
    }

    /// A chat's payload, and whether it may be dropped first; none for what does not travel this way.
    fn worded(&self, room: &RoomId, news: News) -> Option<(Vec<u8>, bool)> {
        let (event, signal) = match news {
            News::EntryAdded { epoch, entry } => match entry.body {
                EntryBody::MessagePosted { .. }
                | EntryBody::MessageEdited { .. }
                | EntryBody::MessageDeleted { .. }
                | EntryBody::AgentJoined { .. } => {
                    (RoomEvent::EntryAdded { room: room.clone(), epoch, entry }, false)
                }
                EntryBody::EventPublished { .. } | EntryBody::RoomClosed | EntryBody::RoomReopened => {
                    return None;
                }
            },
            News::TypingChanged { user, name, is_typing, at } => {
                (RoomEvent::TypingChanged { room: room.clone(), user, name, is_typing, at }, true)
            }
            News::EntryRelayed { .. }
            | News::PresenceChanged { .. }
            | News::ReceiptMoved { .. }
            | News::AttendanceChanged { .. }
            | News::SignalGiven { .. }
            | News::GroupChanged { .. } => {
                return None;
            }
        };
        self.dialect.event(&event).first().map(|line| (line.frame.packet().to_vec(), signal))
    }
}

impl Backplane for RedisBackplane {
    fn publish(&self, news: RoomNews) -> BoxFuture<'static, Result<(), BackplaneError>> {
        let channel = self.channels.of(&news.room);
        let payload =
            if is_chat(&news.room) { self.worded(&news.room, news.news) } else { payload::own(&news) };
        if let Some((payload, signal)) = payload {
            let bytes = payload.len();
            let dropped = self.shared.outgoing.push(Outgoing { channel, payload, signal }, bytes);
            self.shared.vitals.drop_many(dropped);
        }
        ready(Ok(())).boxed()
    }

    fn watch(&self, room: &RoomId) -> BoxFuture<'static, Result<(), BackplaneError>> {
        let (done, followed) = oneshot::channel();
        // Sent now, not when polled: a wish and its opposite keep their order.
        let wished = self.wishes.send(Wish::Follow { channel: self.channels.of(room), done });
        async move {
            wished.map_err(|_| unreachable("it is closed"))?;
            let followed = tokio::time::timeout(FOLLOWED, followed).await;
            followed
                .map_err(|_| unreachable("not followed in time"))?
                .map_err(|_| unreachable("it is closed"))
        }
        .boxed()
    }

    fn unwatch(&self, room: &RoomId) -> BoxFuture<'static, Result<(), BackplaneError>> {
        let wished = self.wishes.send(Wish::Leave { channel: self.channels.of(room) });
        ready(wished.map_err(|_| unreachable("it is closed"))).boxed()
    }

    fn news(&self) -> BoxStream<'static, RoomNews> {
        let start = (self.shared.clone(), Vec::new().into_iter());
        unfold(start, |(shared, mut ready)| async move {
            loop {
                if let Some((news, _)) = ready.next() {
                    return Some((news, (shared, ready)));
                }
                ready = shared.incoming.take(AT_ONCE).await.into_iter();
            }
        })
        .boxed()
    }
}

impl Running {
    /// Publishes what is waiting, if Redis takes it soon, and ends.
    pub async fn close(mut self) {
        self.closing.notify_one();
        // Out of time or not, it is over.
        let _ = tokio::time::timeout(LAST_WORDS, &mut self.publishing).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.publishing.abort();
        for task in &self.others {
            task.abort();
        }
    }
}

fn unreachable(why: &str) -> BackplaneError {
    BackplaneError::Unreachable(why.to_owned())
}
