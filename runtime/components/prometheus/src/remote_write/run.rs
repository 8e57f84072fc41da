//! The running `prometheus.remote_write`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use alloy_component::{
    BuildContext, Component, ComponentError, ComponentMetrics, Health, HealthState,
    MetricsReceiver, Publisher, RunContext, Services,
};
use alloy_flow_remote_write::{Endpoint, Metrics, Progress};
use alloy_flow_wal::{AppendError, Cursor, Log, Options};
use alloy_telemetry::{MetricsConsumer, SampleBatch, SendError, SeriesTable};
use alloy_value::{ArcArgs, Stability};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::log_metrics::{HeldSeries, LogMetrics};
use super::spec::Spec;
use super::{NAME, RemoteWriteArgs, RemoteWriteExports, WalBlock};
use crate::debug_text::publish_batch;
use crate::liveness::Liveness;

/// At the end, endpoints that answer read the log to its end for so long.
const DRAIN: Duration = Duration::from_secs(1);
/// How often the size of the log is looked at.
const SIZE_EVERY: Duration = Duration::from_secs(60);

pub(super) struct RemoteWrite {
    consumer: Arc<Consumer>,
    services: Arc<Services>,
    data_dir: PathBuf,
    stability: Stability,
    desired: watch::Sender<Desired>,
    /// Keeps the metrics in the process's registry.
    _registered: [ComponentMetrics; 2],
}

#[derive(Clone)]
struct Desired {
    endpoints: Vec<Spec>,
    wal: WalBlock,
}

/// The receiving end.
struct Consumer {
    liveness: Liveness,
    /// Absent only between two runs.
    log: Arc<Mutex<Option<Log>>>,
    metrics: Metrics,
    series: SeriesTable,
    debug: Publisher,
}

pub(super) fn build(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    async move {
        let component = RemoteWrite::new(&cx, &args).await?;
        Ok(Arc::new(component) as Arc<dyn Component>)
    }
    .boxed()
}

impl RemoteWrite {
    pub(super) async fn new(cx: &BuildContext, args: &ArcArgs) -> Result<Self, ComponentError> {
        let desired = desired(args, cx.stability, &cx.services)?;
        if cx.data_dir.join("wal").is_dir() {
            tracing::info!(
                path = %cx.data_dir.join("wal").display(),
                "a WAL of another implementation is here; it is neither read nor deleted"
            );
        }
        let start = Instant::now();
        let log = open(&cx.data_dir, &desired.wal, cx.services.series.clone()).await?;
        let opened_in = start.elapsed();
        ensure_cursors(&log, &desired.endpoints);
        let log = Arc::new(Mutex::new(Some(log)));
        let failed = |e| ComponentError::new("cannot make the component's metrics").with_source(e);
        let limit = Options::new(PathBuf::new()).disk_bytes;
        let log_metrics = LogMetrics::new(Arc::clone(&log), opened_in, limit).map_err(failed)?;
        cx.metrics.register(log_metrics);
        let label_store = cx.services.metrics.registry(&[("remote_name", &cx.id)]);
        label_store.register(HeldSeries::new(Arc::clone(&log)).map_err(failed)?);
        let metrics = cx.metrics.register(Metrics::new().map_err(failed)?);
        let consumer = Arc::new(Consumer {
            liveness: Liveness::new(&cx.id),
            log,
            metrics,
            series: cx.services.series.clone(),
            debug: cx.services.live_debugging.publisher(&cx.id),
        });
        let receiver = MetricsReceiver(Arc::clone(&consumer) as Arc<dyn MetricsConsumer>);
        cx.exports.export(&RemoteWriteExports { receiver });
        Ok(Self {
            consumer,
            services: Arc::clone(&cx.services),
            data_dir: cx.data_dir.clone(),
            stability: cx.stability,
            desired: watch::Sender::new(desired),
            _registered: [cx.metrics.clone(), label_store],
        })
    }

    /// The log; opened again after a run that closed it.
    async fn log(&self) -> Result<Log, ComponentError> {
        let open_already = self.consumer.log.lock().clone();
        if let Some(log) = open_already {
            return Ok(log);
        }
        let desired = self.desired.borrow().clone();
        let log = open(&self.data_dir, &desired.wal, self.services.series.clone()).await?;
        ensure_cursors(&log, &desired.endpoints);
        *self.consumer.log.lock() = Some(log.clone());
        Ok(log)
    }

    async fn work(&self, log: &Log, running: &mut Running, cancel: &CancellationToken) -> Ended {
        let mut desired = self.desired.subscribe();
        let mut next_truncation = tokio::time::Instant::now();
        loop {
            let now = desired.borrow_and_update().clone();
            running.apply(&now.endpoints, log, &self.services, &self.consumer.metrics).await?;
            next_truncation =
                next_truncation.min(tokio::time::Instant::now() + now.wal.truncate_frequency);
            loop {
                let size = tokio::time::sleep(SIZE_EVERY);
                // Every arm is cancel safe.
                tokio::select! {
                    () = cancel.cancelled() => return Ok(()),
                    _ = desired.changed() => break,
                    Some(ended) = running.tasks.join_next() => running.ended(ended)?,
                    () = size => {
                        if log.disk_bytes() > Options::new(PathBuf::new()).disk_bytes {
                            truncate(log, running, &now.wal).await;
                        }
                    }
                    () = tokio::time::sleep_until(next_truncation) => {
                        truncate(log, running, &now.wal).await;
                        next_truncation =
                            tokio::time::Instant::now() + now.wal.truncate_frequency;
                    }
                }
            }
        }
    }
}

type Ended = Result<(), ComponentError>;

impl Component for RemoteWrite {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        async move {
            let desired = desired(&args, self.stability, &self.services)?;
            let log = self.consumer.log.lock().clone();
            if let Some(log) = log {
                ensure_cursors(&log, &desired.endpoints);
            }
            self.desired.send_replace(desired);
            Ok(())
        }
        .boxed()
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        async move {
            let log = self.log().await?;
            let mut running = Running::default();
            let alive = self.consumer.liveness.running();
            let result = self.work(&log, &mut running, &cx.cancel).await;
            drop(alive);
            // What was accepted reaches the disk; what an endpoint doesn't get now, it gets after
            // the next start.
            log.close().await;
            running.finish().await;
            *self.consumer.log.lock() = None;
            result
        }
        .boxed()
    }

    fn health(&self) -> Option<Health> {
        let failure = self.consumer.log.lock().as_ref()?.failure()?;
        let message = format!("cannot write the log, going on from memory: {failure}");
        Some(Health::new(HealthState::Unhealthy, message, SystemTime::now()))
    }

    fn supports_live_debugging(&self) -> bool {
        true
    }
}

impl MetricsConsumer for Consumer {
    fn send(&self, batch: Arc<SampleBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        async move {
            self.liveness.check()?;
            let exited = || SendError::Exited { component: self.component_id().into() };
            let log = self.log.lock().clone().ok_or_else(exited)?;
            let histograms = batch.histograms.as_ref().map_or(0, |h| h.len()) as u64;
            let exemplars = batch.exemplars.as_ref().map_or(0, |e| e.len()) as u64;
            let samples = batch.len() as u64 - histograms;
            let newest = (0..batch.len()).map(|row| batch.timestamp_ms(row)).max();
            let ack = batch.ack.clone();
            publish_batch(&self.debug, &self.series, &batch);
            match log.append(batch).await {
                Ok(()) => {}
                Err(AppendError::Closed) => return Err(exited()),
                Err(AppendError::Full { reason }) => {
                    if let Some(ack) = ack {
                        ack.mark_lost();
                    }
                    let component = self.component_id().into();
                    return Err(SendError::Busy { component, reason: reason.into() });
                }
            }
            self.metrics.incoming(samples, exemplars, histograms, newest.unwrap_or(i64::MIN));
            Ok(())
        }
        .boxed()
    }

    fn component_id(&self) -> &str {
        self.liveness.component_id()
    }
}

fn desired(
    args: &ArcArgs,
    stability: Stability,
    services: &Services,
) -> Result<Desired, ComponentError> {
    let args =
        args.downcast_ref::<RemoteWriteArgs>().ok_or_else(|| crate::wrong_arguments(NAME))?;
    args.supported(stability)?;
    let endpoints = Spec::all(args)?;
    for endpoint in &endpoints {
        endpoint.prepare(services)?;
    }
    Ok(Desired { endpoints, wal: args.wal.clone() })
}

async fn open(data_dir: &Path, wal: &WalBlock, table: SeriesTable) -> Result<Log, ComponentError> {
    let folder = data_dir.join("log");
    let options = Options { segment_age: wal.truncate_frequency, ..Options::new(folder.clone()) };
    let opened = tokio::task::spawn_blocking(move || Log::open(options, table)).await;
    let failed = || format!("cannot open the log in {}", folder.display());
    match opened {
        Ok(Ok(log)) => Ok(log),
        Ok(Err(error)) => Err(ComponentError::retryable(failed()).with_source(error)),
        Err(error) => Err(ComponentError::new(failed()).with_source(error)),
    }
}

/// A new endpoint gets what comes in from now on, also if it starts later.
fn ensure_cursors(log: &Log, endpoints: &[Spec]) {
    for endpoint in endpoints {
        let cursor = log.cursor(&endpoint.cursor);
        if cursor.load().is_none()
            && let Err(error) = cursor.store(Cursor { position: log.end() })
        {
            tracing::warn!(%error, "cannot store the position of an endpoint");
        }
    }
}

async fn truncate(log: &Log, running: &Running, wal: &WalBlock) {
    let oldest = running.endpoints.values().map(|e| e.progress.position()).min();
    let (log, wal) = (log.clone(), wal.clone());
    let done = tokio::task::spawn_blocking(move || {
        let keep_from = oldest.unwrap_or_else(|| log.end());
        log.truncate(keep_from, wal.min_keepalive_time, wal.max_keepalive_time);
    });
    if let Err(error) = done.await {
        tracing::error!(%error, "cannot truncate the log");
    }
}

/// Endpoints by their cursor.
#[derive(Default)]
struct Running {
    endpoints: BTreeMap<String, RunningEndpoint>,
    tasks: JoinSet<String>,
}

struct RunningEndpoint {
    spec: Spec,
    closing: CancellationToken,
    progress: Progress,
}

impl Running {
    /// Makes the endpoints run that are wanted, and no others.
    async fn apply(
        &mut self,
        wanted: &[Spec],
        log: &Log,
        services: &Services,
        metrics: &Metrics,
    ) -> Ended {
        let mut stopping = Vec::new();
        for (cursor, endpoint) in &self.endpoints {
            if !wanted.contains(&endpoint.spec) {
                endpoint.closing.cancel();
                stopping.push(cursor.clone());
            }
        }
        // Ends within the time that an endpoint takes to flush; the others go on meanwhile.
        let mut gone = Vec::new();
        while stopping.iter().any(|cursor| self.endpoints.contains_key(cursor)) {
            let Some(ended) = self.tasks.join_next().await else { break };
            if let Ok(cursor) = &ended
                && let Some(endpoint) = self.endpoints.get(cursor)
            {
                gone.push(endpoint.spec.clone());
            }
            self.ended(ended)?;
        }
        for spec in gone {
            let same = |s: &&Spec| s.name == spec.name && s.shown_url == spec.shown_url;
            if !wanted.iter().any(|s| same(&s)) {
                metrics.remove(&spec.name, &spec.shown_url);
            }
        }
        for spec in wanted {
            if self.endpoints.contains_key(&spec.cursor) {
                continue;
            }
            let (config, client) = spec.prepare(services)?;
            let closing = CancellationToken::new();
            let overlap_end =
                if stopping.contains(&spec.cursor) { log.end() } else { log.end_at_open() };
            let table = services.series.clone();
            let endpoint =
                Endpoint::new(config, client, log, table, metrics, closing.clone(), overlap_end)
                    .map_err(|e| {
                        ComponentError::new(format!("cannot start {}", spec.shown_url))
                            .with_source(e)
                    })?;
            let progress = endpoint.progress();
            let (cursor, log) = (spec.cursor.clone(), log.clone());
            self.tasks.spawn(async move {
                endpoint.run(log).await;
                cursor
            });
            let running = RunningEndpoint { spec: spec.clone(), closing, progress };
            self.endpoints.insert(spec.cursor.clone(), running);
        }
        let cursors: Vec<_> = wanted.iter().map(|s| s.cursor.as_str()).collect();
        log.forget_other_cursors(&cursors);
        Ok(())
    }

    fn ended(&mut self, ended: Result<String, JoinError>) -> Ended {
        match ended {
            Ok(cursor) => {
                self.endpoints.remove(&cursor);
                Ok(())
            }
            Err(error) => {
                Err(ComponentError::new("the sender of an endpoint ended early").with_source(error))
            }
        }
    }

    /// Lets endpoints that answer come to the log's end, for a short while.
    async fn finish(&mut self) {
        for endpoint in self.endpoints.values().filter(|e| e.progress.is_failing()) {
            endpoint.closing.cancel();
        }
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, all).await.is_err() {
            self.endpoints.values().for_each(|e| e.closing.cancel());
            while self.tasks.join_next().await.is_some() {}
        }
        self.endpoints.clear();
    }
}
