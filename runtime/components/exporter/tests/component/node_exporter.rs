//! Compares the exporter with Debian's prometheus-node-exporter on this host: family names, types
//! and label names are equal but for the differences listed in `data/node_exporter_1.5.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};

use alloy_exporter::unix;
use alloy_flow_hostmetrics::{Collector, MOUNT_POINTS_EXCLUDE};

use crate::common::{build, scrape};

const DIFFERENCES: &str = include_str!("../data/node_exporter_1.5.txt");
const TEXTFILE: &str = "# HELP t_h Sizes.\n# TYPE t_h histogram\nt_h_bucket{le=\"1\"} 1\n\
    t_h_bucket{le=\"+Inf\"} 3\nt_h_sum 7\nt_h_count 3\n# TYPE t_s summary\n\
    t_s{quantile=\"0.5\"} 1\nt_s_sum 2\nt_s_count 3\nt_u{a=\"1\"} 1\nt_u{b=\"2\"} 2\n";

/// The process, ended with the test.
struct NodeExporter {
    child: Child,
    addr: String,
    _stderr: BufReader<ChildStderr>,
}

impl NodeExporter {
    /// `None` if it does not start.
    fn start(textfiles: &str) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).ok()?.port();
        let addr = format!("127.0.0.1:{port}");
        let mut command = Command::new("prometheus-node-exporter");
        command
            .arg(format!("--web.listen-address={addr}"))
            .arg("--collector.disable-defaults")
            .arg(format!("--collector.filesystem.mount-points-exclude={MOUNT_POINTS_EXCLUDE}"))
            .arg(format!("--collector.textfile.directory={textfiles}"))
            .args(Collector::ALL.iter().map(|c| format!("--collector.{}", c.name())));
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().ok()?;
        let mut stderr = BufReader::new(child.stderr.take()?);
        let mut line = String::new();
        while !line.contains("Listening on") && !line.contains("TLS is disabled") {
            line.clear();
            assert_ne!(stderr.read_line(&mut line).expect("its log"), 0, "it ended at once");
        }
        Some(Self { child, addr, _stderr: stderr })
    }

    fn metrics(&self) -> String {
        // It listens before or just after the line in its log.
        let mut stream = loop {
            match TcpStream::connect(&self.addr) {
                Ok(stream) => break stream,
                Err(_) => std::thread::yield_now(),
            }
        };
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
    }
}

impl Drop for NodeExporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lines `family type label,label` of a text exposition.
fn shapes(text: &str) -> BTreeSet<String> {
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    let mut shapes = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a type");
            types.insert(name, kind);
        } else if !line.starts_with('#') {
            let (name, rest) = line.split_at(line.find(['{', ' ']).expect("a value"));
            let labels: Vec<&str> = match rest.strip_prefix('{') {
                Some(rest) => rest.split("=\"").map(label_before).collect(),
                None => Vec::new(),
            };
            let labels: Vec<_> = labels.into_iter().filter(|l| !l.is_empty()).collect();
            let family = ["", "_bucket", "_sum", "_count"]
                .iter()
                .find_map(|s| types.get_key_value(name.strip_suffix(s)?))
                .unwrap_or_else(|| panic!("no type for {line}"));
            shapes.insert(format!("{} {} {}", family.0, family.1, labels.join(",")));
        }
    }
    shapes
}

/// The label name at the end of a piece before `="`; empty after the last value.
fn label_before(piece: &str) -> &str {
    let name = &piece[piece.rfind(['{', ',']).map_or(0, |i| i + 1)..];
    if name.contains(['"', '}', ' ']) { "" } else { name }
}

#[tokio::test]
async fn families_types_and_labels_are_those_of_node_exporter() {
    let dir = tempfile::tempdir().expect("temp dir");
    std::fs::write(dir.path().join("t.prom"), TEXTFILE).expect("write");
    let textfiles = dir.path().display().to_string();
    let reference = NodeExporter::start(&textfiles)
        .expect("prometheus-node-exporter starts: apt-get install prometheus-node-exporter");
    let config = format!(
        "prometheus.exporter.unix \"x\" {{\n  textfile {{ directory = {textfiles:?} }}\n}}"
    );
    let built = build(&unix::COMPONENT, &config).await.expect("it builds");
    let ours = shapes(&scrape(&*built.component).await.expect("an answer"));
    let skip = |s: &&String| !["go_", "process_", "promhttp_"].iter().any(|p| s.starts_with(p));
    let theirs: BTreeSet<_> = shapes(&reference.metrics()).iter().filter(skip).cloned().collect();
    let ours: BTreeSet<_> = ours.iter().filter(skip).cloned().collect();

    let mut listed = BTreeSet::new();
    for line in DIFFERENCES.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
        let (shape, reason) = line.split_once(" -- ").expect("a reason for every difference");
        assert!(!reason.is_empty(), "{line}");
        listed.insert(shape.trim().to_owned());
    }
    let found: BTreeSet<_> = ours
        .difference(&theirs)
        .map(|s| format!("+ {s}").trim().to_owned())
        .chain(theirs.difference(&ours).map(|s| format!("- {s}").trim().to_owned()))
        .collect();
    let unlisted: Vec<_> = found.difference(&listed).collect();
    assert!(unlisted.is_empty(), "differences without a reason: {unlisted:#?}");
    // What only some hosts have may be absent here, so a listed difference need not show; but the
    // comparison must not be empty by accident.
    let common = ours.intersection(&theirs).count();
    println!("{common} shapes are equal, {} differ with a reason", found.len());
    assert!(common > 90, "only {common} shapes are equal");
}

#[tokio::test]
async fn promtool_accepts_the_output() {
    let config = "prometheus.exporter.unix \"x\" { include_exporter_metrics = true }";
    let built = build(&unix::COMPONENT, config).await.expect("it builds");
    let text = scrape(&*built.component).await.expect("an answer");
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts: apt-get install prometheus");
    promtool.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("written");
    let output = promtool.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Names of the kernel's memory counters are what they are: 3 is its status for such remarks.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{said}");
    let remarks = said.lines().filter(|l| !l.is_empty());
    let other: Vec<_> = remarks.filter(|l| !l.starts_with("node_memory_")).collect();
    assert!(other.is_empty(), "{other:#?}");
}
