//! One shard: sends its batches one after the other, each until it is taken or refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use alloy_flow_http::Client;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::EndpointConfig;
use crate::backoff::Backoff;
use crate::metrics::{Counts, DataKind, EndpointMetrics, REFUSED, TOO_OLD};
use crate::request::{Answer, Item, RequestEncoder, attempt, count, now_ms};
use crate::tracker::Tracker;

/// Repeated failures are logged this often.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// What all shards of an endpoint share.
pub(crate) struct Link {
    pub(crate) config: EndpointConfig,
    pub(crate) client: Client,
    pub(crate) headers: HeaderMap,
    pub(crate) metrics: EndpointMetrics,
    pub(crate) tracker: Tracker,
    /// The endpoint ends: nothing is tried twice any more.
    pub(crate) closing: CancellationToken,
    pub(crate) window: WindowCounts,
    logged: Mutex<Option<(Instant, &'static str)>>,
}

/// What happened since the resharder looked last.
#[derive(Default)]
pub(crate) struct WindowCounts {
    pub(crate) received: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) sent: AtomicU64,
    pub(crate) send_nanos: AtomicU64,
    pub(crate) sent_any: AtomicBool,
    pub(crate) frozen_until: Mutex<Option<Instant>>,
}

impl Link {
    pub(crate) fn new(
        config: EndpointConfig,
        client: Client,
        headers: HeaderMap,
        metrics: EndpointMetrics,
        tracker: Tracker,
        closing: CancellationToken,
    ) -> Self {
        let window = WindowCounts::default();
        let logged = Mutex::new(None);
        Self { config, client, headers, metrics, tracker, closing, window, logged }
    }

    /// Logs a failure unless the same kind was logged just now.
    fn log(&self, what: &'static str, reason: &str) {
        let now = Instant::now();
        let mut logged = self.logged.lock();
        if logged.is_some_and(|(at, last)| last == what && now - at < LOG_EVERY) {
            return;
        }
        *logged = Some((now, what));
        drop(logged);
        let (remote_name, url) = (&self.config.name, &self.config.shown_url);
        match what {
            "retry" => {
                tracing::warn!(%remote_name, %url, err = %reason, "Failed to send batch, retrying")
            }
            _ => tracing::error!(%remote_name, %url, err = %reason, "non-recoverable error"),
        }
    }

    /// The items are delivered, refused or left out.
    fn done(&self, items: &[Item]) {
        let mut at = 0;
        while let Some(first) = items.get(at) {
            let run = items[at..].iter().take_while(|i| i.batch == first.batch).count();
            self.tracker.done(first.batch, run as u32);
            at += run;
        }
        let counts = count(items);
        for kind in DataKind::ALL {
            self.metrics.pending(kind, -(counts.get(kind) as i64));
        }
    }
}

/// The reader's end of a shard.
pub(crate) struct Shard {
    batch_len: usize,
    partial: Arc<Mutex<Vec<Item>>>,
    full: mpsc::Sender<Vec<Item>>,
    link: Arc<Link>,
}

impl Shard {
    /// A shard and its task.
    pub(crate) fn new(link: Arc<Link>) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let queue = &link.config.queue;
        let batch_len = queue.max_samples_per_send.max(1);
        let (full, batches) = mpsc::channel((queue.capacity / batch_len).max(1));
        let partial = Arc::new(Mutex::new(Vec::new()));
        let shard =
            Self { batch_len, partial: Arc::clone(&partial), full, link: Arc::clone(&link) };
        (shard, run(link, partial, batches))
    }

    /// Adds items; waits while the shard is full.
    ///
    /// Cancel safety: items that were not handed over are lost to this shard and stay open in the
    /// tracker.
    pub(crate) async fn push(&self, items: &mut Vec<Item>) {
        let mut items = items.drain(..).peekable();
        while items.peek().is_some() {
            let batch = {
                let mut partial = self.partial.lock();
                let room = self.batch_len.saturating_sub(partial.len());
                partial.extend(items.by_ref().take(room));
                if partial.len() < self.batch_len {
                    return;
                }
                std::mem::take(&mut *partial)
            };
            if let Err(mpsc::error::TrySendError::Full(batch)) = self.full.try_send(batch) {
                self.link.metrics.enqueue_retries.inc();
                // The shard ended early because the endpoint ends: the log has the items.
                let _ended = self.full.send(batch).await;
            }
        }
    }
}

async fn run(
    link: Arc<Link>,
    partial: Arc<Mutex<Vec<Item>>>,
    mut batches: mpsc::Receiver<Vec<Item>>,
) {
    let mut sender = BatchSender { link: Arc::clone(&link), encoder: RequestEncoder::default() };
    let wait = link.config.queue.batch_send_deadline;
    let mut deadline = Instant::now() + wait;
    loop {
        // Receiving is cancel safe; full batches come before the partial one.
        let (batch, last) = tokio::select! {
            biased;
            batch = batches.recv() => match batch {
                Some(batch) => (batch, false),
                None => (std::mem::take(&mut *partial.lock()), true),
            },
            () = tokio::time::sleep_until(deadline) => {
                (std::mem::take(&mut *partial.lock()), false)
            }
        };
        if !batch.is_empty() && !sender.send(batch).await {
            return;
        }
        if last {
            return;
        }
        deadline = Instant::now() + wait;
    }
}

struct BatchSender {
    link: Arc<Link>,
    encoder: RequestEncoder,
}

impl BatchSender {
    /// Sends a batch until it is done. False if the endpoint ends and the batch is still open.
    async fn send(&mut self, batch: Vec<Item>) -> bool {
        let link = Arc::clone(&self.link);
        // Parts of a batch that was refused, the next one last.
        let mut parts = vec![batch];
        while let Some(mut part) = parts.pop() {
            match self.deliver(&mut part).await {
                Outcome::Done => link.done(&part),
                Outcome::Open => return false,
                Outcome::Refused { status, reason } => {
                    let halvable = status == Some(StatusCode::BAD_REQUEST)
                        && part.iter().any(|item| item.overlap);
                    let counts = count(&part);
                    match part.len() {
                        // What the endpoint got before a restart makes it refuse a whole request.
                        2.. if halvable => {
                            let second = part.split_off(part.len() / 2);
                            parts.push(second);
                            parts.push(part);
                            continue;
                        }
                        _ if halvable => {
                            for kind in DataKind::ALL {
                                if counts.get(kind) > 0 {
                                    link.metrics.dropped(kind, REFUSED, counts.get(kind));
                                }
                            }
                        }
                        _ => {
                            link.metrics.failed(counts);
                            link.log("refused", &reason);
                        }
                    }
                    link.done(&part);
                }
            }
        }
        true
    }

    async fn deliver(&mut self, part: &mut Vec<Item>) -> Outcome {
        let link = Arc::clone(&self.link);
        let queue = &link.config.queue;
        let mut backoff = Backoff::new(queue.min_backoff, queue.max_backoff);
        let mut body = self.encoder.encode(part);
        let mut counts = count(part);
        loop {
            let start = Instant::now();
            link.metrics.attempted(counts);
            link.metrics.bytes.inc_by(body.len() as u64);
            let answer =
                attempt(&link.client, &link.config, &link.headers, body.clone(), backoff.attempt())
                    .await;
            let took = start.elapsed();
            link.metrics.sent_batch_duration.observe(took.as_secs_f64());
            let window = &link.window;
            let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
            window.send_nanos.fetch_add(nanos, Ordering::Relaxed);
            let (reason, retry_after) = match answer {
                Answer::Taken { written } => {
                    window.sent.fetch_add(counts.total(), Ordering::Relaxed);
                    window.sent_any.store(true, Ordering::Relaxed);
                    if let Some(written) = written {
                        link.metrics.failed(missing(counts, written));
                    }
                    let newest = part.iter().map(|i| i.timestamp_ms).max();
                    link.metrics.sent(newest.unwrap_or(i64::MIN));
                    return Outcome::Done;
                }
                Answer::Refused { status, reason } => {
                    window.sent.fetch_add(counts.total(), Ordering::Relaxed);
                    window.sent_any.store(true, Ordering::Relaxed);
                    return Outcome::Refused { status, reason };
                }
                Answer::Later { reason, retry_after } => (reason, retry_after),
            };
            link.metrics.retried(counts);
            if link.closing.is_cancelled() {
                return Outcome::Open;
            }
            link.log("retry", &reason);
            let delay = backoff.fail(retry_after);
            *window.frozen_until.lock() = Some(Instant::now() + 2 * delay);
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = link.closing.cancelled() => return Outcome::Open,
            }
            if self.leave_out_old(part) {
                if part.is_empty() {
                    return Outcome::Done;
                }
                body = self.encoder.encode(part);
                counts = count(part);
            }
        }
    }

    /// Removes items older than the limit; true if there were any.
    fn leave_out_old(&self, part: &mut Vec<Item>) -> bool {
        let limit = self.link.config.queue.sample_age_limit;
        if limit.is_zero() {
            return false;
        }
        let oldest = now_ms().saturating_sub(i64::try_from(limit.as_millis()).unwrap_or(i64::MAX));
        let (old, kept): (Vec<_>, Vec<_>) =
            part.drain(..).partition(|item| item.timestamp_ms < oldest);
        *part = kept;
        for item in &old {
            self.link.metrics.dropped(item.kind(), TOO_OLD, 1);
        }
        self.link.window.dropped.fetch_add(old.len() as u64, Ordering::Relaxed);
        self.link.done(&old);
        !old.is_empty()
    }
}

enum Outcome {
    Done,
    /// Given up without an answer; the log keeps it.
    Open,
    Refused {
        status: Option<StatusCode>,
        reason: String,
    },
}

fn missing(sent: Counts, written: [u64; 3]) -> Counts {
    let mut missing = Counts::default();
    for (kind, written) in DataKind::ALL.into_iter().zip(written) {
        missing.add(kind, sent.get(kind).saturating_sub(written));
    }
    missing
}
