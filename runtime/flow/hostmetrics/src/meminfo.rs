//! The `meminfo` collector.

use std::path::PathBuf;

use crate::config::Config;
use crate::exporter::{Collect, CollectError, read};
use crate::families::Families;

pub(crate) struct Meminfo {
    file: PathBuf,
}

impl Meminfo {
    pub(crate) fn new(config: &Config) -> Self {
        Self { file: config.paths.procfs.join("meminfo") }
    }
}

impl Collect for Meminfo {
    fn collect(&self, out: &mut Families) -> Result<(), CollectError> {
        for (key, value) in parse(&read(&self.file)?)? {
            let help = format!("Memory information field {key}.");
            let name = format!("node_memory_{key}");
            if key.ends_with("_total") {
                out.counter(&name, &help, &[], value);
            } else {
                out.gauge(&name, &help, &[], value);
            }
        }
        Ok(())
    }
}

/// Keys and values: every line with a unit is in KiB, whatever the unit says, and becomes bytes.
fn parse(text: &str) -> Result<Vec<(String, f64)>, CollectError> {
    let mut values = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let bad = || CollectError(format!("invalid line {line:?} in meminfo"));
        let (key, value, unit) = match fields[..] {
            [] => continue,
            [key, value] => (key, value, 1.0),
            [key, value, _] => (key, value, 1024.0),
            _ => return Err(bad()),
        };
        let value = value.parse::<f64>().map_err(|_| bad())? * unit;
        let key = key.strip_suffix(':').unwrap_or(key);
        let mut key = match (key.find('('), key.rfind(')')) {
            (Some(open), Some(close)) if open < close => {
                format!("{}_{}{}", &key[..open], &key[open + 1..close], &key[close + 1..])
            }
            _ => key.to_owned(),
        };
        if unit > 1.0 {
            key.push_str("_bytes");
        }
        values.push((key, value));
    }
    Ok(values)
}
