//! The only actor that talks to other nodes.
//!
//! News is a hint: a lost one is repaired from the log, so a slow or dead backplane delays other nodes and nobody here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, ContextFutureSpawner, Handler, ResponseFuture,
    StreamHandler, WrapFuture,
};

use crate::broker::Broker;
use crate::id::RoomId;
use crate::message::cluster::{News, PublishNews, RoomNews, UnwatchRoom, WatchRoom};
use crate::ports::{Backplane, BackplaneError};
use crate::room::WatchAgain;
use crate::shard::EnterMembers;
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

    fn backplane(&self) -> Option<Arc<dyn Backplane>> {
        self.broker.ports().backplane.clone()
    }

    fn publish_next(&mut self, ctx: &mut Context<Self>) {
        if self.publishing {
            return;
        }
        let Some(backplane) = self.backplane() else { return };
        let Some(news) = self.waiting.pop_front() else { return };
        self.publishing = true;
        ctx.spawn(backplane.publish(news).into_actor(self).map(|result, bridge, ctx| {
            bridge.publishing = false;
            if let Err(error) = result {
                bridge.broker.vitals().bridge.drop_one();
                log::warn!("other nodes were not told: {error}");
            }
            bridge.publish_next(ctx);
        }));
    }

    /// Hears what is about no room.
    fn watch_nodes(&self, ctx: &mut Context<Self>) {
        let Some(backplane) = self.backplane() else { return };
        let watched = backplane.watch(&RoomId::nodes()).into_actor(self).map(|watched, _, ctx| {
            if watched.is_err() {
                ctx.run_later(RETRY, |bridge, ctx| bridge.watch_nodes(ctx));
            }
        });
        watched.spawn(ctx);
    }

    fn listen(&self, ctx: &mut Context<Self>) {
        if let Some(backplane) = self.backplane() {
            ctx.add_stream(backplane.news());
        }
    }
}

impl Actor for Bridge {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.listen(ctx);
        self.watch_nodes(ctx);
        // What came while an earlier life was dead is in the log.
        for room in self.broker.rooms().all() {
            room.do_send(WatchAgain);
        }
    }
}

impl StreamHandler<RoomNews> for Bridge {
    fn handle(&mut self, news: RoomNews, _: &mut Self::Context) {
        if news.from == *self.broker.node() {
            return;
        }
        if let News::GroupChanged { group, users, epoch, from } = news.news {
            let (broker, enter) = (self.broker.clone(), EnterMembers { group, users, from });
            actix_rt::spawn(async move { broker.hear_of_group(enter, epoch).await });
        } else if let Some(room) = self.broker.room_if_open(&news.room) {
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
        if self.backplane().is_none() {
            return;
        }
        if self.waiting.len() >= WAITING {
            self.waiting.pop_front();
            self.broker.vitals().bridge.drop_one();
        }
        self.waiting.push_back(RoomNews { from: self.broker.node().clone(), room, news });
        self.publish_next(ctx);
    }
}

impl Handler<WatchRoom> for Bridge {
    type Result = ResponseFuture<Result<(), BackplaneError>>;

    fn handle(&mut self, WatchRoom { room }: WatchRoom, _: &mut Self::Context) -> Self::Result {
        let backplane = self.backplane();
        Box::pin(async move {
            match backplane {
                Some(backplane) => backplane.watch(&room).await,
                None => Ok(()),
            }
        })
    }
}

impl Handler<UnwatchRoom> for Bridge {
    type Result = ();

    fn handle(&mut self, UnwatchRoom { room }: UnwatchRoom, ctx: &mut Self::Context) {
        let Some(backplane) = self.backplane() else { return };
        ctx.spawn(backplane.unwatch(&room).into_actor(self).map(|result, _, _| {
            if let Err(error) = result {
                log::warn!("the backplane still follows a closed room: {error}");
            }
        }));
    }
}

impl Handler<Fate> for Bridge {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("bridge", ctx);
    }
}
