//! Arguments of `pyroscope.scrape`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::{ClusteringBlock, HttpClientBlock};
use alloy_component::{ProfilesReceiver, Target};
use alloy_value::{Args, Block};

/// Shortest interval with delta profiles.
const MIN_DELTA_INTERVAL: Duration = Duration::from_secs(2);
/// By how much an interval must be longer than the profiling.
const MARGIN: Duration = Duration::from_secs(1);

/// Arguments of `pyroscope.scrape`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct ScrapeArgs {
    /// Targets to collect profiles from.
    pub targets: Vec<Target>,
    /// Where profiles are sent.
    pub forward_to: Vec<ProfilesReceiver>,
    /// Value of the `job` label of targets without one; the component's id if empty.
    #[args(default = "")]
    pub job_name: String,
    /// URL parameters.
    #[args(optional)]
    pub params: BTreeMap<String, Vec<String>>,
    /// Time between two scrapes of a target.
    #[args(default = "15s")]
    pub scrape_interval: Duration,
    /// Time that a scrape may take; delta profiles get the interval on top.
    #[args(default = "10s")]
    pub scrape_timeout: Duration,
    /// URL scheme.
    #[args(default = "http")]
    pub scheme: String,
    /// How long the target records a delta profile; at least 1s shorter than `scrape_interval`.
    #[args(default = "14s")]
    pub delta_profiling_duration: Duration,
    /// HTTP client.
    #[args(squash)]
    pub client: HttpClientBlock,
    /// Which profiles are collected.
    #[args(block, default)]
    pub profiling_config: ProfilingConfigBlock,
    /// Distribution of targets over a cluster.
    #[args(block)]
    pub clustering: Option<ClusteringBlock>,
}

impl ScrapeArgs {
    fn check(&self) -> Result<(), String> {
        if self.scrape_timeout.is_zero() {
            return Err("scrape_timeout must be greater than 0".to_owned());
        }
        if self.profiling_config.uses_delta() {
            self.check_delta()?;
        }
        self.client.validate()
    }

    fn check_delta(&self) -> Result<(), String> {
        let (interval, duration) = (self.scrape_interval, self.delta_profiling_duration);
        let message = match () {
            () if interval < MIN_DELTA_INTERVAL => {
                "scrape_interval must be at least 2s with delta profiles"
            }
            () if duration <= MARGIN => {
                "delta_profiling_duration must be longer than 1s with delta profiles"
            }
            () if duration > interval - MARGIN => {
                "delta_profiling_duration must be at least 1s shorter than scrape_interval"
            }
            () => return Ok(()),
        };
        Err(message.to_owned())
    }
}

/// Which profiles are collected.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ProfilingConfigBlock {
    /// What stands in front of every path.
    #[args(default = "")]
    pub path_prefix: String,
    /// Allocated memory.
    #[args(block, name = "profile.memory", default = ProfileBlock::on("/debug/pprof/allocs"))]
    pub memory: ProfileBlock,
    /// Time that goroutines wait for each other.
    #[args(block, name = "profile.block", default = ProfileBlock::on("/debug/pprof/block"))]
    pub block: ProfileBlock,
    /// Goroutines.
    #[args(block, name = "profile.goroutine", default = ProfileBlock::on("/debug/pprof/goroutine"))]
    pub goroutine: ProfileBlock,
    /// Time that goroutines wait for locks.
    #[args(block, name = "profile.mutex", default = ProfileBlock::on("/debug/pprof/mutex"))]
    pub mutex: ProfileBlock,
    /// CPU time.
    #[args(block, name = "profile.process_cpu", default = ProfileBlock::on("/debug/pprof/profile").recorded())]
    pub process_cpu: ProfileBlock,
    /// Time on and off the CPU, with the fgprof library.
    #[args(block, name = "profile.fgprof", default = ProfileBlock::off("/debug/fgprof").recorded())]
    pub fgprof: ProfileBlock,
    /// Allocated memory since the last scrape, with the godeltaprof library.
    #[args(block, name = "profile.godeltaprof_memory", default = ProfileBlock::off("/debug/pprof/delta_heap"))]
    pub godeltaprof_memory: ProfileBlock,
    /// Waits for locks since the last scrape, with the godeltaprof library.
    #[args(block, name = "profile.godeltaprof_mutex", default = ProfileBlock::off("/debug/pprof/delta_mutex"))]
    pub godeltaprof_mutex: ProfileBlock,
    /// Waits of goroutines since the last scrape, with the godeltaprof library.
    #[args(block, name = "profile.godeltaprof_block", default = ProfileBlock::off("/debug/pprof/delta_block"))]
    pub godeltaprof_block: ProfileBlock,
    /// Other profiles.
    #[args(block, name = "profile.custom")]
    pub custom: Vec<CustomProfileBlock>,
}

impl ProfilingConfigBlock {
    /// True if a profile is collected that the target records on demand.
    fn uses_delta(&self) -> bool {
        let known = [
            &self.memory,
            &self.block,
            &self.goroutine,
            &self.mutex,
            &self.process_cpu,
            &self.fgprof,
            &self.godeltaprof_memory,
            &self.godeltaprof_mutex,
            &self.godeltaprof_block,
        ];
        known.iter().any(|profile| profile.enabled && profile.delta)
            || self.custom.iter().any(|profile| profile.enabled && profile.delta)
    }
}

/// A kind of profile. What its block leaves out depends on the kind.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ProfileBlock {
    /// Collects the profile.
    #[args(optional)]
    pub enabled: bool,
    /// URL path.
    #[args(optional)]
    pub path: String,
    /// The target records the profile on demand, for `delta_profiling_duration`.
    #[args(optional)]
    pub delta: bool,
}

impl ProfileBlock {
    fn on(path: &str) -> Self {
        Self { enabled: true, path: path.to_owned(), delta: false }
    }

    fn off(path: &str) -> Self {
        Self { enabled: false, ..Self::on(path) }
    }

    fn recorded(self) -> Self {
        Self { delta: true, ..self }
    }
}

/// Another kind of profile; the label is its name.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct CustomProfileBlock {
    /// Name of the profile.
    #[args(label)]
    pub name: String,
    /// Collects the profile.
    pub enabled: bool,
    /// URL path.
    pub path: String,
    /// The target records the profile on demand, for `delta_profiling_duration`.
    #[args(default = false)]
    pub delta: bool,
}
