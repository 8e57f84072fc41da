//! The metrics of remote configuration, under the reference's names (spec/runtime.md §13.3).

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, GaugeVec, Histogram, HistogramOpts, IntCounter, IntGauge, Opts};

/// Metrics of the service. Register a clone of it.
#[derive(Clone)]
pub struct Metrics {
    hash: GaugeVec,
    /// The hash that has a series now.
    shown: Arc<Mutex<String>>,
    successful: IntGauge,
    not_modified: IntGauge,
    failures: IntCounter,
    attempts: IntCounter,
    fetched: Gauge,
    duration: Histogram,
}

impl Metrics {
    /// Metrics that nothing was counted in.
    ///
    /// # Errors
    /// None as long as the names in this file are valid.
    pub fn new() -> prometheus::Result<Self> {
        let opts = |name: &str, help: &str| Opts::new(format!("remotecfg_{name}"), help);
        let metrics = Self {
            hash: GaugeVec::new(
                opts("hash", "Hash of the remote configuration that runs."),
                &["hash"],
            )?,
            shown: Arc::default(),
            successful: IntGauge::with_opts(opts(
                "last_load_successful",
                "Whether the last attempt ended with a remote configuration that runs.",
            ))?,
            not_modified: IntGauge::with_opts(opts(
                "last_load_not_modified",
                "Whether the server had nothing new at the last attempt.",
            ))?,
            failures: IntCounter::with_opts(opts(
                "load_failures_total",
                "Attempts to get and load the remote configuration that failed.",
            ))?,
            attempts: IntCounter::with_opts(opts(
                "load_attempts_total",
                "Attempts to get and load the remote configuration.",
            ))?,
            fetched: Gauge::with_opts(opts(
                "last_load_success_timestamp_seconds",
                "Unix time of the server's last answer.",
            ))?,
            duration: Histogram::with_opts(HistogramOpts::new(
                "remotecfg_request_duration_seconds",
                "Time until the server answered.",
            ))?,
        };
        metrics.show_hash("");
        Ok(metrics)
    }

    /// Only one hash is shown: the reference keeps the series of all earlier ones.
    fn show_hash(&self, hash: &str) {
        let mut shown = self.shown.lock();
        // It is not there the first time.
        let _absent = self.hash.remove_label_values(&[shown.as_str()]);
        self.hash.with_label_values(&[hash]).set(1.0);
        hash.clone_into(&mut shown);
    }

    pub(crate) fn attempt(&self) {
        self.attempts.inc();
    }

    pub(crate) fn answered(&self, took: Duration, not_modified: bool) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.fetched.set(now.as_secs_f64().floor());
        self.duration.observe(took.as_secs_f64());
        self.not_modified.set(i64::from(not_modified));
    }

    pub(crate) fn failed(&self) {
        self.failures.inc();
        self.successful.set(0);
    }

    pub(crate) fn succeeded(&self) {
        self.successful.set(1);
    }

    /// What runs now; nothing if empty.
    pub(crate) fn running(&self, hash: &str) {
        self.show_hash(hash);
    }

    fn each(&self) -> [&dyn Collector; 7] {
        let Self { hash, successful, not_modified, failures, attempts, fetched, duration, .. } =
            self;
        [hash, successful, not_modified, failures, attempts, fetched, duration]
    }
}

impl Collector for Metrics {
    fn desc(&self) -> Vec<&Desc> {
        self.each().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.each().into_iter().flat_map(Collector::collect).collect()
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
