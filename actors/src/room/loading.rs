//! How a room gets its state: from the log, and after a death its members from the shards.

use std::time::Duration;

use actix::{
    ActorContext, ActorFutureExt, AsyncContext, Context, ContextFutureSpawner, Handler, ResponseActFuture,
    WrapFuture,
};
use futures_util::future::join_all;
use tokio::time::Instant;

use crate::id::{GroupId, Seq, ShardId};
use crate::message::cluster::WatchRoom;
use crate::message::presence::ForgetRoom;
use crate::message::room::{GetHead, Head};
use crate::ports::{LogError, Page, Stretch};
use crate::refusal::Refusal;
use crate::room::group::Roster;
use crate::room::log::{Missing, RoomLog, TailLimits};
use crate::room::{AdoptMembers, LookAtLog, ResendEntries, Room, WatchAgain};
use crate::shard::ReportMembers;

impl Room {
    /// Reads where the log stands and who is here. Commands wait in the mailbox meanwhile; if the log cannot be read
    /// they are refused and the room ends, so that the next visitor tries again.
    pub(super) fn load(&mut self, ctx: &mut Context<Self>) {
        let (head, reports) = (self.broker.ports().log.head(&self.id), self.ask_for_members());
        let roster = Roster::read(self.broker.ports().people.clone(), GroupId::of_room(&self.id));
        // In this order: no shard was told more than the log holds.
        let loaded = async move { Ok((roster.await?, head.await?, reports.await)) };
        let loaded = loaded.into_actor(self).map(|loaded: Result<_, LogError>, room, ctx| match loaded {
            Ok((roster, head, reports)) => {
                room.log = Some(RoomLog::new(head, room.tail_limits()));
                room.roster = roster;
                room.broker.presence().tell(ForgetRoom { room: room.id.clone() });
                for report in reports {
                    room.adopt(report, ctx);
                }
                room.watch(ctx);
            }
            Err(error) => {
                log::error!("a room cannot read its log: {error}");
                room.broker.vitals().counts.store_errors.count("read");
                room.broker.close_room(&room.id, &ctx.address());
                // Those who wait in the mailbox are answered first.
                ctx.run_later(Duration::from_millis(50), |_, ctx| ctx.stop());
            }
        });
        loaded.wait(ctx);
    }

    /// Reads the log until this number, or its end.
    fn catch_up(&mut self, at_least: Seq) -> ResponseActFuture<Self, Result<Head, Refusal>> {
        let head = match self.head().ok_or(Refusal::StoreDown) {
            Ok(head) if at_least > head.seq => head,
            head => return Box::pin(async move { head }.into_actor(self)),
        };
        let limit = self.broker.settings().page_entries;
        let page = self.broker.ports().log.read(&self.id, Stretch::After(head.seq), limit);
        Box::pin(page.into_actor(self).then(move |page, room, ctx| {
            let goes_on = page.as_ref().map(|page| page.more).map_err(|error| error.clone().into());
            room.close_gap(page, ctx);
            match goes_on {
                Ok(true) => room.catch_up(at_least),
                Ok(false) => room.catch_up(Seq::START),
                Err(refusal) => Box::pin(async move { Err(refusal) }.into_actor(room)),
            }
        }))
    }

    fn tail_limits(&self) -> TailLimits {
        let settings = self.broker.settings();
        TailLimits { entries: settings.tail_entries, bytes: settings.burst_bytes() }
    }

    /// Hears of this room from other nodes, then reads what they did before it could hear.
    fn watch(&self, ctx: &mut Context<Self>) {
        if self.broker.ports().backplane.is_none() {
            return;
        }
        let (broker, room) = (self.broker.clone(), self.id.clone());
        let watched = async move {
            let wait = broker.settings().command_timeout;
            broker.bridge().ask(WatchRoom { room }, wait).await
        };
        let heard = watched.into_actor(self).map(|watched, room, ctx| {
            room.read_gap(ctx);
            if !matches!(watched, Ok(Ok(()))) {
                // Told once for all rooms, by whoever watches over the backplane itself.
                log::debug!("the backplane does not follow a room yet");
                ctx.run_later(room.broker.settings().store_probe, |room, ctx| room.watch(ctx));
            }
        });
        heard.spawn(ctx);
    }

    /// The sockets may be here already: those of an earlier life of this room.
    fn ask_for_members(&self) -> impl Future<Output = Vec<AdoptMembers>> + use<> {
        let (broker, room) = (self.broker.clone(), self.id.clone());
        async move {
            let (shards, wait) = (broker.shards(), broker.settings().command_timeout);
            let reports = shards.iter().map(|shard| shard.ask(ReportMembers { room: room.clone() }, wait));
            // A shard that is away reports by itself when it is back.
            join_all(reports).await.into_iter().filter_map(|report| report.ok().flatten()).collect()
        }
    }

    fn adopt(&mut self, AdoptMembers { shard, members, told }: AdoptMembers, ctx: &mut Context<Self>) {
        for member in members {
            self.admit(member);
        }
        self.resend(shard, told, ctx);
    }

    /// Reads from the log what is missing between the last announced entry and the newest known one.
    pub(super) fn read_gap(&mut self, ctx: &mut Context<Self>) {
        let Some(log) = &self.log else { return };
        if self.reading {
            return;
        }
        self.reading = true;
        let limit = self.broker.settings().page_entries;
        let page = self.broker.ports().log.read(&self.id, Stretch::After(log.head().seq), limit);
        let read = page.into_actor(self).map(|page, room, ctx| {
            room.reading = false;
            room.close_gap(page, ctx);
        });
        read.spawn(ctx);
    }

    fn close_gap(&mut self, page: Result<Page, LogError>, ctx: &mut Context<Self>) {
        match page {
            Ok(page) => {
                let more = page.more;
                if !page.entries.is_empty() {
                    self.broker.vitals().counts.gap_repairs.count("log");
                }
                for entry in page.entries {
                    self.take(entry);
                }
                self.announce_ready(None, ctx);
                if more {
                    self.read_gap(ctx);
                }
            }
            Err(error) => {
                log::error!("a gap in a room cannot be read: {error}");
                self.broker.vitals().counts.store_errors.count("read");
                ctx.run_later(self.broker.settings().store_probe, |room, ctx| room.read_gap(ctx));
            }
        }
    }

    /// Sends one worker what it lacks, from the tail or from the log.
    fn resend(&mut self, shard: ShardId, after: Seq, ctx: &mut Context<Self>) {
        let Some(log) = &self.log else { return };
        match log.missing(after) {
            Missing::Entries(entries) => {
                for entry in entries {
                    self.announce_to(shard, entry);
                }
            }
            Missing::BeyondTail => self.resend_from_log(shard, after, ctx),
            // It knows more than the log shows: an entry committed while this room was being born.
            Missing::Ahead => self.read_gap(ctx),
        }
    }

    fn resend_from_log(&mut self, shard: ShardId, after: Seq, ctx: &mut Context<Self>) {
        let limit = self.broker.settings().page_entries;
        let page = self.broker.ports().log.read(&self.id, Stretch::After(after), limit);
        let resent = page.into_actor(self).map(move |page, room, ctx| match page {
            Ok(page) => {
                let last = page.entries.last().map(|entry| entry.seq);
                for entry in page.entries {
                    room.announce_to(shard, entry);
                }
                if let (true, Some(last)) = (page.more, last) {
                    room.resend(shard, last, ctx);
                }
            }
            Err(error) => {
                log::error!("what a worker missed cannot be read: {error}");
                room.broker.vitals().counts.store_errors.count("read");
                ctx.run_later(room.broker.settings().store_probe, move |room, ctx| {
                    room.resend(shard, after, ctx)
                });
            }
        });
        resent.spawn(ctx);
    }
}

impl Handler<AdoptMembers> for Room {
    type Result = ();

    fn handle(&mut self, report: AdoptMembers, ctx: &mut Self::Context) {
        self.adopt(report, ctx);
    }
}

impl Handler<ResendEntries> for Room {
    type Result = ();

    fn handle(&mut self, ResendEntries { shard, after }: ResendEntries, ctx: &mut Self::Context) {
        self.broker.vitals().counts.gap_repairs.count("room");
        self.resend(shard, after, ctx);
    }
}

/// Someone may know more of this room than it was told: then it reads the log before it answers.
impl Handler<GetHead> for Room {
    type Result = ResponseActFuture<Self, Result<Head, Refusal>>;

    fn handle(&mut self, GetHead { at_least }: GetHead, _: &mut Self::Context) -> Self::Result {
        self.last_used = Instant::now();
        self.catch_up(at_least)
    }
}

impl Handler<LookAtLog> for Room {
    type Result = ();

    fn handle(&mut self, _: LookAtLog, ctx: &mut Self::Context) {
        // The store may be writing it still.
        ctx.run_later(self.broker.settings().store_probe, |room, ctx| room.read_gap(ctx));
    }
}

impl Handler<WatchAgain> for Room {
    type Result = ();

    fn handle(&mut self, _: WatchAgain, ctx: &mut Self::Context) {
        self.watch(ctx);
    }
}
