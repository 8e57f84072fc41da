//! Prints the engine's gates G1 to G11 beside what this machine measures (design/engine.md §13).
//!
//! `cargo bench -p alloy-queries --bench gates`. Nothing fails on a time: the exact counts behind
//! G1, G5 and G6 are asserted by the tests.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures and ends at what it did not expect"
)]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_queries::{Engine, HostFacts, Load, NodeChange, NodeId, Options, Source};
use alloy_value::{ArcArgs, Args, Definition, DefinitionKind, Exports, Registry, Stability, Value};

/// Stand-in for a component that reads one value and exports one.
#[derive(Args, Clone, Debug, PartialEq)]
struct UnitArgs {
    input: Value,
}

#[derive(Exports, Clone, Debug)]
struct UnitExports {
    value: i64,
}

static UNIT: Definition = Definition {
    name: "bench.unit",
    kind: DefinitionKind::Component,
    stability: Stability::GenerallyAvailable,
    community: false,
    args: Some((<UnitArgs as Args>::schema, ArcArgs::decode::<UnitArgs>)),
    exports: Some(<UnitExports as Exports>::schema),
    doc: "",
};

fn exports(value: i64) -> Value {
    alloy_value::ToValue::to_value(&UnitExports { value })
}

fn engine() -> Engine {
    let registry: &'static Registry = Box::leak(Box::new(Registry::new([&UNIT])));
    Engine::new(registry, HostFacts::default(), Options::default())
}

fn source(text: String) -> Load {
    Load {
        sources: vec![Source { name: "bench.alloy".into(), text: text.into() }],
        ..Load::default()
    }
}

/// Independent units; unit `n / 2` has the given input.
fn flat(n: usize, middle: i64) -> String {
    let mut text = String::new();
    for i in 0..n {
        let input = if i == n / 2 { middle } else { 0 };
        write!(text, "bench.unit \"u{i}\" {{\n  input = {input}\n}}\n\n").expect("write");
    }
    text
}

/// Unit 0 is read by units 1 to `fan`, or each unit reads the one before it.
fn connected(n: usize, reads: impl Fn(usize) -> usize) -> String {
    let mut text = String::from("bench.unit \"u0\" {\n  input = 0\n}\n\n");
    for i in 1..n {
        write!(text, "bench.unit \"u{i}\" {{\n  input = bench.unit.u{}.value\n}}\n\n", reads(i))
            .expect("write");
    }
    text
}

/// Loads, commits and evaluates what changed. Returns how many nodes were evaluated.
fn load(engine: &mut Engine, text: String) -> usize {
    let pending = engine.load(source(text)).expect("an accepted load");
    engine.commit();
    let mut evaluated = 0;
    for change in pending.changes {
        if let NodeChange::Added(id) | NodeChange::Changed(id) = change {
            evaluate(engine, id);
            evaluated += 1;
        }
    }
    evaluated
}

fn evaluate(engine: &mut Engine, id: NodeId) {
    drop(engine.evaluate(id));
}

fn id(engine: &Engine, name: &str) -> NodeId {
    engine.find(name).expect("a loaded node")
}

fn timed<R>(run: impl FnOnce() -> R) -> (Duration, R) {
    let start = Instant::now();
    let result = run();
    (start.elapsed(), result)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn row(gate: &str, what: &str, measured: &str, limit: &str) {
    println!("{gate:<4} {what:<62} {measured:>14}   gate {limit}");
}

fn show(duration: Duration) -> String {
    if duration < Duration::from_millis(1) {
        format!("{:.1} µs", duration.as_secs_f64() * 1e6)
    } else {
        format!("{:.2} ms", duration.as_secs_f64() * 1e3)
    }
}

fn rss_kib() -> f64 {
    std::fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .find_map(|l| l.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0.0)
}

/// Sets exports of `from` and evaluates its direct dependants.
fn update(engine: &mut Engine, from: NodeId, value: i64) -> usize {
    if !engine.set_exports(from, Some(exports(value))) {
        return 0;
    }
    let readers: Vec<NodeId> =
        engine.node(from).map(|info| info.dependents.to_vec()).unwrap_or_default();
    for &reader in &readers {
        evaluate(engine, reader);
    }
    readers.len()
}

/// Lossless parse of the real configurations, if the corpus is there.
fn parse_rate() {
    let Some(corpus) = alloy_corpus::root() else {
        println!("G9   not measured: there is no corpus");
        return;
    };
    let projects = std::fs::read_dir(corpus.join("configs")).expect("list the projects");
    let texts: Vec<String> = projects
        .flatten()
        .filter_map(|project| std::fs::read_dir(project.path()).ok())
        .flat_map(|files| files.flatten())
        .filter(|file| file.path().extension().is_some_and(|e| e == "alloy"))
        .filter_map(|file| std::fs::read_to_string(file.path()).ok())
        .collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let mut times: Vec<_> = (0..9)
        .map(|_| timed(|| texts.iter().for_each(|t| drop(alloy_syntax::parse_file(t)))).0)
        .collect();
    let rate = bytes as f64 / 1e6 / median(&mut times).as_secs_f64();
    row("G9", "lossless parse of the real configurations", &format!("{rate:.0} MB/s"), "30 MB/s");
}

fn main() {
    // First, while the allocator has nothing to reuse.
    {
        let n = 100_000;
        let before = rss_kib();
        let mut engine = engine();
        load(&mut engine, flat(n, 0));
        let node = (rss_kib() - before) / n as f64;
        row(
            "G10",
            "engine memory a node with its text, 100,000",
            &format!("{node:.2} KiB"),
            "5 KB",
        );
    }
    for n in [10_000, 100_000] {
        // Pairs: every odd unit reads the one before it.
        let mut engine = engine();
        load(&mut engine, connected(n, |i| if i % 2 == 1 { i - 1 } else { 0 }.min(i - 1)));
        let from = id(&engine, &format!("bench.unit.u{}", n / 2 / 2 * 2));
        let mut times = Vec::new();
        let mut readers = 0;
        for value in 0..1_000 {
            let (time, count) = timed(|| update(&mut engine, from, value + 1));
            times.push(time);
            readers = count;
        }
        row(
            "G1",
            &format!("dependants evaluated for one export, {n} nodes"),
            &readers.to_string(),
            "exact",
        );
        row(
            "G2",
            &format!("one export update, fan-out {readers}, {n} nodes"),
            &show(median(&mut times)),
            "10 µs at 100,000",
        );
    }

    parse_rate();

    let mut fan = engine();
    load(&mut fan, connected(1_001, |_| 0));
    let from = id(&fan, "bench.unit.u0");
    let mut times: Vec<_> =
        (1..=20).map(|value| timed(|| update(&mut fan, from, value)).0).collect();
    row("G3", "one export update, fan-out 1,000", &show(median(&mut times)), "5 ms");

    let mut chain = engine();
    load(&mut chain, connected(1_001, |i| i - 1));
    let ids: Vec<_> = (0..1_000).map(|i| id(&chain, &format!("bench.unit.u{i}"))).collect();
    let mut times: Vec<_> = (1..=20)
        .map(|value| timed(|| ids.iter().for_each(|&id| _ = update(&mut chain, id, value))).0)
        .collect();
    row("G4", "chain of 1,000, each hop exports", &show(median(&mut times)), "10 ms");

    for n in [10_000, 100_000] {
        let mut engine = engine();
        let text = flat(n, 0);
        let (cold, _) = timed(|| load(&mut engine, text));
        let mut same = Vec::new();
        let mut edit = Vec::new();
        let mut evaluated = 0;
        for i in 1..=9 {
            same.push(timed(|| load(&mut engine, flat(n, i - 1))).0);
            let text = flat(n, i);
            let (time, count) = timed(|| load(&mut engine, text));
            edit.push(time);
            evaluated = count;
        }
        let added = format!("{}bench.unit \"new\" {{\n  input = 1\n}}\n", flat(n, 9));
        let (add, _) = timed(|| load(&mut engine, added));
        let limit = |at_10k: &'static str, at_100k: &'static str| {
            if n == 10_000 { at_10k } else { at_100k }
        };
        // Includes making the text, which the gate does not mean: it is milliseconds.
        row(
            "G5",
            &format!("reload, nothing changed, {n} (with making the text)"),
            &show(median(&mut same)),
            limit("2 ms", "-"),
        );
        row(
            "G6/7",
            &format!("one-line edit, {n}, {evaluated} evaluated"),
            &show(median(&mut edit)),
            limit("5 ms", "50 ms"),
        );
        row("G8", &format!("cold load, {n}"), &show(cold), limit("500 ms", "-"));
        row("G8", &format!("one block added, {n}"), &show(add), limit("60 ms", "-"));
    }

    let hostile: [(&str, String); 4] = [
        ("[", "[".repeat(10 << 20)),
        ("-", "-".repeat(10 << 20)),
        ("{", "{".repeat(10 << 20)),
        ("1+", "1+".repeat(5 << 20)),
    ];
    for (what, text) in hostile {
        let text: Arc<str> = format!("bench.unit \"a\" {{\n  input = {text}\n}}\n").into();
        // The stack that a thread gets by default.
        let (time, ()) = timed(|| {
            std::thread::Builder::new()
                .stack_size(2 << 20)
                .spawn(move || {
                    let mut engine = engine();
                    let sources = vec![Source { name: "hostile.alloy".into(), text }];
                    drop(engine.load(Load { sources, ..Load::default() }).expect_err("refused"));
                })
                .expect("start a thread")
                .join()
                .expect("no overflow");
        });
        row("G11", &format!("10 MB of {what:?} on a 2 MiB stack"), &show(time), "1 s");
    }
}
