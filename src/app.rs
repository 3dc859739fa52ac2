//! Puts the parts together: the only place that knows them all, and the one way both production and tests start.
//!
//! An app that was built is listening; it ends by `stop`, which says goodbye to everyone within the drain time.

mod bridging;
mod fronts;
mod keeping;
mod listen;
mod signals;
mod storing;
mod thread;
mod webhooks;
mod wiring;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_server::{Server, ServerHandle};
use actix_web::rt::task::JoinHandle;
use anyhow::Context;
use recado_actors::broker::Broker;
use recado_actors::clock::Clock;
use recado_actors::dialect::Dialect;
use recado_actors::id::NodeId;
use recado_actors::ports::Ports;
use recado_actors::vitals::Vitals;
use tokio::time::{Instant, timeout_at};

use crate::config::Config;
use crate::doors::ops;
use crate::doors::socket::claim::Claim;
use listen::Listeners;

/// The most that is left to the broker once it is told to hurry.
const HURRY: Duration = Duration::from_millis(1500);
/// What the store gets at least to leave one whole file.
const LEAST_CLOSING: Duration = Duration::from_millis(400);

/// What an app is given beside its configuration; tests give their own.
pub struct World {
    pub clock: Clock,
    /// Instead of those the configuration names.
    pub ports: Option<Ports>,
    /// Called when the process must not go on.
    pub on_fatal: Box<dyn Fn(&str) + Send + Sync>,
    /// Doors beside those the configuration names.
    pub annex: Annex,
}

/// Doors with paths of their own, and the dialects they speak.
#[derive(Default)]
pub struct Annex {
    pub dialects: Vec<Arc<dyn Dialect>>,
    pub doors: Vec<Arc<dyn Claim>>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            ports: None,
            on_fatal: Box::new(signals::die),
            annex: Annex::default(),
        }
    }
}

/// What a broker is born with, whatever it is made of.
struct Birth {
    node: NodeId,
    clock: Clock,
    vitals: Arc<Vitals>,
}

/// A service that is listening.
pub struct App {
    broker: Broker,
    store: Option<crate::store::sqlite::SqliteStore>,
    backplane: Option<crate::backplane::redis::Running>,
    server: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
    sweeping: JoinHandle<()>,
    address: SocketAddr,
    own_addresses: Vec<(&'static str, SocketAddr)>,
    internal_address: Option<SocketAddr>,
    metrics_address: Option<SocketAddr>,
    drain: Duration,
}

impl App {
    /// Opens the store, starts the broker and listens.
    pub async fn build(config: Config, world: World) -> anyhow::Result<Self> {
        let drain = Duration::from_millis(config.server.drain_ms);
        let listeners = Listeners::bind(&config)?;
        let address = listeners.shared.local_addr().context("the address that was bound")?;
        let own_addresses = listeners.own_addresses().context("the addresses of doors")?;
        let internal_address = listeners.internal.as_ref().map(TcpListener::local_addr).transpose()?;
        let metrics_address = listeners.metrics.as_ref().map(TcpListener::local_addr).transpose()?;
        let World { clock, ports: given, on_fatal, annex } = world;
        let birth =
            Birth { node: NodeId::fresh(&config.server.node_name()), vitals: Vitals::new(on_fatal), clock };
        let storing::Stores { mut ports, catalogue, documents, store } =
            storing::ports(&config, given, &birth.clock).await?;
        let backplane = match ports.backplane {
            Some(_) => None,
            None => bridging::backplane(&config, &mut ports, &birth).await?,
        };
        let depot = keeping::depot(&config, catalogue, ports.people.clone(), &birth.clock)?;
        let library = wiring::library(&config, documents, &birth.vitals);
        let sweeping = actix_web::rt::spawn(depot.clone().keep_swept());
        let (broker, house) = wiring::house(&config, address, ports, depot, library, birth, annex)?;
        // A lone worker has them on its own thread: no message wakes another for a step on its way.
        if listen::workers(&config) > 1 {
            broker.launch();
        }
        let server = listen::serve(&config, &broker, &Arc::new(house), listeners)?;
        let (handle, serving) = (server.handle(), spawn(server));
        broker.launched().await;
        Ok(Self {
            broker,
            store,
            backplane,
            sweeping,
            serving,
            server: handle,
            address,
            own_addresses,
            internal_address,
            metrics_address,
            drain,
        })
    }

    pub fn broker(&self) -> &Broker {
        &self.broker
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where doors that have a port of their own listen, by the names of their sections.
    pub fn own_addresses(&self) -> &[(&'static str, SocketAddr)] {
        &self.own_addresses
    }

    /// Where the internal API listens, when it has a port of its own.
    pub fn internal_address(&self) -> Option<SocketAddr> {
        self.internal_address
    }

    /// Where the figures are, when they are anywhere.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Says goodbye to everyone, one after the other, writes what is waiting, and ends within the drain time. On
    /// `hurry` those who are left are told at once.
    pub async fn stop(self, hurry: impl Future<Output = ()>) {
        let mut end = Instant::now() + self.drain;
        tokio::select! {
            () = self.broker.drain(self.drain) => {}
            () = hurry => {
                log::warn!("told to hurry: everyone is told at once");
                end = end.min(Instant::now() + HURRY);
                self.broker.drain_at_once(HURRY / 2).await;
            }
        }
        // Before the threads they live on, or rooms would seem to die and be started again.
        self.broker.stop();
        self.server.stop(false).await;
        self.sweeping.abort();
        // The server's own result tells nothing once it was asked to stop.
        let _ = self.serving.await;
        if let Some(backplane) = self.backplane {
            backplane.close().await;
        }
        if let Some(store) = self.store {
            // What is not done by then, the next start does.
            let _ = timeout_at(end.max(Instant::now() + LEAST_CLOSING), store.close()).await;
        }
    }
}

fn spawn(server: Server) -> JoinHandle<std::io::Result<()>> {
    actix_web::rt::spawn(server)
}

/// Runs the service until it is told to stop.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    serve_in(config, World::default()).await
}

/// The same in a world of the caller's.
pub async fn serve_in(mut config: Config, world: World) -> anyhow::Result<()> {
    let ephemeral = config.ephemeral_secret();
    let mut signals = signals::Signals::listen().context("listening for signals")?;
    let demo = config.demo.enabled.then(|| config.clone());
    let app = App::build(config, world).await?;
    log::info!(address:% = app.address(); "listening");
    for (door, address) in app.own_addresses() {
        log::info!(door, address:%; "listening for one door");
    }
    if let (true, Some(config)) = (ephemeral, demo) {
        signals::tell(&ops::demo::links(&config, app.address()));
    }
    signals.next().await;
    log::info!("shutting down");
    app.stop(signals.next()).await;
    log::info!("ended");
    Ok(())
}
