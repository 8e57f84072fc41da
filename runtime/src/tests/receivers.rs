//! `test.logs` and `test.otel`: components that keep what they are given.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use alloy_component::{
    BuildContext, Component, ComponentDef, ComponentError, ExportSink, LogsReceiver, OtelConsumer,
    RunContext,
};
use alloy_telemetry::{LogBatch, LogsConsumer, OtlpBatch, OtlpConsumer, SendError};
use alloy_value::{ArcArgs, Args, Definition, Exports, Stability};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;

/// Arguments of both.
#[derive(Args, Clone, Debug, PartialEq)]
struct KeeperArgs {
    /// A new receiver is exported when it changes.
    #[args(default = "")]
    generation: String,
}

#[derive(Exports, Clone, Debug)]
struct LogsExports {
    /// Takes log lines.
    receiver: LogsReceiver,
}

#[derive(Exports, Clone, Debug)]
struct OtelExports {
    /// Takes OpenTelemetry data.
    input: OtelConsumer,
}

static LOGS: Definition = Definition::component::<KeeperArgs>(
    "test.logs",
    Stability::GenerallyAvailable,
    "Keeps log lines.",
)
.with_exports::<LogsExports>();
static OTEL: Definition = Definition::component::<KeeperArgs>(
    "test.otel",
    Stability::GenerallyAvailable,
    "Keeps OpenTelemetry data.",
)
.with_exports::<OtelExports>();

/// Both components.
pub(super) static COMPONENTS: &[&ComponentDef] = &[
    &ComponentDef { definition: &LOGS, build: Some(build_logs) },
    &ComponentDef { definition: &OTEL, build: Some(build_otel) },
];

/// What the components of a runtime have been given, by the `user_agent` of the runtime.
static KEPT: LazyLock<Mutex<HashMap<Arc<str>, Kept>>> = LazyLock::new(Mutex::default);

#[derive(Clone, Default)]
struct Kept {
    /// `GENERATION: LINE` of every line.
    lines: Arc<Mutex<Vec<String>>>,
    batches: Arc<Mutex<Vec<Arc<OtlpBatch>>>>,
}

fn kept(key: &Arc<str>) -> Kept {
    KEPT.lock().entry(Arc::clone(key)).or_default().clone()
}

/// Lines that components of this runtime have been given.
pub(super) fn lines(key: &Arc<str>) -> Vec<String> {
    kept(key).lines.lock().clone()
}

/// OpenTelemetry data that components of this runtime have been given.
pub(super) fn batches(key: &Arc<str>) -> Vec<Arc<OtlpBatch>> {
    kept(key).batches.lock().clone()
}

struct Receiver {
    id: Arc<str>,
    generation: String,
    kept: Kept,
}

impl LogsConsumer for Receiver {
    fn send(&self, batch: Arc<LogBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        for line in batch.lines.iter() {
            let text = String::from_utf8_lossy(batch.text(line));
            let line = format!("{} {}: {text}", self.generation, batch.labels);
            self.kept.lines.lock().push(line);
        }
        Box::pin(async { Ok(()) })
    }

    fn component_id(&self) -> &str {
        &self.id
    }
}

impl OtlpConsumer for Receiver {
    fn send(&self, batch: Arc<OtlpBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        self.kept.batches.lock().push(batch);
        Box::pin(async { Ok(()) })
    }

    fn component_id(&self) -> &str {
        &self.id
    }
}

struct Keeper {
    id: Arc<str>,
    exports: ExportSink,
    kept: Kept,
    export: fn(&ExportSink, Arc<Receiver>),
}

impl Keeper {
    fn apply(&self, args: &ArcArgs) {
        let args = args.downcast_ref::<KeeperArgs>().expect("own arguments");
        let receiver = Receiver {
            id: Arc::clone(&self.id),
            generation: args.generation.clone(),
            kept: self.kept.clone(),
        };
        (self.export)(&self.exports, Arc::new(receiver));
    }
}

fn build(
    cx: BuildContext,
    args: &ArcArgs,
    export: fn(&ExportSink, Arc<Receiver>),
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    let kept = kept(&cx.services.user_agent);
    let keeper = Keeper { id: cx.id, exports: cx.exports, kept, export };
    keeper.apply(args);
    Box::pin(async move { Ok(Arc::new(keeper) as Arc<dyn Component>) })
}

fn build_logs(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    build(cx, &args, |exports, receiver| {
        exports.export(&LogsExports { receiver: LogsReceiver(Some(receiver)) });
    })
}

fn build_otel(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    build(cx, &args, |exports, receiver| {
        exports.export(&OtelExports { input: OtelConsumer(Some(receiver)) });
    })
}

impl Component for Keeper {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        self.apply(&args);
        Box::pin(async { Ok(()) })
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        Box::pin(async move {
            cx.cancel.cancelled().await;
            Ok(())
        })
    }
}
