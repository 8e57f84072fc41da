//! What to collect, from where, with which filters.

use std::path::{Path, PathBuf};
use std::time::Duration;

use alloy_flow_regex::Regex;

use crate::Collector;

/// Block devices left out unless configured otherwise: partitions, loop, RAM and floppy devices.
pub const DEVICE_EXCLUDE: &str = r"^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$";
/// File system types left out unless configured otherwise: those without storage of their own.
pub const FS_TYPES_EXCLUDE: &str = "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)$";
/// Mount points left out unless configured otherwise.
pub const MOUNT_POINTS_EXCLUDE: &str = "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+)($|/)";
/// After this long an answer about a mount is no longer waited for.
pub const MOUNT_TIMEOUT: Duration = Duration::from_secs(5);
/// Fields of `/proc/vmstat` kept unless configured otherwise.
pub const VMSTAT_FIELDS: &str = "^(oom_kill|pgpg|pswp|pg.*fault).*";

/// Roots of the file trees that are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// `/proc`.
    pub procfs: PathBuf,
    /// `/sys`.
    pub sysfs: PathBuf,
    /// `/`; stripped from mount points.
    pub rootfs: PathBuf,
    /// `/run/udev/data`.
    pub udev_data: PathBuf,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            procfs: "/proc".into(),
            sysfs: "/sys".into(),
            rootfs: "/".into(),
            udev_data: "/run/udev/data".into(),
        }
    }
}

/// Options of the `cpu` collector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuConfig {
    /// Export `node_cpu_info`.
    pub info: bool,
    /// Export `node_cpu_guest_seconds_total`.
    pub guest: bool,
    /// Which CPU flags to export; none if empty. Implies `info`.
    pub flags_include: String,
    /// Which CPU bugs to export; none if empty. Implies `info`.
    pub bugs_include: String,
}

/// Which devices to include or leave out; empty expressions don't filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFilter {
    /// Only matching devices.
    pub include: String,
    /// No matching devices.
    pub exclude: String,
}

/// Options of the `filesystem` collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesystemConfig {
    /// File system types to leave out.
    pub fs_types_exclude: String,
    /// Mount points to leave out.
    pub mount_points_exclude: String,
    /// After this long a mount counts as hung.
    pub mount_timeout: Duration,
}

/// Everything a [`crate::HostMetrics`] is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Roots.
    pub paths: Paths,
    /// Collectors to run.
    pub collectors: Vec<Collector>,
    /// Options of `cpu`.
    pub cpu: CpuConfig,
    /// Devices of `diskstats`.
    pub disk: DeviceFilter,
    /// Options of `filesystem`.
    pub filesystem: FilesystemConfig,
    /// Devices of `netdev`.
    pub netdev: DeviceFilter,
    /// Whether `netdev` exports the addresses of devices.
    pub netdev_addresses: bool,
    /// Directory of `textfile`, or a pattern of directories; empty for none.
    pub textfile_directory: String,
    /// Fields of `vmstat`.
    pub vmstat_fields: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            paths: Paths::default(),
            collectors: Collector::ALL.to_vec(),
            cpu: CpuConfig::default(),
            disk: DeviceFilter { include: String::new(), exclude: DEVICE_EXCLUDE.to_owned() },
            filesystem: FilesystemConfig {
                fs_types_exclude: FS_TYPES_EXCLUDE.to_owned(),
                mount_points_exclude: MOUNT_POINTS_EXCLUDE.to_owned(),
                mount_timeout: MOUNT_TIMEOUT,
            },
            netdev: DeviceFilter::default(),
            netdev_addresses: false,
            textfile_directory: String::new(),
            vmstat_fields: VMSTAT_FIELDS.to_owned(),
        }
    }
}

/// Why a configuration can't work.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A root does not exist.
    #[error("could not read {path:?}: {reason}")]
    Path {
        /// The root.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// An expression does not compile.
    #[error("the expression {expression:?} of {argument} does not compile: {reason}")]
    Expression {
        /// Argument, such as `vmstat.fields`.
        argument: &'static str,
        /// Its value.
        expression: String,
        /// Why.
        reason: String,
    },
    /// Two arguments exclude each other.
    #[error("netdev: device-exclude & device-include are mutually exclusive")]
    NetdevFilters,
}

/// Compiles the value of `argument`.
pub(crate) fn compile(argument: &'static str, expression: &str) -> Result<Regex, BuildError> {
    Regex::new(expression).map_err(|error| BuildError::Expression {
        argument,
        expression: expression.to_owned(),
        reason: error.to_string(),
    })
}

/// Compiles the value of `argument`; `None` if it is empty.
pub(crate) fn compile_optional(
    argument: &'static str,
    expression: &str,
) -> Result<Option<Regex>, BuildError> {
    if expression.is_empty() { Ok(None) } else { compile(argument, expression).map(Some) }
}

/// A compiled [`DeviceFilter`].
pub(crate) struct Devices {
    include: Option<Regex>,
    exclude: Option<Regex>,
}

impl Devices {
    pub(crate) fn new(
        (include, include_value): (&'static str, &str),
        (exclude, exclude_value): (&'static str, &str),
    ) -> Result<Self, BuildError> {
        Ok(Self {
            include: compile_optional(include, include_value)?,
            exclude: compile_optional(exclude, exclude_value)?,
        })
    }

    pub(crate) fn keeps(&self, device: &str) -> bool {
        self.exclude.as_ref().is_none_or(|r| !r.is_match(device))
            && self.include.as_ref().is_none_or(|r| r.is_match(device))
    }
}

/// Fails unless `root` exists.
pub(crate) fn require(root: &Path) -> Result<(), BuildError> {
    match root.metadata() {
        Ok(_) => Ok(()),
        Err(reason) => Err(BuildError::Path { path: root.to_owned(), reason }),
    }
}
