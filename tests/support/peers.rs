//! Debian's Prometheus and node_exporter.

use std::path::Path;
use std::process::Command;

use super::{Process, SOON, directory, free_port, http, wait_for};

/// Path of `program`.
///
/// # Panics
/// If it is missing, with the Debian package to install: a peer is never skipped.
fn installed(program: &str, package: &str) -> std::path::PathBuf {
    let path = Path::new("/usr/bin").join(program);
    assert!(path.exists(), "{} is missing: apt-get install {package}", path.display());
    path
}

/// A Prometheus with its remote-write receiver on.
pub(crate) struct Prometheus {
    dir: tempfile::TempDir,
    port: u16,
    process: Option<Process>,
    starts: u32,
}

impl Prometheus {
    /// Starts it and waits until it is ready.
    pub(crate) fn start() -> Self {
        Self::start_with("global: {}\n")
    }

    /// As [`Self::start`], with a configuration.
    pub(crate) fn start_with(config: &str) -> Self {
        let dir = directory();
        std::fs::write(dir.path().join("prometheus.yml"), config).expect("write a config");
        let mut prometheus = Self { dir, port: free_port(), process: None, starts: 0 };
        prometheus.restart();
        prometheus
    }

    /// Starts it (again) on the same port and data.
    pub(crate) fn restart(&mut self) {
        let mut command = Command::new(installed("prometheus", "prometheus"));
        command
            .arg("--config.file=prometheus.yml")
            .arg("--storage.tsdb.path=tsdb")
            .arg("--web.enable-remote-write-receiver")
            .arg("--log.level=warn")
            .arg(format!("--web.listen-address=127.0.0.1:{}", self.port))
            .current_dir(self.dir.path());
        self.starts += 1;
        let log = self.dir.path().join(format!("prometheus-{}.log", self.starts));
        self.process = Some(Process::spawn(command, &log));
        let url = format!("http://127.0.0.1:{}/-/ready", self.port);
        wait_for("prometheus to be ready", SOON, || http::ok(&url));
    }

    /// Stops it in order, so that its data is complete.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal(rustix::process::Signal::TERM);
            process.wait(SOON);
        }
    }

    /// Its remote-write endpoint.
    pub(crate) fn write_url(&self) -> String {
        format!("http://127.0.0.1:{}/api/v1/write", self.port)
    }

    /// Result of an instant query: `[time, value]` pairs (one for a vector, all for a
    /// range selector).
    pub(crate) fn query(&self, expr: &str) -> Result<Vec<Series>, String> {
        let query: String = url_encode(expr);
        let url = format!("http://127.0.0.1:{}/api/v1/query?query={query}", self.port);
        let body: serde_json::Value =
            serde_json::from_str(&http::ok(&url)?).map_err(|e| e.to_string())?;
        let rows = body["data"]["result"].as_array().cloned().unwrap_or_default();
        Ok(rows.iter().map(Series::from_json).collect())
    }

    /// The single value of an instant query.
    pub(crate) fn value(&self, expr: &str) -> Result<f64, String> {
        let rows = self.query(expr)?;
        match &rows[..] {
            [one] => Ok(one.points[0].1),
            other => Err(format!("{expr}: {} series", other.len())),
        }
    }
}

/// One row of a query result.
#[derive(Debug)]
pub(crate) struct Series {
    /// Time in seconds and value.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Series {
    fn from_json(row: &serde_json::Value) -> Self {
        let point = |p: &serde_json::Value| {
            let value = p[1].as_str().and_then(|v| v.parse().ok()).unwrap_or(f64::NAN);
            (p[0].as_f64().unwrap_or_default(), value)
        };
        let points = match row["values"].as_array() {
            Some(all) => all.iter().map(point).collect(),
            None => vec![point(&row["value"])],
        };
        Self { points }
    }
}

fn url_encode(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

/// A node_exporter.
pub(crate) struct NodeExporter {
    /// Its port.
    pub(crate) port: u16,
    dir: tempfile::TempDir,
    process: Option<Process>,
}

impl NodeExporter {
    /// Starts it with further arguments and waits until it answers.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut exporter = Self { port: free_port(), dir: directory(), process: None };
        let mut command =
            Command::new(installed("prometheus-node-exporter", "prometheus-node-exporter"));
        command.arg(format!("--web.listen-address=127.0.0.1:{}", exporter.port)).args(args);
        exporter.process = Some(Process::spawn(command, &exporter.dir.path().join("log")));
        let url = exporter.url();
        wait_for("node_exporter to answer", SOON, || http::ok(&url));
        exporter
    }

    /// Where it serves metrics.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/metrics", self.port)
    }

    /// Ends it.
    pub(crate) fn stop(&mut self) {
        self.process = None;
    }
}
