//! Metrics of a pool, under the reference's names.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGaugeVec, Opts};

use crate::cache::{Counts, ScrapeError};
use crate::fetch::FetchError;

/// Metrics of one pool. Register each member to publish it.
#[derive(Clone)]
#[expect(missing_docs, reason = "each is its name without the prefix")]
pub struct PoolMetrics {
    pub scrape_pools_total: IntCounter,
    pub scrape_pool_reloads_total: IntCounter,
    pub scrape_pool_reloads_failed_total: IntCounter,
    pub scrape_pool_exceeded_target_limit_total: IntCounter,
    pub scrape_pool_target_limit: IntGaugeVec,
    pub scrape_pool_targets: IntGaugeVec,
    pub scrape_pool_sync_total: IntCounterVec,
    pub scrape_pool_exceeded_label_limits_total: IntCounter,
    pub sync_failed_total: IntCounterVec,
    pub scrapes_exceeded_body_size_limit_total: IntCounter,
    pub scrapes_exceeded_sample_limit_total: IntCounter,
    pub scrapes_sample_duplicate_timestamp_total: IntCounter,
    pub scrapes_sample_out_of_bounds_total: IntCounter,
    pub scrape_duration_seconds: Histogram,
}

const PREFIX: &str = "prometheus_target_";
const JOB_LABEL: &str = "scrape_job";

impl Default for PoolMetrics {
    fn default() -> Self {
        Self {
            scrape_pools_total: counter(
                "scrape_pools_total",
                "Total number of scrape pool creation attempts.",
            ),
            scrape_pool_reloads_total: counter(
                "scrape_pool_reloads_total",
                "Total number of scrape pool reloads.",
            ),
            scrape_pool_reloads_failed_total: counter(
                "scrape_pool_reloads_failed_total",
                "Total number of failed scrape pool reloads.",
            ),
            scrape_pool_exceeded_target_limit_total: counter(
                "scrape_pool_exceeded_target_limit_total",
                "Total number of times scrape pools hit the target limit, during sync or config reload.",
            ),
            scrape_pool_target_limit: gauges(
                "scrape_pool_target_limit",
                "Maximum number of targets allowed in this scrape pool.",
            ),
            scrape_pool_targets: gauges(
                "scrape_pool_targets",
                "Current number of targets in this scrape pool.",
            ),
            scrape_pool_sync_total: counters(
                "scrape_pool_sync_total",
                "Total number of syncs that were executed on a scrape pool.",
            ),
            scrape_pool_exceeded_label_limits_total: counter(
                "scrape_pool_exceeded_label_limits_total",
                "Total number of times scrape pools hit the label limits, during sync or config reload.",
            ),
            sync_failed_total: counters(
                "sync_failed_total",
                "Total number of target sync failures.",
            ),
            scrapes_exceeded_body_size_limit_total: counter(
                "scrapes_exceeded_body_size_limit_total",
                "Total number of scrapes that hit the body size limit",
            ),
            scrapes_exceeded_sample_limit_total: counter(
                "scrapes_exceeded_sample_limit_total",
                "Total number of scrapes that hit the sample limit and were rejected.",
            ),
            scrapes_sample_duplicate_timestamp_total: counter(
                "scrapes_sample_duplicate_timestamp_total",
                "Total number of samples rejected due to duplicate timestamps but different values.",
            ),
            scrapes_sample_out_of_bounds_total: counter(
                "scrapes_sample_out_of_bounds_total",
                "Total number of samples rejected due to timestamp falling outside of the time bounds.",
            ),
            scrape_duration_seconds: duration_histogram(),
        }
    }
}

impl PoolMetrics {
    /// Counts the outcome of one scrape.
    pub(crate) fn scraped(&self, duration_seconds: f64, outcome: &Result<Counts, Failure>) {
        self.scrape_duration_seconds.observe(duration_seconds);
        match outcome {
            Ok(counts) => {
                self.scrapes_sample_duplicate_timestamp_total.inc_by(counts.duplicates);
                self.scrapes_sample_out_of_bounds_total.inc_by(counts.out_of_bounds);
            }
            Err(Failure::Fetch(FetchError::TooLarge)) => {
                self.scrapes_exceeded_body_size_limit_total.inc();
            }
            Err(Failure::Ingest(ScrapeError::SampleLimit)) => {
                self.scrapes_exceeded_sample_limit_total.inc();
            }
            Err(Failure::Ingest(ScrapeError::Limit(_))) => {
                self.scrape_pool_exceeded_label_limits_total.inc();
            }
            Err(Failure::Fetch(_) | Failure::Ingest(_)) => {}
        }
    }
}

/// Why a scrape failed, by the step that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Ingest(#[from] ScrapeError),
}

const VALID: &str = "names and labels are constants of this module";

#[expect(clippy::expect_used, reason = "a test creates them all")]
fn counter(name: &str, help: &str) -> IntCounter {
    IntCounter::new(format!("{PREFIX}{name}"), help).expect(VALID)
}

#[expect(clippy::expect_used, reason = "a test creates them all")]
fn counters(name: &str, help: &str) -> IntCounterVec {
    IntCounterVec::new(Opts::new(format!("{PREFIX}{name}"), help), &[JOB_LABEL]).expect(VALID)
}

#[expect(clippy::expect_used, reason = "a test creates them all")]
fn gauges(name: &str, help: &str) -> IntGaugeVec {
    IntGaugeVec::new(Opts::new(format!("{PREFIX}{name}"), help), &[JOB_LABEL]).expect(VALID)
}

#[expect(clippy::expect_used, reason = "a test creates it")]
fn duration_histogram() -> Histogram {
    let name = format!("{PREFIX}scrape_duration_seconds");
    let options = HistogramOpts::new(
        name,
        "Total duration of the scrape from start to commit completion in seconds.",
    )
    .buckets(vec![0.01, 0.05, 0.1, 0.25, 0.5, 1., 2.5, 5., 10., 25., 50., 100.]);
    Histogram::with_opts(options).expect(VALID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_are_valid() {
        let metrics = PoolMetrics::default();
        metrics.scraped(0.1, &Err(Failure::Fetch(FetchError::TooLarge)));
        assert_eq!(metrics.scrapes_exceeded_body_size_limit_total.get(), 1);
    }
}
