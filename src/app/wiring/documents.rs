//! From settings to documents: the library, its dialect and its door.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use recado_actors::broker::Broker;
use recado_actors::dialect::Dialect;
use recado_actors::library::{DocumentRules, Library, LibraryPlan};
use recado_actors::ports::documents::Documents;
use recado_actors::vitals::Vitals;

use crate::auth::{Tickets, Verifier};
use crate::config::Config;
use crate::doors::documents::dialect::{DocumentsDialect, NAME};
use crate::doors::documents::{DocumentsDoor, words};
use crate::doors::socket::GuardLimits;
use crate::doors::socket::claim::Claim;

/// What a message of a provider has beside the change it carries.
const AROUND: usize = 1024;

/// None: documents are not served.
pub(in crate::app) fn library(
    config: &Config,
    port: Arc<dyn Documents>,
    vitals: &Arc<Vitals>,
) -> Option<Library> {
    let settings = &config.doors.documents;
    let rules = DocumentRules {
        max_bytes: settings.max_bytes,
        max_change_bytes: settings.max_change_bytes,
        max_members: settings.max_members,
        max_open: settings.max_open,
        compact_changes: settings.compact_changes,
        compact_bytes: settings.compact_bytes,
        idle: Duration::from_millis(config.rooms.idle_ms),
        open_to_all_users: settings.open_to_all_users,
        patience: Duration::from_millis(config.limits.command_timeout_ms),
        restarts: config.limits.restarts(),
    };
    let plan = || LibraryPlan { port, rules, words, vitals: vitals.clone() };
    settings.enabled.then(|| Library::new(plan()))
}

pub(super) fn dialect(config: &Config) -> Option<Arc<dyn Dialect>> {
    let settings = &config.doors.documents;
    let heartbeat = Duration::from_millis(settings.heartbeat_ms);
    settings.enabled.then(|| -> Arc<dyn Dialect> { Arc::new(DocumentsDialect { heartbeat }) })
}

pub(super) fn door(
    config: &Config,
    broker: &Broker,
    verifier: Arc<Verifier>,
    tickets: Option<Arc<Tickets>>,
) -> anyhow::Result<Option<Arc<dyn Claim>>> {
    let settings = &config.doors.documents;
    if !settings.enabled {
        return Ok(None);
    }
    let dialect = broker.dialects().id(NAME).context("the dialect of documents is not registered")?;
    let message_bytes = settings.max_change_bytes.saturating_add(AROUND);
    let limits = Arc::new(GuardLimits { message_bytes, ..super::guard(config) });
    Ok(Some(Arc::new(DocumentsDoor { verifier, tickets, dialect, limits })))
}
