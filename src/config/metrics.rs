//! `[metrics]`: where Prometheus finds this node's figures.
//!
//! It guarantees that they have a port to themselves.

use serde::Deserialize;

use super::errors::Contradictions;
use super::reading::quoted;
use super::server::is_host;
use super::{Internal, Server};

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

    pub(super) fn contradictions(&self, server: &Server, internal: &Internal, found: &mut Contradictions) {
        if !self.host.is_empty() && !is_host(&self.host) {
            found.against(&["metrics.host"], format!("{} is not an address", quoted(&self.host)));
        }
        let taken = |other: u16| self.port != 0 && self.port == other;
        let text = |other| format!("{} is {other} as well; metrics need a port of their own", self.port);
        if taken(server.port) {
            found.against(&["metrics.port", "server.port"], text("server.port"));
        }
        if taken(internal.port) {
            found.against(&["metrics.port", "internal.port"], text("internal.port"));
        }
    }
}
