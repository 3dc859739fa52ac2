//! The figures of one app as Prometheus reads them.
//!
//! Every value is read when it is asked for; nothing here costs anything between two scrapes. Labels are words of
//! ours: no user, room or address is ever one.

mod broker;
mod classic;
mod own;
mod sheet;

use std::fmt;

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

pub use broker::BrokerFigures;
pub use classic::classic;

use own::OwnFigures;

/// What a scraper asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    OpenMetrics,
    /// The text format 0.0.4, which every scraper reads.
    Classic,
}

impl Form {
    /// By the `Accept` header of a request.
    pub fn asked_by(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Classic }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// One app's own list of metrics.
pub struct Metrics(Registry);

impl Metrics {
    pub fn new(broker: BrokerFigures) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(broker));
        registry.register_collector(Box::new(OwnFigures));
        Self(registry)
    }

    /// Everything as it stands now.
    pub fn text(&self, form: Form) -> Result<String, fmt::Error> {
        let mut text = String::with_capacity(16 << 10);
        encode(&mut text, &self.0)?;
        Ok(match form {
            Form::OpenMetrics => text,
            Form::Classic => classic(&text),
        })
    }
}
