//! The loop of one target: schedule, fetch, ingest, send.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy_telemetry::{MetricsConsumer, SampleBatch};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::cache::{Counts, ScrapeCache, ScrapeError};
use crate::fetch::{Fetch, FetchError, FetchRequest, Fetched};
use crate::metrics::{Failure, PoolMetrics};
use crate::options::{Format, IngestOptions, Protocol, format_of};
use crate::pool::Clock;
use crate::report::Report;
use crate::target::Target;

/// A scrape this close to its schedule carries the scheduled time.
const ALIGN_TOLERANCE: Duration = Duration::from_millis(2);
/// Bodies from this size on are read on a thread that may block.
const LARGE_BODY_BYTES: usize = 2 << 20;

/// What a body counts for at least while it is in memory.
const SMALL_BODY_BYTES: usize = 64 << 10;
/// Memory for bodies of all targets of the process (design/performance.md §8).
const BODY_MEMORY_KIB: u32 = 128 << 10;
static BODY_MEMORY: LazyLock<Arc<Semaphore>> =
    LazyLock::new(|| Arc::new(Semaphore::new(BODY_MEMORY_KIB as usize)));

/// Health of a target as its last scrape found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetHealth {
    /// Not scraped yet.
    Unknown,
    /// The last scrape succeeded.
    Up,
    /// The last scrape failed.
    Down,
}

impl TargetHealth {
    /// Text for debug information.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// What is known about a target while it is scraped.
#[derive(Clone, Debug)]
pub struct TargetStatus {
    /// The target.
    pub target: Arc<Target>,
    /// When its loop began with these arguments.
    pub started: SystemTime,
    /// Health.
    pub health: TargetHealth,
    /// Error of the last scrape, empty if it succeeded.
    pub last_error: String,
    /// Time of the last scrape.
    pub last_scrape: Option<SystemTime>,
    /// Duration of the last scrape.
    pub last_duration: Duration,
}

/// What a loop scrapes, and how.
#[derive(Clone)]
pub(crate) struct LoopSpec {
    pub(crate) target: Arc<Target>,
    pub(crate) request: FetchRequest,
    pub(crate) fallback: Protocol,
    pub(crate) options: Arc<IngestOptions>,
    pub(crate) fetch: Arc<dyn Fetch>,
    /// Every scrape fails with this.
    pub(crate) forced_error: Option<Arc<str>>,
}

/// What the pool tells a loop.
#[derive(Clone)]
pub(crate) enum Command {
    Run(Arc<LoopSpec>),
    /// The target is gone: end its series after the delay.
    Vanish,
    /// The pool stops: end without a trace.
    Stop,
}

/// What all loops of a pool share.
#[derive(Clone)]
pub(crate) struct LoopContext {
    pub(crate) sink: Arc<dyn MetricsConsumer>,
    pub(crate) metrics: PoolMetrics,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) offset_seed: u64,
}

pub(crate) struct ScrapeLoop {
    pub(crate) cx: LoopContext,
    /// Locked by one task at a time; shared only with the thread that reads a large body.
    pub(crate) cache: Arc<Mutex<ScrapeCache>>,
    pub(crate) status: Arc<Mutex<TargetStatus>>,
    pub(crate) body: Vec<u8>,
    /// Size of the last good body.
    pub(crate) expected_body_bytes: usize,
    /// Share of the memory for bodies that the body in work has.
    pub(crate) memory: Option<OwnedSemaphorePermit>,
    /// When the next scrape is due; alive only between two scrapes.
    pub(crate) schedule: Option<Schedule>,
}

/// Ticks of a loop, with the wall time of the first.
pub(crate) struct Schedule {
    ticks: Interval,
    aligned_ms: i64,
    interval: Duration,
}

impl ScrapeLoop {
    /// Runs until told to stop, or until a vanished target's series are ended.
    pub(crate) async fn run(mut self, mut commands: watch::Receiver<Command>) {
        loop {
            let command = commands.borrow_and_update().clone();
            let ended = match command {
                Command::Stop => true,
                Command::Run(spec) => {
                    // Whatever this future was doing is void after a new command.
                    tokio::select! {
                        () = self.scrape_forever(&spec) => true,
                        changed = commands.changed() => changed.is_err(),
                    }
                }
                Command::Vanish => {
                    tokio::select! {
                        () = self.vanish() => true,
                        changed = commands.changed() => changed.is_err(),
                    }
                }
            };
            if ended {
                return;
            }
            // What a scrape that was broken off held.
            (self.memory, self.body) = (None, Vec::new());
        }
    }

    async fn scrape_forever(&mut self, spec: &LoopSpec) {
        self.cache.lock().set_options(Arc::clone(&spec.options));
        let mut schedule = Schedule::start(&self.cx, &spec.target);
        schedule.first_tick(&self.cx).await;
        self.schedule = Some(schedule);
        loop {
            self.scrape(spec).await;
            let Some(schedule) = &mut self.schedule else { return };
            schedule.ticks.tick().await;
        }
    }

    async fn scrape(&mut self, spec: &LoopSpec) {
        let started = Instant::now();
        let now_ms = self.cx.clock.now_ms();
        let time_ms = match &mut self.schedule {
            Some(schedule) => schedule.align(now_ms),
            None => now_ms,
        };
        let fetched = match &spec.forced_error {
            Some(error) => Err(FetchError::Failed(error.to_string())),
            None => self.fetch(spec).await,
        };
        let too_large = fetched == Err(FetchError::TooLarge);
        let outcome = match fetched {
            Ok(fetched) => match format_of(fetched.content_type.as_deref(), spec.fallback) {
                Format::Text => self.ingest(time_ms, now_ms).await.map_err(Failure::Ingest),
                other => {
                    self.cache.lock().fail(time_ms);
                    Err(Failure::Ingest(ScrapeError::Fetch(format!(
                        "the target answers in a format that is not supported by this version: {other:?}"
                    ))))
                }
            },
            Err(error) => {
                self.cache.lock().fail(time_ms);
                self.body.clear();
                Err(Failure::Fetch(error))
            }
        };
        let duration = started.elapsed();
        let body_size_bytes = if too_large { -1 } else { self.body.len() as i64 };
        // Between scrapes a target costs no buffer.
        self.body = Vec::new();
        let report = Report { duration, timeout: spec.target.timeout, body_size_bytes };
        let batches = self.cache.lock().finish(&report);
        self.memory = None;
        self.record(&outcome, time_ms, duration);
        self.cx.metrics.scraped(duration.as_secs_f64(), &outcome);
        self.send(batches).await;
    }

    /// Fetches the body once there is memory for as much as the last one had.
    async fn fetch(&mut self, spec: &LoopSpec) -> Result<Fetched, FetchError> {
        let expected = self.expected_body_bytes.max(SMALL_BODY_BYTES);
        let kib = u32::try_from(expected >> 10).unwrap_or(u32::MAX).min(BODY_MEMORY_KIB);
        let memory = Arc::clone(&BODY_MEMORY).acquire_many_owned(kib);
        match tokio::time::timeout(spec.target.timeout, memory).await {
            Ok(Ok(permit)) => self.memory = Some(permit),
            Ok(Err(_)) | Err(_) => {
                let text = "no memory for another body within the scrape timeout";
                return Err(FetchError::Failed(text.to_owned()));
            }
        }
        self.body.reserve(self.expected_body_bytes);
        let fetched = spec.fetch.fetch(&spec.request, &mut self.body).await;
        if fetched.is_ok() {
            self.expected_body_bytes = self.body.len();
        }
        fetched
    }

    /// Reads the body. A large one is read where it delays no other task.
    async fn ingest(&mut self, time_ms: i64, now_ms: i64) -> Result<Counts, ScrapeError> {
        if self.body.len() < LARGE_BODY_BYTES {
            return self.cache.lock().ingest(&self.body, time_ms, now_ms);
        }
        let (cache, body) = (Arc::clone(&self.cache), std::mem::take(&mut self.body));
        let read = tokio::task::spawn_blocking(move || {
            let outcome = cache.lock().ingest(&body, time_ms, now_ms);
            (body, outcome)
        });
        match read.await {
            Ok((body, outcome)) => {
                self.body = body;
                outcome
            }
            Err(error) => {
                self.cache.lock().fail(time_ms);
                Err(ScrapeError::Fetch(format!("cannot read the body: {error}")))
            }
        }
    }

    fn record(&self, outcome: &Result<Counts, Failure>, time_ms: i64, duration: Duration) {
        let mut status = self.status.lock();
        status.last_scrape = Some(UNIX_EPOCH + Duration::from_millis(time_ms.max(0) as u64));
        status.last_duration = duration;
        match outcome {
            Ok(_) => {
                status.health = TargetHealth::Up;
                status.last_error.clear();
            }
            Err(error) => {
                let text = error.to_string();
                tracing::debug!(target = %status.target.url, error = %text, "scrape failed");
                status.health = TargetHealth::Down;
                status.last_error = text;
            }
        }
    }

    async fn send(&self, batches: Vec<SampleBatch>) {
        for batch in batches {
            if let Err(error) = self.cx.sink.send(Arc::new(batch)).await {
                tracing::debug!(%error, "receiver did not take the scrape");
            }
        }
    }

    /// Ends the series of a target that is gone: the time is the next tick's, sending waits for one
    /// more tick and a tenth of the interval, in case the target is only late.
    async fn vanish(&mut self) {
        // A loop that never came to its first scrape has nothing to end.
        let Some(schedule) = &mut self.schedule else { return };
        schedule.ticks.tick().await;
        let time_ms = self.cx.clock.now_ms();
        schedule.ticks.tick().await;
        tokio::time::sleep(schedule.interval / 10).await;
        let batches = self.cache.lock().end(time_ms);
        self.send(batches).await;
    }
}

impl Schedule {
    /// The schedule of `target`: its offset past a multiple of the interval on the wall clock.
    fn start(cx: &LoopContext, target: &Target) -> Self {
        let interval = target.interval.max(Duration::from_millis(1));
        let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
        let offset_ms = target.offset(cx.offset_seed).as_millis() as i64;
        let now_ms = cx.clock.now_ms();
        let wait_ms = (offset_ms - now_ms).rem_euclid(interval_ms);
        let first = Instant::now() + Duration::from_millis(wait_ms as u64);
        let mut ticks = tokio::time::interval_at(first, interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Self { ticks, aligned_ms: now_ms + wait_ms, interval }
    }

    async fn first_tick(&mut self, cx: &LoopContext) {
        self.ticks.tick().await;
        self.aligned_ms = cx.clock.now_ms();
    }

    /// The scheduled time, if `now_ms` is close to it; else `now_ms`.
    fn align(&mut self, now_ms: i64) -> i64 {
        let interval_ms = i64::try_from(self.interval.as_millis()).unwrap_or(i64::MAX).max(1);
        let tolerance = ALIGN_TOLERANCE.min(self.interval / 100).as_millis() as i64;
        // Timers may also fire a moment early.
        let intervals = (now_ms - self.aligned_ms + tolerance).div_euclid(interval_ms);
        self.aligned_ms += intervals * interval_ms;
        if (-tolerance..=tolerance).contains(&(now_ms - self.aligned_ms)) {
            self.aligned_ms
        } else {
            now_ms
        }
    }
}
