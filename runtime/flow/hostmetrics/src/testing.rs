//! A host made of files and fixed answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use prometheus::proto::{Metric, MetricType};

use crate::{Collector, Config, DeviceAddress, Host, HostMetrics, Paths, Uname, Usage, WallClock};

/// Fixed answers: every number of a usage is the one given for its path.
#[derive(Default)]
pub(crate) struct FakeHost {
    pub(crate) usage: Mutex<BTreeMap<PathBuf, f64>>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    asked: BTreeMap<PathBuf, usize>,
    hanging: Option<PathBuf>,
    waiting: usize,
}

/// Lets go when dropped.
pub(crate) struct Hang(Arc<FakeHost>);

impl Drop for Hang {
    fn drop(&mut self) {
        self.0.state.lock().hanging = None;
        self.0.changed.notify_all();
    }
}

impl FakeHost {
    /// Questions about `path` get no answer until the result is dropped.
    pub(crate) fn hang(self: &Arc<Self>, path: &Path) -> Hang {
        self.state.lock().hanging = Some(path.to_owned());
        Hang(Arc::clone(self))
    }

    /// How often usage of `path` was asked for.
    pub(crate) fn asked(&self, path: &Path) -> usize {
        self.state.lock().asked.get(path).copied().unwrap_or_default()
    }

    /// Waits until no question hangs.
    pub(crate) fn wait_until_answered(&self) {
        let mut state = self.state.lock();
        self.changed.wait_while(&mut state, |state| state.waiting > 0);
    }
}

impl Host for FakeHost {
    fn usage(&self, path: &Path) -> io::Result<Usage> {
        let mut state = self.state.lock();
        *state.asked.entry(path.to_owned()).or_default() += 1;
        state.waiting += 1;
        self.changed.wait_while(&mut state, |state| state.hanging.as_deref() == Some(path));
        state.waiting -= 1;
        self.changed.notify_all();
        drop(state);
        let known = self.usage.lock().get(path).copied();
        let n = known.ok_or_else(|| io::Error::from_raw_os_error(2))?;
        Ok(Usage { size_bytes: n, free_bytes: n, available_bytes: n, files: n, free_files: n })
    }

    fn uname(&self) -> Uname {
        Uname {
            sysname: "Linux".to_owned(),
            release: "r".to_owned(),
            version: "v".to_owned(),
            machine: "m".to_owned(),
            nodename: "n".to_owned(),
            domainname: "(none)".to_owned(),
        }
    }

    fn addresses(&self) -> io::Result<Vec<DeviceAddress>> {
        let found = |device: &str, address: [u8; 4]| DeviceAddress {
            device: device.to_owned(),
            address: address.into(),
            prefix_bits: 8,
        };
        Ok(vec![found("lo", [127, 0, 0, 1]), found("eth0", [192, 0, 2, 2])])
    }

    fn clock(&self) -> WallClock {
        WallClock {
            since_epoch: Duration::from_millis(1_600_000_000_500),
            zone: "CEST".to_owned(),
            zone_offset_seconds: 7200,
        }
    }
}

/// A tree of files with one collector on it.
pub(crate) struct Fixture {
    dir: tempfile::TempDir,
    pub(crate) config: Config,
    pub(crate) host: Arc<FakeHost>,
}

impl Fixture {
    pub(crate) fn new(collector: Collector) -> Self {
        let dir = tempfile::tempdir().expect("temp dir");
        let below = |name| {
            let path = dir.path().join(name);
            std::fs::create_dir(&path).expect("mkdir");
            path
        };
        let paths = Paths {
            procfs: below("proc"),
            sysfs: below("sys"),
            rootfs: below("root"),
            udev_data: below("udev"),
        };
        let config = Config { paths, collectors: vec![collector], ..Config::default() };
        Self { dir, config, host: Arc::default() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&mut self, name: &str, content: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("mkdir");
        std::fs::write(path, content).expect("write");
    }

    pub(crate) fn build(&self) -> HostMetrics {
        let host: Arc<FakeHost> = Arc::clone(&self.host);
        HostMetrics::new(&self.config, host).expect("valid configuration")
    }

    /// The series whose text contains both words.
    pub(crate) fn show(metrics: &HostMetrics, a: &str, b: &str) -> String {
        let mut text = String::new();
        for family in metrics.collect().families {
            for metric in family.get_metric() {
                let line = line(family.name(), family.get_field_type(), metric);
                if line.contains(a) && line.contains(b) {
                    text.push_str(&line);
                }
            }
        }
        text
    }

    /// All series but the durations.
    pub(crate) fn show_stable(metrics: &HostMetrics) -> String {
        let text = Self::show(metrics, "", "");
        text.lines()
            .filter(|l| !l.contains("_duration_"))
            .fold(String::new(), |all, line| all + line + "\n")
    }
}

/// One series as text, histograms and summaries by their count only.
#[expect(deprecated, reason = "the model still carries untyped metrics")]
fn line(name: &str, kind: MetricType, metric: &Metric) -> String {
    let labels: Vec<String> =
        metric.get_label().iter().map(|l| format!("{}={:?}", l.name(), l.value())).collect();
    let value = match kind {
        MetricType::COUNTER => metric.get_counter().get_value(),
        MetricType::GAUGE => metric.get_gauge().get_value(),
        MetricType::UNTYPED => metric.get_untyped().get_value(),
        MetricType::SUMMARY => metric.get_summary().sample_count() as f64,
        MetricType::HISTOGRAM => metric.get_histogram().get_sample_count() as f64,
    };
    let mut line = name.to_owned();
    if !labels.is_empty() {
        let _ = write!(line, "{{{}}}", labels.join(","));
    }
    if value.abs() >= 1e9 {
        let _ = writeln!(line, " {value:e}");
    } else {
        let _ = writeln!(line, " {value}");
    }
    line
}
