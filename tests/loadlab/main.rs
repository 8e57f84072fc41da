//! Whole-process benchmark: prints the figures of the performance design beside their gates.
//!
//! `cargo bench --bench loadlab` runs everything (about four minutes); `-- start`, `-- config` or
//! `-- scrape` run one part. With `ALLOY_REFERENCE=/path/to/binary` every part also runs that binary,
//! which must accept the same command line, and prints the ratio. Nothing here fails on a time: the
//! gates are printed for the reader.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures and ends at what it did not expect"
)]

mod process;
mod sink;
mod targets;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use process::{Daemon, median};
use sink::Sink;
use targets::Targets;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let runs = |part: &str| wanted.is_empty() || wanted.iter().any(|w| w == part);
    let mut binaries = vec![("ours", PathBuf::from(env!("CARGO_BIN_EXE_alloy")))];
    if let Some(reference) = std::env::var_os("ALLOY_REFERENCE") {
        binaries.push(("reference", reference.into()));
    }
    for (name, binary) in &binaries {
        println!("== {name}: {}", binary.display());
        if runs("start") {
            start(binary);
        }
        if runs("config") {
            config(binary);
        }
        if runs("scrape") {
            scrape(binary);
        }
    }
}

fn row(what: &str, value: &str, gate: &str) {
    println!("{what:<58} {value:>16}   gate {gate}");
}

fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

fn mib(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}

fn start(binary: &Path) {
    let config = "logging {\n  level = \"warn\"\n}\n";
    let mut times = Vec::new();
    for _ in 0..9 {
        times.push(Daemon::start(binary, config).start_to_ready);
    }
    row("process start to ready, one-line config, median of 9", &ms(median(&mut times)), "60 ms");
    let daemon = Daemon::start(binary, config);
    let cpu = daemon.cpu();
    process::pass(Duration::from_secs(10));
    let idle = (daemon.cpu() - cpu).as_secs_f64() / 10.0 * 100.0;
    row("idle RSS, one-line config", &mib(daemon.rss_kib()), "25 MiB");
    row("idle CPU", &format!("{idle:.3} %"), "0.1 %");
    let size = std::fs::metadata(binary).map_or(0, |m| m.len());
    row("binary", &format!("{:.1} MB", size as f64 / 1e6), "80 MB");
}

/// `n` relabel components; every tenth reads its predecessor, the others are independent.
fn relabels(n: usize, changed: &str) -> String {
    let mut text = String::from("logging {\n  level = \"error\"\n}\n");
    for i in 0..n {
        let value = if i == n / 2 { changed } else { "same" };
        let targets = if i % 10 == 9 {
            format!("discovery.relabel.r{}.output", i - 1)
        } else {
            format!("[{{\"__address__\" = \"host-{i}:80\"}}]")
        };
        write!(
            text,
            "\ndiscovery.relabel \"r{i}\" {{\n  targets = {targets}\n  rule {{\n    target_label = \
             \"a\"\n    replacement  = \"{value}\"\n  }}\n}}\n"
        )
        .expect("write to a string");
    }
    text
}

fn config(binary: &Path) {
    for (n, gate) in [(1_000, "60 ms"), (10_000, "600 ms"), (100_000, "8 s")] {
        let base = Daemon::start(binary, "logging {\n  level = \"error\"\n}\n").rss_kib();
        let daemon = Daemon::start(binary, &relabels(n, "same"));
        row(&format!("cold start to ready, {n} components"), &ms(daemon.start_to_ready), gate);
        let each = (daemon.rss_kib().saturating_sub(base)) as f64 / n as f64;
        row(&format!("RSS a component at {n}"), &format!("{each:.1} KiB"), "8 KiB at 100,000");
        let mut unchanged = Vec::new();
        let mut changed = Vec::new();
        for i in 0..9 {
            unchanged.push(daemon.reload());
            daemon.write(&relabels(n, &format!("value-{i}")));
            changed.push(daemon.reload());
        }
        let gates = if n == 10_000 { ["30 ms", "35 ms"] } else { ["-", "-"] };
        row(&format!("reload, nothing changed, {n}"), &ms(median(&mut unchanged)), gates[0]);
        row(&format!("reload, one attribute changed, {n}"), &ms(median(&mut changed)), gates[1]);
    }
}

fn scrape(binary: &Path) {
    const TARGETS: usize = 250;
    const SERIES: usize = 1_000;
    let targets = Targets::start(TARGETS, SERIES);
    let sink = Sink::start();
    let addresses: Vec<String> = targets
        .ports
        .iter()
        .map(|port| format!("{{\"__address__\" = \"127.0.0.1:{port}\"}}"))
        .collect();
    let config = format!(
        "logging {{\n  level = \"error\"\n}}\n\nprometheus.scrape \"load\" {{\n  targets = [{}]\n  \
         forward_to = [prometheus.remote_write.out.receiver]\n  scrape_interval = \"10s\"\n}}\n\n\
         prometheus.remote_write \"out\" {{\n  endpoint {{\n    url = \"http://127.0.0.1:{}/w\"\n  }}\n}}\n",
        addresses.join(", "),
        sink.port
    );
    let daemon = Daemon::start(binary, &config);
    // One full round first: new series cost more than known ones.
    process::pass(Duration::from_secs(30));
    let (cpu, samples, bytes, start) = (daemon.cpu(), sink.samples(), sink.bytes(), Instant::now());
    let mut peak = 0;
    while start.elapsed() < Duration::from_secs(60) {
        process::pass(Duration::from_secs(1));
        peak = peak.max(daemon.rss_kib());
    }
    let cpu = (daemon.cpu() - cpu).as_secs_f64();
    let samples = sink.samples() - samples;
    let bytes = sink.bytes() - bytes;
    let what = format!("{TARGETS} targets x {SERIES} series at 10 s");
    row(
        &format!("{what}: CPU-s per million samples"),
        &format!("{:.2}", cpu / samples.max(1) as f64 * 1e6),
        "0.6 x vmagent (1.33 measured)",
    );
    row(&format!("{what}: peak RSS"), &mib(peak), "1.2 x vmagent (67 MiB measured)");
    row(
        &format!("{what}: wire bytes per sample"),
        &format!("{:.1}", bytes as f64 / samples.max(1) as f64),
        "1.02 x peer (24.1 measured)",
    );
    let expected = TARGETS * (SERIES + 5) * 6;
    row(&format!("{what}: samples in 60 s"), &samples.to_string(), &format!("about {expected}"));
}
