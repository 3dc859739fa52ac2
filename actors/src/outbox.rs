//! The only actor that calls the backend, when that is the system of record.
//!
//! Calls at once and calls waiting are bounded, and a backend that keeps failing is left alone for a while:
//! its trouble is the sender's clear error, never a queue that grows.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use actix::{Actor, ActorFutureExt, Context, Handler, Message, ResponseActFuture, WrapFuture};
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::broker::Broker;
use crate::id::UserId;
use crate::ports::{Accepted, Backend, BackendError, Profile, Submission};
use crate::refusal::Refusal;
use crate::supervisor::{Fate, Obituary};

/// Command: hand a message to the system of record.
#[derive(Message)]
#[rtype(result = "Result<Accepted, Refusal>")]
pub struct SubmitMessage(pub Submission);

/// Query: how does the backend know this user?
#[derive(Message)]
#[rtype(result = "Result<Profile, Refusal>")]
pub struct GetProfile(pub UserId);

/// Counts failures in a row.
#[derive(Debug, Default)]
struct Breaker {
    failures: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    fn is_open(&self) -> bool {
        self.open_until.is_some_and(|until| Instant::now() < until)
    }
}

pub struct Outbox {
    broker: Broker,
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    breaker: Breaker,
    _obituary: Obituary,
}

impl Outbox {
    pub fn new(broker: Broker, obituary: Obituary) -> Self {
        let turns = Arc::new(Semaphore::new(broker.settings().backend_concurrency));
        Self { broker, turns, waiting: Arc::default(), breaker: Breaker::default(), _obituary: obituary }
    }

    /// Calls the backend when it is this call's turn.
    fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Backend) -> BoxFuture<'static, Result<T, BackendError>> + 'static,
    ) -> ResponseActFuture<Self, Result<T, Refusal>> {
        let full = self.waiting.load(Relaxed) >= self.broker.settings().backend_waiting;
        let backend = self.broker.ports().backend.clone().filter(|_| !self.breaker.is_open() && !full);
        let Some(backend) = backend else {
            return Box::pin(async { Err(Refusal::BackendDown) }.into_actor(self));
        };
        let (turns, waiting) = (self.turns.clone(), self.waiting.clone());
        let called = async move {
            waiting.fetch_add(1, Relaxed);
            let turn = turns.acquire().await;
            waiting.fetch_sub(1, Relaxed);
            let result = call(backend.as_ref()).await;
            drop(turn);
            result
        };
        Box::pin(called.into_actor(self).map(|result, outbox, _| outbox.judge(result)))
    }

    fn judge<T>(&mut self, result: Result<T, BackendError>) -> Result<T, Refusal> {
        match result {
            Ok(answer) => {
                self.breaker = Breaker::default();
                Ok(answer)
            }
            Err(BackendError::Refused { detail }) => {
                self.breaker = Breaker::default();
                Err(Refusal::BackendRefused { detail })
            }
            Err(BackendError::Unreachable(reason)) => {
                log::warn!("the backend failed: {reason}");
                self.breaker.failures = self.breaker.failures.saturating_add(1);
                if self.breaker.failures >= self.broker.settings().breaker_failures {
                    log::error!("the backend keeps failing: left alone for a while");
                    let open = self.broker.settings().breaker_open;
                    self.breaker = Breaker { failures: 0, open_until: Some(Instant::now() + open) };
                }
                // What it answered is the sender's to see; how we failed to reach it is ours.
                let answered = reason.starts_with("API error:");
                let detail = if answered { reason } else { "the backend did not answer".to_owned() };
                Err(Refusal::BackendFailed { detail })
            }
        }
    }
}

impl Actor for Outbox {
    type Context = Context<Self>;
}

impl Handler<SubmitMessage> for Outbox {
    type Result = ResponseActFuture<Self, Result<Accepted, Refusal>>;

    fn handle(&mut self, SubmitMessage(submission): SubmitMessage, _: &mut Self::Context) -> Self::Result {
        self.call(|backend| backend.submit(submission))
    }
}

impl Handler<GetProfile> for Outbox {
    type Result = ResponseActFuture<Self, Result<Profile, Refusal>>;

    fn handle(&mut self, GetProfile(user): GetProfile, _: &mut Self::Context) -> Self::Result {
        self.call(move |backend| backend.profile(&user))
    }
}

impl Handler<Fate> for Outbox {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("outbox", ctx);
    }
}
