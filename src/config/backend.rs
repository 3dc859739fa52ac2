//! `[backend]` and `[backplane]`: the systems this node speaks to.
//!
//! It guarantees well-formed addresses, and repeats none of them: they may carry passwords.

use serde::Deserialize;
use url::Url;

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

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backplane {
    pub redis_url: Secret,
    pub redis_host: String,
    pub redis_port: u16,
    pub redis_password: Secret,
    pub upstash_rest_url: String,
    pub upstash_rest_token: Secret,
}

impl Backplane {
    pub(super) fn contradictions(&self, found: &mut Contradictions) {
        let redis = |text: &str| {
            Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "redis" | "rediss") && url.has_host())
        };
        if !self.redis_url.is_empty() && !redis(self.redis_url.expose()) {
            found.against(&["backplane.redis_url"], "is not a redis or rediss address");
        }
        if !self.upstash_rest_url.is_empty() && !is_web_address(&self.upstash_rest_url) {
            found.against(&["backplane.upstash_rest_url"], "is not an http or https address");
        }
    }

    pub(super) fn warning(&self) -> Option<String> {
        let set = [
            ("backplane.redis_url", self.redis_url.is_empty()),
            ("backplane.redis_host", self.redis_host.is_empty()),
            ("backplane.upstash_rest_url", self.upstash_rest_url.is_empty()),
        ];
        let (path, _) = set.into_iter().find(|(_, empty)| !empty)?;
        Some(format!("{path}: is not used yet, redis between nodes comes with a later version; run one node"))
    }
}
