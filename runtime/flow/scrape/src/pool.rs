//! All targets of one component.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy_telemetry::{Labels, MetricsConsumer, SeriesTable};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument, Span};

use crate::cache::ScrapeCache;
use crate::fetch::{Fetch, FetchRequest};
use crate::metrics::PoolMetrics;
use crate::options::{IngestOptions, PoolConfig, Protocol};
use crate::scrape_loop::{Command, LoopContext, LoopSpec, ScrapeLoop, TargetHealth, TargetStatus};
use crate::target::Target;

/// Tells the time that samples carry.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
    }
}

/// The running loops of a component's targets.
///
/// Dropping it stops them at once; [`ScrapePool::stop`] waits for them.
pub struct ScrapePool {
    table: SeriesTable,
    cx: LoopContext,
    config: Option<Arc<PoolConfig>>,
    fetch: Option<Arc<dyn Fetch>>,
    options: Arc<IngestOptions>,
    /// Grows with every change of the configuration.
    generation: u64,
    loops: BTreeMap<(Labels, String), RunningLoop>,
}

struct RunningLoop {
    commands: watch::Sender<Command>,
    status: Arc<Mutex<TargetStatus>>,
    task: AbortOnDropHandle<()>,
    generation: u64,
    target: Arc<Target>,
    forced_error: bool,
    vanishing: bool,
}

impl ScrapePool {
    /// A pool without targets that sends to `sink`. `offset_seed` spreads instances of this process
    /// on several hosts over the interval.
    pub fn new(
        table: SeriesTable,
        sink: Arc<dyn MetricsConsumer>,
        metrics: PoolMetrics,
        clock: Arc<dyn Clock>,
        offset_seed: u64,
    ) -> Self {
        metrics.scrape_pools_total.inc();
        Self {
            table,
            cx: LoopContext { sink, metrics, clock, offset_seed },
            config: None,
            fetch: None,
            options: Arc::default(),
            generation: 0,
            loops: BTreeMap::new(),
        }
    }

    /// Scrapes exactly `discovered` with `config` from now on. `fetch` belongs to `config`: it is
    /// taken only when the configuration has changed.
    ///
    /// Loops of targets that stay are not touched, unless the configuration has changed.
    ///
    /// # Cost
    /// O(targets), not more than one label merge each.
    pub fn apply(
        &mut self,
        config: &Arc<PoolConfig>,
        fetch: impl FnOnce() -> Arc<dyn Fetch>,
        discovered: &[Labels],
    ) {
        let job = config.job_name.as_str();
        let metrics = self.cx.metrics.clone();
        if self.config.as_ref() != Some(config) {
            if self.config.is_some() {
                metrics.scrape_pool_reloads_total.inc();
            }
            self.generation += 1;
            self.config = Some(Arc::clone(config));
            self.options = Arc::new(config.ingest.clone());
            self.fetch = Some(fetch());
        }
        let Some(fetch) = self.fetch.clone() else { return };
        let targets = self.resolve(config, discovered);
        let forced_error = self.check_limit(config, targets.len());

        self.loops.retain(|_, running| !running.task.is_finished());
        for (identity, running) in &mut self.loops {
            if !targets.contains_key(identity) && !running.vanishing {
                running.vanishing = true;
                running.commands.send_replace(Command::Vanish);
            }
        }
        let accept = Protocol::accept(&config.protocols, config.escaping);
        let n_targets = targets.len();
        for (identity, target) in targets {
            let spec = LoopSpec {
                request: FetchRequest {
                    url: target.url.clone(),
                    accept: accept.clone(),
                    compression: config.compression,
                    timeout: target.timeout,
                    body_size_limit_bytes: config.body_size_limit_bytes,
                },
                target: Arc::new(target),
                fallback: config.fallback,
                options: Arc::clone(&self.options),
                fetch: Arc::clone(&fetch),
                forced_error: forced_error.clone(),
            };
            self.run(identity, spec);
        }
        metrics.scrape_pool_sync_total.with_label_values(&[job]).inc();
        metrics.scrape_pool_targets.with_label_values(&[job]).set(n_targets as i64);
        let limit = i64::try_from(config.target_limit).unwrap_or(i64::MAX);
        metrics.scrape_pool_target_limit.with_label_values(&[job]).set(limit);
    }

    /// Targets by what makes them the same; those that cannot be scraped are left out.
    fn resolve(
        &self,
        config: &PoolConfig,
        discovered: &[Labels],
    ) -> BTreeMap<(Labels, String), Target> {
        let mut targets = BTreeMap::new();
        for labels in discovered {
            match Target::new(labels, &config.defaults) {
                Ok(target) => {
                    targets.entry(target.identity.clone()).or_insert(target);
                }
                Err(error) => {
                    let failed = &self.cx.metrics.sync_failed_total;
                    failed.with_label_values(&[&config.job_name]).inc();
                    tracing::warn!(target = %labels, %error, "target dropped");
                }
            }
        }
        targets
    }

    fn check_limit(&self, config: &PoolConfig, n_targets: usize) -> Option<Arc<str>> {
        let limit = config.target_limit;
        if limit == 0 || n_targets <= limit {
            return None;
        }
        self.cx.metrics.scrape_pool_exceeded_target_limit_total.inc();
        let text =
            format!("target_limit exceeded (number of targets: {n_targets}, limit: {limit})");
        Some(text.into())
    }

    /// Brings the loop of one target to `spec`.
    fn run(&mut self, identity: (Labels, String), spec: LoopSpec) {
        let generation = self.generation;
        let target = Arc::clone(&spec.target);
        let forced_error = spec.forced_error.is_some();
        let started = self.started();
        if let Some(running) = self.loops.get_mut(&identity) {
            let same = running.generation == generation
                && running.target == target
                && running.forced_error == forced_error
                && !running.vanishing;
            if same {
                return;
            }
            {
                let mut status = running.status.lock();
                status.started = started;
                status.target = Arc::clone(&target);
            }
            (running.generation, running.target) = (generation, target);
            (running.forced_error, running.vanishing) = (forced_error, false);
            running.commands.send_replace(Command::Run(Arc::new(spec)));
            return;
        }
        let status = Arc::new(Mutex::new(TargetStatus {
            target: Arc::clone(&target),
            started,
            health: TargetHealth::Unknown,
            last_error: String::new(),
            last_scrape: None,
            last_duration: Duration::ZERO,
        }));
        let cache = ScrapeCache::new(&self.table, target.labels.clone(), Arc::clone(&spec.options));
        let worker = ScrapeLoop {
            cx: self.cx.clone(),
            cache: Arc::new(Mutex::new(cache)),
            status: Arc::clone(&status),
            body: Vec::new(),
            expected_body_bytes: 0,
            memory: None,
            schedule: None,
        };
        let (commands, receiver) = watch::channel(Command::Run(Arc::new(spec)));
        let task =
            AbortOnDropHandle::new(tokio::spawn(worker.run(receiver).instrument(Span::current())));
        let running = RunningLoop {
            commands,
            status,
            task,
            generation,
            target,
            forced_error,
            vanishing: false,
        };
        self.loops.insert(identity, running);
    }

    fn started(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.cx.clock.now_ms().max(0) as u64)
    }

    /// Status of every target, by URL.
    pub fn status(&self) -> Vec<TargetStatus> {
        let mut all: Vec<_> = self
            .loops
            .values()
            .filter(|running| !running.vanishing)
            .map(|running| running.status.lock().clone())
            .collect();
        all.sort_by(|a, b| {
            (&a.target.url, &a.target.labels).cmp(&(&b.target.url, &b.target.labels))
        });
        all
    }

    /// Stops all loops without end markers; the result waits for them.
    pub fn stop(&mut self) -> impl Future<Output = ()> + Send + use<> {
        let loops: Vec<_> = std::mem::take(&mut self.loops).into_values().collect();
        for running in &loops {
            running.commands.send_replace(Command::Stop);
        }
        async move {
            for running in loops {
                if let Err(error) = running.task.await {
                    tracing::error!(%error, "scrape loop ended abnormally");
                }
            }
        }
    }
}

impl std::fmt::Debug for ScrapePool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScrapePool").field("loops", &self.loops.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
