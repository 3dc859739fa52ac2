//! The only actor that writes to the store; it gathers what rooms append into group commits.
//!
//! A draft is answered only after the commit that holds it. One batch is written at a time, so a room's entries
//! come back in the order they were sent.

mod keeping;
mod letters;
mod meeting;
mod people;
mod seeing;

use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, ResponseFuture, WrapFuture};
use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::broker::Broker;
use crate::courier::VisitEndpoints;
use crate::id::{RoomId, SessionId};
use crate::message::room::{Answer, Posted};
use crate::ports::{Appended, Draft, LogError};
use crate::refusal::Refusal;
use crate::room::LookAtLog;
use crate::supervisor::{Fate, Obituary};
use crate::vitals::Vitals;

pub use keeping::{KeepAnswer, RemoveBan, SaveBan, SaveReceipts, SpendTicket};
pub use letters::{EnableEndpoint, ForgetDeadLetters, ReplayLetters, SettleLetters};
pub use meeting::MeetUser;
pub use people::{AddMember, ChangeRole, RemoveMember, SaveGroup, SaveUser};
pub use seeing::NoteSeen;

/// Who said it first: what began elsewhere is no news to other nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In this session, if it is one of a client.
    Here(Option<SessionId>),
    Elsewhere,
}

/// Notice: append this. The sender is answered when it is durable, and the room hears of it as [`Committed`].
#[derive(Message)]
#[rtype(result = "()")]
pub struct AppendDraft {
    pub draft: Draft,
    pub origin: Origin,
    pub answer: Answer,
}

/// Notice, to a room: these of yours are durable, in this order.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Committed {
    pub appended: Vec<(Appended, Origin)>,
    pub at: Instant,
}

/// Query: answered when nothing waits to be stored any more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Settle;

/// Tick: whatever this turn brought is in.
#[derive(Message)]
#[rtype(result = "()")]
struct CommitDue;

/// A draft that is being written.
struct Pending {
    room: RoomId,
    origin: Origin,
    answer: Answer,
}

pub struct Archive {
    broker: Broker,
    waiting: Vec<AppendDraft>,
    writing: bool,
    /// A commit is due at the end of the wait, or of this turn.
    due: bool,
    /// When the last one began.
    began: Option<Instant>,
    sightings: seeing::Sightings,
    meetings: meeting::Meetings,
    /// Let go when nothing is waiting.
    settling: Vec<oneshot::Sender<()>>,
    _obituary: Obituary,
}

impl Archive {
    pub fn new(broker: Broker, obituary: Obituary) -> Self {
        Self {
            broker,
            waiting: Vec::new(),
            writing: false,
            due: false,
            began: None,
            sightings: seeing::Sightings::default(),
            meetings: meeting::Meetings::default(),
            settling: Vec::new(),
            _obituary: obituary,
        }
    }

    fn schedule(&mut self, ctx: &mut Context<Self>) {
        if self.writing {
            return;
        }
        if self.waiting.is_empty() {
            return self.settling.clear();
        }
        if self.waiting.len() >= self.broker.settings().batch_entries {
            return self.commit(ctx);
        }
        if std::mem::replace(&mut self.due, true) {
            return;
        }
        // Alone, a message is stored at once; where many come, those of a while share a commit.
        let pause = self.broker.settings().batch_wait;
        match self.began.map(|began| pause.saturating_sub(began.elapsed())) {
            Some(wait) if !wait.is_zero() => _ = ctx.run_later(wait, Self::commit_what_is_due),
            Some(_) | None => ctx.notify(CommitDue),
        }
    }

    fn commit_what_is_due(&mut self, ctx: &mut Context<Self>) {
        self.due = false;
        if !self.writing && !self.waiting.is_empty() {
            self.commit(ctx);
        }
    }

    fn commit(&mut self, ctx: &mut Context<Self>) {
        self.writing = true;
        let most = self.broker.settings().batch_entries.min(self.waiting.len());
        let (mut drafts, mut batch) = (Vec::with_capacity(most), Vec::with_capacity(most));
        for AppendDraft { draft, origin, answer } in self.waiting.drain(..most) {
            batch.push(Pending { room: draft.room.clone(), origin, answer });
            drafts.push(draft);
        }
        self.broker.vitals().counts.commit_size.observe(u64::try_from(most).unwrap_or(0));
        let began = Instant::now();
        self.began = Some(began);
        let written = self.broker.ports().log.append(drafts, self.broker.clock().now());
        let done = written.into_actor(self).map(move |result, archive, ctx| {
            archive.writing = false;
            archive.broker.vitals().counts.commit.observe_since(began);
            match result {
                Ok(appended) => archive.report(batch, appended),
                Err(error) => archive.refuse(batch, error),
            }
            archive.schedule(ctx);
        });
        ctx.spawn(done);
    }

    /// Tells the rooms, then answers the senders: whoever is answered finds the room knowing of it. The answer does
    /// not go through the room, so that a room that dies takes no acknowledgement along.
    fn report(&self, batch: Vec<Pending>, appended: Vec<Appended>) {
        let at = Instant::now();
        let vitals = self.broker.vitals();
        vitals.store_works();
        let mut rooms: HashMap<RoomId, Vec<(Appended, Origin)>> = HashMap::new();
        let mut answers = Vec::with_capacity(batch.len());
        for (Pending { room, origin, answer }, appended) in batch.into_iter().zip(appended) {
            let Appended { entry, epoch, duplicate } = appended.clone();
            if duplicate {
                vitals.counts.duplicates.fetch_add(1, Relaxed);
            } else {
                vitals.counts.accepted.count(entry.body.kind());
            }
            answers.push((answer, Posted { entry, epoch, duplicate }));
            rooms.entry(room).or_default().push((appended, origin));
        }
        for (room, appended) in rooms {
            // The room's present life; one that is still being born reads this from the log.
            if let Some(room) = self.broker.room_if_open(&room) {
                room.do_send(Committed { appended, at });
            }
        }
        for (answer, posted) in answers {
            // The sender may have left meanwhile.
            let _ = answer.send(Ok(posted));
        }
        if self.broker.ports().webhooks.is_some() {
            self.broker.courier().tell(VisitEndpoints);
        }
    }

    fn refuse(&self, batch: Vec<Pending>, error: LogError) {
        note(self.broker.vitals(), "append", &error);
        let refusal = Refusal::from(error);
        for pending in batch {
            // The sender may have left meanwhile.
            let _ = pending.answer.send(Err(refusal.clone()));
        }
    }

    /// While the store refuses, tries it now and then, so that readiness returns without traffic.
    fn probe(&mut self, ctx: &mut Context<Self>) {
        if self.writing || !self.broker.vitals().store_is_down() {
            return;
        }
        let vitals = self.broker.vitals().clone();
        let probe = self.broker.ports().log.probe().into_actor(self).map(move |result, _, _| match result {
            Ok(()) => vitals.store_works(),
            Err(error) => note(&vitals, "probe", &error),
        });
        ctx.spawn(probe);
    }

    fn noted<T: 'static>(
        &self,
        op: &'static str,
        written: impl Future<Output = Result<T, LogError>> + 'static,
    ) -> ResponseFuture<Result<T, LogError>> {
        let vitals = self.broker.vitals().clone();
        Box::pin(async move {
            let result = written.await;
            if let Err(error) = &result {
                note(&vitals, op, error);
            }
            result
        })
    }
}

fn note(vitals: &Vitals, op: &'static str, error: &LogError) {
    vitals.counts.store_errors.count(op);
    match error {
        LogError::Full(_) | LogError::Unavailable(_) => vitals.store_failed(&error.to_string()),
        LogError::Untrusted(_) => vitals.fatal(&error.to_string()),
    }
}

impl Actor for Archive {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // What an earlier life died with may be stored: then its members must hear of it.
        for room in self.broker.rooms().all() {
            room.do_send(LookAtLog);
        }
        ctx.run_interval(self.broker.settings().store_probe, |archive, ctx| archive.probe(ctx));
    }
}

impl Handler<AppendDraft> for Archive {
    type Result = ();

    fn handle(&mut self, append: AppendDraft, ctx: &mut Self::Context) {
        if self.waiting.len() >= self.broker.settings().pending_entries {
            let _ = append.answer.send(Err(Refusal::Busy));
            return;
        }
        self.waiting.push(append);
        self.schedule(ctx);
    }
}

impl Handler<CommitDue> for Archive {
    type Result = ();

    fn handle(&mut self, _: CommitDue, ctx: &mut Self::Context) {
        self.commit_what_is_due(ctx);
    }
}

impl Handler<Settle> for Archive {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Settle, ctx: &mut Self::Context) -> Self::Result {
        let (held, let_go) = oneshot::channel();
        self.settling.push(held);
        self.save_seen(ctx);
        self.schedule(ctx);
        // Let go by being dropped.
        Box::pin(let_go.map(drop))
    }
}

impl Handler<Fate> for Archive {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("archive", ctx);
    }
}
