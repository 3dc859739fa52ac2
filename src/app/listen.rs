//! Listening: sockets, threads, and on each thread the shard and the doors.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_codec::Framed;
use actix_http::{HttpService, Request, h1};
use actix_server::Server;
use actix_service::{fn_service, map_config};
use actix_web::App;
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use anyhow::Context;
use recado_actors::broker::{Broker, Worker};
use socket2::{Domain, Protocol, Socket, Type};

use super::wiring::House;
use crate::config::Config;
use crate::doors::socket::claim::Claim;
use crate::doors::socket::deflate::{Deflater, Inflater};
use crate::doors::socket::upgrade::{Engines, Entrance, Manners, as_problem};
use crate::doors::socket::{ReadBuffer, serve as serve_socket};
use crate::doors::widget::{WidgetDoor, WidgetTalk};

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
    pub internal: Option<TcpListener>,
    pub metrics: Option<TcpListener>,
}

impl Listeners {
    pub(super) fn bind(config: &Config) -> anyhow::Result<Self> {
        let backlog = config.server.backlog;
        let internal =
            (config.internal.port != 0).then_some((config.internal.host.as_str(), config.internal.port));
        let own =
            |place: Option<(&str, u16)>| place.map(|(host, port)| bind(host, port, backlog)).transpose();
        Ok(Self {
            shared: bind(&config.server.host, config.server.port, backlog)?,
            internal: own(internal)?,
            metrics: own(config.metrics.place(&config.server)).context("metrics")?,
        })
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
) -> anyhow::Result<Server> {
    let Listeners { shared, internal, metrics } = listeners;
    let header_timeout = Duration::from_millis(config.server.header_timeout_ms);
    let alone = internal.is_some();
    let (with, rooms) = (house.clone(), broker.clone());
    let mut server = Server::build()
        .workers(workers(config))
        .disable_signals()
        .shutdown_timeout(1)
        .max_concurrent_connections(config.limits.max_connections.saturating_mul(2))
        .listen("shared", shared, move || {
            let (entrance, door) = thread(&rooms, &with);
            let app = App::new().app_data(entrance.clone()).configure(with.shared_routes(!alone));
            let claims = with.claims.clone();
            HttpService::build()
                .client_request_timeout(header_timeout)
                // Whoever hangs up on a poll is gone, and noticed at once.
                .h1_allow_half_closed(false)
                .upgrade(fn_service(move |(request, framed): Upgrading| {
                    let claim = claims.iter().find(|claim| claim.claims(request.path())).cloned();
                    upgrade(request, framed, entrance.clone(), door.clone(), claim)
                }))
                .h1(map_config(app, |_| AppConfig::default()))
                .tcp()
        })?;
    if let Some(internal) = internal {
        let with = house.clone();
        server = server.listen("internal", internal, move || {
            let app = map_config(App::new().configure(with.internal_routes()), |_| AppConfig::default());
            HttpService::build().client_request_timeout(header_timeout).h1(app).tcp()
        })?;
    }
    if let Some(metrics) = metrics {
        let with = house.clone();
        server = server.listen("metrics", metrics, move || {
            let app = map_config(App::new().configure(with.metrics_routes()), |_| AppConfig::default());
            HttpService::build().client_request_timeout(header_timeout).h1(app).tcp()
        })?;
    }
    Ok(server.run())
}

/// What one thread has of its own.
fn thread(broker: &Broker, house: &House) -> (Rc<Entrance>, Rc<WidgetDoor>) {
    let entrance = Entrance {
        worker: Worker::start(broker),
        gate: house.gate.clone(),
        limits: Rc::new(house.guard),
        user_timeout: house.user_timeout,
        buffer: Rc::new(ReadBuffer::default()),
        deflate: house.deflate.map(|rules| Engines {
            deflater: Rc::new(Deflater::new(rules)),
            inflater: Rc::new(Inflater::default()),
        }),
    };
    (Rc::new(entrance), Rc::new(house.widget.clone()))
}

type Upgrading = (Request, Framed<TcpStream, h1::Codec>);

/// Every upgrade that no other door claims is the widget's.
async fn upgrade(
    request: Request,
    framed: Framed<TcpStream, h1::Codec>,
    entrance: Rc<Entrance>,
    door: Rc<WidgetDoor>,
    claim: Option<Arc<dyn Claim>>,
) -> Result<(), actix_web::Error> {
    if let Some(claim) = claim {
        actix_web::rt::spawn(claim.upgrade(request, framed, entrance));
        return Ok(());
    }
    // Tasks of their own: the dispatcher ends with this future, the handshake with the first, and what lives on
    // carries the buffers of neither.
    actix_web::rt::spawn(async move {
        let manners = Manners { dialect: door.plain, refusal: as_problem, wire: &|wire| Box::new(wire) };
        if let Some(accepted) = entrance.accept(request, framed, manners).await {
            let talk = WidgetTalk::new(
                door,
                accepted.worker,
                accepted.socket.outlet.clone(),
                accepted.socket.allowance.clone(),
                accepted.arrival,
                accepted.place,
            );
            actix_web::rt::spawn(serve_socket(accepted.socket, talk));
        }
    });
    Ok(())
}
