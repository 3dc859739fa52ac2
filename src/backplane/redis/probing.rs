//! The task that probes: what it publishes over the pool must be heard on the listening connection, in time.
//!
//! It alone decides that the bridge is up, and that a connection which says nothing is dead however open it looks.

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::cmd;
use recado_actors::vitals::BridgeVitals;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::connection::{ANSWER, Server};

/// What a probe may take beyond the time between two.
const SLACK: Duration = Duration::from_secs(1);

pub(super) struct Prober {
    pub(super) server: Server,
    pub(super) channel: String,
    pub(super) every: Duration,
    /// The number of the last probe that came back.
    pub(super) heard: watch::Receiver<u64>,
    /// Which listening connection it is by now; changes when a new one follows everything.
    pub(super) connected: watch::Receiver<u64>,
    /// Told which one brings nothing back and must be made anew.
    pub(super) stale: watch::Sender<u64>,
    pub(super) vitals: Arc<BridgeVitals>,
}

impl Prober {
    pub(super) async fn run(mut self) {
        // Who listens first is told why it cannot; before that there is nothing to probe.
        if self.connected.changed().await.is_err() {
            return;
        }
        let mut heard_at = Instant::now();
        for number in 1.. {
            let sent = Instant::now();
            let since = if self.vitals.is_up() { heard_at } else { sent };
            let connection = *self.connected.borrow_and_update();
            match self.travels(number, since + self.every + SLACK).await {
                Some(Ok(())) => {
                    heard_at = Instant::now();
                    self.vitals.works(heard_at.duration_since(sent));
                }
                Some(Err(reason)) => {
                    self.vitals.failed(&reason);
                    self.stale.send_replace(connection);
                }
                // Sent over a connection that is no more.
                None => continue,
            }
            tokio::select! {
                () = sleep_until(sent + self.every) => {}
                changed = self.connected.changed() => if changed.is_err() { return },
            }
        }
    }

    /// None: there is a new connection since, which may not have heard it.
    async fn travels(&mut self, number: u64, until: Instant) -> Option<Result<(), String>> {
        let (mut heard, mut connected) = (self.heard.clone(), self.connected.clone());
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
        let mut connection = self.server.connection().await?;
        let mut probe = cmd("PUBLISH");
        probe.arg(&self.channel).arg(number);
        match timeout(ANSWER, probe.query_async::<()>(&mut connection)).await {
            Ok(answer) => answer.map_err(|error| self.server.shown(&error)),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }
}
