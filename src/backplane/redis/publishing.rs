//! The task that publishes: batches in one trip, over the pool.
//!
//! What Redis did not take for want of a connection goes out when it is back, oldest first, as far as the queue holds;
//! signals do not wait that long.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use deadpool_redis::redis::{Pipeline, RedisError};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use super::Shared;
use super::connection::ANSWER;

/// The most published in one trip.
const BATCH: usize = 256;
const RETRY: Duration = Duration::from_millis(250);
/// After an outage other nodes listen again only a little later, and what is published before that is lost on them.
const OTHERS_RETURN: Duration = Duration::from_secs(2);
/// How often a batch is tried that the server itself refuses.
const REFUSALS: u32 = 3;

/// One payload on its way out.
pub(super) struct Outgoing {
    pub(super) channel: String,
    pub(super) payload: Vec<u8>,
    /// Of no use when late.
    pub(super) signal: bool,
}

pub(super) struct Publisher {
    pub(super) shared: Arc<Shared>,
}

enum Failure {
    /// It may work later.
    Unreachable,
    /// The server answered, and the answer was no.
    Refused(String),
}

type Batch = Vec<(Outgoing, usize)>;

impl Publisher {
    pub(super) async fn run(self, closing: Arc<Notify>) {
        let mut refusals = 0;
        loop {
            let batch = tokio::select! {
                batch = self.shared.outgoing.take(BATCH) => batch,
                () = closing.notified() => return self.say_last_words().await,
            };
            match self.publish(&batch).await {
                Ok(()) => refusals = 0,
                Err(Failure::Refused(why)) if refusals >= REFUSALS => {
                    log::warn!("redis refuses what is published: {why}");
                    self.shared.vitals.drop_many(count(&batch));
                    refusals = 0;
                }
                Err(failure) => {
                    refusals += u32::from(matches!(failure, Failure::Refused(_)));
                    self.keep(batch);
                    tokio::select! {
                        () = self.back() => {}
                        () = closing.notified() => return,
                    }
                }
            }
        }
    }

    async fn publish(&self, batch: &[(Outgoing, usize)]) -> Result<(), Failure> {
        let mut connection = self.shared.server.connection().await.map_err(|_| Failure::Unreachable)?;
        let now = Instant::now();
        let mut trip = Pipeline::with_capacity(batch.len());
        for (Outgoing { channel, payload, .. }, _) in batch {
            self.shared.echoes.expect(channel, payload, now);
            trip.cmd("PUBLISH").arg(channel).arg(payload).ignore();
        }
        let answer = timeout(ANSWER, trip.query_async::<()>(&mut connection)).await;
        match answer.map_err(|_| Failure::Unreachable)? {
            Ok(()) => {
                self.shared.vitals.published.fetch_add(count(batch), Relaxed);
                Ok(())
            }
            Err(error) if is_refusal(&error) => Err(Failure::Refused(self.shared.server.shown(&error))),
            Err(_) => Err(Failure::Unreachable),
        }
    }

    fn keep(&self, batch: Batch) {
        let before = count(&batch);
        let firm: Batch = batch.into_iter().filter(|(outgoing, _)| !outgoing.signal).collect();
        let signals = before.saturating_sub(count(&firm));
        self.shared.vitals.drop_many(signals.saturating_add(self.shared.outgoing.put_back(firm)));
    }

    /// Waits until Redis answers again, and the other nodes have had time to listen.
    async fn back(&self) {
        loop {
            sleep(RETRY).await;
            // The pool asks a connection whether it lives before it lends it.
            if self.shared.server.connection().await.is_ok() {
                return sleep(OTHERS_RETURN).await;
            }
        }
    }

    async fn say_last_words(&self) {
        while !self.shared.outgoing.is_empty() {
            if self.publish(&self.shared.outgoing.take_now(BATCH)).await.is_err() {
                return;
            }
        }
    }
}

fn is_refusal(error: &RedisError) -> bool {
    !error.is_io_error() && !error.is_timeout() && !error.is_connection_dropped()
}

fn count(batch: &[(Outgoing, usize)]) -> u64 {
    u64::try_from(batch.len()).unwrap_or(u64::MAX)
}
