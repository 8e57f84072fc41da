//! The metrics of remote write, under the reference's names.

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts,
};

const LABELS: [&str; 2] = ["remote_name", "url"];
const LABELS_AND_REASON: [&str; 3] = ["remote_name", "url", "reason"];
/// Samples older than `sample_age_limit`.
pub(crate) const TOO_OLD: &str = "too_old";
/// Series that relabelling dropped.
pub(crate) const DROPPED_SERIES: &str = "dropped_series";
/// Histograms with custom buckets, which version 1 cannot carry.
pub(crate) const NHCB: &str = "nhcb_in_rw1_not_supported";
/// What an endpoint refused of the part that it may have had before a restart.
pub(crate) const REFUSED: &str = "refused";

/// The three kinds of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DataKind {
    Sample,
    Exemplar,
    Histogram,
}

impl DataKind {
    pub(crate) const ALL: [Self; 3] = [Self::Sample, Self::Exemplar, Self::Histogram];
    const WORDS: [&str; 3] = ["samples", "exemplars", "histograms"];
}

/// Numbers by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts([u64; 3]);

impl Counts {
    pub(crate) fn add(&mut self, kind: DataKind, n: u64) {
        self.0[kind as usize] += n;
    }

    pub(crate) fn get(self, kind: DataKind) -> u64 {
        self.0[kind as usize]
    }

    pub(crate) fn total(self) -> u64 {
        self.0.iter().sum()
    }
}

/// Metrics of all endpoints of a component, and those that exist once.
#[derive(Clone)]
pub struct Metrics {
    total: [IntCounterVec; 3],
    failed: [IntCounterVec; 3],
    retried: [IntCounterVec; 3],
    dropped: [IntCounterVec; 3],
    pending: [IntGaugeVec; 3],
    incoming: [IntCounter; 3],
    highest_in: Gauge,
    metadata: [IntCounterVec; 4],
    enqueue_retries: IntCounterVec,
    sent_batch_duration: HistogramVec,
    highest: GaugeVec,
    highest_sent: GaugeVec,
    shard_capacity: IntGaugeVec,
    shards: IntGaugeVec,
    shards_max: IntGaugeVec,
    shards_min: IntGaugeVec,
    shards_desired: GaugeVec,
    bytes: IntCounterVec,
    max_samples_per_send: IntGaugeVec,
}

fn opts(name: &str, help: impl Into<String>) -> Opts {
    Opts::new(format!("prometheus_remote_storage_{name}"), help)
}

fn three<T>(mut make: impl FnMut(&str) -> prometheus::Result<T>) -> prometheus::Result<[T; 3]> {
    let [a, b, c] = DataKind::WORDS;
    Ok([make(a)?, make(b)?, make(c)?])
}

impl Metrics {
    /// Metrics that are not registered yet.
    ///
    /// # Errors
    /// Never in practice: names and labels are constant.
    pub fn new() -> prometheus::Result<Self> {
        let counters = |suffix: &'static str, what: &'static str| {
            three(|word| {
                let name = format!("{word}{suffix}");
                IntCounterVec::new(opts(&name, format!("Number of {word} {what}.")), &LABELS)
            })
        };
        let counter = |name: &str, help: &str| IntCounterVec::new(opts(name, help), &LABELS);
        let gauge = |name: &str, help: &str| GaugeVec::new(opts(name, help), &LABELS);
        let int_gauge = |name: &str, help: &str| IntGaugeVec::new(opts(name, help), &LABELS);
        let buckets = [&prometheus::DEFAULT_BUCKETS[..], &[25., 60., 120., 300.]].concat();
        Ok(Self {
            total: counters("_total", "sent to the endpoint, each attempt counted")?,
            failed: counters("_failed_total", "that the endpoint refused for good")?,
            retried: counters(
                "_retried_total",
                "that failed to be sent for a reason that may pass",
            )?,
            dropped: three(|word| {
                let help = format!("Number of {word} read from the log and not sent, by reason.");
                IntCounterVec::new(opts(&format!("{word}_dropped_total"), help), &LABELS_AND_REASON)
            })?,
            pending: three(|word| {
                let help = format!("Number of {word} that wait in the shards.");
                IntGaugeVec::new(opts(&format!("{word}_pending"), help), &LABELS)
            })?,
            incoming: three(|word| {
                let help = format!("Number of {word} that came in.");
                IntCounter::with_opts(opts(&format!("{word}_in_total"), help))
            })?,
            highest_in: Gauge::with_opts(opts(
                "highest_timestamp_in_seconds",
                "Newest sample time that came in.",
            ))?,
            metadata: [
                counter("metadata_total", "Number of metadata entries sent.")?,
                counter("metadata_failed_total", "Number of metadata entries refused for good.")?,
                counter("metadata_retried_total", "Number of metadata entries sent again.")?,
                counter("metadata_bytes_total", "Bytes of metadata sent.")?,
            ],
            enqueue_retries: counter(
                "enqueue_retries_total",
                "Number of times that a full shard held up the log's reader.",
            )?,
            sent_batch_duration: HistogramVec::new(
                HistogramOpts::new(
                    "prometheus_remote_storage_sent_batch_duration_seconds",
                    "Duration of requests to the endpoint.",
                )
                .buckets(buckets),
                &LABELS,
            )?,
            highest: gauge(
                "queue_highest_timestamp_seconds",
                "Newest sample time that was queued.",
            )?,
            highest_sent: gauge(
                "queue_highest_sent_timestamp_seconds",
                "Newest sample time that was sent.",
            )?,
            shard_capacity: int_gauge("shard_capacity", "Capacity of each shard.")?,
            shards: int_gauge("shards", "Number of shards that run.")?,
            shards_max: int_gauge("shards_max", "Most shards that may run.")?,
            shards_min: int_gauge("shards_min", "Fewest shards that run.")?,
            shards_desired: gauge("shards_desired", "Number of shards that the load asks for.")?,
            bytes: counter("bytes_total", "Bytes of requests, compressed.")?,
            max_samples_per_send: int_gauge("max_samples_per_send", "Most samples of a request.")?,
        })
    }

    fn parts(&self) -> Vec<&dyn Collector> {
        let counters = [&self.total, &self.failed, &self.retried, &self.dropped];
        let mut all: Vec<&dyn Collector> = Vec::new();
        all.extend(counters.into_iter().flatten().map(|c| c as &dyn Collector));
        all.extend(self.pending.iter().map(|c| c as &dyn Collector));
        all.extend(self.incoming.iter().map(|c| c as &dyn Collector));
        all.extend(self.metadata.iter().map(|c| c as &dyn Collector));
        let rest: [&dyn Collector; 12] = [
            &self.highest_in,
            &self.enqueue_retries,
            &self.bytes,
            &self.sent_batch_duration,
            &self.highest,
            &self.highest_sent,
            &self.shards_desired,
            &self.shard_capacity,
            &self.shards,
            &self.shards_max,
            &self.shards_min,
            &self.max_samples_per_send,
        ];
        all.extend(rest);
        all
    }

    /// Counts what came in.
    pub fn incoming(&self, samples: u64, exemplars: u64, histograms: u64, newest_ms: i64) {
        for (counter, n) in self.incoming.iter().zip([samples, exemplars, histograms]) {
            counter.inc_by(n);
        }
        raise(&self.highest_in, newest_ms);
    }

    pub(crate) fn endpoint(&self, name: &str, url: &str) -> EndpointMetrics {
        let labels = [name, url];
        let each = |set: &[IntCounterVec; 3]| set.each_ref().map(|c| c.with_label_values(&labels));
        let dropped = |kind: DataKind, reason: &str| {
            self.dropped[kind as usize].with_label_values(&[name, url, reason])
        };
        // What can be dropped is there from the start, so that rates see the first drop.
        for kind in DataKind::ALL {
            for reason in [TOO_OLD, DROPPED_SERIES, REFUSED] {
                drop(dropped(kind, reason));
            }
        }
        drop(dropped(DataKind::Histogram, NHCB));
        for counter in &self.metadata {
            drop(counter.with_label_values(&labels));
        }
        EndpointMetrics {
            labels: [name.to_owned(), url.to_owned()],
            total: each(&self.total),
            failed: each(&self.failed),
            retried: each(&self.retried),
            dropped: self.dropped.clone(),
            pending: self.pending.each_ref().map(|g| g.with_label_values(&labels)),
            enqueue_retries: self.enqueue_retries.with_label_values(&labels),
            sent_batch_duration: self.sent_batch_duration.with_label_values(&labels),
            highest: self.highest.with_label_values(&labels),
            highest_sent: self.highest_sent.with_label_values(&labels),
            shard_capacity: self.shard_capacity.with_label_values(&labels),
            shards: self.shards.with_label_values(&labels),
            shards_max: self.shards_max.with_label_values(&labels),
            shards_min: self.shards_min.with_label_values(&labels),
            shards_desired: self.shards_desired.with_label_values(&labels),
            bytes: self.bytes.with_label_values(&labels),
            max_samples_per_send: self.max_samples_per_send.with_label_values(&labels),
        }
    }

    /// Forgets an endpoint.
    pub fn remove(&self, name: &str, url: &str) {
        let labels = [name, url];
        // What was never set cannot be removed, which is fine.
        for set in [&self.total, &self.failed, &self.retried] {
            set.iter().for_each(|c| drop(c.remove_label_values(&labels)));
        }
        for counter in &self.dropped {
            for reason in [TOO_OLD, DROPPED_SERIES, REFUSED, NHCB] {
                drop(counter.remove_label_values(&[name, url, reason]));
            }
        }
        self.pending.iter().for_each(|c| drop(c.remove_label_values(&labels)));
        self.metadata.iter().for_each(|c| drop(c.remove_label_values(&labels)));
        for counter in [&self.enqueue_retries, &self.bytes] {
            drop(counter.remove_label_values(&labels));
        }
        drop(self.sent_batch_duration.remove_label_values(&labels));
        for gauge in [&self.highest, &self.highest_sent, &self.shards_desired] {
            drop(gauge.remove_label_values(&labels));
        }
        for gauge in [
            &self.shard_capacity,
            &self.shards,
            &self.shards_max,
            &self.shards_min,
            &self.max_samples_per_send,
        ] {
            drop(gauge.remove_label_values(&labels));
        }
    }
}

impl Collector for Metrics {
    fn desc(&self) -> Vec<&Desc> {
        self.parts().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let families = self.parts().into_iter().flat_map(Collector::collect);
        // A family without series would be a header without lines.
        families.filter(|family| !family.get_metric().is_empty()).collect()
    }
}

fn raise(gauge: &Gauge, ms: i64) {
    let seconds = ms.div_euclid(1000) as f64;
    if ms != i64::MIN && seconds > gauge.get() {
        gauge.set(seconds);
    }
}

/// Metrics of one endpoint.
#[derive(Clone)]
pub(crate) struct EndpointMetrics {
    labels: [String; 2],
    total: [IntCounter; 3],
    failed: [IntCounter; 3],
    retried: [IntCounter; 3],
    dropped: [IntCounterVec; 3],
    pending: [IntGauge; 3],
    pub(crate) enqueue_retries: IntCounter,
    pub(crate) sent_batch_duration: Histogram,
    highest: Gauge,
    highest_sent: Gauge,
    pub(crate) shard_capacity: IntGauge,
    pub(crate) shards: IntGauge,
    pub(crate) shards_max: IntGauge,
    pub(crate) shards_min: IntGauge,
    pub(crate) shards_desired: Gauge,
    pub(crate) bytes: IntCounter,
    pub(crate) max_samples_per_send: IntGauge,
}

impl EndpointMetrics {
    fn count(counters: &[IntCounter; 3], counts: Counts) {
        for kind in DataKind::ALL {
            counters[kind as usize].inc_by(counts.get(kind));
        }
    }

    pub(crate) fn attempted(&self, counts: Counts) {
        Self::count(&self.total, counts);
    }

    pub(crate) fn failed(&self, counts: Counts) {
        Self::count(&self.failed, counts);
    }

    pub(crate) fn retried(&self, counts: Counts) {
        Self::count(&self.retried, counts);
    }

    pub(crate) fn dropped(&self, kind: DataKind, reason: &str, n: u64) {
        let [name, url] = &self.labels;
        self.dropped[kind as usize].with_label_values(&[name, url, reason]).inc_by(n);
    }

    pub(crate) fn pending(&self, kind: DataKind, change: i64) {
        self.pending[kind as usize].add(change);
    }

    pub(crate) fn nothing_pending(&self) {
        self.pending.iter().for_each(|g| g.set(0));
    }

    pub(crate) fn queued(&self, ms: i64) {
        raise(&self.highest, ms);
    }

    pub(crate) fn sent(&self, ms: i64) {
        raise(&self.highest_sent, ms);
    }

    /// How far sending is behind.
    pub(crate) fn lag_seconds(&self) -> f64 {
        match self.highest_sent.get() {
            0.0 => 0.0,
            sent => (self.highest.get() - sent).max(0.0),
        }
    }
}
