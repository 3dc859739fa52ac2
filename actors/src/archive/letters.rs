//! What is written down about webhooks, by the one who writes.

use actix::{Handler, Message, ResponseFuture};

use super::Archive;
use crate::clock::Timestamp;
use crate::ports::LogError;
use crate::ports::letters::{EndpointId, Letters, Replay, Settled};

/// Command: write these outcomes down.
#[derive(Message)]
#[rtype(result = "Result<(), LogError>")]
pub struct SettleLetters(pub Vec<Settled>);

/// Command: send to this endpoint again; false if it is unknown.
#[derive(Message)]
#[rtype(result = "Result<bool, LogError>")]
pub struct EnableEndpoint(pub EndpointId);

/// Command: send dead letters again; how many.
#[derive(Message)]
#[rtype(result = "Result<u64, LogError>")]
pub struct ReplayLetters(pub Replay);

/// Command: forget those that died before this; how many.
#[derive(Message)]
#[rtype(result = "Result<u64, LogError>")]
pub struct ForgetDeadLetters {
    pub before: Timestamp,
}

impl Archive {
    /// Without webhooks there is nothing to write, which is done at once.
    fn book<T: Default + 'static>(
        &self,
        write: impl FnOnce(
            &dyn Letters,
            Timestamp,
        ) -> futures_util::future::BoxFuture<'static, Result<T, LogError>>,
    ) -> ResponseFuture<Result<T, LogError>> {
        match &self.broker.ports().webhooks {
            Some(webhooks) => {
                self.noted("letters", write(webhooks.letters.as_ref(), self.broker.clock().now()))
            }
            None => Box::pin(std::future::ready(Ok(T::default()))),
        }
    }
}

impl Handler<SettleLetters> for Archive {
    type Result = ResponseFuture<Result<(), LogError>>;

    fn handle(&mut self, SettleLetters(batch): SettleLetters, _: &mut Self::Context) -> Self::Result {
        self.book(|letters, now| letters.settle(batch, now))
    }
}

impl Handler<EnableEndpoint> for Archive {
    type Result = ResponseFuture<Result<bool, LogError>>;

    fn handle(&mut self, EnableEndpoint(endpoint): EnableEndpoint, _: &mut Self::Context) -> Self::Result {
        self.book(|letters, now| letters.enable(&endpoint, now))
    }
}

impl Handler<ReplayLetters> for Archive {
    type Result = ResponseFuture<Result<u64, LogError>>;

    fn handle(&mut self, ReplayLetters(which): ReplayLetters, _: &mut Self::Context) -> Self::Result {
        self.book(|letters, now| letters.replay(which, now))
    }
}

impl Handler<ForgetDeadLetters> for Archive {
    type Result = ResponseFuture<Result<u64, LogError>>;

    fn handle(
        &mut self,
        ForgetDeadLetters { before }: ForgetDeadLetters,
        _: &mut Self::Context,
    ) -> Self::Result {
        self.book(|letters, _| letters.forget_dead(before))
    }
}
