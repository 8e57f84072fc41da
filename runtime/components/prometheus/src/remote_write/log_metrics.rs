//! Metrics of the log, under the names that the reference gives those of its WAL.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alloy_flow_wal::{Log, Stats};
use parking_lot::Mutex;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, IntCounter, IntGauge};

type Read = fn(&Stats) -> &AtomicU64;

static NONE: AtomicU64 = AtomicU64::new(0);

const COUNTERS: &[(&str, &str, Read)] = &[
    ("samples_appended_total", "Samples written to the log.", |s| &s.samples_appended),
    ("histograms_appended_total", "Histograms written to the log.", |s| &s.histograms_appended),
    ("exemplars_appended_total", "Exemplars written to the log.", |s| &s.exemplars_appended),
    ("metadata_updates_total", "Metadata entries written to the log.", |s| &s.metadata_appended),
    (
        "out_of_order_samples_total",
        "Samples that were not newer than the last one of their series.",
        |s| &s.out_of_order,
    ),
    ("storage_created_series_total", "Series described in the log.", |s| &s.series_created),
    ("storage_removed_series_total", "Series that left the log's memory.", |s| &s.series_removed),
    ("corruptions_total", "Damaged places met while reading the log.", |s| &s.corruptions),
    ("lost_samples_total", "Samples lost to damage or to a full disk and memory.", |s| {
        &s.rows_lost
    }),
    ("bytes_written_total", "Bytes written to the log.", |s| &s.bytes_written),
    ("fsyncs_total", "Times that the log was forced to the disk.", |s| &s.syncs),
    ("write_failures_total", "Failed writes to the log.", |s| &s.write_failures),
    // Segments describe their own series, so there are no checkpoints to make.
    ("checkpoint_creations_total", "Checkpoints of the log: there are none.", |_| &NONE),
    ("checkpoint_creations_failed_total", "Checkpoints that failed: there are none.", |_| &NONE),
    ("checkpoint_deletions_total", "Segments of the log that were deleted.", |s| {
        &s.segments_deleted
    }),
    ("checkpoint_deletions_failed_total", "Segments that could not be deleted.", |s| {
        &s.segments_delete_failures
    }),
];

/// Series that the log of one component holds, as the label store shows them.
#[derive(Clone)]
pub(super) struct HeldSeries {
    log: Arc<Mutex<Option<Log>>>,
    held: IntGauge,
}

impl HeldSeries {
    pub(super) fn new(log: Arc<Mutex<Option<Log>>>) -> prometheus::Result<Self> {
        let held = IntGauge::new(
            "alloy_labelstore_remote_store_ids_count",
            "Series that are held for a remote.",
        )?;
        Ok(Self { log, held })
    }
}

impl Collector for HeldSeries {
    fn desc(&self) -> Vec<&Desc> {
        self.held.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let log = self.log.lock().clone();
        let held = log.map_or(0, |log| log.stats().series_active.load(Ordering::Relaxed));
        self.held.set(i64::try_from(held).unwrap_or(i64::MAX));
        self.held.collect()
    }
}

/// Reads the statistics of the log that is open when it is asked.
#[derive(Clone)]
pub(super) struct LogMetrics {
    log: Arc<Mutex<Option<Log>>>,
    counters: Vec<(Read, IntCounter)>,
    active_series: IntGauge,
    deleted_series: IntGauge,
    segment: IntGauge,
    disk_bytes: IntGauge,
    disk_limit_bytes: IntGauge,
    replay: Gauge,
}

impl LogMetrics {
    pub(super) fn new(
        log: Arc<Mutex<Option<Log>>>,
        opened_in: Duration,
        disk_limit: u64,
    ) -> prometheus::Result<Self> {
        let name = |name: &str| format!("prometheus_remote_write_wal_{name}");
        let gauge = |short: &str, help: &str| IntGauge::new(name(short), help);
        let counters = COUNTERS
            .iter()
            .map(|(short, help, read)| Ok((*read, IntCounter::new(name(short), *help)?)))
            .collect::<prometheus::Result<_>>()?;
        let replay = Gauge::new(
            "prometheus_remote_write_data_replay_duration_seconds",
            "Time that opening the log took.",
        )?;
        replay.set(opened_in.as_secs_f64());
        let disk_limit_bytes = gauge("storage_limit_bytes", "Most bytes of the log on disk.")?;
        disk_limit_bytes.set(i64::try_from(disk_limit).unwrap_or(i64::MAX));
        Ok(Self {
            log,
            counters,
            active_series: gauge("storage_active_series", "Series of the current segment.")?,
            deleted_series: gauge(
                "storage_deleted_series",
                "Series that wait to leave the log's memory: they leave at once.",
            )?,
            segment: gauge("segment_current", "Number of the current segment.")?,
            disk_bytes: gauge("storage_used_bytes", "Bytes of the log on disk.")?,
            disk_limit_bytes,
            replay,
        })
    }

    fn parts(&self) -> Vec<&dyn Collector> {
        let mut all: Vec<&dyn Collector> = vec![
            &self.active_series,
            &self.deleted_series,
            &self.segment,
            &self.disk_bytes,
            &self.disk_limit_bytes,
            &self.replay,
        ];
        all.extend(self.counters.iter().map(|(_, counter)| counter as &dyn Collector));
        all
    }
}

impl Collector for LogMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.parts().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let log = self.log.lock().clone();
        if let Some(log) = &log {
            let get = |read: Read| read(log.stats()).load(Ordering::Relaxed);
            for (read, counter) in &self.counters {
                counter.reset();
                counter.inc_by(get(*read));
            }
            self.active_series.set(get(|s| &s.series_active) as i64);
            self.segment.set(get(|s| &s.segment) as i64);
            self.disk_bytes.set(log.disk_bytes() as i64);
        }
        self.parts().into_iter().flat_map(Collector::collect).collect()
    }
}
