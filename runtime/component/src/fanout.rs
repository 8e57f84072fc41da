//! Sends batches to every receiver of `forward_to`.

use std::sync::Arc;
use std::time::Instant;

use alloy_telemetry::{SampleBatch, SendError};
use arc_swap::ArcSwap;
use futures_util::future::join_all;
use prometheus::{Histogram, HistogramOpts, IntCounter};

use crate::{ComponentMetrics, MetricsReceiver};

/// Fan-out of one component; its receivers can be replaced while it runs.
pub struct MetricsFanout {
    receivers: ArcSwap<Vec<MetricsReceiver>>,
    latency: Option<Histogram>,
    forwarded: Option<IntCounter>,
}

impl MetricsFanout {
    /// A fan-out with the metrics of spec/components/_common-prometheus.md.
    pub fn new(metrics: &ComponentMetrics, receivers: Vec<MetricsReceiver>) -> Self {
        let latency = HistogramOpts::new(
            "prometheus_fanout_latency",
            "Write latency for sending to direct and indirect components",
        )
        .buckets(vec![0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1., 2.5, 5., 10., 30., 60.]);
        Self {
            receivers: ArcSwap::from_pointee(receivers),
            latency: Histogram::with_opts(latency).ok().map(|h| metrics.register(h)),
            forwarded: IntCounter::new(
                "prometheus_forwarded_samples_total",
                "Total number of samples sent to downstream components.",
            )
            .ok()
            .map(|c| metrics.register(c)),
        }
    }

    /// Replaces the receivers for batches sent from now on.
    pub fn set(&self, receivers: Vec<MetricsReceiver>) {
        self.receivers.store(Arc::new(receivers));
    }

    /// Sends `batch` to every receiver and waits for all of them. All are tried; the first error is
    /// returned. Counted as forwarded if at least one took it.
    ///
    /// Cancel safety: see [`alloy_telemetry::MetricsConsumer::send`].
    pub async fn send(&self, batch: Arc<SampleBatch>) -> Result<(), SendError> {
        let receivers = self.receivers.load_full();
        if receivers.is_empty() {
            return Ok(());
        }
        let start = Instant::now();
        let results = match &receivers[..] {
            [one] => vec![one.0.send(Arc::clone(&batch)).await],
            all => join_all(all.iter().map(|r| r.0.send(Arc::clone(&batch)))).await,
        };
        if let Some(latency) = &self.latency {
            latency.observe(start.elapsed().as_secs_f64());
        }
        if let Some(forwarded) = &self.forwarded
            && results.iter().any(Result::is_ok)
        {
            let histograms = batch.histograms.as_ref().map_or(0, |h| h.len());
            forwarded.inc_by((batch.len() - histograms) as u64);
        }
        results.into_iter().collect()
    }
}

impl std::fmt::Debug for MetricsFanout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetricsFanout").field("receivers", &self.receivers.load().len()).finish()
    }
}
