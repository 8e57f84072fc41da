//! The `cpu` collector.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use alloy_flow_regex::Regex;
use parking_lot::Mutex;
use tracing::debug;

use crate::config::{BuildError, Config, compile_optional};
use crate::exporter::{Collect, CollectError, read};
use crate::families::Families;
use crate::proc_stat::{self, CpuTimes, GUEST, IDLE, MODES};

/// Idle time that falls by this much means that the CPU was taken out and came back.
const HOTPLUG_SECONDS: f64 = 3.0;

pub(crate) struct Cpu {
    proc: PathBuf,
    cpus: PathBuf,
    guest: bool,
    info: bool,
    flags: Option<Regex>,
    bugs: Option<Regex>,
    /// The highest times seen: the kernel's may fall a little, a counter must not.
    seen: Mutex<BTreeMap<u32, CpuTimes>>,
}

impl Cpu {
    pub(crate) fn new(config: &Config) -> Result<Self, BuildError> {
        let flags = compile_optional("cpu.flags_include", &config.cpu.flags_include)?;
        let bugs = compile_optional("cpu.bugs_include", &config.cpu.bugs_include)?;
        Ok(Self {
            proc: config.paths.procfs.clone(),
            cpus: config.paths.sysfs.join("devices/system/cpu"),
            guest: config.cpu.guest,
            info: config.cpu.info || flags.is_some() || bugs.is_some(),
            flags,
            bugs,
            seen: Mutex::default(),
        })
    }

    fn times(&self, out: &mut Families) -> Result<(), CollectError> {
        let now = proc_stat::parse(&read(&self.proc.join("stat"))?)?.cpus;
        let mut seen = self.seen.lock();
        seen.retain(|cpu, _| now.iter().any(|(known, _)| known == cpu));
        for (cpu, times) in now {
            let kept = seen.entry(cpu).or_default();
            if kept[IDLE] - times[IDLE] >= HOTPLUG_SECONDS {
                *kept = CpuTimes::default();
            }
            for (kept, time) in kept.iter_mut().zip(times) {
                *kept = kept.max(time);
            }
            let cpu = cpu.to_string();
            for (mode, seconds) in MODES.iter().zip(&kept[..]) {
                out.counter(
                    "node_cpu_seconds_total",
                    "Seconds the CPUs spent in each mode.",
                    &[("cpu", &cpu), ("mode", mode)],
                    *seconds,
                );
            }
            if self.guest {
                for (mode, column) in ["user", "nice"].into_iter().zip(GUEST) {
                    out.counter(
                        "node_cpu_guest_seconds_total",
                        "Seconds the CPUs spent in guests (VMs) for each mode.",
                        &[("cpu", &cpu), ("mode", mode)],
                        kept[column],
                    );
                }
            }
        }
        Ok(())
    }

    fn info(&self, out: &mut Families) -> Result<(), CollectError> {
        let text = read(&self.proc.join("cpuinfo"))?;
        let cpus = parse_cpuinfo(&text);
        for cpu in &cpus {
            let field =
                |keys: &[&str]| keys.iter().find_map(|k| cpu.get(k).copied()).unwrap_or_default();
            out.gauge(
                "node_cpu_info",
                "CPU information from /proc/cpuinfo.",
                &[
                    ("package", field(&["physical id"])),
                    ("core", field(&["core id"])),
                    ("cpu", field(&["processor"])),
                    ("vendor", field(&["vendor_id", "vendor", "CPU implementer"])),
                    ("family", field(&["cpu family", "CPU architecture"])),
                    ("model", field(&["model", "CPU part"])),
                    ("model_name", field(&["model name"])),
                    ("microcode", field(&["microcode"])),
                    ("stepping", field(&["stepping", "CPU variant"])),
                    ("cachesize", field(&["cache size"])),
                ],
                1.0,
            );
        }
        // All CPUs of a machine have the same ones.
        let Some(first) = cpus.first() else { return Ok(()) };
        let words = |keys: [&str; 2], include: &Option<Regex>| {
            let text = keys.iter().find_map(|k| first.get(k).copied()).unwrap_or_default();
            let mut words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
            words.retain(|w| include.as_ref().is_some_and(|r| r.is_match(w)));
            words.sort();
            words.dedup();
            words
        };
        for flag in words(["flags", "Features"], &self.flags) {
            out.gauge(
                "node_cpu_flag_info",
                "The `flags` field of CPU information from /proc/cpuinfo taken from the first core.",
                &[("flag", &flag)],
                1.0,
            );
        }
        for bug in words(["bugs", "bugs"], &self.bugs) {
            out.gauge(
                "node_cpu_bug_info",
                "The `bugs` field of CPU information from /proc/cpuinfo taken from the first core.",
                &[("bug", &bug)],
                1.0,
            );
        }
        Ok(())
    }

    fn isolated(&self, out: &mut Families) -> Result<(), CollectError> {
        let Ok(text) = std::fs::read_to_string(self.cpus.join("isolated")) else { return Ok(()) };
        let cpus = parse_cpu_list(text.trim()).ok_or_else(|| {
            CollectError(format!("cannot parse the isolated CPUs {:?}", text.trim()))
        })?;
        for cpu in cpus {
            out.gauge(
                "node_cpu_isolated",
                "Whether each core is isolated, information from /sys/devices/system/cpu/isolated.",
                &[("cpu", &cpu.to_string())],
                1.0,
            );
        }
        Ok(())
    }

    /// The first CPU of a core or package that tells its number speaks for all.
    fn throttling(&self, out: &mut Families) {
        let mut packages: BTreeMap<u64, u64> = BTreeMap::new();
        let mut cores: BTreeMap<(u64, u64), u64> = BTreeMap::new();
        for dir in numbered(&self.cpus, "cpu") {
            let (Some(package), Some(core)) = (
                read_number(&dir.join("topology/physical_package_id")),
                read_number(&dir.join("topology/core_id")),
            ) else {
                debug!(dir = %dir.display(), "CPU has no topology");
                continue;
            };
            if !cores.contains_key(&(package, core))
                && let Some(n) = read_number(&dir.join("thermal_throttle/core_throttle_count"))
            {
                cores.insert((package, core), n);
            }
            if !packages.contains_key(&package)
                && let Some(n) = read_number(&dir.join("thermal_throttle/package_throttle_count"))
            {
                packages.insert(package, n);
            }
        }
        for (package, count) in packages {
            out.counter(
                "node_cpu_package_throttles_total",
                "Number of times this CPU package has been throttled.",
                &[("package", &package.to_string())],
                count as f64,
            );
        }
        for ((package, core), count) in cores {
            out.counter(
                "node_cpu_core_throttles_total",
                "Number of times this CPU core has been throttled.",
                &[("package", &package.to_string()), ("core", &core.to_string())],
                count as f64,
            );
        }
    }
}

impl Collect for Cpu {
    fn collect(&self, out: &mut Families) -> Result<(), CollectError> {
        if self.info {
            self.info(out)?;
        }
        self.times(out)?;
        self.isolated(out)?;
        self.throttling(out);
        Ok(())
    }
}

/// Entries of `/proc/cpuinfo`, one map per CPU.
fn parse_cpuinfo(text: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut cpus: Vec<BTreeMap<&str, &str>> = Vec::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let (key, value) = (key.trim(), value.trim());
        if key == "processor" {
            cpus.push(BTreeMap::new());
        }
        if let Some(cpu) = cpus.last_mut() {
            cpu.insert(key, value);
        }
    }
    cpus
}

/// CPUs of a list such as `1,3-5`.
fn parse_cpu_list(text: &str) -> Option<Vec<u16>> {
    let mut cpus = Vec::new();
    for range in text.split(',').filter(|r| !r.is_empty()) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        cpus.extend(first.parse::<u16>().ok()?..=last.parse::<u16>().ok()?);
    }
    cpus.sort_unstable();
    cpus.dedup();
    Some(cpus)
}

fn read_number(path: &Path) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Entries of `dir` called `prefix` and a digit, in name order.
pub(crate) fn numbered(dir: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = dir.read_dir() else { return Vec::new() };
    let wanted = |name: &std::ffi::OsStr| {
        let rest = name.to_str().and_then(|n| n.strip_prefix(prefix));
        rest.is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()))
    };
    let mut found: Vec<_> =
        entries.flatten().filter(|e| wanted(&e.file_name())).map(|e| e.path()).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::testing::Fixture;
    use crate::{Collector, CpuConfig};

    #[test]
    fn cpu_lists() {
        assert_eq!(parse_cpu_list("1,3-5"), Some(vec![1, 3, 4, 5]));
        assert_eq!(parse_cpu_list(""), Some(vec![]));
        assert_eq!(parse_cpu_list("a"), None);
        assert_eq!(parse_cpu_list("3-"), None);
    }

    #[test]
    fn a_small_step_back_keeps_the_counter_and_a_large_one_resets_it() {
        let mut t = Fixture::new(Collector::Cpu);
        t.write("proc/stat", "cpu0 100 0 0 1000 7\n");
        let metrics = t.build();
        let shown =
            |metrics: &crate::HostMetrics| Fixture::show(metrics, "cpu_seconds", "mode=\"i");
        expect![[r#"
            node_cpu_seconds_total{cpu="0",mode="idle"} 10
            node_cpu_seconds_total{cpu="0",mode="iowait"} 0.07
            node_cpu_seconds_total{cpu="0",mode="irq"} 0
        "#]]
        .assert_eq(&shown(&metrics));
        t.write("proc/stat", "cpu0 100 0 0 900 5\n");
        expect![[r#"
            node_cpu_seconds_total{cpu="0",mode="idle"} 10
            node_cpu_seconds_total{cpu="0",mode="iowait"} 0.07
            node_cpu_seconds_total{cpu="0",mode="irq"} 0
        "#]]
        .assert_eq(&shown(&metrics));
        t.write("proc/stat", "cpu0 100 0 0 700 5\n");
        expect![[r#"
            node_cpu_seconds_total{cpu="0",mode="idle"} 7
            node_cpu_seconds_total{cpu="0",mode="iowait"} 0.05
            node_cpu_seconds_total{cpu="0",mode="irq"} 0
        "#]]
        .assert_eq(&shown(&metrics));
    }

    #[test]
    fn a_cpu_that_is_gone_is_forgotten() {
        let mut t = Fixture::new(Collector::Cpu);
        t.write("proc/stat", "cpu0 1 0 0 1\ncpu1 1 0 0 1\n");
        let metrics = t.build();
        drop(metrics.collect());
        t.write("proc/stat", "cpu1 1 0 0 1\n");
        expect![[r#"
            node_cpu_seconds_total{cpu="1",mode="user"} 0.01
        "#]]
        .assert_eq(&Fixture::show(&metrics, "cpu_seconds", "user"));
    }

    #[test]
    fn flags_and_bugs_bring_the_info_along() {
        let mut t = Fixture::new(Collector::Cpu);
        t.write("proc/stat", "");
        t.write(
            "proc/cpuinfo",
            "processor\t: 0\nvendor_id\t: V\nflags\t: fpu aes avx\nbugs\t: spectre_v1 other\n",
        );
        t.config.cpu = CpuConfig {
            flags_include: "^a".to_owned(),
            bugs_include: "spectre".to_owned(),
            ..CpuConfig::default()
        };
        expect![[r#"
            node_cpu_bug_info{bug="spectre_v1"} 1
            node_cpu_flag_info{flag="aes"} 1
            node_cpu_flag_info{flag="avx"} 1
            node_cpu_info{cachesize="",core="",cpu="0",family="",microcode="",model="",model_name="",package="",stepping="",vendor="V"} 1
        "#]]
        .assert_eq(&Fixture::show(&t.build(), "node_cpu", ""));
    }
}
