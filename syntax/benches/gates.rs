//! The gates of this crate, each figure beside its gate: parsing and formatting of real
//! configurations (design/performance.md §10, G9), and texts that attack the parser (G11).
//!
//! Reads the corpus; without it only the hostile texts are measured. The figures are the best of
//! several runs.

#![expect(clippy::print_stdout, reason = "a bench prints what it measures")]

use std::time::{Duration, Instant};

const RUNS: usize = 7;
const HOSTILE: usize = 10 << 20;
/// The stack of a thread that nobody gave more.
const STACK: usize = 2 << 20;

fn best(runs: usize, work: impl Fn()) -> Duration {
    let once = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..runs).map(once).min().unwrap_or_default()
}

/// The configurations of the corpus.
fn configs() -> Vec<String> {
    let Some(root) = alloy_corpus::root() else { return Vec::new() };
    let configs = root.join("configs");
    let index = alloy_corpus::json(&configs.join("INDEX.json"));
    let names = index.as_object().into_iter().flat_map(|index| index.keys());
    names.filter_map(|name| std::fs::read_to_string(configs.join(name)).ok()).collect()
}

fn throughput(name: &str, gate: f64, texts: &[String], work: impl Fn(&str)) {
    let bytes: usize = texts.iter().map(String::len).sum();
    let time = best(RUNS, || texts.iter().for_each(|text| work(text)));
    let speed = bytes as f64 / 1e6 / time.as_secs_f64();
    let verdict = if speed >= gate { "holds" } else { "MISSED" };
    println!("{name:<28} {speed:>8.1} MB/s   gate {gate:>4} MB/s   {verdict}");
}

fn hostile() {
    let mut worst = (Duration::ZERO, String::new());
    for (name, text) in alloy_syntax::fuzzing::hostile(HOSTILE) {
        let once = || drop(std::hint::black_box(alloy_syntax::format(&text)));
        // What seems slow may have met other work on the machine.
        let time = match best(1, once) {
            time if time > Duration::from_millis(500) => time.min(best(3, once)),
            time => time,
        };
        println!("  {name:<20} {:>8.3} s", time.as_secs_f64());
        if time > worst.0 {
            worst = (time, name);
        }
    }
    let verdict = if worst.0 <= Duration::from_secs(1) { "holds" } else { "MISSED" };
    let seconds = worst.0.as_secs_f64();
    println!("10 MiB of {:<18} {seconds:>8.3} s      gate    1 s      {verdict}", worst.1);
}

fn main() {
    let texts = configs();
    if texts.is_empty() {
        println!("no corpus: set ALLOY_CORPUS to its folder");
    } else {
        throughput("parse", 60.0, &texts, |text| {
            drop(std::hint::black_box(alloy_syntax::parse_file(text)));
        });
        throughput("fmt", 12.0, &texts, |text| {
            drop(std::hint::black_box(alloy_syntax::format(text)));
        });
        let formatted: Vec<String> =
            texts.iter().filter_map(|text| alloy_syntax::format(text).ok()).collect();
        throughput("fmt of formatted text", 12.0, &formatted, |text| {
            drop(std::hint::black_box(alloy_syntax::format(text)));
        });
    }
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(hostile);
    let ended = thread.map(std::thread::JoinHandle::join);
    assert!(matches!(ended, Ok(Ok(()))), "a hostile text ended the thread");
}
