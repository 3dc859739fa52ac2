//! What a room hears from elsewhere: other nodes, and the system of record behind them.
//!
//! What came with a number takes its place in the order; what came without one is numbered by the log, once.

use actix::{ActorFutureExt, AsyncContext, Context, ContextFutureSpawner, Handler, WrapFuture};
use tokio::time::Instant;

use crate::archive::Origin;
use crate::message::cluster::{News, RoomNews};
use crate::message::room::{EntryBody, NewEntry, RoomEvent};
use crate::refusal::Refusal;
use crate::room::Room;

/// How often something relayed is tried while the log refuses it.
const TRIES: usize = 20;
/// The most that waits to be tried again.
const RETRIED: usize = 256;

impl Room {
    /// Has the log number it. The record has taken it already, so a closed room is no reason to leave it out.
    fn relay(&mut self, entry: NewEntry, tries: usize, ctx: &mut Context<Self>) {
        if let EntryBody::MessagePosted { message } = &entry.body
            && self.log.as_ref().is_some_and(|log| log.posted_lately(&message.id))
        {
            return;
        }
        let again = entry.clone();
        let appended = self.append_and_hear(entry, Origin::Elsewhere).into_actor(self);
        let relayed = appended.map(move |appended, room, ctx| match appended {
            Ok(_) => {}
            Err(Refusal::StoreDown | Refusal::StoreFull | Refusal::Busy | Refusal::Restarting) => {
                room.relay_later(again, tries, ctx);
            }
            Err(refusal) => log::warn!("the log does not take what another node told: {refusal}"),
        });
        relayed.spawn(ctx);
    }

    fn relay_later(&mut self, entry: NewEntry, tries: usize, ctx: &mut Context<Self>) {
        if tries == 0 || self.relaying >= RETRIED {
            self.broker.vitals().bridge.drop_one();
            return;
        }
        self.relaying += 1;
        ctx.run_later(self.broker.settings().store_probe, move |room, ctx| {
            room.relaying -= 1;
            room.relay(entry, tries - 1, ctx);
        });
    }
}

impl Handler<RoomNews> for Room {
    type Result = ();

    fn handle(&mut self, RoomNews { news, .. }: RoomNews, ctx: &mut Self::Context) {
        match news {
            News::EntryAdded { epoch, entry } => {
                if self.head().is_some_and(|head| head.epoch == epoch) {
                    self.take(entry);
                    self.announce_ready(None, ctx);
                }
            }
            News::EntryRelayed { by, client_id, body } => {
                self.last_used = Instant::now();
                self.relay(NewEntry::granted(by, client_id, *body), TRIES, ctx);
            }
            News::TypingChanged { user, name, is_typing, at } => {
                let room = self.id.clone();
                self.tell(RoomEvent::TypingChanged { room, user, name, is_typing, at }, None);
            }
            News::PresenceChanged { user, status, at } => self.tell_presence(user, status, at),
            News::ReceiptMoved { user, from, to, at } => self.tell_receipt(user, (from, to), at, ctx),
            News::AttendanceChanged { user, name, attends, at } => {
                let room = self.id.clone();
                self.tell(RoomEvent::AttendanceChanged { room, user, name, attends, at }, None);
            }
            News::SignalGiven { user, signal, at } => {
                self.tell(RoomEvent::SignalGiven { room: self.id.clone(), user, signal, at }, None);
            }
            // For the node, which has told this room.
            News::GroupChanged { .. } => {}
        }
    }
}
