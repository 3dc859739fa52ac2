//! What a room tells: entries in order to every worker with members, signals at once, and both to other nodes.

use std::sync::Arc;

use actix::{Context, Handler};
use tokio::time::Instant;

use crate::archive::{Committed, Origin};
use crate::clock::Timestamp;
use crate::dialect::Announcement;
use crate::id::{Epoch, SessionId, ShardId, UserId};
use crate::message::cluster::{News, PublishNews};
use crate::message::presence::Status;
use crate::message::room::{Entry, GiveSignal, RoomEvent, SetAttendance, TellSignal};
use crate::ports::Appended;
use crate::room::Room;
use crate::room::group::Roster;
use crate::shard::Announce;

impl Room {
    /// Takes an entry into the order.
    pub(super) fn take(&mut self, entry: Arc<Entry>) {
        if let Some(log) = &mut self.log {
            log.take(entry);
        }
    }

    /// Announces whatever is next, and when it became durable if that was just now; reads the log when something between is missing.
    pub(super) fn announce_ready(&mut self, durable: Option<Instant>, ctx: &mut Context<Self>) {
        while let Some(entry) = self.log.as_mut().and_then(|log| log.next_ready()) {
            let seq = Some(entry.seq);
            let origin = self.origins.remove(&entry.seq);
            let announcement = Announcement::new(self.added(entry), origin, self.broker.dialects());
            self.announce(Announce { room: self.id.clone(), seq, durable, announcement });
        }
        if self.log.as_ref().is_some_and(|log| log.has_gap()) {
            self.read_gap(ctx);
        }
    }

    pub(super) fn announcement(&self, entry: Arc<Entry>) -> Arc<Announcement> {
        Announcement::new(self.added(entry), None, self.broker.dialects())
    }

    fn added(&self, entry: Arc<Entry>) -> RoomEvent {
        // Nothing is announced before the log was read.
        let epoch = self.head().map_or(Epoch(0), |head| head.epoch);
        RoomEvent::EntryAdded { room: self.id.clone(), epoch, entry }
    }

    pub(super) fn announce_to(&self, shard: ShardId, entry: Arc<Entry>) {
        let seq = Some(entry.seq);
        let announcement = self.announcement(entry);
        if let Some(link) = self.broker.shard(shard) {
            link.tell(Announce { room: self.id.clone(), seq, durable: None, announcement });
        }
    }

    fn announce(&self, announce: Announce) {
        for shard in self.shards.keys() {
            if let Some(link) = self.broker.shard(*shard) {
                link.tell(announce.clone());
            }
        }
    }

    /// Tells the members here a signal, and whose it is if one of their sessions gave it.
    pub(super) fn tell(&self, event: RoomEvent, origin: Option<SessionId>) {
        let announcement = Announcement::new(event, origin, self.broker.dialects());
        let (seq, durable) = (None, None);
        self.announce(Announce { room: self.id.clone(), seq, durable, announcement });
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
            let ahead = self.head().is_some_and(|head| entry.seq > head.seq);
            if let (Origin::Here(Some(session)), true, false) = (origin, ahead, duplicate) {
                self.origins.insert(entry.seq, session);
            }
            // Also one that was found in the log before this came: the other nodes have it from nobody else.
            if origin != Origin::Elsewhere && !duplicate {
                self.publish(News::EntryAdded { epoch, entry: entry.clone() });
            }
            self.take(entry);
        }
        self.announce_ready(Some(at), ctx);
    }
}

impl Handler<TellSignal> for Room {
    type Result = ();

    fn handle(&mut self, TellSignal { event }: TellSignal, _: &mut Self::Context) {
        if let RoomEvent::PresenceChanged { user, status, at, .. } = event {
            self.publish(News::PresenceChanged { user: user.clone(), status, at });
            if status.is_online() {
                self.online.insert(user.clone());
            } else {
                self.online.remove(&user);
            }
            return self.tell_presence(user, status, at);
        }
        // The others are published where they are given.
        self.tell(event, None);
    }
}

impl Room {
    pub(super) fn tell_presence(&self, user: UserId, status: Status, at: Timestamp) {
        let between = self.roster.as_ref().is_some_and(Roster::is_between_two);
        self.tell(RoomEvent::PresenceChanged { room: self.id.clone(), user, status, between, at }, None);
    }
}

/// Somebody who went meanwhile may still be told of.
impl Handler<SetAttendance> for Room {
    type Result = ();

    fn handle(&mut self, set: SetAttendance, _: &mut Self::Context) {
        let SetAttendance { session, user, name, attends } = set;
        let (room, at) = (self.id.clone(), self.broker.clock().now());
        self.publish(News::AttendanceChanged { user: user.clone(), name: name.clone(), attends, at });
        self.tell(RoomEvent::AttendanceChanged { room, user, name, attends, at }, Some(session));
    }
}

impl Handler<GiveSignal> for Room {
    type Result = ();

    fn handle(&mut self, GiveSignal { session, user, signal }: GiveSignal, _: &mut Self::Context) {
        // Someone removed meanwhile is not heard any more.
        if !self.members.contains_key(&session) {
            return;
        }
        let (room, at) = (self.id.clone(), self.broker.clock().now());
        self.publish(News::SignalGiven { user: user.clone(), signal: signal.clone(), at });
        self.tell(RoomEvent::SignalGiven { room, user, signal, at }, Some(session));
    }
}
