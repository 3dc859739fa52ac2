//! The task that probes: what it publishes over the pool must be heard on the listening connection, in time.
//!
//! It alone decides that the bridge is up, and that a connection which says nothing is dead however open it looks.

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::cmd;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::Shared;
use super::connection::ANSWER;

/// What a probe may take beyond the time between two.
const SLACK: Duration = Duration::from_secs(1);

pub(super) struct Prober {
    pub(super) shared: Arc<Shared>,
    pub(super) every: Duration,
}

impl Prober {
    pub(super) async fn run(self) {
        let mut connected = self.shared.connected.subscribe();
        // Who listens first is told why it cannot; before that there is nothing to probe.
        if connected.changed().await.is_err() {
            return;
        }
        let mut heard_at = Instant::now();
        for number in 1.. {
            let sent = Instant::now();
            let since = if self.shared.vitals.is_up() { heard_at } else { sent };
            let connection = *connected.borrow_and_update();
            match self.travels(number, since + self.every + SLACK, connected.clone()).await {
                Some(Ok(())) => {
                    heard_at = Instant::now();
                    self.shared.vitals.works(heard_at.duration_since(sent));
                }
                Some(Err(reason)) => {
                    self.shared.vitals.failed(&reason);
                    self.shared.stale.send_replace(connection);
                }
                // Sent over a connection that is no more.
                None => continue,
            }
            tokio::select! {
                () = sleep_until(sent + self.every) => {}
                changed = connected.changed() => if changed.is_err() { return },
            }
        }
    }

    /// None: there is a new connection since, which may not have heard it.
    async fn travels(
        &self,
        number: u64,
        until: Instant,
        mut connected: watch::Receiver<u64>,
    ) -> Option<Result<(), String>> {
        let mut heard = self.shared.heard.subscribe();
        let probed = async {
            self.publish(number).await?;
            heard.wait_for(|heard| *heard >= number).await.map_err(|_| "it is closed".to_owned())?;
            Ok(())
        };
        tokio::select! {
            probed = timeout_at(until, probed) => {
                Some(probed.unwrap_or_else(|_| Err("what was published is not heard".to_owned())))
            }
            Ok(()) = connected.changed() => None,
        }
    }

    async fn publish(&self, number: u64) -> Result<(), String> {
        let mut connection = self.shared.server.connection().await?;
        let mut probe = cmd("PUBLISH");
        probe.arg(&self.shared.probe_channel).arg(number);
        match timeout(ANSWER, probe.query_async::<()>(&mut connection)).await {
            Ok(answer) => answer.map_err(|error| self.shared.server.shown(&error)),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }
}
