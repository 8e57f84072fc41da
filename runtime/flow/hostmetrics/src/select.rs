//! Which collectors exist, and which of them run.

/// A collector that this version has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Collector {
    /// `/proc/stat`, `/proc/cpuinfo`, throttling and isolation from sysfs.
    Cpu,
    /// `/proc/diskstats` and udev's data.
    Diskstats,
    /// Usage of mounted file systems.
    Filesystem,
    /// `/proc/loadavg`.
    Loadavg,
    /// `/proc/meminfo`.
    Meminfo,
    /// `/proc/net/dev`.
    Netdev,
    /// `/proc/stat`.
    Stat,
    /// Metrics that others wrote into files.
    Textfile,
    /// Clock and clock sources.
    Time,
    /// uname(2).
    Uname,
    /// `/proc/vmstat`.
    Vmstat,
}

impl Collector {
    /// All, in name order.
    pub const ALL: &'static [Self] = &[
        Self::Cpu,
        Self::Diskstats,
        Self::Filesystem,
        Self::Loadavg,
        Self::Meminfo,
        Self::Netdev,
        Self::Stat,
        Self::Textfile,
        Self::Time,
        Self::Uname,
        Self::Vmstat,
    ];

    /// The name users know it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Diskstats => "diskstats",
            Self::Filesystem => "filesystem",
            Self::Loadavg => "loadavg",
            Self::Meminfo => "meminfo",
            Self::Netdev => "netdev",
            Self::Stat => "stat",
            Self::Textfile => "textfile",
            Self::Time => "time",
            Self::Uname => "uname",
            Self::Vmstat => "vmstat",
        }
    }

    /// The collector called `name`, if this version has it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.name() == name)
    }
}

/// Collectors of the reference on Linux that run unless switched off
/// (spec/components/prometheus.exporter.unix.md).
const DEFAULT_ON: &[&str] = &[
    "arp",
    "bcache",
    "bonding",
    "btrfs",
    "conntrack",
    "cpu",
    "cpufreq",
    "diskstats",
    "dmi",
    "edac",
    "entropy",
    "fibrechannel",
    "filefd",
    "filesystem",
    "hwmon",
    "infiniband",
    "ipvs",
    "loadavg",
    "mdadm",
    "meminfo",
    "netclass",
    "netdev",
    "netstat",
    "nfs",
    "nfsd",
    "nvme",
    "os",
    "powersupplyclass",
    "pressure",
    "rapl",
    "schedstat",
    "selinux",
    "sockstat",
    "softnet",
    "stat",
    "tapestats",
    "textfile",
    "thermal_zone",
    "time",
    "timex",
    "udp_queues",
    "uname",
    "vmstat",
    "watchdog",
    "xfs",
    "zfs",
];

/// Those that run only when switched on.
const DEFAULT_OFF: &[&str] = &[
    "buddyinfo",
    "cgroups",
    "cpu_vulnerabilities",
    "drbd",
    "drm",
    "ethtool",
    "interrupts",
    "ksmd",
    "lnstat",
    "logind",
    "meminfo_numa",
    "mountstats",
    "network_route",
    "ntp",
    "pcidevice",
    "perf",
    "processes",
    "qdisc",
    "runit",
    "slabinfo",
    "softirqs",
    "supervisord",
    "swap",
    "sysctl",
    "systemd",
    "tcpstat",
    "wifi",
    "xfrm",
    "zoneinfo",
];

/// Those that `set_collectors` doesn't know: it ignores them like any unknown name.
const NOT_SETTABLE: &[&str] = &["cpu_vulnerabilities", "pcidevice", "swap", "watchdog", "xfrm"];

/// Outcome of [`select`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Run, in name order.
    pub run: Vec<Collector>,
    /// Asked for by name, but not in this version.
    pub refused: Vec<&'static str>,
    /// On by default in the reference, but not in this version.
    pub missing: Vec<&'static str>,
}

/// Chooses collectors: exactly those of `set`, or the default ones if it is empty; then without
/// `disable`, then with `enable`. Unknown names are ignored.
pub fn select(set: &[String], enable: &[String], disable: &[String]) -> Selection {
    let named = |list: &[String], name: &str| list.iter().any(|n| n == name);
    let mut selection = Selection::default();
    let all = DEFAULT_ON.iter().map(|n| (*n, true)).chain(DEFAULT_OFF.iter().map(|n| (*n, false)));
    for (name, default_on) in all {
        let set_by_name = !set.is_empty() && named(set, name) && !NOT_SETTABLE.contains(&name);
        let base = if set.is_empty() { default_on } else { set_by_name };
        let enabled = named(enable, name);
        if !(enabled || base && !named(disable, name)) {
            continue;
        }
        match Collector::from_name(name) {
            Some(collector) => selection.run.push(collector),
            None if enabled || set_by_name => selection.refused.push(name),
            None => selection.missing.push(name),
        }
    }
    selection.run.sort();
    selection.refused.sort_unstable();
    selection
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(set: &[&str], enable: &[&str], disable: &[&str], expected: Expect) {
        let owned = |list: &[&str]| list.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let selection = select(&owned(set), &owned(enable), &owned(disable));
        let run: Vec<_> = selection.run.iter().map(|c| c.name()).collect();
        expected.assert_eq(&format!("run {run:?}, refused {:?}", selection.refused));
    }

    #[test]
    fn without_arguments_everything_built_runs() {
        let names: Vec<_> = Collector::ALL.iter().map(|c| c.name()).collect();
        let selection = select(&[], &[], &[]);
        assert_eq!(selection.run, Collector::ALL);
        assert!(names.is_sorted());
        assert!(selection.refused.is_empty());
        assert_eq!(selection.run.len() + selection.missing.len(), DEFAULT_ON.len());
    }

    #[test]
    fn set_names_exactly_what_runs() {
        check(&["loadavg", "nonsense"], &[], &[], expect![[r#"run ["loadavg"], refused []"#]]);
    }

    #[test]
    fn enable_wins_over_disable() {
        check(
            &["loadavg"],
            &["stat", "cpu"],
            &["cpu", "loadavg"],
            expect![[r#"run ["cpu", "stat"], refused []"#]],
        );
    }

    #[test]
    fn unbuilt_collectors_are_refused_only_when_named() {
        check(
            &["loadavg", "netstat"],
            &["systemd"],
            &[],
            expect![[r#"run ["loadavg"], refused ["netstat", "systemd"]"#]],
        );
        check(
            &["loadavg", "netstat"],
            &[],
            &["netstat"],
            expect![[r#"run ["loadavg"], refused []"#]],
        );
    }

    #[test]
    fn names_outside_the_table_can_be_enabled_but_not_set() {
        check(&["watchdog", "cpu"], &[], &[], expect![[r#"run ["cpu"], refused []"#]]);
        check(&["cpu"], &["watchdog"], &[], expect![[r#"run ["cpu"], refused ["watchdog"]"#]]);
    }
}
