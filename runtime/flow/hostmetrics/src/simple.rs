//! The collectors `loadavg`, `stat`, `uname` and `vmstat`.

use std::path::PathBuf;
use std::sync::Arc;

use alloy_flow_regex::Regex;

use crate::config::{BuildError, Config, compile};
use crate::exporter::{Collect, CollectError, read};
use crate::families::Families;
use crate::{Host, proc_stat};

pub(crate) struct Loadavg {
    file: PathBuf,
}

impl Loadavg {
    pub(crate) fn new(config: &Config) -> Self {
        Self { file: config.paths.procfs.join("loadavg") }
    }
}

impl Collect for Loadavg {
    fn collect(&self, out: &mut Families) -> Result<(), CollectError> {
        let text = read(&self.file)?;
        let loads: Option<Vec<f64>> =
            text.split_whitespace().take(3).map(|field| field.parse().ok()).collect();
        let Some([one, five, fifteen]) = loads.as_deref() else {
            return Err(CollectError(format!("unexpected content {text:?} in loadavg")));
        };
        out.gauge("node_load1", "1m load average.", &[], *one);
        out.gauge("node_load5", "5m load average.", &[], *five);
        out.gauge("node_load15", "15m load average.", &[], *fifteen);
        Ok(())
    }
}

pub(crate) struct Stat {
    file: PathBuf,
}

impl Stat {
    pub(crate) fn new(config: &Config) -> Self {
        Self { file: config.paths.procfs.join("stat") }
    }
}

impl Collect for Stat {
    fn collect(&self, out: &mut Families) -> Result<(), CollectError> {
        let stat = proc_stat::parse(&read(&self.file)?)?;
        out.counter(
            "node_intr_total",
            "Total number of interrupts serviced.",
            &[],
            stat.interrupts as f64,
        );
        out.counter(
            "node_context_switches_total",
            "Total number of context switches.",
            &[],
            stat.context_switches as f64,
        );
        out.counter("node_forks_total", "Total number of forks.", &[], stat.forks as f64);
        out.gauge(
            "node_boot_time_seconds",
            "Node boot time, in unixtime.",
            &[],
            stat.boot_time as f64,
        );
        out.gauge(
            "node_procs_running",
            "Number of processes in runnable state.",
            &[],
            stat.running as f64,
        );
        out.gauge(
            "node_procs_blocked",
            "Number of processes blocked waiting for I/O to complete.",
            &[],
            stat.blocked as f64,
        );
        Ok(())
    }
}

pub(crate) struct UnameInfo {
    host: Arc<dyn Host>,
}

impl UnameInfo {
    pub(crate) fn new(host: Arc<dyn Host>) -> Self {
        Self { host }
    }
}

impl Collect for UnameInfo {
    fn collect(&self, out: &mut Families) -> Result<(), CollectError> {
        let uname = self.host.uname();
        out.gauge(
            "node_uname_info",
            "Labeled system information as provided by the uname system call.",
            &[
                ("sysname", &uname.sysname),
                ("release", &uname.release),
                ("version", &uname.version),
                ("machine", &uname.machine),
                ("nodename", &uname.nodename),
                ("domainname", &uname.domainname),
            ],
            1.0,
        );
        Ok(())
    }
}

pub(crate) struct Vmstat {
    file: PathBuf,
    fields: Regex,
}

impl Vmstat {
    pub(crate) fn new(config: &Config) -> Result<Self, BuildError> {
        Ok(Self {
            file: config.paths.procfs.join("vmstat"),
            fields: compile("vmstat.fields", &config.vmstat_fields)?,
        })
    }
}

impl Collect for Vmstat {
    fn collect(&self, out: &mut Families) -> Result<(), CollectError> {
        for line in read(&self.file)?.lines() {
            let mut fields = line.split_whitespace();
            let Some(key) = fields.next() else { continue };
            let value: f64 = fields
                .next()
                .and_then(|v| v.parse().ok())
                .ok_or_else(|| CollectError(format!("invalid line {line:?} in vmstat")))?;
            if self.fields.is_match(key) {
                out.untyped(
                    &format!("node_vmstat_{key}"),
                    &format!("/proc/vmstat information field {key}."),
                    &[],
                    value,
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::Collector;
    use crate::testing::Fixture;

    #[test]
    fn uname_is_all_labels() {
        let t = Fixture::new(Collector::Uname);
        expect![[r#"
            node_uname_info{domainname="(none)",machine="m",nodename="n",release="r",sysname="Linux",version="v"} 1
        "#]]
        .assert_eq(&Fixture::show(&t.build(), "node_uname", ""));
    }

    #[test]
    fn a_broken_line_fails_vmstat_but_keeps_what_came_before() {
        let mut t = Fixture::new(Collector::Vmstat);
        t.write("proc/vmstat", "oom_kill 3\npgpgin 12x\n");
        expect![[r#"
            node_scrape_collector_success{collector="vmstat"} 0
            node_vmstat_oom_kill 3
        "#]]
        .assert_eq(&Fixture::show_stable(&t.build()));
    }
}
