use alloy_telemetry::{SampleBatch, SendError, is_stale};
use expect_test::{Expect, expect};
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::*;
use crate::fetch::{FetchError, Fetched};
use crate::options::PoolConfig;

/// Wall time that follows the runtime's virtual time.
struct VirtualClock(Instant);

const EPOCH_MS: i64 = 1_000_000_000;

impl Clock for VirtualClock {
    fn now_ms(&self) -> i64 {
        EPOCH_MS + self.0.elapsed().as_millis() as i64
    }
}

/// Writes down what is sent.
struct Recorder {
    table: SeriesTable,
    log: Mutex<String>,
}

impl MetricsConsumer for Recorder {
    fn send(&self, batch: Arc<SampleBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        let mut log = self.log.lock();
        for row in 0..batch.len() {
            let labels = self.table.labels(batch.series(row));
            let name = labels.get("__name__").unwrap_or_default();
            if name.starts_with("scrape_") {
                continue;
            }
            let value = batch.values[row];
            let value = if is_stale(value) { "stale".into() } else { value.to_string() };
            let instance = labels.get("instance").unwrap_or_default();
            let time_ms = batch.timestamp_ms(row) - EPOCH_MS;
            log.push_str(&format!("{time_ms} {name} {instance} {value}\n"));
        }
        Box::pin(async { Ok(()) })
    }

    fn component_id(&self) -> &str {
        "recorder"
    }
}

/// Answers with a fixed text, or fails.
struct Fixed(Mutex<Result<&'static str, FetchError>>);

impl Fetch for Fixed {
    fn fetch<'a>(
        &'a self,
        _request: &'a FetchRequest,
        body: &'a mut Vec<u8>,
    ) -> BoxFuture<'a, Result<Fetched, FetchError>> {
        Box::pin(async move {
            body.clear();
            body.extend_from_slice(self.0.lock().clone()?.as_bytes());
            Ok(Fetched { content_type: None })
        })
    }
}

struct Bench {
    pool: ScrapePool,
    recorder: Arc<Recorder>,
    fetch: Arc<Fixed>,
    config: PoolConfig,
}

impl Bench {
    fn new() -> Self {
        let table = SeriesTable::new();
        let recorder = Arc::new(Recorder { table: table.clone(), log: Mutex::default() });
        let clock = Arc::new(VirtualClock(Instant::now()));
        let sink: Arc<dyn MetricsConsumer> = Arc::clone(&recorder) as _;
        let pool = ScrapePool::new(table, sink, PoolMetrics::default(), clock, 0);
        let mut config = PoolConfig::new("j");
        config.defaults.interval = Duration::from_secs(10);
        config.defaults.timeout = Duration::from_secs(5);
        Self { pool, recorder, fetch: Arc::new(Fixed(Mutex::new(Ok("m 1\n")))), config }
    }

    fn apply(&mut self, addresses: &[&str]) {
        let targets: Vec<_> =
            addresses.iter().map(|a| Labels::new([("__address__", *a)])).collect();
        let fetch: Arc<dyn Fetch> = Arc::clone(&self.fetch) as _;
        self.pool.apply(&Arc::new(self.config.clone()), || fetch, &targets);
    }

    async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        // The loops that woke at the same moment run first.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    /// What was sent since the last call, with times since the beginning.
    fn sent(&self, expected: Expect) {
        expected.assert_eq(&std::mem::take(&mut *self.recorder.log.lock()));
    }
}

#[tokio::test(start_paused = true)]
async fn unchanged_target_keeps_its_loop() {
    let mut bench = Bench::new();
    bench.apply(&["a:1"]);
    let started = bench.pool.status()[0].started;
    bench.pass(12).await;
    bench.apply(&["a:1", "b:1"]);
    let status = bench.pool.status();
    assert_eq!(status.len(), 2);
    assert_eq!(status[0].started, started, "not restarted");
    assert!(status[1].started > started);
    assert_eq!(status[0].health, TargetHealth::Up);
    bench.config.ingest.sample_limit = 5;
    bench.apply(&["a:1", "b:1"]);
    assert!(bench.pool.status()[0].started > started, "changed arguments restart it");
    bench.pool.stop().await;
}

#[tokio::test(start_paused = true)]
async fn failing_target_is_down_and_its_series_end() {
    let mut bench = Bench::new();
    bench.apply(&["a:1"]);
    bench.pass(10).await;
    bench.sent(expect![[r#"
        2121 m a:1 1
        2121 up a:1 1
    "#]]);
    *bench.fetch.0.lock() = Err(FetchError::Failed("cannot connect".into()));
    bench.pass(10).await;
    bench.sent(expect![[r#"
        12121 m a:1 stale
        12121 up a:1 0
    "#]]);
    let status = &bench.pool.status()[0];
    assert_eq!((status.health, &*status.last_error), (TargetHealth::Down, "cannot connect"));
}

#[tokio::test(start_paused = true)]
async fn vanished_target_ends_after_two_ticks() {
    let mut bench = Bench::new();
    bench.apply(&["a:1"]);
    bench.pass(10).await;
    bench.apply(&[]);
    assert!(bench.pool.status().is_empty());
    bench.recorder.log.lock().clear();
    bench.pass(13).await;
    bench.sent(expect![""]);
    bench.pass(1).await;
    bench.sent(expect![[r#"
        12121 m a:1 stale
        12121 up a:1 stale
    "#]]);
    bench.pass(100).await;
    bench.sent(expect![""]);
}

#[tokio::test(start_paused = true)]
async fn target_that_comes_back_in_time_never_ends() {
    let mut bench = Bench::new();
    bench.apply(&["a:1"]);
    bench.pass(10).await;
    bench.apply(&[]);
    bench.pass(5).await;
    bench.apply(&["a:1"]);
    bench.pass(10).await;
    let log = bench.recorder.log.lock().clone();
    assert!(!log.contains("stale"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn stop_leaves_no_markers() {
    let mut bench = Bench::new();
    bench.apply(&["a:1", "b:1"]);
    bench.pass(10).await;
    bench.pool.stop().await;
    bench.pass(100).await;
    assert!(!bench.recorder.log.lock().contains("stale"));
}

#[tokio::test(start_paused = true)]
async fn target_limit_fails_every_target() {
    let mut bench = Bench::new();
    bench.config.target_limit = 1;
    bench.apply(&["a:1", "b:1"]);
    bench.pass(10).await;
    for status in bench.pool.status() {
        assert_eq!(status.last_error, "target_limit exceeded (number of targets: 2, limit: 1)");
    }
}
