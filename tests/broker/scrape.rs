//! What Prometheus would read of a house, by the port it would read it from.

use std::collections::BTreeSet;

use reqwest::header::{ACCEPT, CONTENT_TYPE};

use crate::house::{House, SOON, free_port};

pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0";
pub const CLASSIC: &str = "text/plain; version=0.0.4";

/// A house that can be scraped.
pub async fn observed(settings: &[(&str, &str)]) -> House {
    let port = free_port().to_string();
    House::with(&[&[("METRICS_PORT", port.as_str())], settings].concat()).await
}

pub struct Scrape {
    pub text: String,
    pub media_type: String,
}

impl Scrape {
    pub async fn of(house: &House) -> Self {
        Self::in_form(house, CLASSIC).await
    }

    pub async fn in_form(house: &House, accept: &str) -> Self {
        let request = reqwest::Client::new().get(house.metrics_url("/metrics")).timeout(SOON);
        let answer = request.header(ACCEPT, accept).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let media_type = answer.headers()[CONTENT_TYPE].to_str().expect("text").to_owned();
        Self { text: answer.text().await.expect("a body"), media_type }
    }

    /// The value of a sample by its name and labels, as `recado_actors{kind="room"}`; zero if it is not told.
    pub fn value(&self, sample: &str) -> f64 {
        let mut rest = self.text.lines().filter_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        rest.next().map_or(0.0, |value| value.parse().expect("a number"))
    }

    /// How far each of these has moved since an earlier look.
    pub fn moved<const N: usize>(&self, before: &Self, samples: [&str; N]) -> [f64; N] {
        samples.map(|sample| self.value(sample) - before.value(sample))
    }

    /// Every value that any label has.
    pub fn label_values(&self) -> BTreeSet<&str> {
        let samples = self.text.lines().filter(|line| !line.starts_with('#'));
        let labels = samples.filter_map(|line| line.split_once('{')?.1.rsplit_once('}'));
        labels.flat_map(|(labels, _)| labels.split('"').skip(1).step_by(2)).collect()
    }
}
