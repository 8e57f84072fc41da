//! Whole-process benchmark: prints the figures of the performance design beside their gates.
//!
//! `cargo bench --bench loadlab` runs everything (about four minutes); `-- start`, `-- config`,
//! `-- export` or `-- scrape` run one part. With `-- --reference PATH` every part also runs that
//! binary, which must accept the same command line, and prints the ratio. Nothing here fails on a
//! time: the gates are printed for the reader.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures and ends at what it did not expect"
)]

mod process;
#[path = "../support/remote_write.rs"]
mod remote_write;
mod report;
mod sink;
mod targets;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use process::{Daemon, median};
use report::{Report, Unit};
use sink::Sink;
use targets::Targets;

/// Measures one part of a binary.
type Part = fn(&Path, &mut Report);

const PARTS: [(&str, Part); 4] =
    [("start", start), ("config", config), ("export", export), ("scrape", scrape)];

fn main() {
    let mut wanted = Vec::new();
    let mut reference: Option<PathBuf> = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--reference" => {
                reference =
                    Some(args.next().expect("--reference needs the path of a binary").into());
            }
            // Cargo's own.
            "--bench" => {}
            part => {
                assert!(PARTS.iter().any(|(name, _)| *name == part), "there is no part {part}");
                wanted.push(arg);
            }
        }
    }
    let mut report = Report::default();
    for (name, run) in PARTS {
        if !wanted.is_empty() && !wanted.iter().any(|part| part == name) {
            continue;
        }
        report.is_reference = false;
        run(Path::new(env!("CARGO_BIN_EXE_alloy")), &mut report);
        if let Some(binary) = &reference {
            report.is_reference = true;
            run(binary, &mut report);
        }
    }
}

/// What a load has freed goes back to the system within a second.
const ALLOCATOR_DECAY: Duration = Duration::from_secs(2);

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

fn start(binary: &Path, report: &mut Report) {
    let config = "logging {\n  level = \"warn\"\n}\n";
    let mut times = Vec::new();
    for _ in 0..9 {
        times.push(Daemon::start(binary, config).start_to_ready);
    }
    report.time("process start to ready, one-line config", median(&mut times), "60 ms");
    let daemon = Daemon::start(binary, config);
    let cpu = daemon.cpu();
    process::pass(Duration::from_secs(10));
    let idle = (daemon.cpu() - cpu).as_secs_f64() / 10.0 * 100.0;
    report.row("idle RSS, one-line config", mib(daemon.rss_kib()), Unit::Mib, "25 MiB");
    report.row("idle CPU", idle, Unit::Percent, "0.1 %");
    let size = std::fs::metadata(binary).map_or(0, |m| m.len());
    report.row("binary", size as f64 / 1e6, Unit::Megabytes, "80 MB");
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

fn config(binary: &Path, report: &mut Report) {
    // A reload of the reference grows with the square of the configuration.
    let (sizes, rounds): (&[_], _) = if report.is_reference {
        (&[(1_000, "-"), (10_000, "-")], 3)
    } else {
        (&[(1_000, "60 ms"), (10_000, "600 ms"), (100_000, "8 s")], 9)
    };
    for &(n, gate) in sizes {
        let base = Daemon::start(binary, "logging {\n  level = \"error\"\n}\n").rss_kib();
        let daemon = Daemon::start(binary, &relabels(n, "same"));
        report.time(&format!("cold start to ready, {n} components"), daemon.start_to_ready, gate);
        process::pass(ALLOCATOR_DECAY);
        let rss = daemon.rss_kib();
        report.row(&format!("RSS, {n} components"), mib(rss), Unit::Mib, "-");
        let each = rss.saturating_sub(base) as f64 / n as f64;
        let gate = if n == 100_000 { "8 KiB" } else { "-" };
        report.row(&format!("RSS a component at {n}"), each, Unit::Kib, gate);
        let mut unchanged = Vec::new();
        let mut changed = Vec::new();
        for i in 0..rounds {
            unchanged.push(daemon.reload());
            daemon.write(&relabels(n, &format!("value-{i}")));
            changed.push(daemon.reload());
        }
        let gates = if n == 10_000 { ["30 ms", "35 ms"] } else { ["-", "-"] };
        report.time(&format!("reload, nothing changed, {n}"), median(&mut unchanged), gates[0]);
        let what = format!("reload, one attribute changed, {n}");
        report.time(&what, median(&mut changed), gates[1]);
        let more = relabels(n, "last") + "\ndiscovery.relabel \"new\" {\n  targets = []\n}\n";
        daemon.write(&more);
        report.time(&format!("reload, one block added, {n}"), daemon.reload(), "-");
        process::pass(ALLOCATOR_DECAY);
        let after = mib(daemon.rss_kib());
        report.row(&format!("RSS after these reloads, {n}"), after, Unit::Mib, "-");
    }
}

/// From the change of a file to the export of a component that reads it, as the API shows it.
fn export(binary: &Path, report: &mut Report) {
    const CHANGES: u32 = 100;
    let daemon = Daemon::start(binary, &relabels(1_000, "same"));
    let text = relabels(1_000, "same")
        + "\nlocal.file \"watched\" {\n  filename = \"watched.txt\"\n}\n\n\
           discovery.relabel \"reader\" {\n  targets = [{\"__address__\" = \
           local.file.watched.content}]\n}\n";
    daemon.write_file("watched.txt", "first");
    daemon.write(&text);
    daemon.reload();
    let mut times = Vec::new();
    let cpu = daemon.cpu();
    for change in 0..CHANGES {
        let value = format!("value-{change}-");
        let start = Instant::now();
        daemon.write_file("watched.txt", &value);
        while !daemon.get("/api/v0/web/components/discovery.relabel.reader").contains(&value) {
            assert!(start.elapsed().as_secs() < 90, "the change never arrived");
            process::pass(Duration::from_micros(500));
        }
        times.push(start.elapsed());
    }
    let cpu = (daemon.cpu() - cpu) / CHANGES;
    let what = "file change, settled for 30 ms, to the new export in the API, 1,000 components";
    report.time(what, median(&mut times), "35 ms");
    report.time("CPU of one such change, with the requests that look", cpu, "-");
}

fn scrape(binary: &Path, report: &mut Report) {
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
    report.row(
        &format!("{what}: CPU-s per million samples"),
        cpu / samples.max(1) as f64 * 1e6,
        Unit::CpuSeconds,
        "0.6 x vmagent (1.33 measured)",
    );
    let gate = "1.2 x vmagent (67 MiB measured)";
    report.row(&format!("{what}: peak RSS"), mib(peak), Unit::Mib, gate);
    report.row(
        &format!("{what}: wire bytes per sample"),
        bytes as f64 / samples.max(1) as f64,
        Unit::Count,
        "1.02 x peer (24.1 measured)",
    );
    let expected = TARGETS * (SERIES + 5) * 6;
    let gate = format!("about {expected}");
    report.row(&format!("{what}: samples in 60 s"), samples as f64, Unit::Count, &gate);
}
