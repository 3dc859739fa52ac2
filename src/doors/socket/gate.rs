//! Who may open a socket at all, decided before anything is spent on them: drain, Origin, failures, caps, turns.
//!
//! One function decides, and a test can call it. A place taken is given back when its guard is dropped.

mod bodies;
mod failures;
mod turns;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use actix_http::RequestHead;
use actix_http::header::{self, HeaderMap};
use dashmap::DashMap;
use recado_actors::limiter::{Moment, Rate, household};
use tokio::time::Instant;

use crate::config::Network;
use crate::doors::problem::Problem;
pub use bodies::{Bodies, Hold};
use failures::Failures;
use turns::Turns;

/// What the gate goes by.
#[derive(Debug, Clone, Default)]
pub struct GateRules {
    /// Exact origins, as `https://app.example.com`; `*` admits all.
    pub origins: Vec<String>,
    /// Pages served from this machine may connect.
    pub loopback_origins: bool,
    pub connections: usize,
    pub connections_per_address: usize,
    pub trusted_proxies: Vec<Network>,
    pub client_address_header: Option<String>,
    /// How fast handshakes are served.
    pub connects: Rate,
    /// The longest one waits for its turn.
    pub connect_wait: Duration,
    /// Failed authentications of one address.
    pub auth_failures: Rate,
    /// The most addresses whose failures are remembered.
    pub buckets: usize,
    /// Bytes of what clients post by polling, of all of them together.
    pub posted_bytes: usize,
}

pub struct Gate {
    rules: GateRules,
    total: AtomicUsize,
    by_address: DashMap<IpAddr, usize>,
    start: Instant,
    turns: Turns,
    failures: Failures,
    /// What clients post.
    pub bodies: Arc<Bodies>,
}

/// One connection's place. Given back on drop.
pub struct Place {
    gate: Arc<Gate>,
    address: Option<IpAddr>,
}

impl Place {
    /// Whoever sits here showed a forged token.
    pub fn note_failure(&self) {
        self.gate.note_failure(self.address);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate.total.fetch_sub(1, Relaxed);
        let Some(address) = self.address else { return };
        self.gate.by_address.remove_if_mut(&address, |_, count| {
            *count = count.saturating_sub(1);
            *count == 0
        });
    }
}

impl Gate {
    pub fn new(rules: GateRules) -> Arc<Self> {
        Arc::new(Self {
            total: AtomicUsize::new(0),
            by_address: DashMap::new(),
            start: Instant::now(),
            turns: Turns::new(rules.connects, rules.connect_wait),
            failures: Failures::new(rules.auth_failures, rules.buckets),
            bodies: Bodies::new(rules.posted_bytes),
            rules,
        })
    }

    pub fn connections(&self) -> usize {
        self.total.load(Relaxed)
    }

    fn now(&self) -> Moment {
        self.start.elapsed()
    }

    /// Whose connection this is: the peer's, or what a trusted proxy says of its own client.
    pub fn client_address(&self, head: &RequestHead) -> Option<IpAddr> {
        let peer = head.peer_addr.map(|peer| peer.ip().to_canonical());
        let header = self.rules.client_address_header.as_deref();
        let (Some(peer), Some(header)) = (peer, header) else { return peer };
        let mut client = peer;
        // Each proxy adds at the end, so whatever a client made up itself stands before what one we trust has seen.
        let lines: Vec<_> =
            head.headers.get_all(header).map(|value| value.to_str().unwrap_or_default()).collect();
        for told in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let Some(told) = parse_address(told).filter(|_| self.trusts(client)) else { break };
            client = told;
        }
        Some(client)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.rules.trusted_proxies.iter().any(|proxies| proxies.contains(address))
    }

    /// Lets a client in, or says why not.
    pub fn admit(self: &Arc<Self>, head: &RequestHead, draining: bool) -> Result<Place, Problem> {
        if draining {
            return Err(going());
        }
        self.check_origin(head)?;
        let address = self.client_address(head).map(household);
        self.check_failures(address)?;
        self.take_place(address)
    }

    /// Waits for a turn, as long as that is not too long. `draining` ends when nobody is to be let in any more.
    pub async fn wait_for_turn(&self, draining: impl Future<Output = ()>) -> Result<(), Problem> {
        let wait = self.turns.take(self.now()).map_err(|again| {
            let detail = "too many are connecting at once";
            Problem::new(503, "connecting_too_fast", detail).retry_within(again)
        })?;
        if wait.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = draining => Err(going()),
        }
    }

    /// Whoever failed too often is not even verified.
    pub fn check_failures(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        address.map_or(Ok(()), |address| self.failures.check(&household(address), self.now()))
    }

    /// A forged token or a wrong secret came from there.
    pub fn note_failure(&self, address: Option<IpAddr>) {
        if let Some(address) = address {
            self.failures.note(&household(address), self.now());
        }
    }

    /// May a page of this origin speak to us? What no browser sent is not asked for one.
    pub fn admits_origin(&self, head: &RequestHead) -> bool {
        self.check_origin(head).is_ok()
    }

    /// A browser may come from there.
    pub fn check_origin(&self, head: &RequestHead) -> Result<(), Problem> {
        let mut origins = head.headers.get_all(header::ORIGIN);
        let Some(origin) = origins.next() else {
            // No browser sent this, and no cookie is ever believed: the token decides.
            return Ok(());
        };
        let refused = || {
            let detail = "this Origin is not in server.allowed_origins";
            Err(Problem::new(403, "origin_refused", detail))
        };
        if origins.next().is_some() {
            return Err(Problem::new(400, "two_origins", "more than one Origin header"));
        }
        let Ok(origin) = origin.to_str() else { return refused() };
        if self.allows(origin, &head.headers) { Ok(()) } else { refused() }
    }

    fn allows(&self, origin: &str, headers: &HeaderMap) -> bool {
        if self.rules.origins.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(origin)) {
            return true;
        }
        let Ok(url) = url::Url::parse(origin) else { return false };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let same_host =
            host.is_some() && url.has_host() && origin.split_once("://").map(|(_, host)| host) == host;
        same_host || (self.rules.loopback_origins && is_loopback(&url))
    }

    fn take_place(self: &Arc<Self>, address: Option<IpAddr>) -> Result<Place, Problem> {
        let full = |detail: &'static str, code| Err(Problem::new(503, code, detail).retry_after(5));
        if self.total.fetch_add(1, Relaxed) >= self.rules.connections {
            self.total.fetch_sub(1, Relaxed);
            return full("too many connections", "connections_full");
        }
        // From here on the drop gives back what was taken.
        let mut place = Place { gate: self.clone(), address: None };
        if let Some(address) = address {
            let mut count = self.by_address.entry(address).or_default();
            if *count >= self.rules.connections_per_address {
                drop(count);
                return full("too many connections from this address", "address_full");
            }
            *count += 1;
            place.address = Some(address);
        }
        Ok(place)
    }
}

fn going() -> Problem {
    Problem::new(503, "draining", "the service is shutting down").retry_after(5)
}

/// As proxies write them, some with a port.
fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()));
    bare.map(|address: IpAddr| address.to_canonical())
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
