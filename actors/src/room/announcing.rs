//! What a room tells: entries in order to every worker with members, signals at once, and both to other nodes.

use std::sync::Arc;

use actix::{Context, Handler};
use tokio::time::Instant;

use crate::archive::{Committed, Origin};
use crate::dialect::Announcement;
use crate::id::{Epoch, SessionId, ShardId};
use crate::message::cluster::{News, PublishNews};
use crate::message::room::{Entry, RoomEvent, TellSignal};
use crate::ports::Appended;
use crate::room::Room;
use crate::shard::Announce;

impl Room {
    /// Takes an entry into the order. One of ours goes to the other nodes too.
    pub(super) fn take(&mut self, entry: Arc<Entry>, epoch: Epoch, ours: bool) {
        let Some(log) = &mut self.log else { return };
        if log.take(entry.clone()) && ours {
            self.publish(News::EntryAdded { epoch, entry });
        }
    }

    /// Announces whatever is next, and when it became durable if that was just now; reads the log when something between is missing.
    pub(super) fn announce_ready(&mut self, durable: Option<Instant>, ctx: &mut Context<Self>) {
        while let Some(entry) = self.log.as_mut().and_then(|log| log.next_ready()) {
            let seq = Some(entry.seq);
            let announcement = self.announcement(entry);
            self.announce(Announce { room: self.id.clone(), seq, except: None, durable, announcement });
        }
        if self.log.as_ref().is_some_and(|log| log.has_gap()) {
            self.read_gap(ctx);
        }
    }

    pub(super) fn announcement(&self, entry: Arc<Entry>) -> Arc<Announcement> {
        let event = RoomEvent::EntryAdded { room: self.id.clone(), entry };
        Announcement::new(event, self.broker.dialects())
    }

    pub(super) fn announce_to(&self, shard: ShardId, entry: Arc<Entry>) {
        let seq = Some(entry.seq);
        let announcement = self.announcement(entry);
        if let Some(link) = self.broker.shard(shard) {
            link.tell(Announce { room: self.id.clone(), seq, except: None, durable: None, announcement });
        }
    }

    fn announce(&self, announce: Announce) {
        for shard in self.shards.keys() {
            if let Some(link) = self.broker.shard(*shard) {
                link.tell(announce.clone());
            }
        }
    }

    /// Tells the members here a signal.
    pub(super) fn tell(&self, event: RoomEvent, except: Option<SessionId>) {
        let announcement = Announcement::new(event, self.broker.dialects());
        let (seq, durable) = (None, None);
        self.announce(Announce { room: self.id.clone(), seq, except, durable, announcement });
    }

    pub(super) fn publish(&self, news: News) {
        // Alone, there is nobody to tell, and no thread to wake for it.
        if self.broker.ports().backplane.is_none() {
            return;
        }
        self.broker.bridge().tell(PublishNews { room: self.id.clone(), news });
    }
}

impl Handler<Committed> for Room {
    type Result = ();

    fn handle(&mut self, Committed { appended, at }: Committed, ctx: &mut Self::Context) {
        for (Appended { entry, epoch, duplicate }, origin) in appended {
            self.take(entry, epoch, origin == Origin::Here && !duplicate);
        }
        self.announce_ready(Some(at), ctx);
    }
}

impl Handler<TellSignal> for Room {
    type Result = ();

    fn handle(&mut self, TellSignal { event }: TellSignal, _: &mut Self::Context) {
        match event.clone() {
            RoomEvent::PresenceChanged { user, online, at } => {
                if online {
                    self.online.insert(user.clone());
                } else {
                    self.online.remove(&user);
                }
                self.publish(News::PresenceChanged { user, online, at });
            }
            RoomEvent::ReceiptMoved { user, delivered, read, at } => {
                self.publish(News::ReceiptMoved { user, delivered, read, at });
            }
            // Typing is published where it is set; notices and entries have their own ways.
            RoomEvent::TypingChanged { .. }
            | RoomEvent::NoticeGiven { .. }
            | RoomEvent::EntryAdded { .. } => {}
        }
        self.tell(event, None);
    }
}
