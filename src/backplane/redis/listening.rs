//! The task that listens: one connection that follows every wished channel, made again whenever it breaks.
//!
//! It never waits for anything without hearing wishes meanwhile, so nobody who wishes is kept.

mod following;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use deadpool_redis::redis::aio::{PubSub, PubSubSink};
use deadpool_redis::redis::{Msg, Value};
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, OptionFuture};
use recado_actors::clock::Clock;
use recado_actors::id::NodeId;
use recado_actors::message::cluster::RoomNews;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until, timeout};

pub(super) use self::following::Wish;
use self::following::{Errand, Following};
use super::Shared;
use super::channels::Channels;
use super::connection::Server;
use super::payload::{self, Unread};

const FIRST_BACK_OFF: Duration = Duration::from_millis(50);
const LAST_BACK_OFF: Duration = Duration::from_secs(1);
/// Longest wait until the server has confirmed an errand.
const CONFIRMED: Duration = Duration::from_secs(2);
/// Rooms of others have no name for whoever told: they are not ours, and that is all that is asked.
const ELSEWHERE: &str = "elsewhere";

pub(super) struct Listener {
    pub(super) shared: Arc<Shared>,
    pub(super) channels: Channels,
    /// Silence after which the connection is asked whether it lives.
    pub(super) ping: Duration,
    pub(super) payload_bytes: usize,
    pub(super) clock: Clock,
}

/// Why a connection is given up.
enum Lost {
    /// It served, and then broke, said nothing or was called dead.
    Connection(String),
    /// It never followed what it should.
    Start(String),
    /// Nobody can wish any more.
    Everything,
}

impl Listener {
    pub(super) async fn run(self, mut wishes: UnboundedReceiver<Wish>) {
        let mut following = Following::new(self.shared.probe_channel.clone());
        let mut back_off = FIRST_BACK_OFF;
        loop {
            match self.connect(&mut following, &mut wishes).await {
                Some(Ok(connection)) => {
                    match self.listen(connection, &mut following, &mut wishes, &mut back_off).await {
                        Lost::Connection(why) => log::info!("the connection to redis is lost: {why}"),
                        Lost::Start(why) => self.shared.vitals.failed(&why),
                        Lost::Everything => return,
                    }
                    self.shared.vitals.reconnects.fetch_add(1, Relaxed);
                }
                Some(Err(reason)) => self.shared.vitals.failed(&reason),
                None => return,
            }
            following.is_cut_off();
            if !wait(jittered(back_off), &mut following, &mut wishes).await {
                return;
            }
            back_off = (back_off * 2).min(LAST_BACK_OFF);
        }
    }

    /// None when nobody can wish any more.
    async fn connect(
        &self,
        following: &mut Following,
        wishes: &mut UnboundedReceiver<Wish>,
    ) -> Option<Result<PubSub, String>> {
        let mut connecting = pin!(self.shared.server.subscriber());
        loop {
            tokio::select! {
                connected = &mut connecting => return Some(connected),
                wish = wishes.recv() => following.note(wish?),
            }
        }
    }

    async fn listen(
        &self,
        connection: PubSub,
        following: &mut Following,
        wishes: &mut UnboundedReceiver<Wish>,
        back_off: &mut Duration,
    ) -> Lost {
        let (sink, mut messages) = connection.split();
        let mut errand: OptionFuture<BoxFuture<'static, Result<Errand, String>>> = None.into();
        let (mut running, mut silent_since) = (false, Instant::now());
        let (mut stale, mut life) = (self.shared.stale.subscribe(), None);
        following.is_connected();
        loop {
            if !running && let Some(next) = following.next_errand(silent_since.elapsed() >= self.ping) {
                errand = Some(run(self.shared.server.clone(), sink.clone(), next)).into();
                running = true;
            }
            tokio::select! {
                message = messages.next() => {
                    let Some(message) = message else { return lost(life, "it broke".to_owned()) };
                    silent_since = Instant::now();
                    self.hear(&message);
                }
                wish = wishes.recv() => match wish {
                    Some(wish) => following.note(wish),
                    None => return Lost::Everything,
                },
                Some(done) = &mut errand, if running => {
                    (running, silent_since) = (false, Instant::now());
                    match done.map(|done| following.is_done(done)) {
                        Ok(true) => (life, *back_off) = (Some(self.begin()), FIRST_BACK_OFF),
                        Ok(false) => {}
                        Err(why) => return lost(life, why),
                    }
                }
                () = sleep_until(silent_since + self.ping), if !running => {}
                _ = stale.wait_for(|stale| Some(*stale) == life) => return lost(life, "it brings nothing back".to_owned()),
            }
        }
    }

    /// This connection follows everything; by which number the probe knows it.
    fn begin(&self) -> u64 {
        self.shared.connected.send_modify(|times| *times += 1);
        *self.shared.connected.borrow()
    }

    fn hear(&self, message: &Msg) {
        let (channel, payload) = (message.get_channel_name(), message.get_payload_bytes());
        if channel == self.shared.probe_channel {
            let number = std::str::from_utf8(payload).ok().and_then(|text| text.parse().ok());
            return self.shared.heard.send_modify(|heard| *heard = number.unwrap_or(0).max(*heard));
        }
        if self.shared.echoes.is_ours(channel, payload) {
            return;
        }
        let vitals = &self.shared.vitals;
        match self.read(channel, payload) {
            Ok(news) => {
                vitals.received.fetch_add(1, Relaxed);
                vitals.drop_many(self.shared.incoming.push(news, payload.len()));
            }
            Err(why) => {
                vitals.ignored.fetch_add(1, Relaxed);
                log::debug!("a payload from redis was ignored: it {why}");
            }
        }
    }

    fn read(&self, channel: &str, payload: &[u8]) -> Result<RoomNews, Unread> {
        if self.channels.is_own(channel) {
            let news = payload::read_own(payload, self.payload_bytes)?;
            let in_its_place = self.channels.of(&news.room) == channel;
            return if in_its_place { Ok(news) } else { Err(Unread::OtherRoom) };
        }
        let room = self.channels.chat(channel).ok_or(Unread::OtherRoom)?;
        let from = NodeId::parse(ELSEWHERE).map_err(|_| Unread::Malformed)?;
        let news = payload::read(payload, self.payload_bytes, self.clock.now())?;
        Ok(RoomNews { from, room, news })
    }
}

fn lost(life: Option<u64>, why: String) -> Lost {
    if life.is_some() { Lost::Connection(why) } else { Lost::Start(why) }
}

/// The errand, if the server confirmed it in time.
fn run(server: Server, mut sink: PubSubSink, errand: Errand) -> BoxFuture<'static, Result<Errand, String>> {
    Box::pin(async move {
        let done = async {
            match &errand {
                Errand::Follow(channels) => sink.subscribe(channels).await,
                Errand::Leave(channels) => sink.unsubscribe(channels).await,
                Errand::Ping => sink.ping::<Value>().await.map(drop),
            }
        };
        match timeout(CONFIRMED, done).await {
            Ok(answer) => answer.map(|()| errand).map_err(|error| server.shown(&error)),
            Err(_) => Err("no answer in time".to_owned()),
        }
    })
}

/// Waits and takes wishes meanwhile; false when there can be no more.
async fn wait(pause: Duration, following: &mut Following, wishes: &mut UnboundedReceiver<Wish>) -> bool {
    let over = Instant::now() + pause;
    loop {
        tokio::select! {
            () = sleep_until(over) => return true,
            wish = wishes.recv() => match wish {
                Some(wish) => following.note(wish),
                None => return false,
            },
        }
    }
}

/// Between half of it and all of it, so that nodes do not come back as one.
fn jittered(pause: Duration) -> Duration {
    let random = u32::from(uuid::Uuid::new_v4().as_bytes().first().copied().unwrap_or(0));
    pause / 2 + pause * random / 510
}
