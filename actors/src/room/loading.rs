//! How a room gets its state: from the log, and after a death its members from the shards.

use actix::{ActorContext, ActorFutureExt, AsyncContext, Context, ContextFutureSpawner, Handler, WrapFuture};

use crate::id::{Seq, ShardId};
use crate::message::presence::ForgetRoom;
use crate::ports::{LogError, Page, Stretch};
use crate::room::log::{Missing, RoomLog};
use crate::room::{AdoptMembers, LookAtLog, ResendEntries, Room};
use crate::shard::ReportMembers;

impl Room {
    /// Reads where the log stands. Commands wait in the mailbox meanwhile; if it cannot be read they are refused
    /// and the room ends, so that the next visitor tries again.
    pub(super) fn load(&mut self, ctx: &mut Context<Self>) {
        let head = self.broker.ports().log.head(&self.id);
        let loaded = head.into_actor(self).map(|head, room, ctx| match head {
            Ok(head) => {
                room.log = Some(RoomLog::new(head, room.broker.settings().tail_entries));
                room.ask_for_members(ctx);
            }
            Err(error) => {
                log::error!("a room cannot read its log: {error}");
                room.broker.close_room(&room.id, &ctx.address());
                // Those who wait in the mailbox are answered first.
                ctx.run_later(std::time::Duration::from_millis(50), |_, ctx| ctx.stop());
            }
        });
        loaded.wait(ctx);
    }

    /// The sockets may be here already: those of an earlier life of this room.
    fn ask_for_members(&self, ctx: &Context<Self>) {
        self.broker.presence().tell(ForgetRoom { room: self.id.clone() });
        let report = ReportMembers { room: self.id.clone(), to: ctx.address() };
        for shard in self.broker.shards() {
            shard.tell(report.clone());
        }
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
        page.into_actor(self).map(Self::close_gap).spawn(ctx);
    }

    fn close_gap(page: Result<Page, LogError>, room: &mut Self, ctx: &mut Context<Self>) {
        room.reading = false;
        match page {
            Ok(page) => {
                let (epoch, more) = (page.epoch, page.more);
                for entry in page.entries {
                    room.take(entry, epoch, false);
                }
                room.announce_ready(ctx);
                if more {
                    room.read_gap(ctx);
                }
            }
            Err(error) => {
                log::error!("a gap in a room cannot be read: {error}");
                ctx.run_later(room.broker.settings().store_probe, |room, ctx| room.read_gap(ctx));
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

    fn handle(&mut self, AdoptMembers { shard, members, told }: AdoptMembers, ctx: &mut Self::Context) {
        for member in members {
            self.admit(member);
        }
        self.resend(shard, told, ctx);
    }
}

impl Handler<ResendEntries> for Room {
    type Result = ();

    fn handle(&mut self, ResendEntries { shard, after }: ResendEntries, ctx: &mut Self::Context) {
        self.resend(shard, after, ctx);
    }
}

impl Handler<LookAtLog> for Room {
    type Result = ();

    fn handle(&mut self, _: LookAtLog, ctx: &mut Self::Context) {
        // The store may be writing it still.
        ctx.run_later(self.broker.settings().store_probe, |room, ctx| room.read_gap(ctx));
    }
}
