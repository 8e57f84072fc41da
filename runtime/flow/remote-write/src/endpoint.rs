//! Delivers a log to one endpoint.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use alloy_flow_http::{Client, ClientError};
use alloy_flow_wal::{Cursor, CursorFile, Delivery, Log, Position, Reader};
use alloy_telemetry::SeriesTable;
use rustc_hash::FxHashMap;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::EndpointConfig;
use crate::labels::LabelCache;
use crate::metrics::{Counts, DROPPED_SERIES, DataKind, Metrics, NHCB};
use crate::proto::encode_labels;
use crate::request::{self, Item, Payload};
use crate::reshard::{Resharder, TICK, Window};
use crate::shard::{Link, Shard};
use crate::tracker::Tracker;

/// How often the cursor is stored.
const CURSOR_EVERY: Duration = Duration::from_secs(1);
/// At the end, an endpoint that answers gets what is queued for so long.
const FLUSH: Duration = Duration::from_secs(2);
/// Schema of native histograms with custom buckets.
const CUSTOM_BUCKETS_SCHEMA: i32 = -53;

/// Why an endpoint cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The HTTP client cannot be made.
    #[error("cannot make the HTTP client")]
    Client(#[from] ClientError),
    /// A header cannot be sent.
    #[error("{0:?} is not a valid header name, or its value is not a valid header value")]
    Header(String),
}

/// An endpoint, ready to run.
pub struct Endpoint {
    link: Arc<Link>,
    table: SeriesTable,
    cursor: CursorFile,
    start: Position,
    /// What is before may have been delivered already.
    overlap_end: Position,
}

impl Endpoint {
    /// An endpoint that goes on at its cursor; a new one starts at the end of the log. What is before
    /// `overlap_end` may have been delivered by an earlier process or an endpoint that it replaces.
    ///
    /// # Errors
    /// If the configuration cannot be used.
    pub fn new(
        config: EndpointConfig,
        client: Client,
        log: &Log,
        table: SeriesTable,
        metrics: &Metrics,
        closing: CancellationToken,
        overlap_end: Position,
    ) -> Result<Self, EndpointError> {
        let headers = request::headers(&config).map_err(EndpointError::Header)?;
        let cursor = log.cursor(&config.cursor);
        let start = match cursor.load() {
            Some(known) => known.position,
            None => {
                let end = log.end();
                store(&cursor, end);
                end
            }
        };
        let metrics = metrics.endpoint(&config.name, &config.shown_url);
        metrics.shard_capacity.set(config.queue.capacity as i64);
        metrics.shards_max.set(i64::from(config.queue.max_shards));
        metrics.shards_min.set(i64::from(config.queue.min_shards));
        metrics.max_samples_per_send.set(config.queue.max_samples_per_send as i64);
        let tracker = Tracker::new(start);
        let link = Link::new(config, client, headers, metrics, tracker, closing);
        Ok(Self { link: Arc::new(link), table, cursor, start, overlap_end })
    }

    /// Watches the endpoint while it runs.
    pub fn progress(&self) -> Progress {
        Progress(Arc::clone(&self.link))
    }

    /// Reads and delivers until `closing` is cancelled or the log is closed and read to its end. Then
    /// an endpoint that answers gets what is queued, for a short while; the rest stays in the log.
    pub async fn run(self, log: Log) {
        let reader = log.reader(self.start);
        // Without handles the log can end when its owner closes it.
        drop(log);
        let delivering = async {
            let mut queue = Queue::new(&self);
            queue.run(reader).await;
        };
        let storing = async {
            let mut stored = self.start;
            loop {
                tokio::time::sleep(CURSOR_EVERY).await;
                let now = self.link.tracker.position();
                if now != stored && store_blocking(self.cursor.clone(), now).await {
                    stored = now;
                }
            }
        };
        tokio::select! {
            () = delivering => {}
            () = storing => {}
        }
        store_blocking(self.cursor.clone(), self.link.tracker.position()).await;
        self.link.metrics.nothing_pending();
    }
}

/// How far an endpoint is.
#[derive(Clone)]
pub struct Progress(Arc<Link>);

impl Progress {
    /// True if the last attempt failed and is to be repeated.
    pub fn is_failing(&self) -> bool {
        self.0.window.frozen_until.lock().is_some_and(|until| until > Instant::now())
    }

    /// Everything before is delivered or given up.
    pub fn position(&self) -> Position {
        self.0.tracker.position()
    }
}

async fn store_blocking(cursor: CursorFile, position: Position) -> bool {
    tokio::task::spawn_blocking(move || store(&cursor, position)).await.unwrap_or(false)
}

fn store(cursor: &CursorFile, position: Position) -> bool {
    match cursor.store(Cursor { position }) {
        Ok(()) => true,
        Err(error) => {
            tracing::debug!(%error, "cannot store the position of an endpoint");
            false
        }
    }
}

/// The shards and what feeds them.
struct Queue {
    link: Arc<Link>,
    labels: LabelCache,
    overlap_end: Position,
    shards: Vec<Shard>,
    /// What the batch at hand gives each shard.
    lots: Vec<Vec<Item>>,
    tasks: JoinSet<()>,
    resharder: Resharder,
    next_tick: Instant,
}

impl Queue {
    fn new(endpoint: &Endpoint) -> Self {
        let config = &endpoint.link.config;
        let (external, relabel) = (config.external_labels.clone(), config.relabel.clone());
        let mut queue = Self {
            labels: LabelCache::new(external, relabel, &endpoint.table),
            link: Arc::clone(&endpoint.link),
            overlap_end: endpoint.overlap_end,
            shards: Vec::new(),
            lots: Vec::new(),
            tasks: JoinSet::new(),
            resharder: Resharder::new(config.queue.min_shards, config.queue.max_shards),
            next_tick: Instant::now() + TICK,
        };
        queue.start(config.queue.min_shards.max(1));
        queue
    }

    fn start(&mut self, shards: u32) {
        for _ in 0..shards {
            let (shard, task) = Shard::new(Arc::clone(&self.link));
            self.shards.push(shard);
            self.tasks.spawn(task);
        }
        self.lots.resize_with(self.shards.len(), Vec::new);
        self.link.metrics.shards.set(i64::from(shards));
        self.link.metrics.shards_desired.set(self.resharder.desired());
    }

    async fn run(&mut self, mut reader: Reader) {
        let closing = self.link.closing.clone();
        loop {
            // Reading is cancel safe.
            let delivery = tokio::select! {
                biased;
                () = closing.cancelled() => break,
                () = tokio::time::sleep_until(self.next_tick) => {
                    self.tick().await;
                    continue;
                }
                delivery = reader.next() => delivery,
            };
            let Some(delivery) = delivery else { break };
            // What was not queued stays open in the tracker.
            tokio::select! {
                biased;
                () = closing.cancelled() => break,
                () = self.enqueue(delivery) => {}
            }
            self.labels.age();
        }
        closing.cancel();
        self.shards.clear();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(FLUSH, all).await.is_err() {
            tracing::info!("stopped before everything was sent; the rest is in the log");
        }
        self.tasks.shutdown().await;
    }

    async fn tick(&mut self) {
        self.next_tick = Instant::now() + TICK;
        let counts = &self.link.window;
        let frozen_until = *counts.frozen_until.lock();
        let nothing_sent = !counts.sent_any.swap(false, Ordering::Relaxed);
        let window = Window {
            received: counts.received.swap(0, Ordering::Relaxed),
            dropped: counts.dropped.swap(0, Ordering::Relaxed),
            sent: counts.sent.swap(0, Ordering::Relaxed),
            send_time: Duration::from_nanos(counts.send_nanos.swap(0, Ordering::Relaxed)),
            lag: Duration::from_secs_f64(self.link.metrics.lag_seconds()),
            frozen: nothing_sent || frozen_until.is_some_and(|until| until > Instant::now()),
        };
        let current = self.shards.len() as u32;
        let wanted = self.resharder.tick(current, window);
        self.link.metrics.shards_desired.set(self.resharder.desired());
        if wanted == current {
            return;
        }
        tracing::info!(from = current, to = wanted, "Resharding queues");
        // Old shards send what they have before new ones start, so that order per series holds.
        self.shards.clear();
        let closing = self.link.closing.clone();
        tokio::select! {
            () = closing.cancelled() => {}
            () = async { while self.tasks.join_next().await.is_some() {} } => self.start(wanted),
        }
    }

    async fn enqueue(&mut self, delivery: Delivery) {
        let batch = &delivery.batch;
        let slot = self.link.tracker.begin(delivery.end);
        let overlap = delivery.start < self.overlap_end;
        let mut newest = i64::MIN;
        let mut dropped = 0;
        let histograms: FxHashMap<u32, u32> = match batch.histograms.as_deref() {
            Some(rows) => rows.iter().enumerate().map(|(n, r)| (r.row, n as u32)).collect(),
            None => FxHashMap::default(),
        };
        let mut received = 0;
        for row in 0..batch.len() {
            if histograms.contains_key(&(row as u32)) {
                continue;
            }
            received += 1;
            let timestamp_ms = batch.timestamp_ms(row);
            newest = newest.max(timestamp_ms);
            let Some((labels, hash)) = self.labels.get(batch.series(row)) else {
                self.link.metrics.dropped(DataKind::Sample, DROPPED_SERIES, 1);
                dropped += 1;
                continue;
            };
            let payload = Payload::Sample(batch.values[row]);
            let item = Item { labels, payload, timestamp_ms, batch: slot, overlap };
            self.assign(hash, item);
        }
        if self.link.config.send_native_histograms {
            for (number, row) in batch.histograms.as_deref().unwrap_or_default().iter().enumerate()
            {
                received += 1;
                let index = row.row as usize;
                let timestamp_ms = batch.timestamp_ms(index);
                newest = newest.max(timestamp_ms);
                let reason = match self.labels.get(batch.series(index)) {
                    None => DROPPED_SERIES,
                    Some(_) if row.item.schema == CUSTOM_BUCKETS_SCHEMA => NHCB,
                    Some((labels, hash)) => {
                        let payload = Payload::Histogram(Arc::clone(batch), number as u32);
                        let item = Item { labels, payload, timestamp_ms, batch: slot, overlap };
                        self.assign(hash, item);
                        continue;
                    }
                };
                self.link.metrics.dropped(DataKind::Histogram, reason, 1);
                dropped += 1;
            }
        }
        if self.link.config.send_exemplars {
            for row in batch.exemplars.as_deref().unwrap_or_default() {
                received += 1;
                let index = row.row as usize;
                let Some((labels, hash)) = self.labels.get(batch.series(index)) else {
                    // Not counted, as in the reference: they have no sample of their own.
                    continue;
                };
                let mut encoded = Vec::new();
                encode_labels(row.item.labels.iter(), &mut encoded);
                let timestamp_ms =
                    row.item.timestamp_ms.unwrap_or_else(|| batch.timestamp_ms(index));
                let payload = Payload::Exemplar(encoded.into(), row.item.value);
                let item = Item { labels, payload, timestamp_ms, batch: slot, overlap };
                self.assign(hash, item);
            }
        }
        self.link.metrics.queued(newest);
        self.link.window.received.fetch_add(received, Ordering::Relaxed);
        self.link.window.dropped.fetch_add(dropped, Ordering::Relaxed);
        self.hand_over(slot).await;
    }

    fn assign(&mut self, hash: u64, item: Item) {
        let shards = self.lots.len().max(1) as u64;
        if let Some(lot) = self.lots.get_mut((hash % shards) as usize) {
            lot.push(item);
        }
    }

    /// Hands what was assigned to the shards.
    async fn hand_over(&mut self, slot: u64) {
        let mut counts = Counts::default();
        self.lots.iter().flatten().for_each(|item| counts.add(item.kind(), 1));
        self.link.tracker.open(slot, counts.total() as u32);
        self.link.tracker.done(slot, 1);
        for kind in DataKind::ALL {
            self.link.metrics.pending(kind, counts.get(kind) as i64);
        }
        for (shard, lot) in self.shards.iter().zip(&mut self.lots) {
            shard.push(lot).await;
        }
    }
}
