//! One service of Engine.IO: its rules, its sessions, and who rides on them, at whichever paths it is mounted.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use actix::Actor;
use actix_codec::Framed;
use actix_http::{Request, h1};
use actix_web::rt::net::TcpStream;
use recado_actors::dialect::DialectId;
use recado_actors::limiter::Allowance;
use recado_actors::outlet::Outlet;

use super::capacity::{Capacity, Share};
use super::denied::raw_problem;
use super::life::{Birth, Life};
use super::line::{Line, LineWire};
use super::mounted::Mounted;
use super::packet::{Open, Packet, Protocol};
use super::polled::Encoding;
use super::registry::{Entry, Registry, Standing};
use super::rider::{Riders, Seat};
use super::riding::Riding;
use super::rules::Rules;
use super::session::{Session, TakeSocket};
use super::sid::Sid;
use super::wish::{Wish, wish};
use crate::doors::socket::gate::Place;
use crate::doors::socket::upgrade::{Entrance, Manners, refuse};
use crate::doors::socket::{Arrival, GuardLimits, frame, serve};

pub struct Mount {
    pub rules: Rules,
    /// The name of the dialect its outlets speak, as registered with the broker.
    pub dialect: &'static str,
    pub registry: Registry,
    pub(super) capacity: Capacity,
    riders: Box<dyn Riders>,
    /// What its sockets may send at once, once there was one.
    limits: OnceLock<Arc<GuardLimits>>,
}

/// Who comes in, before it has a session.
pub(super) struct Newcomer {
    pub arrival: Arrival,
    pub place: Place,
    pub share: Share,
    pub protocol: Protocol,
    pub outlet: Rc<Outlet>,
    pub allowance: Rc<Allowance>,
    pub line: Rc<Line>,
}

impl Mount {
    pub fn new(rules: Rules, dialect: &'static str, riders: Box<dyn Riders>) -> Arc<Self> {
        Self::limited(rules, dialect, riders, usize::MAX)
    }

    /// The same for at most so many sessions at once.
    pub fn limited(rules: Rules, dialect: &'static str, riders: Box<dyn Riders>, most: usize) -> Arc<Self> {
        let (registry, capacity) = (Registry::default(), Capacity::new(most));
        Arc::new(Self { rules, dialect, registry, capacity, riders, limits: OnceLock::new() })
    }

    pub(super) fn dialect(&self, entrance: &Entrance) -> Option<DialectId> {
        entrance.worker.broker().dialects().id(self.dialect)
    }

    /// What a socket of this mount may send at once.
    pub(super) fn guard_limits(&self, entrance: &Entrance) -> Arc<GuardLimits> {
        let limits = || Arc::new(GuardLimits { message_bytes: self.rules.max_payload, ..*entrance.limits });
        self.limits.get_or_init(limits).clone()
    }

    /// Starts a session; none if there is no randomness for its id.
    pub(super) fn begin(self: &Arc<Self>, entrance: &Rc<Entrance>, comer: Newcomer) -> Option<Rc<Life>> {
        let Newcomer { arrival, place, share, protocol, outlet, allowance, line } = comer;
        let sid = Sid::fresh(entrance.worker.broker().node())?;
        let standing = Arc::<Standing>::default();
        if !line.is_polling() {
            standing.becomes_socket();
        }
        let token = arrival.token().map(Box::from);
        let (worker, alarms) = (entrance.worker.clone(), entrance.alarms.clone());
        let seat = Rc::new(Seat { outlet, allowance, worker, alarms, token, place, protocol, sid });
        let rider = self.riders.rider(seat.clone());
        let (mount, by_polling) = (self.clone(), line.is_polling());
        let life = Life::begin(Birth { mount, seat, line, standing: standing.clone(), rider, share });
        let session = by_polling.then(|| Session::new(life.clone(), entrance.clone()).start());
        self.registry.add(sid, Entry { session, standing, protocol });
        Some(life)
    }

    pub(super) fn opening(&self, sid: Sid, upgrades: bool) -> Packet {
        let rules = &self.rules;
        Packet::Open(Open {
            sid: sid.to_string(),
            upgrades,
            ping_interval: rules.ping_interval,
            ping_timeout: rules.ping_timeout,
            max_payload: u64::try_from(rules.max_payload).unwrap_or(u64::MAX),
        })
    }

    /// Itself at a path, as `/socket.io/`; it may be at several.
    pub fn at(self: &Arc<Self>, path: &'static str) -> Arc<Mounted> {
        Arc::new(Mounted { mount: self.clone(), path })
    }

    /// Serves a socket: a session of its own, or the one whose polling it replaces.
    pub(super) async fn take_socket(
        self: Arc<Self>,
        request: Request,
        framed: Framed<TcpStream, h1::Codec>,
        entrance: Rc<Entrance>,
    ) {
        match wish(&self, request.head(), true) {
            Ok(Wish::Open(encoding)) => self.open_by_socket(request, framed, entrance, encoding).await,
            Ok(Wish::GoOn(entry)) => replace_polling(entry, request, framed, entrance).await,
            Err(denied) => refuse(&mut framed.into_parts().io, &denied.raw()).await,
        }
    }

    /// A session that comes by WebSocket.
    async fn open_by_socket(
        self: Arc<Self>,
        request: Request,
        framed: Framed<TcpStream, h1::Codec>,
        entrance: Rc<Entrance>,
        encoding: Encoding,
    ) {
        let Some(dialect) = self.dialect(&entrance) else { return };
        let share = match self.capacity.take() {
            Ok(share) => share,
            Err(problem) => {
                entrance.worker.broker().vitals().counts.connects.count(problem.code);
                return refuse(&mut framed.into_parts().io, &raw_problem(&problem)).await;
            }
        };
        let line = OnceCell::new();
        let manners = Manners {
            dialect,
            refusal: raw_problem,
            wire: &|wire| Box::new(LineWire(line.get_or_init(|| Line::socket(wire)).clone())),
        };
        let Some(accepted) = entrance.accept(request, framed, manners).await else { return };
        let (mut socket, Some(line)) = (accepted.socket, line.into_inner()) else { return };
        socket.limits = self.guard_limits(&entrance);
        let comer = Newcomer {
            arrival: accepted.arrival,
            place: accepted.place,
            share,
            protocol: encoding.protocol,
            outlet: socket.outlet.clone(),
            allowance: socket.allowance.clone(),
            line,
        };
        let Some(life) = self.begin(&entrance, comer) else { return };
        life.say(&self.opening(life.seat.sid, false));
        actix_web::rt::spawn(serve(socket, Riding::first(life)));
    }
}

/// A socket for a session that polls goes to that session's thread.
async fn replace_polling(
    entry: Entry,
    request: Request,
    framed: Framed<TcpStream, h1::Codec>,
    entrance: Rc<Entrance>,
) {
    if !entry.standing.begin_probe() {
        // Only what is not refused at the handshake is closed quietly at a client that listens for nothing else.
        let goodbye = frame::close(1002, "Bad request");
        return entrance.open_and_close(&request, framed, &goodbye, raw_problem).await;
    }
    match entrance.take(&request, framed, raw_problem).await {
        Some(taken) => {
            if let Some(session) = entry.session {
                session.do_send(TakeSocket(taken));
            }
        }
        None => entry.standing.end_probe(),
    }
}
