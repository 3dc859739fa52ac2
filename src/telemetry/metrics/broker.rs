//! The broker's own metrics: one line of this list is one metric.
//!
//! To add one, count it in `recado_actors::vitals` and tell it here.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use recado_actors::clock::{Clock, Timestamp};
use recado_actors::vitals::{BridgeVitals, Counts, Figures, LetterCounts, Vitals};

use super::sheet::Sheet;

/// Where the figures of one app come from.
pub struct BrokerFigures {
    pub vitals: Arc<Vitals>,
    /// Sockets that hold a place now, let in or not.
    pub sockets: Box<dyn Fn() -> usize + Send + Sync>,
    pub sockets_limit: usize,
    pub version: &'static str,
    pub clock: Clock,
}

impl fmt::Debug for BrokerFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerFigures").finish_non_exhaustive()
    }
}

impl Collector for BrokerFigures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        let (figures, counts) = (self.vitals.figures(), &self.vitals.counts);
        sheet.gauges(
            "recado_build_info",
            "Always 1; its labels say what runs.",
            [([("version", self.version)], 1)],
        )?;
        self.people(&mut sheet, &figures, counts)?;
        messages(&mut sheet, &figures, counts)?;
        store(&mut sheet, counts)?;
        health(&mut sheet, &figures)?;
        bridge(&mut sheet, &self.vitals.bridge)?;
        webhooks(&mut sheet, &self.vitals.letters, self.clock.now())
    }
}

#[rustfmt::skip]
impl BrokerFigures {
    fn people(&self, sheet: &mut Sheet<'_>, figures: &Figures, counts: &Counts) -> fmt::Result {
        let ways = figures.connections_by_door.iter();
        let ways = ways.map(|((door, transport), count)| ([("door", *door), ("transport", *transport)], *count));
        sheet.gauges("recado_connections", "Clients that are let in now.", ways)?;
        sheet.gauge("recado_sockets", "Sockets that hold a place now, let in or not.", (self.sockets)())?;
        sheet.gauge("recado_sockets_limit", "Most sockets at once.", self.sockets_limit)?;
        sheet.counters("recado_connects_total", "Clients that knocked, by how it went.", "result", &counts.connects.all())?;
        sheet.counters("recado_disconnects_total", "Sockets that ended, by the code of the farewell.", "code", &figures.disconnects)?;
        sheet.counter("recado_slow_disconnects_total", "Clients let go because they read too slowly.", counts.disconnects.of("too_slow"))?;
        sheet.counters("recado_auth_failures_total", "Tokens refused, by reason.", "reason", &counts.auth_failures.all())?;
        sheet.counters("recado_refusals_total", "What clients were refused, by code.", "code", &figures.refusals)?;
        sheet.counters("recado_rate_limited_total", "What was refused for being too much, by whose limit it was.", "scope", &counts.rate_limited.all())?;
        sheet.gauge("recado_session_queue_bytes", "Bytes that wait for clients.", figures.queued.bytes)?;
        sheet.gauge("recado_session_queue_largest_bytes", "The most bytes that wait for one client.", figures.queued.largest)?;
        sheet.gauge("recado_slow_readers", "Clients whose socket takes nothing at the moment.", figures.queued.slow)?;
        sheet.counter("recado_outlet_written_bytes_total", "Bytes that sockets took.", counts.outlet_bytes.load(Relaxed))
    }
}

#[rustfmt::skip]
fn messages(sheet: &mut Sheet<'_>, figures: &Figures, counts: &Counts) -> fmt::Result {
    sheet.gauge("recado_rooms", "Rooms that are open.", figures.rooms)?;
    sheet.counters("recado_messages_accepted_total", "Entries that became durable, by type.", "type", &counts.accepted.all())?;
    sheet.counter("recado_messages_delivered_total", "Entries handed to clients as they came.", figures.delivered)?;
    sheet.counter("recado_duplicates_total", "Retries that were answered with the first answer.", figures.duplicates)?;
    sheet.times("recado_ack_duration_seconds", "From a client's post to its being durable.", None, &figures.ack)?;
    sheet.times("recado_delivery_duration_seconds", "From durable to written to the sockets of one worker.", Some(("path", "local")), &figures.delivery)?;
    sheet.counters("recado_recoveries_total", "Clients that came back with a number, by how it went.", "result", &counts.recoveries.all())?;
    sheet.counter("recado_recovered_messages_total", "Entries handed to clients that came back for them.", counts.recovered.load(Relaxed))?;
    sheet.counters("recado_gap_repairs_total", "Gaps that were closed, by where the missing came from.", "source", &counts.gap_repairs.all())
}

#[rustfmt::skip]
fn store(sheet: &mut Sheet<'_>, counts: &Counts) -> fmt::Result {
    sheet.sizes("recado_commit_batch_size", "Entries in one commit.", &counts.commit_size.spread())?;
    sheet.times("recado_commit_duration_seconds", "How long a commit takes.", None, &counts.commit.spread())?;
    sheet.counters("recado_store_errors_total", "What the store failed at.", "op", &counts.store_errors.all())
}

#[rustfmt::skip]
fn health(sheet: &mut Sheet<'_>, figures: &Figures) -> fmt::Result {
    sheet.gauges("recado_actors", "Living actors.", figures.actors.iter().map(|(kind, count)| ([("kind", *kind)], *count)))?;
    sheet.counters("recado_actor_restarts_total", "Actors that died and were started again.", "kind", &figures.restarts)?;
    sheet.counter("recado_panics_total", "Faults of ours that ended an actor or a connection.", figures.panics)?;
    sheet.gauge("recado_draining", "1 while it says goodbye to everyone.", u32::from(figures.draining))?;
    sheet.gauge("recado_ready", "1 while messages flow.", u32::from(figures.unready.is_empty()))
}

#[rustfmt::skip]
fn bridge(sheet: &mut Sheet<'_>, bridge: &BridgeVitals) -> fmt::Result {
    let in_use = bridge.in_use();
    sheet.gauge_if("recado_bridge_up", "1 while news travels between nodes; not told by a node that is alone.", in_use.then(|| u32::from(bridge.is_up())))?;
    sheet.gauge_if("recado_bridge_probe_duration_seconds", "How long the last probe travelled.", in_use.then(|| bridge.probe().as_secs_f64()))?;
    sheet.counter("recado_bridge_published_total", "News the backplane took.", bridge.published.load(Relaxed))?;
    sheet.counter("recado_bridge_received_total", "News of others that was understood.", bridge.received.load(Relaxed))?;
    sheet.counter("recado_bridge_dropped_total", "News that was lost on its way out or in.", bridge.dropped.load(Relaxed))?;
    sheet.counter("recado_bridge_ignored_total", "News that was not understood.", bridge.ignored.load(Relaxed))?;
    sheet.counter("recado_bridge_reconnects_total", "Times the connection that listens was made again.", bridge.reconnects.load(Relaxed))
}

#[rustfmt::skip]
fn webhooks(sheet: &mut Sheet<'_>, letters: &LetterCounts, now: Timestamp) -> fmt::Result {
    let (taken, failed, died) = (letters.taken.load(Relaxed), letters.failed.load(Relaxed), letters.died.load(Relaxed));
    sheet.gauge("recado_webhook_pending", "Entries that webhooks were not told of yet.", letters.pending())?;
    sheet.gauge("recado_webhook_oldest_pending_seconds", "How long the oldest of them has been waiting.", Duration::from_millis(letters.oldest_ms(now)).as_secs_f64())?;
    sheet.counters("recado_webhook_attempts_total", "Attempts to tell a webhook, by how they went.", "result", &[("failed", failed), ("taken", taken)])?;
    sheet.counter("recado_webhook_dead_total", "Entries given up; the internal API lists and replays them.", died)
}
