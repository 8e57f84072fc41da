//! Rows on their way into batches.

use std::sync::Arc;

use alloy_telemetry::{Hold, Metadata, Refs, Row, SampleBatch, SeriesRef, Timestamps};
use rustc_hash::FxHashMap;

/// Most rows of a batch (design/performance.md §3.1).
const MAX_ROWS: usize = 10_000;

/// Rows of one scrape.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    series: Vec<SeriesRef>,
    values: Vec<f64>,
    times_ms: Vec<i64>,
    metadata: Vec<Row<Metadata>>,
    /// Rows of the last scrape.
    expected: usize,
    /// Reference columns of the last scrape's batches: shared again while they stay the same.
    last: Vec<Refs>,
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        self.series.len()
    }

    pub(crate) fn clear(&mut self) {
        self.series.clear();
        self.values.clear();
        self.times_ms.clear();
        self.metadata.clear();
        self.series.reserve(self.expected);
        self.values.reserve(self.expected);
        self.times_ms.reserve(self.expected);
    }

    pub(crate) fn push(&mut self, series: SeriesRef, value: f64, time_ms: i64) {
        self.series.push(series);
        self.values.push(value);
        self.times_ms.push(time_ms);
    }

    /// Adds one row for each of `series`: before the rows there are if those of the same series are
    /// later, else behind them.
    pub(crate) fn insert_by_time(&mut self, series: &[SeriesRef], value: f64, time_ms: i64) {
        if series.is_empty() {
            return;
        }
        let mut first_ms: FxHashMap<SeriesRef, i64> = FxHashMap::default();
        for (&known, &ms) in self.series.iter().zip(&self.times_ms) {
            first_ms.entry(known).and_modify(|first| *first = ms.min(*first)).or_insert(ms);
        }
        let goes_first = |s: &SeriesRef| first_ms.get(s).is_some_and(|&first| first >= time_ms);
        let (before, behind): (Vec<_>, Vec<_>) = series.iter().copied().partition(goes_first);
        for row in &mut self.metadata {
            row.row += before.len() as u32;
        }
        self.values.splice(..0, before.iter().map(|_| value));
        self.times_ms.splice(..0, before.iter().map(|_| time_ms));
        self.series.splice(..0, before);
        for series in behind {
            self.push(series, value, time_ms);
        }
    }

    /// Attaches metadata to the last row.
    pub(crate) fn attach(&mut self, metadata: Metadata) {
        let row = self.series.len().saturating_sub(1) as u32;
        self.metadata.push(Row { row, item: metadata });
    }

    /// Turns the rows into batches and clears them.
    pub(crate) fn take(&mut self, hold: &Hold) -> Vec<SampleBatch> {
        let mut batches = Vec::with_capacity(self.series.len().div_ceil(MAX_ROWS));
        let mut metadata = self.metadata.drain(..).peekable();
        for (nth, series) in self.series.chunks(MAX_ROWS).enumerate() {
            let start = nth * MAX_ROWS;
            let range = start..start + series.len();
            let mut rows = Vec::new();
            while let Some(row) = metadata.next_if(|row| (row.row as usize) < range.end) {
                rows.push(Row { row: row.row - start as u32, item: row.item });
            }
            batches.push(SampleBatch {
                hold: hold.clone(),
                refs: refs(series, self.last.get(nth)),
                values: self.values[range.clone()].into(),
                timestamps: timestamps(&self.times_ms[range]),
                histograms: None,
                exemplars: None,
                metadata: (!rows.is_empty()).then(|| rows.into()),
                created: None,
                ack: None,
            });
        }
        drop(metadata);
        self.last = batches.iter().map(|batch| batch.refs.clone()).collect();
        // Between scrapes a target costs no rows.
        let expected = self.series.len();
        *self = Self { last: std::mem::take(&mut self.last), expected, ..Self::default() };
        batches
    }
}

fn refs(series: &[SeriesRef], last: Option<&Refs>) -> Refs {
    if let Some(&start) = series.first()
        && series.iter().enumerate().all(|(n, &s)| s == start.offset(n as u32))
    {
        return Refs::Run { start, len: series.len() as u32 };
    }
    match last {
        Some(Refs::List(list)) if **list == *series => Refs::List(Arc::clone(list)),
        _ => Refs::List(series.into()),
    }
}

fn timestamps(times_ms: &[i64]) -> Timestamps {
    match times_ms.first() {
        Some(&first) if times_ms.iter().all(|&ms| ms == first) => Timestamps::One(first),
        _ => Timestamps::Each(times_ms.into()),
    }
}
