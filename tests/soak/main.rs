//! Soak: reloads that add and remove blocks and children of `foreach` must not cost memory.
//!
//! `cargo bench --bench soak` does 100,000 of them (a few minutes) and fails if the resident memory
//! after the last is more than 4 MiB above that after the first tenth. `-- N` does N.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures and ends at what it did not expect"
)]

#[path = "../loadlab/process.rs"]
#[expect(dead_code, reason = "the other benchmark measures more")]
mod process;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use process::{Daemon, median};

const ALLOWED_KIB: i64 = 4 * 1024;
/// Rounds after which the configuration has the same size again.
const PERIOD: usize = 12;

/// The configuration of one round: what it adds has names that were never there before.
fn text(round: usize) -> String {
    let mut text = String::from(
        r#"
logging {
  level = "error"
}

discovery.relabel "stays" {
  targets = [{"__address__" = "host:80"}]
}

declare "team" {
  argument "targets" { }
  argument "name" { }

  discovery.relabel "inner" {
    targets = argument.targets.value
    rule {
      target_label = "team"
      replacement  = argument.name.value
    }
  }

  export "output" {
    value = discovery.relabel.inner.output
  }
}
"#,
    );
    for at in 0..=round % 4 {
        write!(
            text,
            "\ndiscovery.relabel \"block_{round}_{at}\" {{\n  targets = \
             discovery.relabel.stays.output\n}}\n\nteam \"user_{round}_{at}\" {{\n  targets = \
             discovery.relabel.block_{round}_{at}.output\n  name    = \"{round}\"\n}}\n"
        )
        .expect("write to a string");
    }
    let elements: Vec<String> =
        (0..=round % 3).map(|at| format!("\"element_{}\"", round + at)).collect();
    write!(
        text,
        "\nforeach \"pods\" {{\n  collection = [{}]\n  var = \"pod\"\n  enable_metrics = true\n  \
         template {{\n    team \"of\" {{\n      targets = [{{\"__address__\" = pod}}]\n      name = \
         pod\n    }}\n  }}\n}}\n",
        elements.join(", ")
    )
    .expect("write to a string");
    text
}

/// Memory once what was freed has been given back.
fn settled_kib(daemon: &Daemon) -> i64 {
    let sample = || {
        process::pass(Duration::from_millis(500));
        daemon.rss_kib().cast_signed()
    };
    (0..6).map(|_| sample()).min().unwrap_or_default()
}

fn main() -> ExitCode {
    let count = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let count: usize = count.map_or(100_000, |count| count.parse().expect("a number of reloads"));
    let (early, last) = (count / 10 / PERIOD * PERIOD, count / PERIOD * PERIOD);
    let binary = Path::new(env!("CARGO_BIN_EXE_alloy"));
    let daemon = Daemon::start_with(binary, &text(0), &["--stability.level=experimental"]);
    let begin = Instant::now();
    let mut times = Vec::with_capacity(last);
    let mut after_early = 0;
    for round in 1..=last {
        daemon.write(&text(round));
        times.push(daemon.reload());
        if round == early {
            after_early = settled_kib(&daemon);
            println!("RSS after {round:>7} reloads: {after_early:>7} KiB");
        }
    }
    let after_last = settled_kib(&daemon);
    println!("RSS after {last:>7} reloads: {after_last:>7} KiB");
    let grown = after_last - after_early;
    println!("growth {grown} KiB, allowed {ALLOWED_KIB} KiB");
    println!(
        "{:.0} reloads a second; one takes {:.2} ms in the median",
        last as f64 / begin.elapsed().as_secs_f64(),
        median(&mut times).as_secs_f64() * 1e3
    );
    if grown > ALLOWED_KIB { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
