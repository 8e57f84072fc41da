//! Columnar batch of samples (design/performance.md §3.1).

use std::sync::Arc;

use crate::{Ack, Hold, Labels, SeriesRef};

/// Bits of the NaN that marks a series as stale.
pub const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// The stale marker.
pub const fn stale_marker() -> f64 {
    f64::from_bits(STALE_NAN_BITS)
}

/// True if `value` is the stale marker (other NaNs are ordinary values).
pub const fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN_BITS
}

/// The series of a batch, one per row.
#[derive(Clone, Debug)]
pub enum Refs {
    /// `len` consecutive references from `start`: what a full scrape of a known target usually is.
    Run {
        /// First reference.
        start: SeriesRef,
        /// Number of rows.
        len: u32,
    },
    /// One reference per row.
    List(Arc<[SeriesRef]>),
}

/// The times of a batch, in milliseconds since the Unix epoch.
#[derive(Clone, Debug)]
pub enum Timestamps {
    /// All rows carry this time.
    One(i64),
    /// One time per row.
    Each(Arc<[i64]>),
}

/// Type of a metric family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[expect(missing_docs, reason = "the variants are the exposition format's words")]
pub enum MetricType {
    #[default]
    Unknown,
    Counter,
    Gauge,
    Histogram,
    GaugeHistogram,
    Summary,
    Info,
    StateSet,
}

impl MetricType {
    const ALL: [Self; 8] = [
        Self::Unknown,
        Self::Counter,
        Self::Gauge,
        Self::Histogram,
        Self::GaugeHistogram,
        Self::Summary,
        Self::Info,
        Self::StateSet,
    ];

    /// Its number in `MetricMetadata` of the remote-write protocol 1.0, 0 to 7.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The type with this [`MetricType::number`].
    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

/// Metadata of the family that a row belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Metadata {
    /// Family name.
    pub family: Arc<str>,
    /// Family type.
    pub kind: MetricType,
    /// Help text.
    pub help: Arc<str>,
    /// Unit.
    pub unit: Arc<str>,
}

/// Exemplar of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// Its own labels (`trace_id`).
    pub labels: Labels,
    /// Its value.
    pub value: f64,
    /// Its time in ms, if it has one.
    pub timestamp_ms: Option<i64>,
}

/// Native histogram value of a row, in remote-write terms; integer histograms use deltas.
#[derive(Clone, Debug, PartialEq, Default)]
#[expect(missing_docs, reason = "the fields are the remote-write message's")]
pub struct Histogram {
    pub is_float: bool,
    pub count: f64,
    pub sum: f64,
    pub schema: i32,
    pub zero_threshold: f64,
    pub zero_count: f64,
    pub positive_spans: Vec<(i32, u32)>,
    pub positive_deltas: Vec<i64>,
    pub positive_counts: Vec<f64>,
    pub negative_spans: Vec<(i32, u32)>,
    pub negative_deltas: Vec<i64>,
    pub negative_counts: Vec<f64>,
    pub custom_values: Vec<f64>,
    pub reset_hint: i32,
}

/// Something attached to one row of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T> {
    /// Row index.
    pub row: u32,
    /// What is attached.
    pub item: T,
}

/// Samples that travel together. At most 10,000 rows or 1 MiB; a larger scrape is several batches
/// that share one [`Ack`].
#[derive(Clone, Debug)]
pub struct SampleBatch {
    /// Keeps every reference of `refs` valid.
    pub hold: Hold,
    /// Series by row.
    pub refs: Refs,
    /// Values by row. The value of a histogram row is meaningless.
    pub values: Arc<[f64]>,
    /// Times by row.
    pub timestamps: Timestamps,
    /// Native histograms; absent when empty.
    pub histograms: Option<Arc<[Row<Histogram>]>>,
    /// Exemplars; absent when empty.
    pub exemplars: Option<Arc<[Row<Exemplar>]>>,
    /// Metadata that is new or changed; absent when empty.
    pub metadata: Option<Arc<[Row<Metadata>]>>,
    /// Start (created) times in ms; absent when empty.
    pub created: Option<Arc<[Row<i64>]>>,
    /// Completed when every consumer has made the batch safe.
    pub ack: Option<Ack>,
}

impl SampleBatch {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The series of `row`.
    pub fn series(&self, row: usize) -> SeriesRef {
        match &self.refs {
            Refs::Run { start, .. } => start.offset(row as u32),
            Refs::List(refs) => refs[row],
        }
    }

    /// The time of `row` in ms.
    pub fn timestamp_ms(&self, row: usize) -> i64 {
        match &self.timestamps {
            Timestamps::One(ms) => *ms,
            Timestamps::Each(ms) => ms[row],
        }
    }
}
