//! The only actor that sends webhooks: every entry to every endpoint, at least once, a room's entries in order.
//!
//! The next of a room is sent only after the one before was taken or given up, and that is durable. It holds no more
//! letters than are under way; all others lie in the store. Endpoints share nothing, so a slow one delays no other.

mod schedule;

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, ContextFutureSpawner, Handler, Message, SpawnHandle,
    WrapFuture,
};
use tokio::time::Instant;

use crate::archive::{ForgetDeadLetters, SettleLetters};
use crate::broker::Broker;
use crate::clock::Timestamp;
use crate::id::RoomId;
use crate::ports::LogError;
use crate::ports::letters::{Due, EndpointId, Letter, Outcome, Reception, Settled, Webhooks};
use crate::supervisor::{Fate, Obituary};

pub use schedule::Schedule;

/// Notice: something may be due.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct VisitEndpoints;

/// One endpoint, as it is being visited.
#[derive(Default)]
struct Round {
    /// Rooms with a letter under way, or settled and not yet written down.
    busy: HashSet<RoomId>,
    reading: bool,
    /// Something came while the store was being read.
    again: bool,
    /// The last attempt failed, and that was said.
    failing: bool,
    /// It asked for a rest.
    rests_until: Option<Instant>,
    alarm: Option<SpawnHandle>,
}

pub struct Courier {
    broker: Broker,
    rounds: BTreeMap<EndpointId, Round>,
    /// Outcomes to be written down.
    settled: Vec<Settled>,
    settling: bool,
    _obituary: Obituary,
}

impl Courier {
    pub fn new(broker: Broker, obituary: Obituary) -> Self {
        let endpoints = broker.ports().webhooks.iter().flat_map(|webhooks| webhooks.endpoints.iter());
        let rounds = endpoints.map(|endpoint| (endpoint.id.clone(), Round::default())).collect();
        Self { broker, rounds, settled: Vec::new(), settling: false, _obituary: obituary }
    }

    fn webhooks(&self) -> Option<Webhooks> {
        self.broker.ports().webhooks.clone()
    }

    fn visit_all(&mut self, ctx: &mut Context<Self>) {
        for endpoint in self.rounds.keys().cloned().collect::<Vec<_>>() {
            self.visit(&endpoint, ctx);
        }
    }

    /// Asks the store what is due to an endpoint, as far as there are hands free.
    fn visit(&mut self, endpoint: &EndpointId, ctx: &mut Context<Self>) {
        let hands = self.broker.settings().courier.concurrency;
        let (Some(webhooks), Some(round)) = (self.webhooks(), self.rounds.get_mut(endpoint)) else { return };
        let free = hands.saturating_sub(round.busy.len());
        let rests = round.rests_until.is_some_and(|until| Instant::now() < until);
        if round.reading || rests || free == 0 {
            round.again = round.reading;
            return;
        }
        round.reading = true;
        let busy = round.busy.iter().cloned().collect();
        let due = webhooks.letters.due(endpoint, busy, self.broker.clock().now(), free);
        let endpoint = endpoint.clone();
        let sent = due.into_actor(self).map(move |due, courier, ctx| courier.send(&endpoint, due, ctx));
        sent.spawn(ctx);
    }

    fn send(&mut self, endpoint: &EndpointId, due: Result<Due, LogError>, ctx: &mut Context<Self>) {
        let Some(round) = self.rounds.get_mut(endpoint) else { return };
        round.reading = false;
        let again = std::mem::take(&mut round.again);
        let Due { letters, next } = match due {
            Ok(due) => due,
            // The next pulse asks again.
            Err(error) => return log::warn!("what is owed to webhooks cannot be read: {error}"),
        };
        for letter in letters {
            self.carry(letter, ctx);
        }
        if again {
            return self.visit(endpoint, ctx);
        }
        let now = self.broker.clock().now();
        if let Some(ahead) = next.and_then(|next| u64::try_from(next.0.saturating_sub(now.0)).ok()) {
            self.set_alarm(endpoint, Duration::from_millis(ahead), ctx);
        }
    }

    fn carry(&mut self, letter: Letter, ctx: &mut Context<Self>) {
        let (Some(webhooks), Some(round)) = (self.webhooks(), self.rounds.get_mut(&letter.endpoint)) else {
            return;
        };
        if !round.busy.insert(letter.room.clone()) {
            return;
        }
        let carried = webhooks.carrier.carry(letter.clone()).into_actor(self);
        let judged = carried.map(move |reception, courier, ctx| {
            let settled = courier.judge(&letter, reception, ctx);
            courier.settled.push(settled);
            courier.settle(ctx);
        });
        judged.spawn(ctx);
    }

    fn judge(&mut self, letter: &Letter, reception: Reception, ctx: &mut Context<Self>) -> Settled {
        let now = self.broker.clock().now();
        let failures = letter.attempts.saturating_add(1);
        let (attempts, outcome) = match reception {
            Reception::Taken => (letter.attempts, Outcome::Taken),
            Reception::Gone => (letter.attempts, Outcome::Gone),
            Reception::Failed { why, rest } => {
                if let Some(rest) = rest {
                    self.let_rest(&letter.endpoint, schedule::bounded(Some(rest)), ctx);
                }
                let chance = uuid::Uuid::new_v4().as_u64_pair().1;
                let wait = self.broker.settings().courier.schedule.wait(failures, rest, chance);
                let outcome = match wait {
                    Some(wait) => Outcome::Later { at: after(now, wait), why },
                    None => Outcome::Dead { why },
                };
                (failures, outcome)
            }
        };
        self.note(letter, attempts, &outcome);
        let Letter { endpoint, room, entry, dead, .. } = letter.clone();
        Settled { endpoint, room, seq: entry.seq, attempts, dead, outcome }
    }

    /// Counts every attempt, and says what is news: a receiver that is down fails as often as there are rooms.
    fn note(&mut self, letter: &Letter, attempts: u32, outcome: &Outcome) {
        let taken = *outcome == Outcome::Taken;
        let round = self.rounds.get_mut(&letter.endpoint);
        let turned = round.is_some_and(|round| std::mem::replace(&mut round.failing, !taken) == taken);
        let counts = &self.broker.vitals().letters;
        let mut endpoints =
            self.broker.ports().webhooks.iter().flat_map(|webhooks| webhooks.endpoints.iter());
        let host = endpoints.find(|known| known.id == letter.endpoint).map(|known| known.host.as_str());
        let host = host.unwrap_or_default();
        match outcome {
            Outcome::Taken => {
                counts.taken.fetch_add(1, Relaxed);
                if turned {
                    log::info!("webhooks to {host} are taken again");
                }
            }
            Outcome::Later { why, .. } => {
                counts.failed.fetch_add(1, Relaxed);
                if turned {
                    log::warn!("webhooks to {host} fail and are tried again: {why}");
                }
            }
            Outcome::Dead { why } => {
                counts.failed.fetch_add(1, Relaxed);
                counts.died.fetch_add(1, Relaxed);
                log::error!("webhook to {host} failed {attempts} times, given up: {why}");
            }
            Outcome::Gone => {
                counts.failed.fetch_add(1, Relaxed);
                log::error!("webhook to {host} answered 410: disabled until it is enabled again");
            }
        }
    }

    /// Everything owed to it waits, not only what it was asked about.
    fn let_rest(&mut self, endpoint: &EndpointId, rest: Duration, ctx: &mut Context<Self>) {
        if let Some(round) = self.rounds.get_mut(endpoint) {
            round.rests_until = Instant::now().checked_add(rest).max(round.rests_until);
            self.set_alarm(endpoint, rest, ctx);
        }
    }

    /// What lies beyond the next pulse needs no alarm.
    fn set_alarm(&mut self, endpoint: &EndpointId, ahead: Duration, ctx: &mut Context<Self>) {
        let Some(round) = self.rounds.get_mut(endpoint) else { return };
        if ahead > self.broker.settings().courier.pulse {
            return;
        }
        let rings = endpoint.clone();
        let alarm = ctx.run_later(ahead, move |courier, ctx| courier.visit(&rings, ctx));
        if let Some(earlier) = round.alarm.replace(alarm) {
            ctx.cancel_future(earlier);
        }
    }

    /// Writes outcomes down, one batch at a time; only then their rooms go on.
    fn settle(&mut self, ctx: &mut Context<Self>) {
        if self.settling || self.settled.is_empty() {
            return;
        }
        self.settling = true;
        let batch = std::mem::take(&mut self.settled);
        let (broker, order) = (self.broker.clone(), SettleLetters(batch.clone()));
        let written = async move {
            let wait = broker.settings().command_timeout;
            broker.archive().ask(order, wait).await
        };
        let done = written.into_actor(self).map(move |written, courier, ctx| {
            courier.settling = false;
            match written {
                Ok(Ok(())) => courier.go_on(&batch, ctx),
                Ok(Err(_)) | Err(_) => courier.try_again(batch, ctx),
            }
        });
        done.spawn(ctx);
    }

    fn go_on(&mut self, batch: &[Settled], ctx: &mut Context<Self>) {
        for settled in batch {
            if let Some(round) = self.rounds.get_mut(&settled.endpoint) {
                round.busy.remove(&settled.room);
            }
        }
        self.visit_all(ctx);
        self.settle(ctx);
    }

    /// The store does not take it: the rooms stay busy, so nothing is sent twice meanwhile.
    fn try_again(&mut self, batch: Vec<Settled>, ctx: &mut Context<Self>) {
        self.settled.extend(batch);
        ctx.run_later(self.broker.settings().store_probe, Self::settle);
    }

    /// Counts anew, forgets the long dead, and visits everybody: what a lost notice would have done.
    fn pulse(&mut self, ctx: &mut Context<Self>) {
        let Some(webhooks) = self.webhooks() else { return };
        let broker = self.broker.clone();
        let settings = &broker.settings().courier;
        let keep = i64::try_from(settings.keep_dead.as_millis()).unwrap_or(i64::MAX);
        let before = Timestamp(broker.clock().now().0.saturating_sub(keep));
        let counted = async move {
            match webhooks.letters.tallies().await {
                Ok(tallies) => broker.vitals().letters.tell(&tallies),
                Err(error) => log::warn!("what is owed to webhooks cannot be counted: {error}"),
            }
            let wait = broker.settings().command_timeout;
            // Not now, then at the next pulse.
            let _ = broker.archive().ask(ForgetDeadLetters { before }, wait).await;
        };
        counted.into_actor(self).spawn(ctx);
        self.visit_all(ctx);
    }
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.plus_ms(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
}

impl Actor for Courier {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if self.rounds.is_empty() {
            return;
        }
        self.pulse(ctx);
        ctx.run_interval(self.broker.settings().courier.pulse, Self::pulse);
    }
}

impl Handler<VisitEndpoints> for Courier {
    type Result = ();

    fn handle(&mut self, _: VisitEndpoints, ctx: &mut Self::Context) {
        self.visit_all(ctx);
    }
}

impl Handler<Fate> for Courier {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("courier", ctx);
    }
}
