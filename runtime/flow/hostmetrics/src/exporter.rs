//! Runs the chosen collectors and puts their families together.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus::proto::MetricFamily;
use tracing::error;

use crate::families::Families;
use crate::{BuildError, Collector, Config, Host, config};

/// Stack of a collector's thread; none recurses.
const STACK_BYTES: usize = 512 * 1024;

/// Why a collector delivered less than it should.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct CollectError(pub(crate) String);

/// One collector, made ready. What it added before it failed stays.
pub(crate) trait Collect: Send + Sync {
    fn collect(&self, out: &mut Families) -> Result<(), CollectError>;
}

/// Reads a file below one of the roots.
pub(crate) fn read(path: &Path) -> Result<String, CollectError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => Err(CollectError(format!("cannot read {}: {error}", path.display()))),
    }
}

/// Result of one collection.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// Families by name, metrics sorted by label values.
    pub families: Vec<MetricFamily>,
    /// Metrics left out because they contradict others.
    pub errors: Vec<String>,
}

/// The host's metrics, ready to be collected again and again.
pub struct HostMetrics {
    collectors: Vec<(Collector, Box<dyn Collect>)>,
}

impl HostMetrics {
    /// Makes the collectors of `config` ready.
    ///
    /// # Errors
    /// `procfs` doesn't exist, an expression of a chosen collector doesn't compile, or arguments
    /// exclude each other.
    pub fn new(config: &Config, host: Arc<dyn Host>) -> Result<Self, BuildError> {
        config::require(&config.paths.procfs)?;
        let mut collectors = Vec::with_capacity(config.collectors.len());
        for &collector in &config.collectors {
            collectors.push((collector, build(collector, config, &host)?));
        }
        Ok(Self { collectors })
    }

    /// The collectors that run.
    pub fn collectors(&self) -> impl Iterator<Item = Collector> + '_ {
        self.collectors.iter().map(|(collector, _)| *collector)
    }

    /// Runs all collectors, each in a thread of its own, and waits for them. Blocking.
    pub fn collect(&self) -> Collected {
        let mut all = Families::default();
        let results: Vec<_> = std::thread::scope(|scope| {
            let running: Vec<_> = self
                .collectors
                .iter()
                .map(|(collector, run)| {
                    let spawned = std::thread::Builder::new()
                        .name(format!("collect-{}", collector.name()))
                        .stack_size(STACK_BYTES)
                        .spawn_scoped(scope, || run_one(*collector, run.as_ref()));
                    // Without a thread (out of resources) it runs here.
                    (*collector, run, spawned)
                })
                .collect();
            running
                .into_iter()
                .map(|(collector, run, spawned)| match spawned.map(|thread| thread.join()) {
                    Ok(Ok(done)) => (collector, done),
                    // The thread catches panics itself.
                    Ok(Err(_)) => (collector, Done::default()),
                    Err(_) => (collector, run_one(collector, run.as_ref())),
                })
                .collect()
        });
        for (collector, done) in results {
            all.merge(done.families);
            let labels = [("collector", collector.name())];
            all.gauge(
                "node_scrape_collector_duration_seconds",
                "node_exporter: Duration of a collector scrape.",
                &labels,
                done.duration.as_secs_f64(),
            );
            all.gauge(
                "node_scrape_collector_success",
                "node_exporter: Whether a collector succeeded.",
                &labels,
                f64::from(u8::from(done.success)),
            );
        }
        let (families, errors) = all.finish();
        Collected { families, errors }
    }
}

impl std::fmt::Debug for HostMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.collectors()).finish()
    }
}

#[derive(Default)]
struct Done {
    families: Families,
    duration: Duration,
    success: bool,
}

fn run_one(collector: Collector, run: &dyn Collect) -> Done {
    let start = Instant::now();
    let mut families = Families::default();
    let result = catch_unwind(AssertUnwindSafe(|| run.collect(&mut families)))
        .unwrap_or_else(|_| Err(CollectError("the collector panicked".to_owned())));
    let success = result.is_ok();
    match result {
        Ok(()) => {}
        Err(error) => error!(name = collector.name(), %error, "collector failed"),
    }
    Done { families, duration: start.elapsed(), success }
}

fn build(
    collector: Collector,
    config: &Config,
    host: &Arc<dyn Host>,
) -> Result<Box<dyn Collect>, BuildError> {
    Ok(match collector {
        Collector::Cpu => Box::new(crate::cpu::Cpu::new(config)?),
        Collector::Diskstats => Box::new(crate::diskstats::Diskstats::new(config)?),
        Collector::Filesystem => {
            Box::new(crate::filesystem::Filesystem::new(config, Arc::clone(host))?)
        }
        Collector::Loadavg => Box::new(crate::simple::Loadavg::new(config)),
        Collector::Meminfo => Box::new(crate::meminfo::Meminfo::new(config)),
        Collector::Netdev => Box::new(crate::netdev::Netdev::new(config, Arc::clone(host))?),
        Collector::Stat => Box::new(crate::simple::Stat::new(config)),
        Collector::Textfile => Box::new(crate::textfile::Textfile::new(config)),
        Collector::Time => Box::new(crate::time::Time::new(config, Arc::clone(host))),
        Collector::Uname => Box::new(crate::simple::UnameInfo::new(Arc::clone(host))),
        Collector::Vmstat => Box::new(crate::simple::Vmstat::new(config)?),
    })
}
