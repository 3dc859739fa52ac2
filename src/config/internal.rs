//! `[internal]`: who may call the internal API, and where it listens.
//!
//! It guarantees that its secrets are ones and that its address is one.

use serde::Deserialize;

use super::Secret;
use super::errors::Contradictions;
use super::reading::quoted;
use super::secret::check_list;
use super::server::is_host;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Internal {
    pub secrets: Vec<Secret>,
    pub host: String,
    pub port: u16,
}

impl Internal {
    pub(super) fn contradictions(&self, found: &mut Contradictions) {
        check_list(&["internal.secrets"], &self.secrets, found);
        if !is_host(&self.host) {
            found.against(&["internal.host"], format!("{} is not an address", quoted(&self.host)));
        }
    }
}
