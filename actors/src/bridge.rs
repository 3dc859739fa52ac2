//! The only actor that talks to other nodes.
//!
//! News is a hint: a lost one is repaired from the log, so a slow or dead backplane delays other nodes and nobody here.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, StreamHandler, WrapFuture};

use crate::broker::Broker;
use crate::message::cluster::{PublishNews, RoomNews, UnwatchRoom, WatchRoom};
use crate::ports::BackplaneError;
use crate::supervisor::{Fate, Obituary};

/// The most news that waits to be published; past it the oldest is dropped and counted.
const WAITING: usize = 1024;
const RETRY: Duration = Duration::from_millis(500);

pub struct Bridge {
    broker: Broker,
    waiting: VecDeque<RoomNews>,
    publishing: bool,
    _obituary: Obituary,
}

impl Bridge {
    pub fn new(broker: Broker, obituary: Obituary) -> Self {
        Self { broker, waiting: VecDeque::new(), publishing: false, _obituary: obituary }
    }

    fn publish_next(&mut self, ctx: &mut Context<Self>) {
        if self.publishing {
            return;
        }
        let Some(news) = self.waiting.pop_front() else { return };
        self.publishing = true;
        let published = self.broker.ports().backplane.publish(news);
        ctx.spawn(published.into_actor(self).map(|result, bridge, ctx| {
            bridge.publishing = false;
            if let Err(error) = result {
                bridge.broker.vitals().bridge_dropped.fetch_add(1, Relaxed);
                log::warn!("other nodes were not told: {error}");
            }
            bridge.publish_next(ctx);
        }));
    }

    fn listen(&self, ctx: &mut Context<Self>) {
        ctx.add_stream(self.broker.ports().backplane.news());
    }
}

fn complain(result: Result<(), BackplaneError>) {
    if let Err(error) = result {
        log::warn!("the backplane does not follow a room: {error}");
    }
}

impl Actor for Bridge {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.listen(ctx);
    }
}

impl StreamHandler<RoomNews> for Bridge {
    fn handle(&mut self, news: RoomNews, _: &mut Self::Context) {
        if news.from == *self.broker.node() {
            return;
        }
        if let Some(room) = self.broker.room_if_open(&news.room) {
            room.do_send(news);
        }
    }

    /// The stream broke: listen again a little later.
    fn finished(&mut self, ctx: &mut Self::Context) {
        ctx.run_later(RETRY, |bridge, ctx| bridge.listen(ctx));
    }
}

impl Handler<PublishNews> for Bridge {
    type Result = ();

    fn handle(&mut self, PublishNews { room, news }: PublishNews, ctx: &mut Self::Context) {
        if self.waiting.len() >= WAITING {
            self.waiting.pop_front();
            self.broker.vitals().bridge_dropped.fetch_add(1, Relaxed);
        }
        self.waiting.push_back(RoomNews { from: self.broker.node().clone(), room, news });
        self.publish_next(ctx);
    }
}

impl Handler<WatchRoom> for Bridge {
    type Result = ();

    fn handle(&mut self, WatchRoom { room }: WatchRoom, ctx: &mut Self::Context) {
        let watched = self.broker.ports().backplane.watch(&room);
        ctx.spawn(watched.into_actor(self).map(|result, _, _| complain(result)));
    }
}

impl Handler<UnwatchRoom> for Bridge {
    type Result = ();

    fn handle(&mut self, UnwatchRoom { room }: UnwatchRoom, ctx: &mut Self::Context) {
        let unwatched = self.broker.ports().backplane.unwatch(&room);
        ctx.spawn(unwatched.into_actor(self).map(|result, _, _| complain(result)));
    }
}

impl Handler<Fate> for Bridge {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("bridge", ctx);
    }
}
