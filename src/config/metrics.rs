//! `[metrics]`: where Prometheus finds this node's figures.
//!
//! It alone decides where they listen when no address is given.

use serde::Deserialize;

use super::Server;
use super::errors::Contradictions;
use super::reading::quoted;
use super::server::is_host;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    pub host: String,
    pub port: u16,
}

impl Metrics {
    /// Where to listen; none: nowhere.
    pub fn place<'a>(&'a self, server: &'a Server) -> Option<(&'a str, u16)> {
        let host = if self.host.is_empty() { &server.host } else { &self.host };
        (self.port != 0).then_some((host, self.port))
    }

    pub(super) fn contradictions(&self, found: &mut Contradictions) {
        if !self.host.is_empty() && !is_host(&self.host) {
            found.against(&["metrics.host"], format!("{} is not an address", quoted(&self.host)));
        }
    }
}
