//! The `time` collector.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Host;
use crate::config::Config;
use crate::cpu::numbered;
use crate::exporter::{Collect, CollectError, read};
use crate::families::Families;

pub(crate) struct Time {
    sources: PathBuf,
    host: Arc<dyn Host>,
}

impl Time {
    pub(crate) fn new(config: &Config, host: Arc<dyn Host>) -> Self {
        Self { sources: config.paths.sysfs.join("devices/system/clocksource"), host }
    }
}

impl Collect for Time {
    fn collect(&self, out: &mut Families) -> Result<(), CollectError> {
        let clock = self.host.clock();
        out.gauge(
            "node_time_seconds",
            "System time in seconds since epoch (1970).",
            &[],
            clock.since_epoch.as_secs_f64(),
        );
        out.gauge(
            "node_time_zone_offset_seconds",
            "System time zone offset in seconds.",
            &[("time_zone", &clock.zone)],
            f64::from(clock.zone_offset_seconds),
        );
        for dir in numbered(&self.sources, "clocksource") {
            clock_source(out, &dir)?;
        }
        Ok(())
    }
}

fn clock_source(out: &mut Families, dir: &Path) -> Result<(), CollectError> {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let device = name.trim_start_matches("clocksource");
    for source in read(&dir.join("available_clocksource"))?.split_whitespace() {
        out.gauge(
            "node_time_clocksource_available_info",
            "Available clocksources read from '/sys/devices/system/clocksource'.",
            &[("device", device), ("clocksource", source)],
            1.0,
        );
    }
    out.gauge(
        "node_time_clocksource_current_info",
        "Current clocksource read from '/sys/devices/system/clocksource'.",
        &[("device", device), ("clocksource", read(&dir.join("current_clocksource"))?.trim())],
        1.0,
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::Collector;
    use crate::testing::Fixture;

    #[test]
    fn clock_zone_and_sources() {
        let mut t = Fixture::new(Collector::Time);
        let dir = "sys/devices/system/clocksource/clocksource0";
        t.write(&format!("{dir}/available_clocksource"), "tsc hpet acpi_pm \n");
        t.write(&format!("{dir}/current_clocksource"), "tsc\n");
        expect![[r#"
            node_scrape_collector_success{collector="time"} 1
            node_time_clocksource_available_info{clocksource="acpi_pm",device="0"} 1
            node_time_clocksource_available_info{clocksource="hpet",device="0"} 1
            node_time_clocksource_available_info{clocksource="tsc",device="0"} 1
            node_time_clocksource_current_info{clocksource="tsc",device="0"} 1
            node_time_seconds 1.6000000005e9
            node_time_zone_offset_seconds{time_zone="CEST"} 7200
        "#]]
        .assert_eq(&Fixture::show_stable(&t.build()));
    }
}
