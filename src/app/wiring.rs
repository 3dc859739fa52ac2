//! From settings to parts: ports, broker, and what the doors on every thread share.

mod chat;
mod collab;
mod documents;
mod recovering;
mod rooms;
mod widget;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use recado_actors::broker::{Broker, Plan};
use recado_actors::courier::Schedule;
use recado_actors::depot::Depot;
use recado_actors::dialect::{Dialect, Dialects};
use recado_actors::library::Library;
use recado_actors::limiter::Rate;
use recado_actors::outlet::OutletLimits;
use recado_actors::ports::Ports;
use recado_actors::settings::{CourierSettings, Settings};

pub(super) use self::documents::library;
use super::{Annex, Birth, keeping};
use crate::auth::{InternalSecrets, Tickets, Verifier};
use crate::config::{Compression, Config, Mode};
use crate::doors::admin::AdminDoor;
use crate::doors::internal::InternalDoor;
use crate::doors::ops::OpsDoor;
use crate::doors::socket::GuardLimits;
use crate::doors::socket::claim::Claim;
use crate::doors::socket::deflate::DeflateRules;
use crate::doors::socket::gate::{Gate, GateRules};
use crate::doors::socketio::chat::ChatDoor;
use crate::doors::socketio::chat::rest::RestDoor;
use crate::doors::uploads::UploadsDoor;
use crate::doors::widget::dialect::WidgetDialect;
use crate::telemetry::Dial;
use crate::telemetry::metrics::{BrokerFigures, Metrics};

/// A door on the shared port, and as its original had it, on a port of its own.
pub(super) struct Doorway {
    /// As in `[doors.<name>]`.
    pub name: &'static str,
    pub shared: Arc<dyn Claim>,
    pub alone: Arc<dyn Claim>,
}

/// What the doors of every thread share.
pub(super) struct House {
    pub gate: Arc<Gate>,
    pub guard: GuardLimits,
    pub user_timeout: Duration,
    /// None: nobody is offered compression.
    pub deflate: Option<DeflateRules>,
    /// What is reached on the shared port; the first that claims a path gets it.
    pub claims: Vec<Arc<dyn Claim>>,
    /// The open doors that may have a port of their own.
    pub doorways: Vec<Doorway>,
    pub internal: InternalDoor,
    pub ops: Arc<OpsDoor>,
    pub uploads: Arc<UploadsDoor>,
    /// None: its door is shut.
    pub chat: Option<Arc<RestDoor>>,
    /// None: the page is not served.
    pub admin: Option<Arc<AdminDoor>>,
    pub metrics: Arc<Metrics>,
}

/// What Prometheus is told; the gate knows of sockets the broker does not.
fn metrics(config: &Config, broker: &Broker, gate: &Arc<Gate>) -> Arc<Metrics> {
    let gate = gate.clone();
    Arc::new(Metrics::new(BrokerFigures {
        vitals: broker.vitals().clone(),
        sockets: Box::new(move || gate.connections()),
        sockets_limit: config.limits.max_connections,
        version: env!("CARGO_PKG_VERSION"),
        clock: broker.clock().clone(),
    }))
}

/// Starts the broker and furnishes the doors.
pub(super) fn house(
    config: &Config,
    address: SocketAddr,
    ports: Ports,
    depot: Depot,
    library: Option<Library>,
    birth: Birth,
    annex: Annex,
) -> anyhow::Result<(Broker, House)> {
    let own = [chat::dialect(config), rooms::dialect(config)].into_iter().flatten();
    let dialects = dialects(config, own.chain(collab::dialects(config)).chain(annex.dialects));
    let Birth { node, clock, vitals } = birth;
    let settings = settings(config);
    let broker = Broker::new(Plan { node, settings, ports, dialects, clock, vitals, library });
    let verifier = Arc::new(Verifier::new(config.auth.settings())?);
    let tickets = tickets(config);
    let gate = Gate::new(gate_rules(config));
    let widget = widget::door(config, &broker, verifier.clone(), tickets.clone())?;
    let secrets = Arc::new(internal_secrets(config));
    let chat = chat::door(config, &broker, &depot, &verifier);
    let documents = documents::door(config, &broker, verifier.clone(), tickets.clone())?;
    let doorways: Vec<_> = doorways(config, &broker, chat.clone(), &verifier, &gate)?.chain(widget).collect();
    let claims = documents.into_iter().chain(annex.doors).chain(shared(config, &doorways)).collect();
    let chat = chat.map(|chat| chat::rest(config, &broker, chat, &gate));
    let uploads = keeping::door(config, &broker, depot, verifier.clone(), gate.clone());
    let admin = AdminDoor::new(config, broker.clone(), gate.clone(), secrets.clone(), verifier);
    let internal = internal(config, &broker, &gate, secrets, tickets);
    let ops = Arc::new(OpsDoor::new(config, broker.clone(), gate.clone(), address));
    let metrics = metrics(config, &broker, &gate);
    let (guard, deflate) = (guard(config), deflate(config));
    let user_timeout = Duration::from_millis(config.limits.tcp_user_timeout_ms);
    let admin = config.admin.enabled.then(|| Arc::new(admin));
    #[rustfmt::skip]
    let house = House {
        gate, guard, user_timeout, deflate, claims, doorways, internal, ops, uploads, chat, admin, metrics,
    };
    Ok((broker, house))
}

fn internal(
    config: &Config,
    broker: &Broker,
    gate: &Arc<Gate>,
    secrets: Arc<InternalSecrets>,
    tickets: Option<Arc<Tickets>>,
) -> InternalDoor {
    let (broker, gate, log_level) = (broker.clone(), gate.clone(), Dial::new(config.log.level()));
    InternalDoor { broker, secrets, gate, tickets, log_level, body_bytes: config.limits.body_bytes }
}

/// The doors that may have a port of their own; the widget's, which takes any path, comes last.
fn doorways(
    config: &Config,
    broker: &Broker,
    chat: Option<ChatDoor>,
    verifier: &Arc<Verifier>,
    gate: &Arc<Gate>,
) -> anyhow::Result<impl Iterator<Item = Doorway> + use<>> {
    let chat = chat.map(|door| chat::doorway(config, door));
    let collab = collab::door(config, broker, verifier, gate)?;
    Ok([chat, collab, rooms::door(config, broker, verifier)?].into_iter().flatten())
}

/// What they are on the shared port. That is an only door's own: it is also where its original had it.
fn shared(config: &Config, doorways: &[Doorway]) -> Vec<Arc<dyn Claim>> {
    let only = config.doors.only();
    let alone = doorways.iter().filter(|door| only == Some(door.name)).map(|door| door.alone.clone());
    doorways.iter().map(|door| door.shared.clone()).chain(alone).collect()
}

fn dialects(config: &Config, more: impl Iterator<Item = Arc<dyn Dialect>>) -> Dialects {
    let heartbeat = Duration::from_millis(config.doors.widget.heartbeat_ms);
    let widget = |extras| -> Arc<dyn Dialect> { Arc::new(WidgetDialect { extras, heartbeat }) };
    Dialects::new(
        [widget(false), widget(true)].into_iter().chain(documents::dialect(config)).chain(more).collect(),
    )
}

/// Tickets are signed with a key derived from the first secret there is.
fn tickets(config: &Config) -> Option<Arc<Tickets>> {
    let secret = config.auth.jwt_secrets.first().or(config.internal.secrets.first())?;
    let life = Duration::from_secs(config.auth.ticket_seconds);
    Some(Arc::new(Tickets::new(secret.expose().as_bytes(), life, life)))
}

fn internal_secrets(config: &Config) -> InternalSecrets {
    InternalSecrets::new(config.internal.secrets.iter().map(|secret| secret.expose().to_owned()).collect())
}

fn gate_rules(config: &Config) -> GateRules {
    let mut origins = config.server.allowed_origins.clone();
    let loopback_origins = origins.is_empty() && config.server.is_loopback();
    if origins.is_empty()
        && let Ok(url) = url::Url::parse(&config.backend.next_api_url)
    {
        origins.push(url.origin().ascii_serialization());
    }
    let header = &config.server.client_address_header;
    GateRules {
        origins,
        loopback_origins,
        connections: config.limits.max_connections,
        connections_per_address: config.limits.max_connections_per_address,
        trusted_proxies: config.server.trusted_networks(),
        client_address_header: (!header.is_empty()).then(|| header.clone()),
        connects: Rate::per_second(config.limits.connects_per_second, config.limits.connects_burst),
        connect_wait: Duration::from_millis(config.limits.connect_wait_ms),
        auth_failures: Rate::per_minute(config.limits.auth_failure_rate),
        buckets: config.limits.buckets,
        posted_bytes: config.limits.posted_bytes,
    }
}

fn guard(config: &Config) -> GuardLimits {
    GuardLimits {
        message_bytes: config.limits.max_message_bytes,
        fragments_count: config.limits.max_fragments,
        fragments: Duration::from_millis(config.limits.fragments_ms),
        frame: Duration::from_millis(config.limits.frame_ms),
    }
}

fn deflate(config: &Config) -> Option<DeflateRules> {
    let Compression { enabled, least_bytes, level } = config.compression;
    enabled.then_some(DeflateRules { least_bytes, level })
}

fn settings(config: &Config) -> Settings {
    let Config { limits, rooms, store, backend, webhooks, .. } = config;
    Settings {
        outlet: OutletLimits {
            bytes: limits.outlet_bytes,
            soft_bytes: limits.outlet_soft_bytes,
            stall: Duration::from_millis(limits.slow_reader_ms),
            ..OutletLimits::default()
        },
        rates: limits.rates(),
        batch_entries: store.batch_entries,
        batch_wait: Duration::from_millis(store.batch_wait_ms),
        pending_entries: limits.pending_entries,
        command_timeout: Duration::from_millis(limits.command_timeout_ms),
        restarts: limits.restarts(),
        max_content_chars: limits.max_content_chars,
        recall_within: Duration::from_millis(limits.recall_ms),
        rooms_per_session: config.limits.rooms_per_session,
        room_idle: Duration::from_millis(rooms.idle_ms),
        tail_entries: rooms.tail_entries,
        history_page: limits.history_page,
        typing_stop: Duration::from_millis(rooms.typing_stop_ms),
        presence_grace: Duration::from_millis(rooms.presence_grace_ms),
        return_spread: Duration::from_millis(config.server.return_spread_ms),
        backend_concurrency: backend.concurrency,
        breaker_failures: backend.breaker_failures,
        breaker_open: Duration::from_millis(backend.breaker_open_ms),
        backend_is_record: backend.mode == Mode::Record,
        courier: CourierSettings {
            schedule: Schedule(webhooks.retry_seconds.iter().copied().map(Duration::from_secs).collect()),
            concurrency: webhooks.concurrency,
            keep_dead: Duration::from_secs(webhooks.dead_days.saturating_mul(86_400)),
            ..CourierSettings::default()
        },
        ..Settings::default()
    }
}
