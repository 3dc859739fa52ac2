//! `[backend]`: the application that stores messages and names users.
//!
//! It guarantees a well-formed address, and does not repeat it: it may carry a password.

use serde::Deserialize;

use super::errors::Contradictions;
use super::secret::check_one;
use super::web::is_web_address;
use super::{Internal, Secret};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    pub next_api_url: String,
    pub secret: Secret,
    pub timeout_ms: u64,
    pub concurrency: usize,
    pub breaker_failures: u32,
    pub breaker_open_ms: u64,
}

impl Backend {
    pub(super) fn contradictions(&self, internal: &Internal, found: &mut Contradictions) {
        if !self.next_api_url.is_empty() && !is_web_address(&self.next_api_url) {
            found.against(&["backend.next_api_url"], "is not an http or https address");
        }
        // One variable sets both; its flaw is told once, there.
        let told = internal.secrets.iter().any(|secret| secret.expose() == self.secret.expose());
        if !told {
            check_one(&["backend.secret"], &self.secret, found);
        }
    }
}
