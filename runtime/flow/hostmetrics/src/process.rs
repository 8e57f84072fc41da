//! Metrics of this process, under the names that Prometheus clients use.

use std::path::Path;

use prometheus::proto::MetricFamily;

use crate::families::Families;
use crate::proc_stat;

/// Unit of the times in `/proc/PID/stat`.
const TICKS_PER_SECOND: f64 = 100.0;
/// Fields of `/proc/PID/stat` after the command, counted from 0: user and system time, start time.
const UTIME: usize = 11;
const STIME: usize = 12;
const START: usize = 19;

/// `process_*` families of this process, as far as `proc` (usually `/proc`) tells. Blocking.
pub fn process_metrics(proc: &Path) -> Vec<MetricFamily> {
    let own = proc.join("self");
    let read = |name: &str| std::fs::read_to_string(own.join(name)).unwrap_or_default();
    let mut out = Families::default();
    let stat = read("stat");
    // The command is in parentheses and may have any character.
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_whitespace().collect())
        .unwrap_or_default();
    let seconds = |field: usize| {
        fields.get(field).and_then(|f| f.parse::<f64>().ok()).map(|t| t / TICKS_PER_SECOND)
    };
    if let (Some(user), Some(system)) = (seconds(UTIME), seconds(STIME)) {
        out.counter(
            "process_cpu_seconds_total",
            "Total user and system CPU time spent in seconds.",
            &[],
            user + system,
        );
    }
    let boot = std::fs::read_to_string(proc.join("stat")).ok();
    let boot = boot.and_then(|text| proc_stat::parse(&text).ok()).map(|stat| stat.boot_time as f64);
    let status = read("status");
    let status = |key: &str| {
        let value = status.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':'))?;
        Some(value.split_whitespace().next()?.parse::<f64>().ok()? * 1024.0)
    };
    let limits = read("limits");
    let limit = |key: &str| {
        let soft = limits.lines().find_map(|l| l.strip_prefix(key))?.split_whitespace().next()?;
        if soft == "unlimited" { Some(u64::MAX as f64) } else { soft.parse::<f64>().ok() }
    };
    let open = own.join("fd").read_dir().map(|fds| fds.count() as f64).ok();
    let gauges = [
        ("process_max_fds", "Maximum number of open file descriptors.", limit("Max open files")),
        ("process_open_fds", "Number of open file descriptors.", open),
        ("process_resident_memory_bytes", "Resident memory size in bytes.", status("VmRSS")),
        (
            "process_start_time_seconds",
            "Start time of the process since unix epoch in seconds.",
            boot.zip(seconds(START)).map(|(boot, start)| boot + start),
        ),
        ("process_virtual_memory_bytes", "Virtual memory size in bytes.", status("VmSize")),
        (
            "process_virtual_memory_max_bytes",
            "Maximum amount of virtual memory available in bytes.",
            limit("Max address space"),
        ),
    ];
    for (name, help, value) in gauges {
        if let Some(value) = value {
            out.gauge(name, help, &[], value);
        }
    }
    out.finish().0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_all_of_them() {
        let families = process_metrics(Path::new("/proc"));
        let names: Vec<_> = families.iter().map(MetricFamily::name).collect();
        assert_eq!(
            names,
            [
                "process_cpu_seconds_total",
                "process_max_fds",
                "process_open_fds",
                "process_resident_memory_bytes",
                "process_start_time_seconds",
                "process_virtual_memory_bytes",
                "process_virtual_memory_max_bytes",
            ]
        );
        assert!(process_metrics(Path::new("/nowhere")).is_empty());
    }
}
