//! `alloy fmt` of texts that try to make it run out of stack, memory or time, in a process that has
//! little stack and a minute.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const BYTES: usize = 10 << 20;
/// Most seconds for texts of brackets.
const GATE: f64 = 1.0;
/// What takes longer may have met other work on the machine, so it is run again.
const DOUBTFUL: f64 = 0.5;

pub(crate) fn run() {
    let dir = tempfile::tempdir().expect("create a temporary directory");
    let file = dir.path().join("case.alloy");
    println!("fmt of {} MiB with a stack of 2 MiB, process start to exit:", BYTES >> 20);
    let mut worst = (String::new(), 0.0);
    for (name, text) in alloy_syntax::fuzzing::hostile(BYTES) {
        std::fs::write(&file, &text).expect("write a case");
        let once = || format(&name, &file).as_secs_f64();
        let seconds = match once() {
            seconds if seconds > DOUBTFUL => seconds.min(once()).min(once()),
            seconds => seconds,
        };
        println!("  {name:<20} {seconds:>7.3} s");
        if seconds > worst.1 {
            worst = (name, seconds);
        }
    }
    println!("  slowest: {}, {:.3} s (gate {GATE})", worst.0, worst.1);
}

fn format(name: &str, file: &std::path::Path) -> Duration {
    let begin = Instant::now();
    let status = Command::new("sh")
        .args(["-c", "ulimit -s 2048 && exec timeout 60 \"$0\" fmt", env!("CARGO_BIN_EXE_alloy")])
        .stdin(File::open(file).expect("open a case"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("start the binary");
    // 124 is a minute that was too short; no code at all, a signal.
    assert!(matches!(status.code(), Some(0 | 1)), "fmt of {name} ended with {status}");
    begin.elapsed()
}
