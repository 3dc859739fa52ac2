//! Delivered and read: takes watermarks in, stores what rose, then tells the room.
//!
//! A receipt is told only after it is stored, and never falls.

pub mod ledger;

use std::collections::HashMap;

use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, ResponseActFuture, ResponseFuture,
    WrapFuture,
};
use futures_util::FutureExt;
use tokio::sync::oneshot;

use crate::archive::{SaveReceipts, Settle};
use crate::broker::Broker;
use crate::id::{RoomId, UserId};
use crate::message::receipt::{AdvanceReceipt, ListReceipts, Receipt, TellReceipt, Watermark};
use crate::ports::LogError;
use crate::receipts::ledger::Ledger;
use crate::refusal::Refusal;
use crate::supervisor::{Fate, Obituary};

/// Notice: the room is closing; its watermarks need not be kept at hand.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct CloseLedger {
    pub room: RoomId,
}

/// Notice, to itself: the room died with this in hand.
#[derive(Message)]
#[rtype(result = "()")]
struct TellAgain(Risen);

/// A receipt that rose, and from where: what was told before.
#[derive(Debug, Clone)]
struct Risen {
    receipt: Receipt,
    from: Watermark,
}

pub struct ReceiptsActor {
    broker: Broker,
    ledger: Ledger,
    /// Risen, not stored yet.
    dirty: HashMap<(RoomId, UserId), Risen>,
    saving: bool,
    /// Let go when all is stored.
    settling: Vec<oneshot::Sender<()>>,
    _obituary: Obituary,
}

impl ReceiptsActor {
    pub fn new(broker: Broker, obituary: Obituary) -> Self {
        let (dirty, settling) = (HashMap::new(), Vec::new());
        Self { broker, ledger: Ledger::default(), dirty, saving: false, settling, _obituary: obituary }
    }

    fn advance(&mut self, receipt: &Receipt) {
        let Some((from, to)) = self.ledger.advance(receipt) else { return };
        self.keep(Risen { receipt: Receipt { mark: to, ..receipt.clone() }, from });
    }

    fn save(&mut self, ctx: &mut Context<Self>) {
        if self.saving {
            return;
        }
        if self.dirty.is_empty() {
            return self.settling.clear();
        }
        self.saving = true;
        let batch: Vec<Risen> = self.dirty.drain().map(|(_, risen)| risen).collect();
        let broker = self.broker.clone();
        let to_store = batch.iter().map(|risen| risen.receipt.clone()).collect();
        let saved = async move {
            let wait = broker.settings().command_timeout;
            let answer = broker.archive().ask(SaveReceipts(to_store), wait).await;
            answer.unwrap_or_else(|refusal| Err(LogError::Unavailable(refusal.to_string())))
        };
        let done = saved.into_actor(self).map(move |result, receipts, ctx| {
            receipts.saving = false;
            for risen in batch {
                match result {
                    Ok(()) => receipts.tell(risen, ctx),
                    Err(_) => receipts.keep(risen),
                }
            }
        });
        ctx.spawn(done);
    }

    /// To be stored and told with the next turn, together with what rose already.
    fn keep(&mut self, risen: Risen) {
        let key = (risen.receipt.room.clone(), risen.receipt.user.clone());
        let kept = self.dirty.entry(key).or_insert_with(|| risen.clone());
        kept.receipt.mark = kept.receipt.mark.merge(risen.receipt.mark);
        kept.from = kept.from.least(risen.from);
    }

    fn tell(&self, risen: Risen, ctx: &Context<Self>) {
        let Some(addr) = self.broker.room_if_open(&risen.receipt.room) else { return };
        let Risen { receipt: Receipt { user, mark, .. }, from } = risen.clone();
        let tell = TellReceipt { user, from, to: mark, at: self.broker.clock().now() };
        let (told, receipts) = (addr.send(tell), ctx.address());
        actix_rt::spawn(async move {
            if told.await.is_err() {
                // The room died with it: its next life is told, next turn.
                receipts.do_send(TellAgain(risen));
            }
        });
    }

    /// Runs `then` once the room's watermarks are at hand.
    fn with_room<T: 'static>(
        &self,
        room: RoomId,
        then: impl FnOnce(&mut Self) -> T + 'static,
    ) -> ResponseActFuture<Self, Result<T, Refusal>> {
        if self.ledger.knows(&room) {
            return Box::pin(
                async { Ok(()) }.into_actor(self).map(|_: Result<(), Refusal>, this, _| Ok(then(this))),
            );
        }
        let stored = self.broker.ports().receipts.load(&room);
        Box::pin(stored.into_actor(self).map(move |stored, this, _| {
            this.ledger.open(&room, &stored?);
            Ok(then(this))
        }))
    }
}

impl Actor for ReceiptsActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(self.broker.settings().receipts_every, Self::save);
    }
}

impl Handler<TellAgain> for ReceiptsActor {
    type Result = ();

    fn handle(&mut self, TellAgain(risen): TellAgain, _: &mut Self::Context) {
        self.keep(risen);
    }
}

impl Handler<Settle> for ReceiptsActor {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Settle, ctx: &mut Self::Context) -> Self::Result {
        let (held, let_go) = oneshot::channel();
        self.settling.push(held);
        self.save(ctx);
        // Let go by being dropped.
        Box::pin(let_go.map(drop))
    }
}

impl Handler<AdvanceReceipt> for ReceiptsActor {
    type Result = ResponseActFuture<Self, Result<(), Refusal>>;

    fn handle(&mut self, AdvanceReceipt { receipt }: AdvanceReceipt, _: &mut Self::Context) -> Self::Result {
        if self.dirty.len() >= self.broker.settings().pending_receipts {
            return Box::pin(async { Err(Refusal::Busy) }.into_actor(self));
        }
        self.with_room(receipt.room.clone(), move |this| this.advance(&receipt))
    }
}

impl Handler<ListReceipts> for ReceiptsActor {
    type Result = ResponseActFuture<Self, Result<Vec<Receipt>, Refusal>>;

    fn handle(&mut self, ListReceipts { room }: ListReceipts, _: &mut Self::Context) -> Self::Result {
        self.with_room(room.clone(), move |this| this.ledger.list(&room))
    }
}

impl Handler<CloseLedger> for ReceiptsActor {
    type Result = ();

    fn handle(&mut self, CloseLedger { room }: CloseLedger, _: &mut Self::Context) {
        if !self.dirty.keys().any(|(dirty, _)| *dirty == room) {
            self.ledger.close(&room);
        }
    }
}

impl Handler<Fate> for ReceiptsActor {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("receipts", ctx);
    }
}
