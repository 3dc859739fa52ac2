//! Who may open a socket at all, decided before anything is spent on them: drain, Origin, caps.
//!
//! One function decides, and a test can call it. A place taken is given back when its guard is dropped.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use actix_http::RequestHead;
use actix_http::header::{self, HeaderMap};
use dashmap::DashMap;

use crate::config::Network;
use crate::doors::problem::Problem;

/// What the gate goes by.
#[derive(Debug, Clone)]
pub struct GateRules {
    /// Exact origins, as `https://app.example.com`; `*` admits all.
    pub origins: Vec<String>,
    /// Pages served from this machine may connect.
    pub loopback_origins: bool,
    pub connections: usize,
    pub connections_per_address: usize,
    pub trusted_proxies: Vec<Network>,
    pub client_address_header: Option<String>,
}

pub struct Gate {
    rules: GateRules,
    total: AtomicUsize,
    by_address: DashMap<IpAddr, usize>,
}

/// One connection's place. Given back on drop.
pub struct Place {
    gate: Arc<Gate>,
    address: Option<IpAddr>,
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
        Arc::new(Self { rules, total: AtomicUsize::new(0), by_address: DashMap::new() })
    }

    pub fn connections(&self) -> usize {
        self.total.load(Relaxed)
    }

    /// Whose connection this is: the peer's, or what a trusted proxy says of its own client.
    pub fn client_address(&self, head: &RequestHead) -> Option<IpAddr> {
        let peer = head.peer_addr.map(|peer| peer.ip().to_canonical());
        let trusted =
            peer.is_some_and(|peer| self.rules.trusted_proxies.iter().any(|net| net.contains(peer)));
        let told = self.rules.client_address_header.as_deref().filter(|_| trusted);
        let told = told.and_then(|name| head.headers.get(name)).and_then(|value| value.to_str().ok());
        told.and_then(|told| told.trim().parse().ok()).or(peer)
    }

    /// Lets a client in, or says why not.
    pub fn admit(self: &Arc<Self>, head: &RequestHead, draining: bool) -> Result<Place, Problem> {
        if draining {
            return Err(Problem::new(503, "draining", "the service is shutting down").retry_after(5));
        }
        self.check_origin(head)?;
        self.take_place(self.client_address(head))
    }

    fn check_origin(&self, head: &RequestHead) -> Result<(), Problem> {
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
