//! What is remembered about a target between scrapes, and what a scrape makes of it.
//!
//! Bodies repeat their series in the same order. A line whose key equals the key at the same place of
//! the last body is therefore known without lexing it; other lines are looked up by key, and only new
//! keys are parsed into labels.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use alloy_flow_exposition::{Entry, KeyLabels, ParseError, Parser, Series};
use alloy_telemetry::{
    Labels, MetricType, SampleBatch, SeriesOwner, SeriesRef, SeriesTable, stale_marker,
};
use rustc_hash::FxHashSet;

use crate::batches::Rows;
use crate::index::Index;
use crate::labels::{self, Texts};
use crate::metadata::{self, Families};
use crate::options::IngestOptions;
use crate::report::{Report, ReportSeries};

/// Samples further ahead of the clock than this are out of bounds.
const MAX_AHEAD_MS: i64 = 10 * 60 * 1000;
/// After this many scrapes in unchanged order the index is not worth its memory.
const DROP_INDEX_AFTER: u8 = 10;
/// Shared texts are collected anew after this many scrapes that changed the set of series.
const CLEAR_TEXTS_AFTER: u8 = 64;
/// No scrape has this number.
const NEVER: u32 = 0;

/// Why a scrape failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScrapeError {
    /// The body could not be fetched.
    #[error("{0}")]
    Fetch(String),
    /// The body is malformed.
    #[error("cannot parse the exposition: {0}")]
    Parse(#[from] ParseError),
    /// A sample's labels are invalid.
    #[error("{0}")]
    Labels(String),
    /// A label limit is exceeded.
    #[error("{0}")]
    Limit(String),
    /// There are more samples than `sample_limit`.
    #[error("sample limit exceeded")]
    SampleLimit,
}

/// Numbers of one scrape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Samples read.
    pub scraped: u64,
    /// Samples left after labels were settled.
    pub post_relabelling: u64,
    /// Keys that the last scrape did not have.
    pub series_added: u64,
    /// Further samples of a series at the same time, ignored.
    pub duplicates: u64,
    /// Samples too far ahead, ignored.
    pub out_of_bounds: u64,
}

/// A series as exposed.
pub(crate) struct KeyEntry {
    pub(crate) key: Box<[u8]>,
    pub(crate) series: SeriesRef,
    /// What of the last TYPE line the labels depend on.
    depends: Depends,
    /// Another entry has the same series under another spelling.
    shared: bool,
    /// Scrape that last read it.
    seen: u32,
    /// Scrape that last sent a sample whose end needs a marker, and the one before.
    tracked: u32,
    tracked_before: u32,
}

/// What labels depend on besides the key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Depends {
    /// Type, for the spelling of bounds; `None` if the series has none.
    bounds: Option<MetricType>,
    /// Family and type, for type labels.
    family: Option<(Arc<str>, MetricType)>,
}

/// State of one target. Pure: same bodies and times give the same batches.
pub struct ScrapeCache {
    owner: SeriesOwner,
    options: Arc<IngestOptions>,
    target: Labels,
    report: ReportSeries,
    /// Metadata of the report series was sent.
    report_described: bool,
    /// Number of the current scrape.
    scrape: u32,
    /// Scrape whose series are alive for the receivers.
    alive: u32,
    /// In the order of the last good body.
    entries: Vec<KeyEntry>,
    index: Option<Index>,
    seed: u64,
    in_order_scrapes: u8,
    /// Scrapes out of order, which is what lets `texts` grow.
    scrapes_since_clear: u8,
    families: Families,
    exposed: KeyLabels,
    /// Lives while there is an index: afterwards new series are rare.
    texts: Texts,
    /// Entries in the order of the current body.
    order: Vec<u32>,
    /// Series with several spellings that the current body has had, and those of them to be tracked.
    shared_seen: FxHashSet<SeriesRef>,
    shared_tracked: FxHashSet<SeriesRef>,
    rows: Rows,
    pending: Pending,
}

/// Outcome of the current scrape until it is finished.
#[derive(Default)]
struct Pending {
    counts: Counts,
    failed: bool,
    time_ms: i64,
    /// Series to let go once the batches that mention them hold them.
    release: Vec<SeriesRef>,
}

impl ScrapeCache {
    /// State of a target that was never scraped. `target` are the labels of its series.
    pub fn new(table: &SeriesTable, target: Labels, options: Arc<IngestOptions>) -> Self {
        let mut owner = table.owner();
        let report = ReportSeries::new(&mut owner, &target, options.extra_metrics);
        Self {
            owner,
            options,
            target,
            report,
            report_described: false,
            scrape: NEVER,
            alive: NEVER,
            entries: Vec::new(),
            index: None,
            seed: RandomState::new().hash_one(0),
            in_order_scrapes: 0,
            scrapes_since_clear: 0,
            families: Families::default(),
            exposed: KeyLabels::default(),
            texts: Texts::default(),
            order: Vec::new(),
            shared_seen: FxHashSet::default(),
            shared_tracked: FxHashSet::default(),
            rows: Rows::default(),
            pending: Pending::default(),
        }
    }

    /// Changes the options. Series stay alive; their labels are settled anew at the next scrape.
    pub fn set_options(&mut self, options: Arc<IngestOptions>) {
        if *self.options == *options {
            return;
        }
        self.report = ReportSeries::new(&mut self.owner, &self.target, options.extra_metrics);
        self.report_described = false;
        self.options = options;
        self.index = None;
        for entry in &mut self.entries {
            entry.key = Box::default();
        }
    }

    /// Number of series remembered.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if no series is remembered.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Reads a body that was fetched at `time_ms`; `now_ms` is the clock. [`ScrapeCache::finish`]
    /// gives the batches.
    ///
    /// # Errors
    /// If the scrape fails; it still has to be finished, because series end.
    ///
    /// # Cost
    /// One comparison per line while the body keeps its order.
    pub fn ingest(
        &mut self,
        body: &[u8],
        time_ms: i64,
        now_ms: i64,
    ) -> Result<Counts, ScrapeError> {
        self.begin(time_ms);
        let known = self.entries.len();
        let outcome = self.read(body, now_ms);
        match &outcome {
            Ok(()) => {
                let in_order = self.order.len() == known
                    && self.entries.len() == known
                    && self.order.iter().enumerate().all(|(n, &at)| n == at as usize);
                self.mark_ended(in_order);
                self.alive = self.scrape;
                if in_order {
                    self.in_order_scrapes = self.in_order_scrapes.saturating_add(1);
                    if self.in_order_scrapes >= DROP_INDEX_AFTER {
                        self.index = None;
                        self.texts.clear();
                    }
                } else if !body.is_empty() {
                    self.in_order_scrapes = 0;
                    self.reorder();
                }
            }
            Err(_) => self.roll_back(known),
        }
        // Between scrapes a target costs no buffer.
        self.order = Vec::new();
        outcome.map(|()| self.pending.counts)
    }

    /// Records that nothing could be fetched at `time_ms`.
    pub fn fail(&mut self, time_ms: i64) {
        self.begin(time_ms);
        self.roll_back(self.entries.len());
    }

    /// Batches of the scrape: samples, stale markers, report series.
    pub fn finish(&mut self, report: &Report) -> Vec<SampleBatch> {
        let counts = self.pending.counts;
        let values = [
            if self.pending.failed { 0. } else { 1. },
            report.duration.as_secs_f64(),
            counts.scraped as f64,
            counts.post_relabelling as f64,
            counts.series_added as f64,
            report.timeout.as_secs_f64(),
            self.options.sample_limit as f64,
            report.body_size_bytes as f64,
        ];
        for (index, (&series, value)) in self.report.refs().iter().zip(values).enumerate() {
            self.rows.push(series, value, self.pending.time_ms);
            if self.options.honor_metadata && !self.report_described {
                self.rows.attach(ReportSeries::metadata(index));
            }
        }
        self.report_described = true;
        self.flush()
    }

    /// Stale markers for everything, for a target that is gone.
    pub fn end(&mut self, time_ms: i64) -> Vec<SampleBatch> {
        if self.scrape == NEVER {
            return Vec::new();
        }
        self.begin(time_ms);
        self.roll_back(self.entries.len());
        for &series in self.report.refs() {
            self.rows.push(series, stale_marker(), time_ms);
        }
        self.flush()
    }

    fn flush(&mut self) -> Vec<SampleBatch> {
        let batches = self.rows.take(&self.owner.hold());
        self.owner.release(std::mem::take(&mut self.pending.release));
        batches
    }

    fn begin(&mut self, time_ms: i64) {
        self.scrape = self.scrape.checked_add(1).unwrap_or(1);
        self.order = Vec::with_capacity(self.entries.len());
        self.shared_seen.clear();
        self.shared_tracked.clear();
        self.rows.clear();
        self.pending = Pending { time_ms, ..Pending::default() };
    }

    fn read(&mut self, body: &[u8], now_ms: i64) -> Result<(), ScrapeError> {
        let known = self.entries.len();
        let mut parser = Parser::new(body);
        let mut context = Depends { bounds: Some(MetricType::Unknown), family: None };
        let mut expected = 0;
        let mut sent = 0;
        self.families.begin(self.scrape);
        loop {
            let hint = self.entries.get(expected).filter(|_| expected < known);
            match parser.next(hint.map(|entry| &*entry.key))? {
                None => break,
                Some(Entry::Comment) => {}
                Some(Entry::Help { family, help }) => {
                    if self.options.honor_metadata {
                        self.families.set_help(family, &help, self.scrape);
                    }
                }
                Some(Entry::Type { family, kind }) => {
                    context.bounds = Some(kind);
                    if self.options.honor_metadata {
                        self.families.set_type(family, kind, self.scrape);
                    }
                    if self.options.type_and_unit_labels {
                        context.family = Some((family.into(), kind));
                    }
                }
                Some(Entry::Series(series)) => {
                    self.pending.counts.scraped += 1;
                    let (at, is_new) = self.locate(&series, expected, known, &context)?;
                    if (at as usize) < known {
                        expected = at as usize + 1;
                    }
                    self.sample(&series, at, is_new, now_ms, &mut sent);
                    self.pending.counts.post_relabelling += 1;
                }
            }
        }
        if self.options.sample_limit > 0 && sent > self.options.sample_limit {
            return Err(ScrapeError::SampleLimit);
        }
        Ok(())
    }

    /// The entry of a series, made if there is none.
    fn locate(
        &mut self,
        series: &Series<'_>,
        expected: usize,
        known: usize,
        context: &Depends,
    ) -> Result<(u32, bool), ScrapeError> {
        let fits = |entry: &KeyEntry| {
            let depends = &entry.depends;
            (depends.bounds.is_none() || depends.bounds == context.bounds)
                && depends.family == context.family
        };
        if expected < known {
            let entry = &self.entries[expected];
            if *entry.key == *series.key && fits(entry) {
                return Ok((expected as u32, false));
            }
        }
        let index = self.index.get_or_insert_with(|| Index::build(&self.entries, self.seed));
        if let Some(at) = index.find(&self.entries, series.key, fits) {
            return Ok((at, false));
        }
        self.exposed.parse(series.key)?;
        let own_kind = match &context.family {
            Some((name, kind)) if metadata::belongs(self.exposed.name(), name, *kind) => *kind,
            _ => MetricType::Unknown,
        };
        let kind = context.bounds.unwrap_or_default();
        let labels = labels::sample_labels(
            &self.exposed,
            kind,
            own_kind,
            &self.target,
            &self.options,
            &mut self.texts,
        )?;
        let has_bounds = self.exposed.iter().any(|(name, _)| matches!(name, "le" | "quantile"));
        let depends =
            Depends { bounds: has_bounds.then_some(kind), family: context.family.clone() };
        let at = self.entries.len() as u32;
        self.entries.push(KeyEntry {
            key: series.key.into(),
            series: self.owner.intern(&labels),
            depends,
            shared: false,
            seen: NEVER,
            tracked: NEVER,
            tracked_before: NEVER,
        });
        if let Some(other) = index.insert(&self.entries, at) {
            let other = &mut self.entries[other as usize];
            // The body may have had the series under its other spelling already.
            if other.seen == self.scrape {
                self.shared_seen.insert(other.series);
            }
            if other.tracked == self.scrape {
                self.shared_tracked.insert(other.series);
            }
            other.shared = true;
            self.entries[at as usize].shared = true;
        }
        Ok((at, true))
    }

    /// Takes one sample.
    fn sample(&mut self, series: &Series<'_>, at: u32, is_new: bool, now_ms: i64, sent: &mut u64) {
        self.order.push(at);
        let explicit = series.timestamp_ms.filter(|_| self.options.honor_timestamps);
        let entry = &mut self.entries[at as usize];
        let repeated = if entry.shared {
            !self.shared_seen.insert(entry.series)
        } else {
            entry.seen == self.scrape
        };
        entry.seen = self.scrape;
        if repeated && explicit.is_none() {
            self.pending.counts.duplicates += 1;
            return;
        }
        *sent += 1;
        if self.options.sample_limit > 0 && *sent > self.options.sample_limit {
            return;
        }
        let time_ms = explicit.unwrap_or(self.pending.time_ms);
        if time_ms > now_ms.saturating_add(MAX_AHEAD_MS) {
            self.pending.counts.out_of_bounds += 1;
            return;
        }
        if is_new {
            self.pending.counts.series_added += 1;
        }
        if explicit.is_none() || self.options.track_timestamps_staleness {
            if entry.tracked != self.scrape {
                entry.tracked_before = entry.tracked;
                entry.tracked = self.scrape;
            }
            if entry.shared {
                self.shared_tracked.insert(entry.series);
            }
        }
        let key_series = entry.series;
        self.rows.push(key_series, series.value, time_ms);
        if self.options.honor_metadata
            && let Some(news) = self.families.news(is_new, self.scrape)
            && self
                .owner
                .table()
                .labels(key_series)
                .get(labels::NAME)
                .is_some_and(|metric| metadata::belongs(metric, &news.family, news.kind))
        {
            self.rows.attach(news.clone());
        }
    }

    /// Adds markers for series that were alive and are not any more.
    fn mark_ended(&mut self, in_order: bool) {
        // All lines as before, and none with a time of its own: nothing ended.
        let all_go_on = in_order
            && self.rows.len() == self.entries.len()
            && self.entries.iter().all(|entry| entry.tracked == self.scrape);
        if all_go_on || self.alive == NEVER {
            return;
        }
        let mut had_own_times = Vec::new();
        for entry in &self.entries {
            if entry.tracked != self.alive {
                continue;
            }
            // A series under several names ends once, and only if it goes on under none.
            if entry.shared && !self.shared_tracked.insert(entry.series) {
                continue;
            }
            if entry.seen == self.scrape {
                had_own_times.push(entry.series);
            } else {
                self.rows.push(entry.series, stale_marker(), self.pending.time_ms);
            }
        }
        // These go on with times of their own: receivers want each series in the order of time.
        self.rows.insert_by_time(&had_own_times, stale_marker(), self.pending.time_ms);
    }

    /// Undoes what the body did, forgets entries from `known` on, and ends all that was alive.
    fn roll_back(&mut self, known: usize) {
        self.pending.failed = true;
        self.pending.counts.series_added = 0;
        self.rows.clear();
        self.shared_tracked.clear();
        for entry in &self.entries[..known] {
            let tracked =
                if entry.tracked == self.scrape { entry.tracked_before } else { entry.tracked };
            let was_alive = tracked == self.alive && self.alive != NEVER;
            if was_alive && (!entry.shared || self.shared_tracked.insert(entry.series)) {
                self.rows.push(entry.series, stale_marker(), self.pending.time_ms);
            }
        }
        for entry in &mut self.entries {
            entry.tracked = NEVER;
        }
        self.alive = NEVER;
        if self.entries.len() > known {
            let dropped = self.entries.split_off(known);
            self.forget(dropped);
            self.index = None;
        }
    }

    /// Puts the entries in the order of the body and forgets those that it did not have.
    fn reorder(&mut self) {
        let mut slots: Vec<Option<KeyEntry>> =
            std::mem::take(&mut self.entries).into_iter().map(Some).collect();
        let body_order = std::mem::take(&mut self.order);
        self.entries.extend(body_order.iter().filter_map(|&at| slots[at as usize].take()));
        self.order = body_order;
        self.forget(slots.into_iter().flatten().collect());
        self.index = None;
        // A target whose values come and go must not be remembered for ever.
        self.scrapes_since_clear = self.scrapes_since_clear.wrapping_add(1);
        if self.scrapes_since_clear.is_multiple_of(CLEAR_TEXTS_AFTER) {
            self.texts.clear();
        }
    }

    /// Lets go of the series of `dropped` that no entry has any more.
    fn forget(&mut self, dropped: Vec<KeyEntry>) {
        let mut kept = FxHashSet::default();
        if dropped.iter().any(|entry| entry.shared) {
            kept.extend(self.entries.iter().filter(|e| e.shared).map(|e| e.series));
        }
        let report = self.report.refs();
        let gone = dropped.into_iter().map(|entry| entry.series);
        self.pending
            .release
            .extend(gone.filter(|series| !kept.contains(series) && !report.contains(series)));
    }
}

impl std::fmt::Debug for ScrapeCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScrapeCache")
            .field("target", &self.target)
            .field("series", &self.entries.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
