//! Prints what commands that read configurations cost beside their gates (design/performance.md §10):
//! parsing, formatting and checking the configurations of public projects, `check` of one file from
//! the start of the process to its end, and `fmt` of texts that attack it.
//!
//! `cargo bench --bench check`. Nothing fails on a time but what never ends.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures and ends at what it did not expect"
)]

mod hostile;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use alloy::registry;
use alloy_queries::{Engine, Options, Source};
use alloy_value::Stability;
use rustix::time::{ClockId, clock_gettime};

/// That of the binary.
#[cfg(all(feature = "jemalloc", target_os = "linux", not(debug_assertions)))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How often the configurations are checked; the median counts.
const ROUNDS: usize = 5;
/// How often the process starts.
const STARTS: usize = 30;
const FILE_BYTES: usize = 10_000;

fn main() {
    match alloy_corpus::root() {
        Some(corpus) => throughputs(&corpus),
        None => println!("corpus/configs: no corpus; set ALLOY_CORPUS to its folder"),
    }
    one_file();
    hostile::run();
}

fn throughputs(corpus: &Path) {
    let mut texts = Vec::new();
    for case in alloy_corpus::cases(&corpus.join("configs/INDEX.json")) {
        let path = corpus.join("configs").join(alloy_corpus::text(&case, "name"));
        texts.push(std::fs::read_to_string(path).expect("read a configuration"));
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("corpus/configs: {} files, {:.2} MB", texts.len(), bytes as f64 / 1e6);
    throughput("parse", &texts, 60, 150, |text| {
        drop(std::hint::black_box(alloy_syntax::parse_file(text)));
    });
    throughput("fmt", &texts, 12, 40, |text| {
        drop(std::hint::black_box(alloy_syntax::format(text)));
    });
    let options = Options { stability: Stability::Experimental, community: true };
    throughput("check", &texts, 15, 30, |text| {
        let source = Source { name: "config.alloy".into(), text: text.into() };
        Engine::check(registry::registry(), alloy::host::facts(), options, vec![source]);
    });
}

/// Does `work` with each text; prints how much of them it does per second.
fn throughput(name: &str, texts: &[String], gate: u32, goal: u32, work: impl Fn(&str)) {
    let bytes: usize = texts.iter().map(String::len).sum();
    let mut seconds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begin = cpu_time();
            texts.iter().for_each(|text| work(text));
            (cpu_time() - begin).as_secs_f64()
        })
        .collect();
    let rate = bytes as f64 / 1e6 / median(&mut seconds);
    println!("  {name:<6} {rate:>6.1} MB per CPU-second (gate {gate}, goal {goal})");
}

/// CPU time of this thread, which does all the work.
fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or_default())
}

fn one_file() {
    let dir = tempfile::tempdir().expect("create a temporary directory");
    let file = dir.path().join("config.alloy");
    let text = configuration();
    std::fs::write(&file, &text).expect("write a configuration");
    let mut seconds: Vec<f64> = (0..STARTS)
        .map(|_| {
            let begin = Instant::now();
            let output = Command::new(env!("CARGO_BIN_EXE_alloy"))
                .arg("check")
                .arg(&file)
                .output()
                .expect("start the binary");
            let said = String::from_utf8_lossy(&output.stdout);
            assert_ne!(output.status.code(), Some(2), "{said}");
            begin.elapsed().as_secs_f64()
        })
        .collect();
    println!(
        "check of one file of {} bytes, process start to exit: {:.1} ms (gate 15, goal 6)",
        text.len(),
        median(&mut seconds) * 1e3
    );
}

/// Scrapes in front of one remote write, about as long as [`FILE_BYTES`].
fn configuration() -> String {
    let mut text =
        "prometheus.remote_write \"out\" {\n\tendpoint {\n\t\turl = \"http://localhost\"\n\t}\n}\n"
            .to_owned();
    let mut number = 0;
    while text.len() < FILE_BYTES {
        text.push_str(&format!(
            "\nprometheus.scrape \"s{number}\" {{\n\ttargets    = [{{\"__address__\" = \"localhost:{}\"}}]\n\
             \tforward_to = [prometheus.remote_write.out.receiver]\n}}\n",
            9000 + number
        ));
        number += 1;
    }
    text
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
