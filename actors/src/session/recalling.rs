//! What a returning client missed, read from the log before it is told that it is back.
//!
//! All of it or nothing: a gap, another epoch, or more than is handed over at once is none at all.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use actix::{ActorFutureExt, Handler, ResponseActFuture, WrapFuture};

use crate::broker::Broker;
use crate::clock::Timestamp;
use crate::dialect::Announcement;
use crate::id::{RoomId, Seq};
use crate::message::client::{GiveWay, Missed, Opened, RecallMissed};
use crate::message::room::{Entry, GetHead, RoomEvent};
use crate::ports::{Page, Stretch};
use crate::refusal::{Farewell, Refusal};
use crate::session::{Session, resumed};
use crate::shard::Local;

/// The most entries that are looked at for one client, most of which may not be for it.
const LOOKED_AT: usize = 5000;

impl Handler<RecallMissed> for Session {
    type Result = ResponseActFuture<Self, Result<Option<Missed>, Refusal>>;

    fn handle(&mut self, recall: RecallMissed, _: &mut Self::Context) -> Self::Result {
        let RecallMissed { room, resume, oldest } = recall;
        let (broker, local, of) = (self.broker.clone(), self.local.clone(), room.clone());
        let recalled = async move {
            let head = broker.ask_room(&room, || GetHead { at_least: resume.since }).await??;
            let opened = resumed(head, Some(resume));
            let recalling = Recalling { broker, local, room, oldest, opened, told: Vec::new(), bytes: 0 };
            if opened.reset { Ok(None) } else { recalling.read().await }
        };
        Box::pin(recalled.into_actor(self).map(move |recalled: Result<Option<Missed>, _>, session, _| {
            let counts = &session.broker.vitals().counts;
            match &recalled {
                Ok(Some(missed)) => {
                    let told = u64::try_from(missed.told.len()).unwrap_or(0);
                    counts.recovered.fetch_add(told, Relaxed);
                    session.resuming = Some(Box::new(of));
                }
                Ok(None) => counts.recoveries.count("reset"),
                Err(_) => {}
            }
            recalled
        }))
    }
}

impl Handler<GiveWay> for Session {
    type Result = ();

    fn handle(&mut self, _: GiveWay, _: &mut Self::Context) {
        self.local.outlet.hang_up(Farewell::ByClient(1006));
    }
}

struct Recalling {
    broker: Broker,
    local: Rc<Local>,
    room: RoomId,
    oldest: Option<Timestamp>,
    opened: Opened,
    told: Vec<Arc<Announcement>>,
    bytes: usize,
}

impl Recalling {
    async fn read(mut self) -> Result<Option<Missed>, Refusal> {
        let limit = self.broker.settings().page_entries.max(1);
        for _ in 0..LOOKED_AT.div_ceil(limit) {
            let after = Stretch::After(self.opened.from);
            let page = self.broker.ports().log.read(&self.room, after, limit).await;
            let page = page.inspect_err(|_| self.broker.vitals().counts.store_errors.count("read"))?;
            let more = page.more;
            if self.take(page).is_none() {
                return Ok(None);
            }
            if !more {
                // The log may be ahead of what its room was told, and never behind it.
                let whole = self.opened.from >= self.opened.head.seq;
                return Ok(whole.then_some(Missed { opened: self.opened, told: self.told }));
            }
        }
        Ok(None)
    }

    /// None: this is not what comes next, or not to be told.
    fn take(&mut self, page: Page) -> Option<()> {
        if page.epoch != self.opened.head.epoch {
            return None;
        }
        for entry in page.entries {
            let next: Seq = self.opened.from.next();
            if entry.seq != next {
                return None;
            }
            self.opened.from = next;
            self.tell(entry)?;
        }
        Some(())
    }

    fn tell(&mut self, entry: Arc<Entry>) -> Option<()> {
        let (room, epoch, at) = (self.room.clone(), self.opened.head.epoch, entry.at);
        let event = RoomEvent::EntryAdded { room, epoch, entry };
        let announcement = Announcement::new(event, None, self.broker.dialects());
        let bytes = self.local.outlet.weight_of(&announcement, self.local.user());
        if bytes == 0 {
            return Some(());
        }
        self.bytes = self.bytes.saturating_add(bytes);
        let fits = self.bytes <= self.broker.settings().burst_bytes();
        let young = self.oldest.is_none_or(|oldest| at >= oldest);
        self.told.push(announcement);
        (fits && young).then_some(())
    }
}
