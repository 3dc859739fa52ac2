//! `[internal]`: who may call the internal API, and where it listens.
//!
//! It guarantees that a port of its own is not the shared one.

use serde::Deserialize;

use super::errors::Contradictions;
use super::reading::quoted;
use super::secret::check_list;
use super::server::is_host;
use super::{Secret, Server};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Internal {
    pub secrets: Vec<Secret>,
    pub host: String,
    pub port: u16,
}

impl Internal {
    pub(super) fn contradictions(&self, server: &Server, found: &mut Contradictions) {
        check_list(&["internal.secrets"], &self.secrets, found);
        if !is_host(&self.host) {
            found.against(&["internal.host"], format!("{} is not an address", quoted(&self.host)));
        }
        if self.port != 0 && self.port == server.port {
            let text = format!("{} is server.port as well; 0 serves the internal api there", self.port);
            found.against(&["internal.port", "server.port"], text);
        }
    }
}
