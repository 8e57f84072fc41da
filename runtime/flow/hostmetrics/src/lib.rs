//! Reads the host's own metrics from procfs, sysfs and system calls, as metric families with
//! node_exporter's names, labels and types.
//!
//! # Invariants
//! - Every path lies below the configured roots, so a directory of files stands in for a host.
//! - What files can't answer comes through [`Host`].
//! - A collector that fails, panics or hangs costs its own families only; the rest is delivered.
//! - Knows nothing about components, HTTP or the text format.
//!
//! Start reading at [`HostMetrics`], then [`select`] for which collectors exist, then any
//! collector's module: a parser of text and a function that turns the result into families.

mod addresses;
mod config;
mod cpu;
mod diskstats;
mod exporter;
mod families;
mod filesystem;
mod host;
mod meminfo;
mod netdev;
mod proc_stat;
mod process;
pub mod select;
mod simple;
mod textfile;
mod time;

#[cfg(test)]
mod testing;

pub use addresses::DeviceAddress;
pub use config::{
    BuildError, Config, CpuConfig, DEVICE_EXCLUDE, DeviceFilter, FS_TYPES_EXCLUDE,
    FilesystemConfig, MOUNT_POINTS_EXCLUDE, MOUNT_TIMEOUT, Paths, VMSTAT_FIELDS,
};
pub use exporter::{Collected, HostMetrics};
pub use host::{Host, LinuxHost, Uname, Usage, WallClock};
pub use process::process_metrics;
pub use select::Collector;

/// Fuzz entry: no content of a textfile or of the kernel's files makes a parser panic.
pub fn fuzz(data: &[u8]) {
    textfile::fuzz(data);
    filesystem::fuzz(data);
    addresses::fuzz(data);
}

#[cfg(test)]
mod seeds {
    /// Every seed of the fuzz target, and every crash that was found, stays fixed.
    #[test]
    fn of_host_files_replay() {
        alloy_corpus::seeds("host_files").iter().for_each(|seed| super::fuzz(seed));
    }
}
