//! `alloy_config_*`.

use std::time::{SystemTime, UNIX_EPOCH};

use alloy_component::{ComponentMetrics, MetricsHub};
use prometheus::{Gauge, GaugeVec, IntCounter, IntGauge, Opts};

use super::registered;

/// Metrics about loading the configuration. Cheap to clone; they leave `/metrics` with the last
/// clone.
#[derive(Clone)]
pub struct ConfigMetrics {
    cluster_name: std::sync::Arc<str>,
    hash: Option<GaugeVec>,
    successful: Option<IntGauge>,
    success_time: Option<Gauge>,
    failures: Option<IntCounter>,
    _registry: ComponentMetrics,
}

impl ConfigMetrics {
    /// Registers the metrics; `cluster_name` is the value of that label.
    pub fn new(hub: &MetricsHub, cluster_name: &str) -> Self {
        let registry = hub.registry(&[]);
        let hash = Opts::new("alloy_config_hash", "Hash of the currently active config file.");
        Self {
            cluster_name: cluster_name.into(),
            hash: registered(&registry, GaugeVec::new(hash, &["sha256", "cluster_name"])),
            successful: registered(
                &registry,
                IntGauge::new("alloy_config_last_load_successful", "Config loaded successfully."),
            ),
            success_time: registered(
                &registry,
                Gauge::new(
                    "alloy_config_last_load_success_timestamp_seconds",
                    "Timestamp of the last successful configuration load.",
                ),
            ),
            failures: registered(
                &registry,
                IntCounter::new("alloy_config_load_failures_total", "Configuration load failures."),
            ),
            _registry: registry,
        }
    }

    /// Shows the hash of the text that is being loaded.
    pub(crate) fn set_hash(&self, sha256: &str) {
        if let Some(hash) = &self.hash {
            hash.reset();
            hash.with_label_values(&[sha256, &self.cluster_name]).set(1.0);
        }
    }

    pub(crate) fn succeeded(&self) {
        if let Some(successful) = &self.successful {
            successful.set(1);
        }
        if let (Some(time), Ok(now)) =
            (&self.success_time, SystemTime::now().duration_since(UNIX_EPOCH))
        {
            time.set(now.as_secs_f64());
        }
    }

    /// The counter counts loads whose text could not be read or parsed.
    pub(crate) fn failed(&self, unreadable: bool) {
        if let Some(successful) = &self.successful {
            successful.set(0);
        }
        if let (Some(failures), true) = (&self.failures, unreadable) {
            failures.inc();
        }
    }
}

impl std::fmt::Debug for ConfigMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConfigMetrics").finish_non_exhaustive()
    }
}
