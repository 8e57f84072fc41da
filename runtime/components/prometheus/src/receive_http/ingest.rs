//! From the body of a request to batches of samples: pure, no I/O.

use std::sync::Arc;

use alloy_flow_remote_write::proto::{self, LabelBytes};
use alloy_telemetry::{
    Ack, Exemplar, Histogram, Labels, Refs, Row, SampleBatch, SeriesTable, Timestamps,
};

/// Samples further ahead are refused: a wrong clock would block the series for that long.
const MAX_AHEAD_MS: i64 = 10 * 60 * 1000;
/// Rows of a batch (design/performance.md §3.1).
const MAX_ROWS: usize = 10_000;
/// Decoded body (design/performance.md §8).
const MAX_DECODED: usize = 100 << 20;
/// A snappy element copies at most 64 bytes for 3: a body cannot grow more than this.
const MAX_SNAPPY_RATIO: usize = 24;
/// Custom buckets instead of an exponential schema.
const CUSTOM_BUCKETS: i32 = -53;

/// Why a body is refused; the text is the answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// The encoding or the message is broken.
    #[error("{0}")]
    Malformed(String),
    /// A sample lies too far in the future.
    #[error("out of bounds: a sample of {series} is more than 10 minutes ahead")]
    OutOfBounds {
        /// Its labels.
        series: String,
    },
    /// A native histogram contradicts itself.
    #[error("invalid native histogram of {series}: {reason}")]
    Histogram {
        /// Its labels.
        series: String,
        /// Why.
        reason: &'static str,
    },
}

/// What a request holds.
#[derive(Debug)]
pub(super) struct Ingested {
    /// Batches that share one acknowledgement.
    pub(super) batches: Vec<Arc<SampleBatch>>,
    /// Samples of series that were skipped because of their labels.
    pub(super) skipped: u64,
}

/// Decompresses a snappy block.
pub(super) fn decompress(body: &[u8]) -> Result<Vec<u8>, Refused> {
    let malformed = |error: snap::Error| Refused::Malformed(format!("snappy: {error}"));
    if body.is_empty() {
        return Err(Refused::Malformed("the request has no body".to_owned()));
    }
    let declared = snap::raw::decompress_len(body).map_err(malformed)?;
    if declared > MAX_DECODED {
        return Err(Refused::Malformed(format!(
            "the decoded body has {declared} bytes, the limit is {MAX_DECODED}"
        )));
    }
    if declared > body.len().saturating_mul(MAX_SNAPPY_RATIO) {
        return Err(Refused::Malformed("snappy: the declared length is impossible".to_owned()));
    }
    snap::raw::Decoder::new().decompress_vec(body).map_err(malformed)
}

#[derive(Default)]
struct Columns {
    labels: Vec<Labels>,
    values: Vec<f64>,
    timestamps: Vec<i64>,
    histograms: Vec<Row<Histogram>>,
    exemplars: Vec<Row<Exemplar>>,
}

impl Columns {
    fn push(&mut self, labels: &Labels, value: f64, timestamp_ms: i64) -> u32 {
        self.labels.push(labels.clone());
        self.values.push(value);
        self.timestamps.push(timestamp_ms);
        (self.values.len() - 1) as u32
    }

    fn finish(self, table: &SeriesTable, ack: &Ack) -> Arc<SampleBatch> {
        // Pushed series are held by the batch alone: what keeps them longer adopts them.
        let mut owner = table.owner();
        let refs = self.labels.iter().map(|labels| owner.intern(labels)).collect();
        fn some<T>(rows: Vec<Row<T>>) -> Option<Arc<[Row<T>]>> {
            (!rows.is_empty()).then(|| rows.into())
        }
        Arc::new(SampleBatch {
            hold: owner.hold(),
            refs: Refs::List(refs),
            values: self.values.into(),
            timestamps: Timestamps::Each(self.timestamps.into()),
            histograms: some(self.histograms),
            exemplars: some(self.exemplars),
            metadata: None,
            created: None,
            ack: Some(ack.clone()),
        })
    }
}

/// Turns a decompressed 1.0 message into batches. Nothing is kept of a refused request.
pub(super) fn ingest(
    message: &[u8],
    now_ms: i64,
    table: &SeriesTable,
    ack: &Ack,
) -> Result<Ingested, Refused> {
    let request =
        proto::decode(message).map_err(|e| Refused::Malformed(format!("protobuf: {e}")))?;
    let mut batches = Vec::new();
    let mut columns = Columns::default();
    let mut skipped = 0;
    for series in &request.series {
        let Some(labels) = labels(&series.labels) else {
            skipped += (series.samples.len() + series.histograms.len()) as u64;
            tracing::warn!("skipped a series without a metric name or with invalid labels");
            continue;
        };
        let samples = series.samples.iter().map(|&(value, ts)| (value, ts, None));
        let histograms = series.histograms.iter().map(|(h, ts)| (f64::NAN, *ts, Some(h)));
        let mut last_row = None;
        for (value, timestamp_ms, histogram) in samples.chain(histograms) {
            if timestamp_ms > now_ms.saturating_add(MAX_AHEAD_MS) {
                return Err(Refused::OutOfBounds { series: labels.to_string() });
            }
            if columns.values.len() == MAX_ROWS {
                batches.push(std::mem::take(&mut columns).finish(table, ack));
            }
            let row = columns.push(&labels, value, timestamp_ms);
            last_row = Some(row);
            if let Some(histogram) = histogram {
                check(histogram)
                    .map_err(|reason| Refused::Histogram { series: labels.to_string(), reason })?;
                columns.histograms.push(Row { row, item: histogram.clone() });
            }
        }
        let Some(row) = last_row else { continue };
        for exemplar in &series.exemplars {
            let Some(labels) = pairs(&exemplar.labels) else { continue };
            let timestamp_ms = Some(exemplar.timestamp_ms);
            let item =
                Exemplar { labels: Labels::new(labels), value: exemplar.value, timestamp_ms };
            columns.exemplars.push(Row { row, item });
        }
    }
    if !columns.values.is_empty() {
        batches.push(columns.finish(table, ack));
    }
    Ok(Ingested { batches, skipped })
}

/// Pairs as text; `None` if one is not UTF-8 or a name is empty.
fn pairs<'a>(labels: &[LabelBytes<'a>]) -> Option<Vec<(&'a str, &'a str)>> {
    labels
        .iter()
        .map(|(name, value)| {
            let name = std::str::from_utf8(name).ok().filter(|n| !n.is_empty())?;
            Some((name, std::str::from_utf8(value).ok()?))
        })
        .collect()
}

/// The labels of a series, sorted, empty values removed; `None` if they are invalid.
fn labels(labels: &[LabelBytes<'_>]) -> Option<Labels> {
    let mut pairs = pairs(labels)?;
    pairs.sort_unstable_by_key(|(name, _)| *name);
    if pairs.array_windows().any(|[a, b]| a.0 == b.0) {
        return None;
    }
    let labels = Labels::new(pairs);
    labels.get("__name__").is_some().then_some(labels)
}

/// Checks that spans, buckets and counts of a histogram agree.
fn check(h: &Histogram) -> Result<(), &'static str> {
    let custom = h.schema == CUSTOM_BUCKETS;
    if !custom && !(-4..=8).contains(&h.schema) {
        return Err("the schema is unknown");
    }
    if custom && (!h.negative_spans.is_empty() || h.zero_count != 0.0 || h.zero_threshold != 0.0) {
        return Err("custom buckets have neither a zero bucket nor negative buckets");
    }
    if h.custom_values.array_windows().any(|[a, b]| a >= b) {
        return Err("the custom bounds do not increase");
    }
    let mut total = h.zero_count;
    for (spans, deltas, counts) in [
        (&h.positive_spans, &h.positive_deltas, &h.positive_counts),
        (&h.negative_spans, &h.negative_deltas, &h.negative_counts),
    ] {
        let buckets = if h.is_float { counts.len() } else { deltas.len() };
        let spanned = spans.iter().map(|(_, length)| u64::from(*length)).sum::<u64>();
        if spanned != buckets as u64 {
            return Err("the spans do not cover the buckets");
        }
        if spans.iter().skip(1).any(|(offset, _)| *offset < 0) {
            return Err("a span has a negative offset");
        }
        if h.is_float {
            if counts.iter().any(|&count| count < 0.0) {
                return Err("a bucket has a negative count");
            }
            total += counts.iter().sum::<f64>();
        } else {
            let mut count = 0_i64;
            for delta in deltas {
                count = count.checked_add(*delta).ok_or("a bucket count overflows")?;
                if count < 0 {
                    return Err("a bucket has a negative count");
                }
                total += count as f64;
            }
        }
    }
    if h.is_float {
        return if h.count < 0.0 || h.zero_count < 0.0 {
            Err("a count is negative")
        } else {
            Ok(())
        };
    }
    // Observations of NaN are counted but are in no bucket.
    let agrees = if h.sum.is_nan() { h.count >= total } else { h.count == total };
    if agrees { Ok(()) } else { Err("the buckets do not add up to the count") }
}
