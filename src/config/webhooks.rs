//! `[webhooks]`: whom the outbox tells of every entry, and how it insists.
//!
//! It repeats no address whole: many carry a token.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use url::{Host, Url};

use super::errors::Contradictions;
use super::reading::quoted;
use super::{Network, Secret};

const MOST_URLS: usize = 16;
const MOST_SECRETS: usize = 2;
const MOST_RETRIES: usize = 32;
const LONGEST_RETRY_SECONDS: u64 = 30 * 86_400;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    pub urls: Vec<Secret>,
    pub secrets: Vec<Secret>,
    pub timeout_ms: u64,
    pub retry_seconds: Vec<u64>,
    pub concurrency: usize,
    pub allowed_networks: Vec<String>,
    pub dead_days: u64,
}

impl Webhooks {
    pub fn allowed(&self) -> Vec<Network> {
        self.allowed_networks.iter().filter_map(|text| Network::parse(text)).collect()
    }

    pub(super) fn contradictions(&self, found: &mut Contradictions) {
        for network in &self.allowed_networks {
            if Network::parse(network).is_none() {
                let text = format!("{} is neither an address nor a network", quoted(network));
                found.against(&["webhooks.allowed_networks"], text);
            }
        }
        self.check_urls(found);
        self.check_secrets(found);
        let retries = &self.retry_seconds;
        if retries.len() > MOST_RETRIES {
            let text = format!("holds {} waits, at most {MOST_RETRIES} are possible", retries.len());
            found.against(&["webhooks.retry_seconds"], text);
        }
        if let Some(wait) = retries.iter().find(|wait| !(1..=LONGEST_RETRY_SECONDS).contains(wait)) {
            let text = format!("{wait} is not between 1 and {LONGEST_RETRY_SECONDS}");
            found.against(&["webhooks.retry_seconds"], text);
        }
    }

    fn check_urls(&self, found: &mut Contradictions) {
        const PATHS: &[&str] = &["webhooks.urls", "webhooks.allowed_networks"];
        if self.urls.len() > MOST_URLS {
            let count = self.urls.len();
            found.against(PATHS, format!("holds {count} addresses, at most {MOST_URLS} are possible"));
        }
        for (number, url) in (1..).zip(&self.urls) {
            if let Some(flaw) = self.flaw_of(url.expose()) {
                found.against(PATHS, format!("address {number} {flaw}"));
            }
            let twins = self.urls.iter().take(number).filter(|other| other.expose() == url.expose());
            if twins.count() > 1 {
                found.against(PATHS, format!("address {number} stands there twice"));
            }
        }
    }

    /// What a name resolves to is checked at every attempt; an address in figures is known now.
    fn flaw_of(&self, text: &str) -> Option<&'static str> {
        let Ok(url) = Url::parse(text) else { return Some("is not an https address") };
        let encrypted = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Some("is not an https address"),
        };
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Some("has a user, a password or a fragment, none of which is sent");
        }
        let allowed = self.allowed();
        let is_allowed = |address: IpAddr| allowed.iter().any(|network| network.contains(address));
        let figures = match url.host()? {
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
            Host::Domain(_) => None,
        };
        match figures {
            Some(address) if is_allowed(address) => None,
            Some(address) if is_inward(address) => {
                Some("is a private address, which webhooks.allowed_networks must name")
            }
            _ if !encrypted && (figures.is_some() || allowed.is_empty()) => {
                Some("is plain http, which is for addresses in webhooks.allowed_networks only")
            }
            _ => None,
        }
    }

    fn check_secrets(&self, found: &mut Contradictions) {
        const PATHS: &[&str] = &["webhooks.secrets"];
        if self.secrets.len() > MOST_SECRETS {
            let count = self.secrets.len();
            found.against(
                PATHS,
                format!("holds {count} secrets, only a current and a previous one are possible"),
            );
        }
        for (number, secret) in (1..).zip(&self.secrets) {
            let encoded = secret.expose().strip_prefix("whsec_");
            match encoded.and_then(|encoded| STANDARD.decode(encoded).ok()) {
                Some(bytes) if (24..=64).contains(&bytes.len()) => {}
                Some(bytes) => {
                    let text = format!("secret {number} holds {} bytes, 24 to 64 are needed", bytes.len());
                    found.against(PATHS, text);
                }
                None => found.against(PATHS, format!("secret {number} is not whsec_ and base64")),
            }
        }
    }
}

/// Told at start where it is plain to see; the sender has the whole list.
fn is_inward(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || address.is_multicast()
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.is_unspecified()
                || address.is_multicast()
        }
    }
}
