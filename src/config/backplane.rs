//! `[backplane]`: Redis between nodes, and how it is watched.
//!
//! It guarantees one well-formed address, and repeats none of its parts in a complaint: they may carry passwords.

use serde::Deserialize;
use url::Url;

use super::Secret;
use super::errors::Contradictions;
use super::web::is_web_address;

/// Longest text before a channel's name.
const PREFIX_CHARS: usize = 64;
/// Where Upstash listens, and who its REST token belongs to.
const UPSTASH: (&str, u16) = ("default", 6379);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backplane {
    pub redis_url: Secret,
    pub redis_host: String,
    pub redis_port: u16,
    pub redis_password: Secret,
    pub upstash_rest_url: String,
    pub upstash_rest_token: Secret,
    pub prefix: String,
    pub required: bool,
    pub probe_ms: u64,
    pub ping_ms: u64,
    pub queue_bytes: usize,
}

impl Backplane {
    /// Where Redis is, with whatever secret goes there; none: this node is alone.
    pub fn address(&self) -> Option<Secret> {
        if !self.redis_url.is_empty() {
            return Some(self.redis_url.clone());
        }
        if !self.redis_host.is_empty() {
            return self.in_parts();
        }
        if self.upstash_rest_url.is_empty() { None } else { self.at_upstash() }
    }

    fn in_parts(&self) -> Option<Secret> {
        let host = &self.redis_host;
        // An IPv6 address has to stand in brackets.
        let bare = host.contains(':') && !host.starts_with('[');
        let host = if bare { format!("[{host}]") } else { host.clone() };
        let mut url = Url::parse(&format!("redis://{host}:{}", self.redis_port)).ok()?;
        if !self.redis_password.is_empty() {
            url.set_password(Some(self.redis_password.expose())).ok()?;
        }
        url.has_host().then(|| Secret::new(url.to_string()))
    }

    /// PROTOCOLS section 9: the token of the REST address is the password of the database.
    fn at_upstash(&self) -> Option<Secret> {
        let rest = Url::parse(&self.upstash_rest_url).ok()?;
        let (user, port) = UPSTASH;
        let mut url = Url::parse(&format!("rediss://{}:{port}", rest.host_str()?)).ok()?;
        url.set_username(user).ok()?;
        url.set_password(Some(self.upstash_rest_token.expose())).ok()?;
        Some(Secret::new(url.to_string()))
    }

    pub(super) fn contradictions(&self, found: &mut Contradictions) {
        let redis = |text: &str| {
            Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "redis" | "rediss") && url.has_host())
        };
        if !self.redis_url.is_empty() && !redis(self.redis_url.expose()) {
            found.against(&["backplane.redis_url"], "is not a redis or rediss address");
        }
        if !self.redis_host.is_empty() && self.in_parts().is_none() {
            found.against(&["backplane.redis_host"], "is not the name or address of a host");
        }
        self.check_upstash(found);
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '*' | '?' | '[' | ']' | '\\');
        if self.prefix.len() > PREFIX_CHARS || !self.prefix.chars().all(plain) {
            found.against(&["backplane.prefix"], "is not a short plain text without spaces");
        }
    }

    fn check_upstash(&self, found: &mut Contradictions) {
        if self.upstash_rest_url.is_empty() {
            return;
        }
        if !is_web_address(&self.upstash_rest_url) {
            found.against(&["backplane.upstash_rest_url"], "is not an http or https address");
        } else if self.upstash_rest_token.is_empty()
            && self.redis_url.is_empty()
            && self.redis_host.is_empty()
        {
            found.against(&["backplane.upstash_rest_token"], "is empty, and the address needs it");
        }
    }

    pub(super) fn warning(&self) -> Option<String> {
        self.address()?;
        Some(
            "backplane: every node numbers messages in a store of its own, so a client that moves to another node \
             is told to start afresh"
                .to_owned(),
        )
    }
}
