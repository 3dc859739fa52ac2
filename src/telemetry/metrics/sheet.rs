//! The sheet that figures are written on, line by line.
//!
//! Names are given as they are searched for, `_total` and all.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use recado_actors::vitals::Spread;

/// One label and its value.
type Label = (&'static str, &'static str);

pub(super) struct Sheet<'a>(pub DescriptorEncoder<'a>);

impl Sheet<'_> {
    fn declare<'s>(
        &'s mut self,
        name: &'s str,
        help: &str,
        kind: MetricType,
    ) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, help, None, kind)
    }

    /// Something that only grows; the name ends in `_total`.
    pub fn counter(&mut self, name: &str, help: &str, count: u64) -> fmt::Result {
        let mut metric = self.declare(base(name), help, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, u64>(&count, None)
    }

    pub fn counter_of_seconds(&mut self, name: &str, help: &str, seconds: f64) -> fmt::Result {
        let mut metric = self.declare(base(name), help, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, u64>(&seconds, None)
    }

    /// The same, told apart by one label.
    pub fn counters(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        rows: &[Row<u64>],
    ) -> fmt::Result {
        let mut metric = self.declare(base(name), help, MetricType::Counter)?;
        for (value, count) in rows {
            metric.encode_family(&[(label, *value)])?.encode_counter::<NoLabelSet, _, u64>(count, None)?;
        }
        Ok(())
    }

    /// Something that is so at the moment.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl EncodeGaugeValue) -> fmt::Result {
        self.declare(name, help, MetricType::Gauge)?.encode_gauge(&value)
    }

    /// The same where there may be nothing to tell.
    pub fn gauge_if(&mut self, name: &str, help: &str, value: Option<impl EncodeGaugeValue>) -> fmt::Result {
        let mut metric = self.declare(name, help, MetricType::Gauge)?;
        value.map_or(Ok(()), |value| metric.encode_gauge(&value))
    }

    pub fn gauges<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        rows: impl IntoIterator<Item = ([Label; N], u64)>,
    ) -> fmt::Result {
        let mut metric = self.declare(name, help, MetricType::Gauge)?;
        for (labels, value) in rows {
            metric.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    /// How times are spread, in seconds.
    pub fn times(&mut self, name: &str, help: &str, label: Option<Label>, times: &Spread) -> fmt::Result {
        self.spread(name, help, label, times, |nanos| Duration::from_nanos(nanos).as_secs_f64())
    }

    /// How numbers are spread.
    pub fn sizes(&mut self, name: &str, help: &str, sizes: &Spread) -> fmt::Result {
        self.spread(name, help, None, sizes, float)
    }

    fn spread(
        &mut self,
        name: &str,
        help: &str,
        label: Option<Label>,
        spread: &Spread,
        unit: impl Fn(u64) -> f64,
    ) -> fmt::Result {
        let mut metric = self.declare(name, help, MetricType::Histogram)?;
        let buckets = spread.buckets().map(|(bound, count)| (bound.map_or(f64::INFINITY, &unit), count));
        let (sum, buckets) = (unit(spread.sum()), buckets.collect::<Vec<_>>());
        match label {
            Some(label) => metric.encode_family(&[label])?.encode_histogram::<NoLabelSet>(
                sum,
                spread.count(),
                &buckets,
                None,
            ),
            None => metric.encode_histogram::<NoLabelSet>(sum, spread.count(), &buckets, None),
        }
    }
}

/// The value of a label and what belongs to it.
pub(super) type Row<T> = (&'static str, T);

/// The format adds `_total` by itself.
fn base(name: &str) -> &str {
    debug_assert!(name.ends_with("_total"), "{name} only grows and must say so");
    name.strip_suffix("_total").unwrap_or(name)
}

fn float(whole: u64) -> f64 {
    let half = |bits: u64| f64::from(u32::try_from(bits & u64::from(u32::MAX)).unwrap_or(u32::MAX));
    half(whole >> 32).mul_add(4_294_967_296.0, half(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_keep_their_value() {
        assert_eq!(float(0), 0.0);
        assert_eq!(float(4096), 4096.0);
        assert_eq!(float((7 << 32) + 5), 30_064_771_077.0);
    }
}
