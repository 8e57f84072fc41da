//! The running `prometheus.scrape`.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use alloy_blocks::memory_dial;
use alloy_component::{
    BuildContext, Component, ComponentError, ComponentMetrics, MetricsFanout, Publisher,
    RunContext, Services,
};
use alloy_flow_http::Client;
use alloy_flow_scrape::{
    Fetch, HttpFetch, PoolConfig, PoolMetrics, ScrapePool, SystemClock, TargetStatus,
};
use alloy_telemetry::{Labels, MetricsConsumer, SampleBatch, SendError, SeriesTable};
use alloy_value::{ArcArgs, Object, Stability, Str, Value};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use prometheus::IntGauge;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{NAME, ScrapeArgs};
use crate::debug_text::publish_batch;

/// Target lists are applied at most this often (spec/components/prometheus.scrape.md, Target set).
const SYNC_PERIOD: Duration = Duration::from_secs(5);

pub(super) struct Scrape {
    id: Arc<str>,
    stability: Stability,
    services: Arc<Services>,
    sink: Arc<Sink>,
    pool: Mutex<ScrapePool>,
    /// What is to be scraped.
    wanted: Mutex<Wanted>,
    /// Woken when `wanted` changes; only the newest matters.
    changed: Notify,
    sync_period: Duration,
    targets: IntGauge,
}

/// Configuration and targets, as the arguments have them.
#[derive(Clone)]
struct Wanted {
    config: Arc<PoolConfig>,
    fetch: Arc<dyn Fetch>,
    targets: Arc<[Labels]>,
}

/// Where the pool sends to.
struct Sink {
    id: Arc<str>,
    series: SeriesTable,
    debug: Publisher,
    fanout: MetricsFanout,
}

impl MetricsConsumer for Sink {
    fn send(&self, batch: Arc<SampleBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        publish_batch(&self.debug, &self.series, &batch);
        self.fanout.send(batch).boxed()
    }

    fn component_id(&self) -> &str {
        &self.id
    }
}

pub(super) fn build(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    async move { Ok(Arc::new(Scrape::new(&cx, &args, SYNC_PERIOD)?) as Arc<dyn Component>) }.boxed()
}

fn scrape_args(args: &ArcArgs, stability: Stability) -> Result<&ScrapeArgs, ComponentError> {
    let args: &ScrapeArgs = args.downcast_ref().ok_or_else(|| crate::wrong_arguments(NAME))?;
    args.supported(stability)?;
    Ok(args)
}

impl Wanted {
    /// What `args` want. The client of `before` goes on if its configuration is the same.
    fn new(
        args: &ScrapeArgs,
        id: &str,
        services: &Services,
        before: Option<&Self>,
    ) -> Result<Self, ComponentError> {
        let config = args.pool_config(id, &services.user_agent).map_err(ComponentError::new)?;
        let targets = args.targets.iter().map(|target| target.0.clone()).collect();
        if let Some(before) = before
            && *before.config == config
        {
            return Ok(Self { targets, ..before.clone() });
        }
        let client = Client::new(config.http.clone(), Some(memory_dial(&services.dialer)))
            .map_err(|error| {
                ComponentError::new("cannot create the HTTP client").with_source(error)
            })?;
        Ok(Self { config: Arc::new(config), fetch: Arc::new(HttpFetch::new(client)), targets })
    }
}

impl Scrape {
    pub(super) fn new(
        cx: &BuildContext,
        args: &ArcArgs,
        sync_period: Duration,
    ) -> Result<Self, ComponentError> {
        let args = scrape_args(args, cx.stability)?;
        let wanted = Wanted::new(args, &cx.id, &cx.services, None)?;
        let sink = Arc::new(Sink {
            id: Arc::clone(&cx.id),
            series: cx.services.series.clone(),
            debug: cx.services.live_debugging.publisher(&cx.id),
            fanout: MetricsFanout::new(&cx.metrics, args.forward_to.clone()),
        });
        let targets = IntGauge::new(
            "prometheus_scrape_targets_gauge",
            "Number of targets this component is configured to scrape",
        )
        .map_err(|error| ComponentError::new("cannot create metrics").with_source(error))?;
        let metrics = PoolMetrics::default();
        register(&cx.metrics, &metrics);
        let pool = ScrapePool::new(
            cx.services.series.clone(),
            Arc::clone(&sink) as Arc<dyn MetricsConsumer>,
            metrics,
            Arc::new(SystemClock),
            offset_seed(),
        );
        Ok(Self {
            id: Arc::clone(&cx.id),
            stability: cx.stability,
            services: Arc::clone(&cx.services),
            sink,
            pool: Mutex::new(pool),
            wanted: Mutex::new(wanted),
            changed: Notify::new(),
            sync_period,
            targets: cx.metrics.register(targets),
        })
    }

    fn apply(&self) -> Arc<PoolConfig> {
        let Wanted { config, fetch, targets } = self.wanted.lock().clone();
        self.targets.set(targets.len() as i64);
        self.pool.lock().apply(&config, || fetch, &targets);
        config
    }

    /// Keeps the pool at what is wanted. A changed configuration applies at once, a changed target
    /// list at most every few seconds.
    async fn keep_in_step(&self) {
        loop {
            let config = self.apply();
            let quiet_until = Instant::now() + self.sync_period;
            self.changed.notified().await;
            while Arc::ptr_eq(&config, &self.wanted.lock().config) {
                tokio::select! {
                    () = tokio::time::sleep_until(quiet_until) => break,
                    () = self.changed.notified() => {}
                }
            }
        }
    }
}

impl Component for Scrape {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        async move {
            let args = scrape_args(&args, self.stability)?;
            let before = self.wanted.lock().clone();
            let wanted = Wanted::new(args, &self.id, &self.services, Some(&before))?;
            self.sink.fanout.set(args.forward_to.clone());
            *self.wanted.lock() = wanted;
            self.changed.notify_one();
            Ok(())
        }
        .boxed()
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        async move {
            tokio::select! {
                () = self.keep_in_step() => {}
                () = cx.cancel.cancelled() => {}
            }
            let stopped = self.pool.lock().stop();
            stopped.await;
            Ok(())
        }
        .boxed()
    }

    fn supports_live_debugging(&self) -> bool {
        true
    }

    fn debug_info(&self) -> Option<Value> {
        let targets: Vec<Value> = self.pool.lock().status().iter().map(target_info).collect();
        Some(object([("target", Value::Array(targets.into()))]))
    }
}

fn target_info(status: &TargetStatus) -> Value {
    let text = |text: &str| Value::String(text.into());
    let time = |time: SystemTime| {
        jiff::Timestamp::try_from(time).map_or(Value::Null, |at| text(&at.to_string()))
    };
    let labels = Object {
        members: status.target.labels.iter().map(|(n, v)| (Str::from(n), text(v))).collect(),
        ordered: false,
    };
    object([
        ("job", text(status.target.labels.get("job").unwrap_or_default())),
        ("url", text(&status.target.url)),
        ("health", text(status.health.as_str())),
        ("labels", Value::Object(Arc::new(labels))),
        ("last_error", text(&status.last_error)),
        ("last_scrape", status.last_scrape.map_or(Value::Null, time)),
        ("last_scrape_duration", text(&format!("{:?}", status.last_duration))),
        ("loop_started", time(status.started)),
    ])
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().map(|(name, value)| (Str::from(name), value)).collect();
    Value::Object(Arc::new(Object { members, ordered: true }))
}

/// Spreads the instances of a job that run on different hosts.
fn offset_seed() -> u64 {
    use std::hash::{BuildHasher, BuildHasherDefault};
    let host = rustix::system::uname().nodename().to_bytes().to_vec();
    BuildHasherDefault::<rustc_hash::FxHasher>::default().hash_one(host)
}

fn register(registry: &ComponentMetrics, metrics: &PoolMetrics) {
    let m = metrics.clone();
    registry.register(m.scrape_pools_total);
    registry.register(m.scrape_pool_reloads_total);
    registry.register(m.scrape_pool_reloads_failed_total);
    registry.register(m.scrape_pool_exceeded_target_limit_total);
    registry.register(m.scrape_pool_target_limit);
    registry.register(m.scrape_pool_targets);
    registry.register(m.scrape_pool_sync_total);
    registry.register(m.scrape_pool_exceeded_label_limits_total);
    registry.register(m.sync_failed_total);
    registry.register(m.scrapes_exceeded_body_size_limit_total);
    registry.register(m.scrapes_exceeded_sample_limit_total);
    registry.register(m.scrapes_sample_duplicate_timestamp_total);
    registry.register(m.scrapes_sample_out_of_bounds_total);
    registry.register(m.scrape_duration_seconds);
}
