//! Listening: the ports there are, and the threads that serve them.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_codec::Framed;
use actix_http::{HttpService, Request, h1};
use actix_server::{Server, ServerBuilder};
use actix_service::{fn_service, map_config};
use actix_web::App;
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use anyhow::Context;
use recado_actors::broker::Broker;
use socket2::{Domain, Protocol, Socket, Type};

use super::fronts::{Front, Routes};
use super::thread;
use super::wiring::House;
use crate::config::Config;
use crate::doors::socket::claim::Claim;
use crate::doors::socket::upgrade::Entrance;

/// Binds one address; port 0 takes a free one.
pub(super) fn bind(host: &str, port: u16, backlog: u32) -> anyhow::Result<TcpListener> {
    let told = || format!("listening on {host}:{port}");
    let address = (host, port).to_socket_addrs().with_context(told)?.next().with_context(told)?;
    listen(address, backlog).with_context(told)
}

fn listen(address: SocketAddr, backlog: u32) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(socket.into())
}

/// What the app listens on; none: that has no port of its own.
pub(super) struct Listeners {
    pub shared: TcpListener,
    /// Doors with a port of their own, by name.
    pub own: Vec<(&'static str, TcpListener)>,
    pub internal: Option<TcpListener>,
    pub metrics: Option<TcpListener>,
}

impl Listeners {
    pub(super) fn bind(config: &Config) -> anyhow::Result<Self> {
        let (host, backlog) = (config.server.host.as_str(), config.server.backlog);
        let internal =
            (config.internal.port != 0).then_some((config.internal.host.as_str(), config.internal.port));
        let own =
            |place: Option<(&str, u16)>| place.map(|(host, port)| bind(host, port, backlog)).transpose();
        let door = |(name, port)| {
            let bound = bind(host, port, backlog).with_context(|| format!("doors.{name}.port"));
            bound.map(|listener| (name, listener))
        };
        Ok(Self {
            shared: bind(host, config.server.port, backlog)?,
            own: config.doors.own_ports().map(door).collect::<Result<_, _>>()?,
            internal: own(internal)?,
            metrics: own(config.metrics.place(&config.server)).context("metrics")?,
        })
    }

    /// Where doors that have a port of their own listen, by name.
    pub(super) fn own_addresses(&self) -> std::io::Result<Vec<(&'static str, SocketAddr)>> {
        self.own.iter().map(|(name, listener)| Ok((*name, listener.local_addr()?))).collect()
    }
}

/// How many threads serve sockets.
pub(super) fn workers(config: &Config) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    if config.server.workers == 0 { cores() } else { config.server.workers }
}

/// Starts the threads.
pub(super) fn serve(
    config: &Config,
    broker: &Broker,
    house: &Arc<House>,
    listeners: Listeners,
) -> std::io::Result<Server> {
    let Listeners { shared, own, internal, metrics } = listeners;
    let header_timeout = Duration::from_millis(config.server.header_timeout_ms);
    let mut server = Server::build()
        .workers(workers(config))
        .disable_signals()
        .shutdown_timeout(1)
        .max_concurrent_connections(config.limits.max_connections.saturating_mul(2));
    let shared = (shared, house.shared_front(internal.is_none()));
    let own = own.into_iter().filter_map(|(name, listener)| Some((listener, house.own_front(name)?)));
    for (listener, front) in [shared].into_iter().chain(own) {
        server = add_clients(server, listener, front, broker, house, header_timeout)?;
    }
    let internal = internal.map(|listener| (listener, house.internal_routes()));
    for (listener, routes) in internal.into_iter().chain(metrics.map(|port| (port, house.metrics_routes()))) {
        server = add_operators(server, listener, routes, header_timeout)?;
    }
    Ok(server.run())
}

/// A port where clients come.
fn add_clients(
    server: ServerBuilder,
    listener: TcpListener,
    front: Front,
    broker: &Broker,
    house: &Arc<House>,
    header_timeout: Duration,
) -> std::io::Result<ServerBuilder> {
    let (broker, house) = (broker.clone(), house.clone());
    server.listen(front.name, listener, move || {
        let Front { claims, routes, .. } = front.clone();
        let entrance = thread::entrance(&broker, &house);
        let app = App::new().app_data(entrance.clone()).configure(|config| routes(config));
        HttpService::build()
            .client_request_timeout(header_timeout)
            // Whoever hangs up on a poll is gone, and noticed at once.
            .h1_allow_half_closed(false)
            .upgrade(fn_service(move |(request, framed): Upgrading| {
                let claim = claims.iter().find(|claim| claim.claims(request.path())).cloned();
                upgrade(request, framed, entrance.clone(), claim)
            }))
            .h1(map_config(app, |_| AppConfig::default()))
            .tcp()
    })
}

/// A port without sockets.
fn add_operators(
    server: ServerBuilder,
    listener: TcpListener,
    routes: Routes,
    header_timeout: Duration,
) -> std::io::Result<ServerBuilder> {
    server.listen("operators", listener, move || {
        let app = map_config(App::new().configure(|config| routes(config)), |_| AppConfig::default());
        HttpService::build().client_request_timeout(header_timeout).h1(app).tcp()
    })
}

type Upgrading = (Request, Framed<TcpStream, h1::Codec>);

/// In a task of its own: the dispatcher ends with this future, and what lives on does not carry its buffers.
async fn upgrade(
    request: Request,
    framed: Framed<TcpStream, h1::Codec>,
    entrance: Rc<Entrance>,
    claim: Option<Arc<dyn Claim>>,
) -> Result<(), actix_web::Error> {
    match claim {
        Some(claim) => actix_web::rt::spawn(claim.upgrade(request, framed, entrance)),
        None => actix_web::rt::spawn(async move { entrance.turn_away(framed).await }),
    };
    Ok(())
}
