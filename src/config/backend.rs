//! `[backend]`: the application that stores messages and names users.
//!
//! It guarantees a well-formed address, and does not repeat it: it may carry a password.

use serde::Deserialize;

use super::errors::Contradictions;
use super::secret::check_one;
use super::web::is_web_address;
use super::{Internal, Secret, Webhooks};

/// Who keeps the record of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The backend, where there is one: it is asked to take each message before it is told.
    Record,
    /// Our log; the backend is told of every entry by webhooks.
    Notify,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    pub mode: Mode,
    pub next_api_url: String,
    pub secret: Secret,
    pub timeout_ms: u64,
    pub concurrency: usize,
    pub breaker_failures: u32,
    pub breaker_open_ms: u64,
}

impl Backend {
    pub(super) fn contradictions(
        &self,
        internal: &Internal,
        webhooks: &Webhooks,
        found: &mut Contradictions,
    ) {
        self.check_mode(webhooks, found);
        if !self.next_api_url.is_empty() && !is_web_address(&self.next_api_url) {
            found.against(&["backend.next_api_url"], "is not an http or https address");
        }
        // One variable sets both; its flaw is told once, there.
        let told = internal.secrets.iter().any(|secret| secret.expose() == self.secret.expose());
        if !told {
            check_one(&["backend.secret"], &self.secret, found);
        }
    }

    fn check_mode(&self, webhooks: &Webhooks, found: &mut Contradictions) {
        if self.mode == Mode::Record {
            return;
        }
        if webhooks.urls.is_empty() {
            let text = "is \"notify\", but webhooks.urls names nobody to be told";
            found.against(&["backend.mode", "webhooks.urls"], text);
        }
        if webhooks.secrets.is_empty() {
            let text = "is \"notify\", but webhooks.secrets holds nothing to sign with";
            found.against(&["backend.mode", "webhooks.secrets"], text);
        }
    }
}
