//! How a document is kept: read at its start, changes in group commits, and now and then one whole in place of them.
//!
//! What was asked in a row is answered in that row, and nothing of it before what it may tell of is durable.

use actix::{ActorContext, ActorFutureExt, Context, ContextFutureSpawner, WrapFuture};
use bytes::Bytes;
use tokio::sync::oneshot;

use super::replica::Applied;
use super::{Document, Word};
use crate::desk::To;
use crate::dialect::Lane;
use crate::id::SessionId;
use crate::ports::LogError;
use crate::ports::documents::Kept;
use crate::refusal::{DocumentRefusal, Refusal};

/// What waits for the store.
pub(super) enum Step {
    Write { by: SessionId, update: Bytes, done: oneshot::Sender<Result<(), Refusal>> },
    Answer { to: SessionId, missing: Bytes },
}

#[derive(Default)]
pub(super) struct Keeping {
    waiting: Vec<Step>,
    writing: bool,
    /// The number of the last change that is kept.
    last: u64,
    /// How many changes stand behind the whole, or at the beginning.
    changes: usize,
    /// Their bytes, and with the whole.
    changed_bytes: usize,
    bytes: usize,
}

impl Keeping {
    pub fn add(&mut self, step: Step) {
        self.waiting.push(step);
    }

    pub fn is_idle(&self) -> bool {
        !self.writing && self.waiting.is_empty()
    }

    fn begins_with(&mut self, kept: &Kept) {
        let total = |updates: &[Bytes]| updates.iter().map(Bytes::len).fold(0, usize::saturating_add);
        (self.last, self.bytes) = (kept.last, total(&kept.updates));
        // The first may be a whole.
        self.changes = kept.updates.len().saturating_sub(1);
        self.changed_bytes = total(kept.updates.get(1..).unwrap_or_default());
    }

    fn grew(&mut self, last: u64, updates: &[usize]) {
        let bytes = updates.iter().copied().fold(0, usize::saturating_add);
        self.last = last;
        self.changes = self.changes.saturating_add(updates.len());
        self.changed_bytes = self.changed_bytes.saturating_add(bytes);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn shrank(&mut self, bytes: usize) {
        (self.changes, self.changed_bytes, self.bytes) = (0, 0, bytes);
    }
}

impl Document {
    /// Nothing else is heard until it is done.
    pub(super) fn load(&self, ctx: &mut Context<Self>) {
        let load = self.library.port().load(&self.id);
        let loaded = load.into_actor(self).map(|kept, document, ctx| match kept {
            Ok(kept) => document.begin(&kept, ctx),
            Err(error) => document.store_failed("read", &error, ctx),
        });
        loaded.wait(ctx);
    }

    fn begin(&mut self, kept: &Kept, ctx: &mut Context<Self>) {
        self.keeping.begins_with(kept);
        for update in &kept.updates {
            if !matches!(self.replica.apply(update), Ok(Applied::News | Applied::Nothing)) {
                // A part is never presented as the whole.
                log::error!("a change that is kept cannot be applied: its document stays closed");
                return ctx.stop();
            }
        }
        self.end_when_idle(ctx);
    }

    /// Refuses what would make it too big, if making it small does not help.
    pub(super) fn make_room(&mut self, more: usize) -> Result<(), Refusal> {
        let limit = self.library.rules().max_bytes;
        if self.keeping.bytes.saturating_add(more) <= limit {
            return Ok(());
        }
        self.replica.collect();
        self.keeping.bytes = self.replica.whole().len();
        if self.keeping.bytes.saturating_add(more) <= limit {
            return Ok(());
        }
        Err(Refusal::Document(DocumentRefusal::Full { limit }))
    }

    /// Has the store keep what waits; what does not change anything need not wait for it.
    pub(super) fn take_turn(&mut self, ctx: &mut Context<Self>) {
        if self.keeping.writing || self.keeping.waiting.is_empty() {
            return;
        }
        let steps = std::mem::take(&mut self.keeping.waiting);
        let updates: Vec<_> = steps.iter().filter_map(Step::change).collect();
        if updates.is_empty() {
            return self.done(steps);
        }
        self.keeping.writing = true;
        let sizes: Vec<_> = updates.iter().map(Bytes::len).collect();
        let append = self.library.port().append(&self.id, updates);
        let appended = append.into_actor(self).map(move |appended, document, ctx| match appended {
            Ok(last) => {
                document.keeping.writing = false;
                document.keeping.grew(last, &sizes);
                document.done(steps);
                document.compact_if_due(ctx);
                document.take_turn(ctx);
            }
            Err(error) => {
                steps.into_iter().for_each(|step| step.fail(&error));
                document.store_failed("append", &error, ctx);
            }
        });
        appended.spawn(ctx);
    }

    /// All of this is durable.
    fn done(&self, steps: Vec<Step>) {
        let mut said = Vec::new();
        for step in steps {
            match step {
                Step::Write { by, update, done } => {
                    said.push(self.say(Word::Changed(&update), Lane::Firm, To::AllBut(by)));
                    // Who left meanwhile does not wait for it.
                    let _ = done.send(Ok(()));
                }
                Step::Answer { to, missing } => {
                    said.push(self.say(Word::Missing(&missing), Lane::Firm, To::Only(to)));
                }
            }
        }
        self.tell(&said);
    }

    /// The whole may hold what is not kept yet and will be twice; to a document that is the same.
    fn compact_if_due(&mut self, ctx: &mut Context<Self>) {
        let rules = self.library.rules();
        let Keeping { changes, changed_bytes, .. } = self.keeping;
        if changes < rules.compact_changes && changed_bytes < rules.compact_bytes {
            return;
        }
        self.replica.collect();
        let whole = self.replica.whole();
        let bytes = whole.len();
        self.keeping.writing = true;
        let compact = self.library.port().compact(&self.id, self.keeping.last, whole);
        let compacted = compact.into_actor(self).map(move |compacted, document, ctx| {
            document.keeping.writing = false;
            match compacted {
                Ok(()) => document.keeping.shrank(bytes),
                Err(error) => return document.store_failed("compact", &error, ctx),
            }
            document.take_turn(ctx);
        });
        compacted.spawn(ctx);
    }

    /// What it holds may be ahead of what is kept: another life begins with that.
    fn store_failed(&self, doing: &'static str, error: &LogError, ctx: &mut Context<Self>) {
        log::error!("a document's store failed to {doing}: {error}");
        self.library.note_failure(doing, error);
        ctx.stop();
    }
}

impl Step {
    fn change(&self) -> Option<Bytes> {
        match self {
            Self::Write { update, .. } => Some(update.clone()),
            Self::Answer { .. } => None,
        }
    }

    fn fail(self, error: &LogError) {
        if let Self::Write { done, .. } = self {
            let _ = done.send(Err(error.clone().into()));
        }
    }
}
