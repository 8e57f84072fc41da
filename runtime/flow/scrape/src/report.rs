//! Series that every scrape adds about itself.

use std::sync::Arc;
use std::time::Duration;

use alloy_telemetry::{Labels, Metadata, MetricType, SeriesOwner, SeriesRef};

use crate::labels;

/// What a scrape reports besides its samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// How long it took.
    pub duration: Duration,
    /// Time that it was allowed.
    pub timeout: Duration,
    /// Decoded size of the body in bytes; -1 if it reached its limit.
    pub body_size_bytes: i64,
}

/// A report series: name, help, unit.
struct Definition(&'static str, &'static str, &'static str);

const REPORTS: [Definition; 8] = [
    Definition(
        "up",
        "Health of the scrape target. 1 means the target is healthy, 0 if the scrape failed.",
        "targets",
    ),
    Definition("scrape_duration_seconds", "Duration of the last scrape in seconds.", "seconds"),
    Definition("scrape_samples_scraped", "Number of samples last scraped.", "samples"),
    Definition(
        "scrape_samples_post_metric_relabeling",
        "Number of samples remaining after metric relabeling was applied.",
        "samples",
    ),
    Definition("scrape_series_added", "Number of series in the last scrape.", "series"),
    Definition("scrape_timeout_seconds", "The configured scrape timeout for a target.", "seconds"),
    Definition(
        "scrape_sample_limit",
        "The configured sample limit for a target. Returns zero if there is no limit configured.",
        "samples",
    ),
    Definition(
        "scrape_body_size_bytes",
        "The uncompressed size of the last scrape response, if successful. Scrapes failing because body_size_limit is exceeded report -1, other scrape failures report 0.",
        "bytes",
    ),
];

/// Number of report series without `extra_metrics`.
const BASIC: usize = 5;

/// The report series of one target.
#[derive(Debug)]
pub(crate) struct ReportSeries {
    refs: Vec<SeriesRef>,
}

impl ReportSeries {
    pub(crate) fn new(owner: &mut SeriesOwner, target: &Labels, extra: bool) -> Self {
        let count = if extra { REPORTS.len() } else { BASIC };
        let intern = |report: &Definition| owner.intern(&labels::report_labels(report.0, target));
        Self { refs: REPORTS[..count].iter().map(intern).collect() }
    }

    pub(crate) fn refs(&self) -> &[SeriesRef] {
        &self.refs
    }

    pub(crate) fn metadata(index: usize) -> Metadata {
        let Definition(name, help, unit) = REPORTS[index];
        Metadata {
            family: Arc::from(name),
            kind: MetricType::Gauge,
            help: Arc::from(help),
            unit: Arc::from(unit),
        }
    }
}
