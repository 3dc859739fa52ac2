//! From settings to webhooks: who is told, by whom, and what is owed to nobody any more.
//!
//! What was owed to an endpoint that left the settings is dropped here, and said so.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use recado_actors::clock::Clock;
use recado_actors::ports::letters::{Letters, Webhooks};

use crate::backend::webhook::{SigningKey, WebhookCarrier, WebhookSettings};
use crate::config::{Config, Mode};

/// None: nobody is told.
pub(super) async fn open(
    config: &Config,
    letters: Arc<dyn Letters>,
    clock: &Clock,
) -> anyhow::Result<Option<Webhooks>> {
    let carrier = match config.backend.mode {
        Mode::Record => None,
        Mode::Notify => Some(carrier(config, clock.clone())?),
    };
    let endpoints = carrier.as_ref().map(WebhookCarrier::endpoints).unwrap_or_default();
    let owed = letters.owe(endpoints.iter().map(|endpoint| endpoint.id.clone()).collect());
    let dropped = owed.await.context("opening the books of the webhooks")?;
    if dropped > 0 {
        log::warn!("{dropped} webhooks were dropped: their address is not in webhooks.urls any more");
    }
    Ok(carrier.map(|carrier| Webhooks { endpoints, letters, carrier: Arc::new(carrier) }))
}

fn carrier(config: &Config, clock: Clock) -> anyhow::Result<WebhookCarrier> {
    let settings = &config.webhooks;
    let keys = settings.secrets.iter().map(|secret| SigningKey::parse(secret.expose()));
    let allowed = settings.allowed();
    let carrier = WebhookCarrier::new(WebhookSettings {
        urls: settings.urls.iter().map(|url| url.expose().to_owned()).collect(),
        keys: keys.collect::<Result<_, _>>().context("webhooks.secrets")?,
        timeout: Duration::from_millis(settings.timeout_ms),
        allowed: Arc::new(move |address| allowed.iter().any(|network| network.contains(address))),
        clock,
    });
    carrier.context("webhooks.urls")
}
