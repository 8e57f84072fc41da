//! The `netdev` collector.

use std::path::PathBuf;
use std::sync::Arc;

use crate::Host;
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
    /// Asked for addresses, if they are wanted.
    addresses: Option<Arc<dyn Host>>,
}

impl Netdev {
    pub(crate) fn new(config: &Config, host: Arc<dyn Host>) -> Result<Self, BuildError> {
        if !config.netdev.include.is_empty() && !config.netdev.exclude.is_empty() {
            return Err(BuildError::NetdevFilters);
        }
        Ok(Self {
            file: config.paths.procfs.join("net/dev"),
            devices: Devices::new(
                ("netdev.device_include", &config.netdev.include),
                ("netdev.device_exclude", &config.netdev.exclude),
            )?,
            addresses: config.netdev_addresses.then_some(host),
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
        let Some(host) = &self.addresses else { return Ok(()) };
        let addresses = host
            .addresses()
            .map_err(|error| CollectError(format!("cannot get the addresses: {error}")))?;
        // Of all devices: the filters are about the counters.
        for found in addresses {
            out.gauge(
                "node_network_address_info",
                "node network address by device",
                &[
                    ("device", &found.device),
                    ("address", &found.address.to_string()),
                    ("netmask", &found.prefix_bits.to_string()),
                    ("scope", found.scope()),
                ],
                1.0,
            );
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
    fn addresses_are_those_of_all_devices() {
        let mut t = Fixture::new(Collector::Netdev);
        t.write("proc/net/dev", "h\nh\n");
        t.config.netdev_addresses = true;
        expect![[r#"
            node_network_address_info{address="127.0.0.1",device="lo",netmask="8",scope="link-local"} 1
            node_network_address_info{address="192.0.2.2",device="eth0",netmask="8",scope="global"} 1
        "#]]
        .assert_eq(&Fixture::show(&t.build(), "address_info", ""));
    }

    #[test]
    fn an_alias_keeps_its_colon() {
        let line = "h\nh\neth0:1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        assert_eq!(parse(line).expect("valid")[0].0, "eth0:1");
    }
}
