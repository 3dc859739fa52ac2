//! `[server]`: where and as whom this node listens, and whom it believes about addresses.
//!
//! It alone decides what counts as loopback, on which the rule "no secret, no outside" rests.

use std::net::IpAddr;

use serde::Deserialize;

use super::Network;
use super::errors::Contradictions;
use super::reading::quoted;
use super::web::is_origin;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub workers: usize,
    pub backlog: u32,
    pub header_timeout_ms: u64,
    pub drain_ms: u64,
    pub return_spread_ms: u64,
    pub node: String,
    pub allowed_origins: Vec<String>,
    pub trusted_proxies: Vec<String>,
    pub client_address_header: String,
}

impl Server {
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// The node's name, or the machine's where none is set.
    pub fn node_name(&self) -> String {
        if !self.node.is_empty() {
            return self.node.clone();
        }
        let machine = hostname::get().ok().map(|name| name.to_string_lossy().into_owned());
        machine.filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
    }

    pub fn trusted_networks(&self) -> Vec<Network> {
        self.trusted_proxies.iter().filter_map(|text| Network::parse(text)).collect()
    }

    pub(super) fn contradictions(&self, found: &mut Contradictions) {
        if !is_host(&self.host) {
            found.against(&["server.host"], format!("{} is not an address", quoted(&self.host)));
        }
        for origin in &self.allowed_origins {
            self.check_origin(origin, found);
        }
        for proxy in &self.trusted_proxies {
            if Network::parse(proxy).is_none() {
                let text = format!("{} is neither an address nor a network", quoted(proxy));
                found.against(&["server.trusted_proxies"], text);
            }
        }
        if !self.client_address_header.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-') {
            found.against(&["server.client_address_header"], "is not the name of a header");
        }
    }

    fn check_origin(&self, origin: &str, found: &mut Contradictions) {
        if origin == "*" {
            if !self.is_loopback() {
                let text = "\"*\" would let any web page in, which is refused unless server.host is loopback";
                found.against(&["server.allowed_origins", "server.host"], text);
            }
            return;
        }
        if !is_origin(origin) {
            let text = format!("{} is not an origin such as \"https://app.example.com\"", quoted(origin));
            found.against(&["server.allowed_origins"], text);
        }
    }

    pub(super) fn warning(&self) -> Option<String> {
        let idle = !self.client_address_header.is_empty() && self.trusted_proxies.is_empty();
        idle.then(|| {
            "server.client_address_header: is believed from server.trusted_proxies only, which is empty"
                .to_owned()
        })
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    let bare = bare(host);
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// An address, or a name that the system can look up, such as Fly's `fly-local-6pn`.
pub(super) fn is_host(host: &str) -> bool {
    if bare(host).parse::<IpAddr>().is_ok() {
        return true;
    }
    let letters = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_');
    let numeric = host.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    !numeric && host.chars().all(letters)
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}
