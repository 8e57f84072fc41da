//! Arguments of `prometheus.exporter.unix`.

use std::time::Duration;

use alloy_blocks::UrlText;
use alloy_value::structure::Structure;
use alloy_value::{Args, Block};

/// Arguments of `prometheus.exporter.unix`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct UnixArgs {
    /// Also exposes metrics of the exporter itself and of this process.
    #[args(default = false)]
    pub include_exporter_metrics: bool,
    /// Where procfs is mounted.
    #[args(default = "/proc")]
    pub procfs_path: String,
    /// Where sysfs is mounted.
    #[args(default = "/sys")]
    pub sysfs_path: String,
    /// Root of the file systems to examine; stripped from their mount points.
    #[args(default = "/")]
    pub rootfs_path: String,
    /// Directory of udev's device database.
    #[args(default = "/run/udev/data")]
    pub udev_data_path: String,
    /// Collectors to switch on; wins over `disable_collectors`.
    #[args(default = Vec::new())]
    pub enable_collectors: Vec<String>,
    /// Collectors to switch off.
    #[args(default = Vec::new())]
    pub disable_collectors: Vec<String>,
    /// Collectors to run instead of the default ones.
    pub set_collectors: Option<Vec<String>>,
    /// Options of the collector `arp`.
    #[args(block)]
    pub arp: Option<ArpBlock>,
    /// Options of the collector `bcache`.
    #[args(block)]
    pub bcache: Option<BcacheBlock>,
    /// Options of the collector `cpu`.
    #[args(block)]
    pub cpu: Option<CpuBlock>,
    /// Options of the collector `diskstats`.
    #[args(block)]
    pub disk: Option<DiskBlock>,
    /// Options of the collector `ethtool`.
    #[args(block)]
    pub ethtool: Option<EthtoolBlock>,
    /// Options of the collector `filesystem`.
    #[args(block)]
    pub filesystem: Option<FilesystemBlock>,
    /// Options of the collector `hwmon`.
    #[args(block)]
    pub hwmon: Option<HwmonBlock>,
    /// Options of the collector `ipvs`.
    #[args(block)]
    pub ipvs: Option<IpvsBlock>,
    /// Options of the collector `ntp`.
    #[args(block)]
    pub ntp: Option<NtpBlock>,
    /// Options of the collector `netclass`.
    #[args(block)]
    pub netclass: Option<NetclassBlock>,
    /// Options of the collector `netdev`.
    #[args(block)]
    pub netdev: Option<NetdevBlock>,
    /// Options of the collector `netstat`.
    #[args(block)]
    pub netstat: Option<NetstatBlock>,
    /// Options of the collector `perf`.
    #[args(block)]
    pub perf: Option<PerfBlock>,
    /// Options of the collector `powersupplyclass`.
    #[args(block)]
    pub powersupply: Option<PowersupplyBlock>,
    /// Options of the collector `runit`.
    #[args(block)]
    pub runit: Option<RunitBlock>,
    /// Options of the collector `supervisord`.
    #[args(block)]
    pub supervisord: Option<SupervisordBlock>,
    /// Options of the collector `sysctl`.
    #[args(block)]
    pub sysctl: Option<SysctlBlock>,
    /// Options of the collector `systemd`.
    #[args(block)]
    pub systemd: Option<SystemdBlock>,
    /// Options of the collector `tapestats`.
    #[args(block)]
    pub tapestats: Option<TapestatsBlock>,
    /// Options of the collector `textfile`.
    #[args(block)]
    pub textfile: Option<TextfileBlock>,
    /// Options of the collector `vmstat`.
    #[args(block)]
    pub vmstat: Option<VmstatBlock>,
}

/// Options of the collector `arp`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ArpBlock {
    /// Network devices to leave out (regular expression).
    #[args(default = "", syntax = "regex")]
    pub device_exclude: String,
    /// Network devices to include (regular expression).
    #[args(default = "", syntax = "regex")]
    pub device_include: String,
    /// Reads the table through netlink instead of procfs.
    #[args(default = false)]
    pub netlink: bool,
}

/// Options of the collector `bcache`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct BcacheBlock {
    /// Exposes expensive priority statistics.
    #[args(default = false)]
    pub priority_stats: bool,
}

/// Options of the collector `cpu`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct CpuBlock {
    /// CPU bugs to expose (regular expression).
    #[args(default = "", syntax = "regex")]
    pub bugs_include: String,
    /// Exposes time spent for virtual guests.
    #[args(default = false)]
    pub guest: bool,
    /// Exposes what is known about each CPU.
    #[args(default = false)]
    pub info: bool,
    /// CPU flags to expose (regular expression).
    #[args(default = "", syntax = "regex")]
    pub flags_include: String,
}

/// Options of the collector `diskstats`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct DiskBlock {
    /// Block devices to leave out (regular expression).
    #[args(default = r"^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$", syntax = "regex")]
    pub device_exclude: String,
    /// Block devices to include (regular expression); replaces `device_exclude`.
    #[args(default = "", syntax = "regex")]
    pub device_include: String,
}

/// Options of the collector `ethtool`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct EthtoolBlock {
    /// Network devices to leave out (regular expression).
    #[args(default = "", syntax = "regex")]
    pub device_exclude: String,
    /// Network devices to include (regular expression).
    #[args(default = "", syntax = "regex")]
    pub device_include: String,
    /// Statistics to expose (regular expression).
    #[args(default = ".*", syntax = "regex")]
    pub metrics_include: String,
}

/// Options of the collector `filesystem`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct FilesystemBlock {
    /// File system types to leave out (regular expression).
    #[args(
        default = "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)$",
        syntax = "regex"
    )]
    pub fs_types_exclude: String,
    /// Mount points to leave out (regular expression).
    #[args(
        default = "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+)($|/)",
        syntax = "regex"
    )]
    pub mount_points_exclude: String,
    /// A mount that does not answer for this long is reported as hung.
    #[args(default = "5s")]
    pub mount_timeout: Duration,
}

/// Options of the collector `hwmon`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct HwmonBlock {
    /// Chips to leave out (regular expression).
    #[args(default = "", syntax = "regex")]
    pub chip_exclude: String,
    /// Chips to include (regular expression).
    #[args(default = "", syntax = "regex")]
    pub chip_include: String,
}

/// Options of the collector `ipvs`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct IpvsBlock {
    /// Labels of backends.
    pub backend_labels: Option<Vec<String>>,
}

/// Options of the collector `ntp`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct NtpBlock {
    /// Time to live of the requests.
    #[args(default = 1)]
    pub ip_ttl: i64,
    /// Offset up to which the local clock counts as right.
    #[args(default = "1ms")]
    pub local_offset_tolerance: Duration,
    /// Largest distance to the root clock.
    #[args(default = "3s466ms80us")]
    pub max_distance: Duration,
    /// Version of the protocol.
    #[args(default = 4)]
    pub protocol_version: i64,
    /// Server to ask.
    #[args(default = "127.0.0.1")]
    pub server: String,
    /// The server is this machine.
    #[args(default = false)]
    pub server_is_local: bool,
}

/// Options of the collector `netclass`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct NetclassBlock {
    /// Leaves out the speed of devices that report a negative one.
    #[args(default = false)]
    pub ignore_invalid_speed_device: bool,
    /// Network devices to leave out (regular expression).
    #[args(default = "^$", syntax = "regex")]
    pub ignored_devices: String,
}

/// Options of the collector `netdev`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct NetdevBlock {
    /// Exposes the addresses of devices.
    #[args(default = false)]
    pub address_info: bool,
    /// Network devices to leave out (regular expression); excludes `device_include`.
    #[args(default = "", syntax = "regex")]
    pub device_exclude: String,
    /// Network devices to include (regular expression); excludes `device_exclude`.
    #[args(default = "", syntax = "regex")]
    pub device_include: String,
}

/// Options of the collector `netstat`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct NetstatBlock {
    /// Fields to expose (regular expression).
    #[args(
        default = "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$",
        syntax = "regex"
    )]
    pub fields: String,
}

/// Options of the collector `perf`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct PerfBlock {
    /// CPUs to profile.
    #[args(default = "")]
    pub cpus: String,
    /// Tracepoints to count.
    pub tracepoint: Option<Vec<String>>,
    /// Switches hardware profilers off.
    #[args(default = false)]
    pub disable_hardware_profilers: bool,
    /// Switches software profilers off.
    #[args(default = false)]
    pub disable_software_profilers: bool,
    /// Switches cache profilers off.
    #[args(default = false)]
    pub disable_cache_profilers: bool,
    /// Hardware profilers to run.
    pub hardware_profilers: Option<Vec<String>>,
    /// Software profilers to run.
    pub software_profilers: Option<Vec<String>>,
    /// Cache profilers to run.
    pub cache_profilers: Option<Vec<String>>,
}

/// Options of the collector `powersupplyclass`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct PowersupplyBlock {
    /// Power supplies to leave out (regular expression).
    #[args(default = "^$", syntax = "regex")]
    pub ignored_supplies: String,
}

/// Options of the collector `runit`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct RunitBlock {
    /// Directory of services.
    #[args(default = "/etc/service")]
    pub service_dir: String,
}

/// Options of the collector `supervisord`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct SupervisordBlock {
    /// Endpoint to ask.
    #[args(default = "http://localhost:9001/RPC2", syntax = "url")]
    pub url: UrlText,
}

/// Options of the collector `sysctl`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct SysctlBlock {
    /// Numeric values to expose.
    pub include: Option<Vec<String>>,
    /// Text values to expose.
    pub include_info: Option<Vec<String>>,
}

/// Options of the collector `systemd`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct SystemdBlock {
    /// Exposes how often services were restarted.
    #[args(default = false)]
    pub enable_restarts: bool,
    /// Exposes when units were started.
    #[args(default = false)]
    pub start_time: bool,
    /// Exposes numbers of tasks.
    #[args(default = false)]
    pub task_metrics: bool,
    /// Units to leave out (regular expression).
    #[args(default = r".+\.(automount|device|mount|scope|slice)", syntax = "regex")]
    pub unit_exclude: String,
    /// Units to include (regular expression).
    #[args(default = ".+", syntax = "regex")]
    pub unit_include: String,
}

/// Options of the collector `tapestats`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct TapestatsBlock {
    /// Devices to leave out (regular expression).
    #[args(default = "^$", syntax = "regex")]
    pub ignored_devices: String,
}

/// Options of the collector `textfile`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct TextfileBlock {
    /// Directory of `*.prom` files, or a pattern of directories.
    #[args(default = "")]
    pub directory: String,
}

/// Options of the collector `vmstat`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct VmstatBlock {
    /// Fields of `/proc/vmstat` to expose (regular expression).
    #[args(default = "^(oom_kill|pgpg|pswp|pg.*fault).*", syntax = "regex")]
    pub fields: String,
}

/// Blocks whose absence means their defaults.
macro_rules! all_optional {
    ($($block:ty),* $(,)?) => {$(
        impl Default for $block {
            fn default() -> Self {
                Self::initial()
            }
        }
    )*};
}

all_optional!(
    ArpBlock,
    BcacheBlock,
    CpuBlock,
    DiskBlock,
    EthtoolBlock,
    FilesystemBlock,
    HwmonBlock,
    IpvsBlock,
    NtpBlock,
    NetclassBlock,
    NetdevBlock,
    NetstatBlock,
    PerfBlock,
    PowersupplyBlock,
    RunitBlock,
    SupervisordBlock,
    SysctlBlock,
    SystemdBlock,
    TapestatsBlock,
    TextfileBlock,
    VmstatBlock
);

/// Collectors with a block that this version does not have.
#[cfg(feature = "unix")]
macro_rules! unbuilt {
    ($args:ident; $($block:ident),* $(,)?) => {
        [$((stringify!($block), $args.$block.as_ref().is_some_and(|block| *block != Default::default()))),*]
    };
}

#[cfg(feature = "unix")]
impl UnixArgs {
    /// What is set although this version can't do it.
    pub(super) fn unsupported(&self) -> Option<String> {
        let blocks = unbuilt!(self; arp, bcache, ethtool, hwmon, ipvs, ntp, netclass, netstat, perf, powersupply, runit, supervisord, sysctl, systemd, tapestats);
        let set = blocks.iter().find(|(_, set)| *set);
        set.map(|(name, _)| format!("the block {name:?}"))
    }
}
