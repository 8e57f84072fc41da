//! `alloy_resources_*` and `alloy_build_info`.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_component::{ComponentMetrics, MetricsHub};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge, GaugeVec, Opts};
use rustix::time::{ClockId, clock_gettime};

use super::registered;

/// Metrics of the process and its host.
#[derive(Clone)]
pub struct ProcessMetrics {
    template: Sample,
    start_seconds: f64,
}

impl ProcessMetrics {
    /// Registers the metrics, which are there as long as the result is kept. Does blocking I/O.
    pub fn register(hub: &MetricsHub) -> ComponentMetrics {
        let registry = hub.registry(&[]);
        let start_seconds = start_seconds().unwrap_or_else(now_seconds);
        registered(&registry, Sample::new().map(|template| Self { template, start_seconds }));
        registry
    }

    fn sample(&self) -> prometheus::Result<Vec<MetricFamily>> {
        let sample = Sample::new()?;
        sample.start.set(self.start_seconds);
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        sample.cpu.inc_by(cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9);
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        sample.resident.set(status_bytes(&status, "VmRSS:"));
        sample.virtual_memory.set(status_bytes(&status, "VmSize:"));
        let (received, sent) =
            network_bytes(&fs::read_to_string("/proc/net/dev").unwrap_or_default());
        sample.received.inc_by(received);
        sample.sent.inc_by(sent);
        Ok(sample.collect())
    }
}

impl Collector for ProcessMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.template.parts().into_iter().flat_map(|part| part.desc()).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.sample().unwrap_or_default()
    }
}

impl std::fmt::Debug for ProcessMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProcessMetrics").finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Sample {
    start: Gauge,
    cpu: Counter,
    resident: Gauge,
    virtual_memory: Gauge,
    received: Counter,
    sent: Counter,
}

impl Sample {
    fn new() -> prometheus::Result<Self> {
        Ok(Self {
            start: Gauge::new(
                "alloy_resources_process_start_time_seconds",
                "Start time of the process since Unix epoch in seconds.",
            )?,
            cpu: Counter::new(
                "alloy_resources_process_cpu_seconds_total",
                "Total user and system CPU time spent in seconds.",
            )?,
            resident: Gauge::new(
                "alloy_resources_process_resident_memory_bytes",
                "Current resident memory size in bytes.",
            )?,
            virtual_memory: Gauge::new(
                "alloy_resources_process_virtual_memory_bytes",
                "Current virtual memory size in bytes.",
            )?,
            received: Counter::new(
                "alloy_resources_machine_rx_bytes_total",
                "Total bytes, host-wide, received across all network interfaces.",
            )?,
            sent: Counter::new(
                "alloy_resources_machine_tx_bytes_total",
                "Total bytes, host-wide, sent across all given network interface.",
            )?,
        })
    }

    fn parts(&self) -> [&dyn Collector; 6] {
        [&self.start, &self.cpu, &self.resident, &self.virtual_memory, &self.received, &self.sent]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.parts().into_iter().flat_map(Collector::collect).collect()
    }
}

fn now_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

/// When the process started, from its age in clock ticks since boot.
fn start_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let ticks = start_ticks(&stat)? as f64 / rustix::param::clock_ticks_per_second() as f64;
    let boot = clock_gettime(ClockId::Boottime);
    let since_boot = boot.tv_sec as f64 + boot.tv_nsec as f64 / 1e9;
    Some(now_seconds() - since_boot + ticks)
}

/// Field 22 of `/proc/PID/stat`; the second one is a name in parentheses that may hold anything.
fn start_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// A line such as `VmRSS:  1234 kB` of `/proc/PID/status`, in bytes.
fn status_bytes(status: &str, name: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1024.0
}

/// Received and sent bytes of all interfaces.
fn network_bytes(dev: &str) -> (f64, f64) {
    let of_line = |line: &str| -> Option<(f64, f64)> {
        let (_, counters) = line.split_once(':')?;
        let counters: Vec<&str> = counters.split_ascii_whitespace().collect();
        Some((counters.first()?.parse().ok()?, counters.get(8)?.parse().ok()?))
    };
    dev.lines().filter_map(of_line).fold((0.0, 0.0), |sum, line| (sum.0 + line.0, sum.1 + line.1))
}

/// Labels of `alloy_build_info`.
#[derive(Clone, Debug, Default)]
pub struct BuildInfo {
    /// Version.
    pub version: String,
    /// Commit.
    pub revision: String,
    /// Branch.
    pub branch: String,
    /// Compiler, in the label `goversion` that dashboards know.
    pub compiler: String,
    /// Build tags.
    pub tags: String,
}

/// Registers `alloy_build_info`, which is there as long as the result is kept.
pub fn register_build_info(hub: &MetricsHub, info: &BuildInfo) -> ComponentMetrics {
    let registry = hub.registry(&[]);
    let opts = Opts::new(
        "alloy_build_info",
        "A metric with a constant '1' value labeled by version, revision, branch, goversion from \
         which alloy was built, and the goos and goarch for the build.",
    );
    let labels = ["branch", "goarch", "goos", "goversion", "revision", "tags", "version"];
    let (os, arch) = (std::env::consts::OS, go_arch(std::env::consts::ARCH));
    let values =
        [&*info.branch, arch, os, &*info.compiler, &*info.revision, &*info.tags, &*info.version];
    if let Some(gauge) = registered(&registry, GaugeVec::new(opts, &labels)) {
        gauge.with_label_values(&values).set(1.0);
    }
    registry
}

/// The architecture under the name that users of the label know.
fn go_arch(arch: &'static str) -> &'static str {
    match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_of_the_process_has_a_value() {
        let hub = MetricsHub::new();
        let _kept = ProcessMetrics::register(&hub);
        let families = hub.gather();
        assert_eq!(families.len(), 6);
        for family in &families {
            let metric = &family.get_metric()[0];
            let value = metric.get_gauge().get_value().max(metric.get_counter().get_value());
            assert!(value > 0.0 || family.name().contains("machine"), "{}", family.name());
        }
    }

    #[test]
    fn proc_files_are_read() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 1 0 0 0 1 2 0 0 20 0 1 0 4242 1 1 1";
        assert_eq!(start_ticks(stat), Some(4242));
        assert_eq!(status_bytes("VmSize:\t 10 kB\nVmRSS:\t 3 kB\n", "VmRSS:"), 3072.0);
        let dev = "Inter-| Receive | Transmit\n face |bytes\n lo: 5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0\n\
                   eth0: 10 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0\n";
        assert_eq!(network_bytes(dev), (15.0, 26.0));
    }
}
