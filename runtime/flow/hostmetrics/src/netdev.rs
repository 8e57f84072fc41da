//! The `netdev` collector.

use std::path::PathBuf;

use crate::config::{BuildError, Config, Devices};
use crate::exporter::{Collect, CollectError, read};
use crate::families::Families;

/// Columns after the device name, in their order.
const COLUMNS: [&str; 16] = [
    "receive_bytes",
    "receive_packets",
    "receive_errs",
    "receive_drop",
    "receive_fifo",
    "receive_frame",
    "receive_compressed",
    "receive_multicast",
    "transmit_bytes",
    "transmit_packets",
    "transmit_errs",
    "transmit_drop",
    "transmit_fifo",
    "transmit_colls",
    "transmit_carrier",
    "transmit_compressed",
];
/// Lines before the first device.
const HEADER_LINES: usize = 2;

pub(crate) struct Netdev {
    file: PathBuf,
    devices: Devices,
}

impl Netdev {
    pub(crate) fn new(config: &Config) -> Result<Self, BuildError> {
        if !config.netdev.include.is_empty() && !config.netdev.exclude.is_empty() {
            return Err(BuildError::NetdevFilters);
        }
        Ok(Self {
            file: config.paths.procfs.join("net/dev"),
            devices: Devices::new(
                ("netdev.device_include", &config.netdev.include),
                ("netdev.device_exclude", &config.netdev.exclude),
            )?,
        })
    }
}

impl Collect for Netdev {
    fn collect(&self, out: &mut Families) -> Result<(), CollectError> {
        let text = read(&self.file)?;
        let lines = parse(&text)?;
        for (device, values) in lines.iter().filter(|(device, _)| self.devices.keeps(device)) {
            for (column, value) in COLUMNS.iter().zip(values) {
                out.counter(
                    &format!("node_network_{column}_total"),
                    &format!("Network device statistic {column}."),
                    &[("device", device)],
                    *value as f64,
                );
            }
        }
        Ok(())
    }
}

fn parse(text: &str) -> Result<Vec<(&str, [u64; COLUMNS.len()])>, CollectError> {
    let mut devices = Vec::new();
    for line in text.lines().skip(HEADER_LINES).filter(|line| !line.trim().is_empty()) {
        let bad = || CollectError(format!("invalid line {line:?} in net/dev"));
        // The name of an alias has a colon itself.
        let (device, columns) = line.rsplit_once(':').ok_or_else(bad)?;
        let mut values = [0; COLUMNS.len()];
        let mut columns = columns.split_whitespace();
        for value in &mut values {
            *value = columns.next().and_then(|c| c.parse().ok()).ok_or_else(bad)?;
        }
        devices.push((device.trim(), values));
    }
    Ok(devices)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::Collector;
    use crate::testing::Fixture;

    #[test]
    fn a_line_with_too_few_columns_fails_the_collector_only() {
        let mut t = Fixture::new(Collector::Netdev);
        t.write("proc/net/dev", "h\nh\n eth0: 1 2 3\n");
        expect![[r#"
            node_scrape_collector_success{collector="netdev"} 0
        "#]]
        .assert_eq(&Fixture::show(&t.build(), "", "success"));
    }

    #[test]
    fn an_alias_keeps_its_colon() {
        let line = "h\nh\neth0:1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        assert_eq!(parse(line).expect("valid")[0].0, "eth0:1");
    }
}
