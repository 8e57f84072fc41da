//! `alloy_resources_*`, `process_*` and `alloy_build_info`.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_component::{ComponentMetrics, MetricsHub};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge, GaugeVec, Opts};
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::registered;

/// Metrics of the process and its host, under the names of the project and those that all clients of
/// Prometheus have.
#[derive(Clone)]
pub struct ProcessMetrics {
    descs: Vec<Desc>,
    start_seconds: f64,
}

impl ProcessMetrics {
    /// Registers the metrics, which are there as long as the result is kept. Does blocking I/O.
    pub fn register(hub: &MetricsHub) -> ComponentMetrics {
        let registry = hub.registry(&[]);
        let start_seconds = start_seconds().unwrap_or_else(now_seconds);
        let metrics = sample(&Facts::default()).map(|sample| {
            let descs = sample.iter().flat_map(|metric| metric.desc()).cloned().collect();
            Self { descs, start_seconds }
        });
        registered(&registry, metrics);
        registry
    }
}

impl Collector for ProcessMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let sample = sample(&Facts::read(self.start_seconds)).unwrap_or_default();
        sample.iter().flat_map(|metric| metric.collect()).collect()
    }
}

impl std::fmt::Debug for ProcessMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProcessMetrics").finish_non_exhaustive()
    }
}

/// What is known of the process and its host now.
#[derive(Default)]
struct Facts {
    start_seconds: f64,
    cpu_seconds: f64,
    resident_bytes: f64,
    virtual_bytes: f64,
    max_virtual_bytes: f64,
    open_files: f64,
    max_files: f64,
    /// Received and sent by the interfaces of the host.
    host_bytes: (f64, f64),
    /// Received and sent as IP packets where the process sees the network.
    ip_bytes: (f64, f64),
}

impl Facts {
    fn read(start_seconds: f64) -> Self {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        let status = text("/proc/self/status");
        // What has no limit shows the largest number that there is.
        let limit = |of| getrlimit(of).current.unwrap_or(u64::MAX) as f64;
        Self {
            start_seconds,
            cpu_seconds: cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9,
            resident_bytes: status_bytes(&status, "VmRSS:"),
            virtual_bytes: status_bytes(&status, "VmSize:"),
            max_virtual_bytes: limit(Resource::As),
            open_files: fs::read_dir("/proc/self/fd").map_or(0.0, |open| open.count() as f64),
            max_files: limit(Resource::Nofile),
            host_bytes: network_bytes(&text("/proc/net/dev")),
            ip_bytes: ip_bytes(&text("/proc/self/net/netstat")),
        }
    }
}

fn sample(facts: &Facts) -> prometheus::Result<Vec<Box<dyn Collector>>> {
    let gauge = |name: &str, help: &str, value: f64| -> prometheus::Result<Box<dyn Collector>> {
        let gauge = Gauge::new(name, help)?;
        gauge.set(value);
        Ok(Box::new(gauge))
    };
    let counter = |name: &str, help: &str, value: f64| -> prometheus::Result<Box<dyn Collector>> {
        let counter = Counter::new(name, help)?;
        counter.inc_by(value);
        Ok(Box::new(counter))
    };
    let start = "Start time of the process since Unix epoch in seconds.";
    let cpu = "Total user and system CPU time spent in seconds.";
    let resident = "Current resident memory size in bytes.";
    let virtual_memory = "Current virtual memory size in bytes.";
    Ok(vec![
        gauge("alloy_resources_process_start_time_seconds", start, facts.start_seconds)?,
        counter("alloy_resources_process_cpu_seconds_total", cpu, facts.cpu_seconds)?,
        gauge("alloy_resources_process_resident_memory_bytes", resident, facts.resident_bytes)?,
        gauge("alloy_resources_process_virtual_memory_bytes", virtual_memory, facts.virtual_bytes)?,
        counter(
            "alloy_resources_machine_rx_bytes_total",
            "Total bytes, host-wide, received across all network interfaces.",
            facts.host_bytes.0,
        )?,
        counter(
            "alloy_resources_machine_tx_bytes_total",
            "Total bytes, host-wide, sent across all given network interface.",
            facts.host_bytes.1,
        )?,
        gauge("process_start_time_seconds", start, facts.start_seconds)?,
        counter("process_cpu_seconds_total", cpu, facts.cpu_seconds)?,
        gauge("process_resident_memory_bytes", resident, facts.resident_bytes)?,
        gauge("process_virtual_memory_bytes", virtual_memory, facts.virtual_bytes)?,
        gauge(
            "process_virtual_memory_max_bytes",
            "Largest virtual memory size that the process may have in bytes.",
            facts.max_virtual_bytes,
        )?,
        gauge("process_open_fds", "Open file descriptors.", facts.open_files)?,
        gauge(
            "process_max_fds",
            "Largest number of file descriptors that the process may open.",
            facts.max_files,
        )?,
        counter(
            "process_network_receive_bytes_total",
            "Bytes received where the process sees the network.",
            facts.ip_bytes.0,
        )?,
        counter(
            "process_network_transmit_bytes_total",
            "Bytes sent where the process sees the network.",
            facts.ip_bytes.1,
        )?,
    ])
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

/// Bytes received and sent as IP packets: the columns `InOctets` and `OutOctets` of the two `IpExt`
/// lines, names and values.
fn ip_bytes(netstat: &str) -> (f64, f64) {
    let mut lines = netstat.lines().filter_map(|line| line.strip_prefix("IpExt:"));
    let (names, values) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let value = |wanted: &str| {
        let mut columns = names.split_ascii_whitespace().zip(values.split_ascii_whitespace());
        let found = columns.find(|(name, _)| *name == wanted);
        found.and_then(|(_, value)| value.parse().ok()).unwrap_or(0.0)
    };
    (value("InOctets"), value("OutOctets"))
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
        assert_eq!(families.len(), 15);
        for family in &families {
            let metric = &family.get_metric()[0];
            let value = metric.get_gauge().get_value().max(metric.get_counter().get_value());
            assert!(value > 0.0 || family.name().contains("_bytes_total"), "{}", family.name());
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
        let netstat =
            "TcpExt: A InOctets\nTcpExt: 1 2\nIpExt: A InOctets OutOctets\nIpExt: 3 4 5\n";
        assert_eq!(ip_bytes(netstat), (4.0, 5.0));
        assert_eq!(ip_bytes(""), (0.0, 0.0));
    }
}
