//! Prints how long export changes take to reach other components, beside the gates of
//! design/performance.md §9.
//!
//! `cargo bench -p alloy-runtime --bench propagation`. Times run from the export call of one
//! component to the end of the update of the last component that reads it.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures and ends at what it did not expect"
)]

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use alloy_component::testing::context;
use alloy_component::{
    BuildContext, Component, ComponentDef, ComponentError, ExportSink, RunContext, Target,
};
use alloy_runtime::{HostFacts, LoadRequest, Runtime, RuntimeOptions, Source};
use alloy_telemetry::Labels;
use alloy_value::{ArcArgs, Args, Definition, DefinitionKind, Exports, Registry, Stability, Value};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::watch;

#[derive(Args, Clone, Debug, PartialEq)]
struct UnitArgs {
    input: Value,
}

#[derive(Exports, Clone, Debug)]
struct Number {
    value: i64,
}

#[derive(Exports, Clone, Debug)]
struct Targets {
    value: Vec<Target>,
}

const DEFINITION: Definition = Definition {
    name: "bench.source",
    kind: DefinitionKind::Component,
    stability: Stability::GenerallyAvailable,
    community: false,
    args: Some((<UnitArgs as Args>::schema, ArcArgs::decode::<UnitArgs>)),
    exports: Some(<Number as Exports>::schema),
    doc: "",
};
static SOURCE: Definition = DEFINITION;
static READER: Definition = Definition { name: "bench.reader", exports: None, ..DEFINITION };
static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry::new([&SOURCE, &READER]));
static COMPONENTS: [ComponentDef; 2] = [
    ComponentDef { definition: &SOURCE, build: Some(build_source) },
    ComponentDef { definition: &READER, build: Some(build_reader) },
];

/// Where the only source of the running configuration exports.
static EXPORTS: Mutex<Option<ExportSink>> = Mutex::new(None);
/// Updates delivered, and the last number of any reader.
static UPDATES: LazyLock<watch::Sender<(u64, i64)>> = LazyLock::new(|| watch::Sender::new((0, 0)));
static SENT: AtomicU64 = AtomicU64::new(0);

struct Unit;

fn build_source(
    cx: BuildContext,
    _args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    cx.exports.export(&Number { value: 0 });
    *EXPORTS.lock() = Some(cx.exports);
    async { Ok(Arc::new(Unit) as Arc<dyn Component>) }.boxed()
}

fn build_reader(
    _cx: BuildContext,
    _args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    async { Ok(Arc::new(Unit) as Arc<dyn Component>) }.boxed()
}

impl Component for Unit {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        let number = match args.downcast_ref::<UnitArgs>().map(|args| &args.input) {
            Some(Value::Int(number)) => *number,
            _ => 0,
        };
        UPDATES.send_modify(|(updates, last)| (*updates, *last) = (*updates + 1, number));
        async { Ok(()) }.boxed()
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        async move {
            cx.cancel.cancelled().await;
            Ok(())
        }
        .boxed()
    }
}

/// A running configuration of one source and `readers` components that read it.
async fn start(readers: usize) -> Runtime {
    let mut text = String::from("bench.source \"s\" {\n  input = 0\n}\n");
    for i in 0..readers {
        write!(text, "\nbench.reader \"r{i}\" {{\n  input = bench.source.s.value\n}}\n")
            .expect("write to a string");
    }
    let (cx, _) = context("bench");
    let runtime = Runtime::start(RuntimeOptions {
        registry: &REGISTRY,
        components: COMPONENTS.iter().collect(),
        host: HostFacts::default(),
        stability: Stability::GenerallyAvailable,
        community: false,
        storage_path: "data".into(),
        services: cx.services,
        config_blocks: Vec::new(),
        importer: None,
        shutdown_deadline: RuntimeOptions::SHUTDOWN_DEADLINE,
        first_load_patience: Duration::from_secs(60),
        tokio: tokio::runtime::Handle::current(),
    })
    .expect("start the controller thread");
    let source = Source { name: "bench.alloy".into(), text: text.into() };
    runtime
        .load(LoadRequest { sources: vec![source], ..LoadRequest::default() })
        .await
        .expect("an accepted load");
    runtime
}

fn export<E: Exports>(exports: &E) {
    EXPORTS.lock().as_ref().expect("a source").export(exports);
}

/// Exports `value` and waits until `readers` updates were delivered.
async fn deliver<E: Exports>(value: &E, readers: u64) -> Duration {
    let mut updates = UPDATES.subscribe();
    let wanted = updates.borrow_and_update().0 + readers;
    let start = Instant::now();
    export(value);
    updates.wait_for(|(count, _)| *count >= wanted).await.expect("the sender lives");
    start.elapsed()
}

fn next() -> Number {
    Number { value: SENT.fetch_add(1, Ordering::Relaxed) as i64 + 1 }
}

fn row(what: &str, measured: &str, gate: &str) {
    println!("{what:<66} {measured:>12}   gate {gate}");
}

fn show(duration: Duration) -> String {
    format!("{:.3} ms", duration.as_secs_f64() * 1e3)
}

fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("own statistics");
    let fields: Vec<&str> =
        stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1_000 / rustix::param::clock_ticks_per_second())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let runtime = start(1).await;
    let mut times = Vec::new();
    for _ in 0..2_000 {
        times.push(deliver(&next(), 1).await);
    }
    times.sort();
    row("export to applied, fan-out 1, p50", &show(times[1_000]), "-");
    row("export to applied, fan-out 1, p99", &show(times[1_980]), "1 ms");
    runtime.shutdown().await;

    let runtime = start(10_000).await;
    let mut times = Vec::new();
    for _ in 0..9 {
        times.push(deliver(&next(), 10_000).await);
    }
    times.sort();
    row("export to applied, fan-out 10,000, median of 9", &show(times[4]), "150 ms");
    runtime.shutdown().await;

    let runtime = start(100).await;
    let (before, start_time) = (cpu(), Instant::now());
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    let mut last = 0;
    for _ in 0..5_000 {
        tick.tick().await;
        let number = next();
        last = number.value;
        export(&number);
    }
    let mut updates = UPDATES.subscribe();
    updates.wait_for(|(_, seen)| *seen == last).await.expect("the sender lives");
    let share = (cpu() - before).as_secs_f64() / start_time.elapsed().as_secs_f64() * 100.0;
    row(
        "1,000 exports a second, fan-out 100, last delivered: CPU",
        &format!("{share:.1} %"),
        "20 %",
    );
    runtime.shutdown().await;

    let runtime = start(1).await;
    let mut targets: Vec<Target> = (0..10_000)
        .map(|i| {
            Target(Labels::new([("__address__", format!("10.0.0.{i}:80")), ("job", "x".into())]))
        })
        .collect();
    deliver(&Targets { value: targets.clone() }, 1).await;
    let mut times = Vec::new();
    for i in 0..99 {
        targets[i * 100] = Target(Labels::new([("__address__", format!("changed-{i}:80"))]));
        times.push(deliver(&Targets { value: targets.clone() }, 1).await);
    }
    times.sort();
    row("10,000 targets exported, one changed, to applied, median", &show(times[49]), "10 ms");
    runtime.shutdown().await;
}
