//! The settings: defaults from `config.toml`, then a file, then the seeds' variables, then `RECADO_…`.
//!
//! It alone reads settings, and it guarantees that every mistake is told at once and no secret with it.

mod alias;
mod auth;
mod backend;
mod backplane;
mod compression;
mod doors;
mod errors;
mod files;
mod internal;
mod layers;
mod limits;
mod log;
mod metrics;
mod network;
mod ports;
mod ranges;
mod reading;
mod rooms;
mod schema;
mod secret;
mod server;
mod store;
mod web;
mod webhooks;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

pub use auth::Auth;
pub use backend::{Backend, Mode};
pub use backplane::Backplane;
pub use compression::Compression;
pub use doors::{CLASSIC_BYTES, Chat, Collab, Documents, Doors, Events, RoomsDoor, Widget};
pub use errors::ConfigErrors;
pub use files::{Files, FilesPlace};
pub use internal::Internal;
pub use limits::Limits;
pub use log::Log;
pub use metrics::Metrics;
pub use network::Network;
pub use rooms::{Admin, Demo, Rooms};
pub use secret::Secret;
pub use server::Server;
pub use store::{Place, Store};
pub use webhooks::Webhooks;

use errors::Contradictions;
use layers::Layers;

/// What the process sees around it, as `std::env::vars` gives it.
pub type Environment = BTreeMap<String, String>;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub limits: Limits,
    pub compression: Compression,
    pub auth: Auth,
    pub internal: Internal,
    pub store: Store,
    pub files: Files,
    pub backend: Backend,
    pub webhooks: Webhooks,
    pub backplane: Backplane,
    pub rooms: Rooms,
    pub doors: Doors,
    pub log: Log,
    pub metrics: Metrics,
    pub demo: Demo,
    pub admin: Admin,
    /// The JWT secret was made for this run.
    #[serde(skip)]
    ephemeral: bool,
    /// Remarks made while reading, for `warnings`.
    #[serde(skip)]
    remarks: Vec<String>,
}

impl Config {
    /// Reads everything. Public keys named by file are in `auth.public_keys` afterwards.
    pub fn load(file: Option<&Path>, env: &Environment) -> Result<Self, ConfigErrors> {
        let mut layers = Layers::new()?;
        if let Some(file) = file {
            layers.add_file(file);
        }
        layers.add_aliases(env);
        layers.add_overrides(env);
        layers.check_ranges();
        let mut config: Self = layers.settings()?;
        config.remarks = layers.take_remarks();
        let mut found = Contradictions::default();
        config.auth.read_public_key_files(&mut found);
        config.contradictions(&mut found);
        layers.verdict(found)?;
        Ok(config)
    }

    /// Every setting that contradicts another or makes no sense by itself; `load` has asked already.
    pub fn validate(&self) -> Result<(), ConfigErrors> {
        let mut found = Contradictions::default();
        self.contradictions(&mut found);
        found.verdict()
    }

    fn contradictions(&self, found: &mut Contradictions) {
        self.server.contradictions(found);
        self.limits.contradictions(found);
        self.auth.contradictions(&self.server, found);
        self.internal.contradictions(found);
        self.store.contradictions(found);
        self.files.contradictions(&self.store, found);
        self.backend.contradictions(&self.internal, &self.webhooks, found);
        self.webhooks.contradictions(found);
        self.backplane.contradictions(found);
        self.doors.contradictions(&self.limits, &self.backplane, found);
        self.log.contradictions(found);
        self.metrics.contradictions(found);
        ports::contradictions(self, found);
    }

    /// What is allowed but likely not meant; one line each, for the log.
    pub fn warnings(&self) -> Vec<String> {
        let mut lines = self.remarks.clone();
        lines.extend(self.backplane.warning());
        lines.extend(self.server.warning());
        if !self.backend.next_api_url.is_empty() && self.backend.secret.is_empty() {
            lines.push("backend.secret: is empty, so the backend will refuse our calls".to_owned());
        }
        if self.backend.mode == Mode::Record && !self.webhooks.urls.is_empty() {
            lines.push("webhooks.urls: are not used while backend.mode is \"record\"".to_owned());
        }
        if self.internal.secrets.is_empty() && !self.server.is_loopback() {
            lines.push("internal.secrets: is empty, so the internal api is closed".to_owned());
        }
        if self.doors.collab.enabled && self.doors.collab.cluster {
            lines.push(
                "doors.collab.cluster: is true, but what is said at that door stays on its node".to_owned(),
            );
        }
        lines.extend(self.doors.ports_of_nobody());
        if self.doors.all_shut() {
            lines.push("doors: all are shut, so no client can connect".to_owned());
        }
        lines
    }

    /// The JWT secret was made for this run: nobody else signs with it.
    pub fn is_ephemeral(&self) -> bool {
        self.ephemeral
    }

    /// Makes secrets that live as long as the process, if there is no key at all and nobody outside
    /// could be let in by them. False: nothing was changed.
    pub fn ephemeral_secret(&mut self) -> bool {
        if self.auth.has_keys() || !self.server.is_loopback() {
            return false;
        }
        let (Some(jwt), Some(internal)) = (random_secret(), random_secret()) else { return false };
        self.ephemeral = true;
        self.auth.jwt_secrets.push(jwt);
        if self.internal.secrets.is_empty() {
            self.internal.secrets.push(internal);
        }
        true
    }
}

fn random_secret() -> Option<Secret> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).ok()?;
    Some(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}
