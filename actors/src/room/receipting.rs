//! Receipts in a room: who may give one, and which messages it is about where those are named one by one.

use std::sync::Arc;

use actix::{ActorFutureExt, Context, ContextFutureSpawner, Handler, ResponseFuture, WrapFuture};

use super::{Room, refuse};
use crate::clock::Timestamp;
use crate::id::{RoomKind, UserId};
use crate::message::cluster::News;
use crate::message::receipt::{AdvanceReceipt, MarkReceipt, Receipt, Receipted, TellReceipt, Watermark};
use crate::message::room::{Entry, EntryBody, Moved, RoomEvent};
use crate::refusal::Refusal;

/// The message that an entry posted, unless this user did.
pub(super) fn receipted(entry: &Entry, by: &UserId) -> Option<Receipted> {
    let EntryBody::MessagePosted { message } = &entry.body else { return None };
    let sender = entry.by.clone().filter(|sender| sender != by)?;
    Some(Receipted { id: message.id.clone(), seq: entry.seq, sender })
}

impl Room {
    /// Tells the members how far a user got, and in a group over which messages.
    pub(super) fn tell_receipt(
        &mut self,
        user: UserId,
        (from, to): (Watermark, Watermark),
        at: Timestamp,
        ctx: &mut Context<Self>,
    ) {
        // Whatever was read before was delivered before.
        let (after, until) = (from.read, to.delivered);
        let lately = match (self.id.kind(), &self.log) {
            (RoomKind::Group, Some(log)) => log.posted_between(after, until),
            _ => Some(Vec::new()),
        };
        let told = move |room: &Self, entries: &[Arc<Entry>]| {
            let over = entries.iter().filter(|entry| entry.seq > after);
            let over = over.filter_map(|entry| receipted(entry, &user)).collect();
            let moved = Moved { from, to, over };
            room.tell(RoomEvent::ReceiptMoved { room: room.id.clone(), user, moved, at }, None);
        };
        match lately {
            Some(entries) => told(self, &entries),
            None => {
                let limit = self.broker.settings().page_entries;
                let page = self.broker.ports().log.messages(&self.id, until.next(), limit);
                let told = page.into_actor(self).map(move |page, room, _| match page {
                    Ok(page) => told(room, &page.entries),
                    Err(error) => {
                        log::error!("the messages of a receipt cannot be read: {error}");
                        room.broker.vitals().counts.store_errors.count("read");
                        told(room, &[]);
                    }
                });
                told.spawn(ctx);
            }
        }
    }
}

impl Handler<MarkReceipt> for Room {
    type Result = ResponseFuture<Result<(), Refusal>>;

    fn handle(&mut self, mark: MarkReceipt, _: &mut Self::Context) -> Self::Result {
        let MarkReceipt { user, right, mark } = mark;
        let Some(head) = self.head() else { return refuse(Refusal::StoreDown) };
        if let Err(refusal) = self.may_hear(right, Some(&user)) {
            return refuse(refusal);
        }
        if mark.delivered.max(mark.read) > head.seq {
            return refuse(Refusal::SeqAhead { head: head.seq.0 });
        }
        let receipt = Receipt { room: self.id.clone(), user, mark };
        let broker = self.broker.clone();
        Box::pin(async move {
            let wait = broker.settings().command_timeout;
            broker.receipts().ask(AdvanceReceipt { receipt }, wait).await?
        })
    }
}

impl Handler<TellReceipt> for Room {
    type Result = ();

    fn handle(&mut self, TellReceipt { user, from, to, at }: TellReceipt, ctx: &mut Self::Context) {
        self.publish(News::ReceiptMoved { user: user.clone(), from, to, at });
        self.tell_receipt(user, (from, to), at, ctx);
    }
}
