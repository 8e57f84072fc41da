//! `test.node`: a component whose every step is on a board that the test sees.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Weak};
use std::time::{Duration, Instant};

use alloy_component::{
    BuildContext, Component, ComponentDef, ComponentError, ExportSink, Handover, LiveDebugging,
    LogsReceiver, MemoryDialer, MetricsHub, MetricsReceiver, RunContext, Services,
};
use alloy_import::IMPORTS;
use alloy_queries::{Imported, Importer};
use alloy_telemetry::{MetricsConsumer, SampleBatch, SendError, SeriesTable};
use alloy_value::{
    ArcArgs, Args, Definition, DefinitionKind, Exports, Registry, Secret, Stability, Value,
};
use futures_util::future::{BoxFuture, pending};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::handover::SERVER;
use crate::{
    GraphSnapshot, HostFacts, LOGGING, LoadError, LoadRequest, LogFormat, LogLevel, LoggingBlock,
    LoggingSink, NodeCell, Planned, Reload, ReloadMode, Runtime, RuntimeOptions, Source,
};

/// Arguments of `test.node`.
#[derive(Args, Clone, Debug, PartialEq)]
struct NodeArgs {
    /// Exported as it is.
    #[args(default = "")]
    value: String,
    /// References to others.
    #[args(optional)]
    inputs: Vec<Value>,
    /// Receivers of others.
    #[args(optional)]
    forward_to: Vec<MetricsReceiver>,
    /// Something that nobody may see.
    token: Option<Secret>,
    /// The build, update or stop waits until the test opens this gate.
    #[args(default = "")]
    gate: String,
    /// What goes wrong: `build`, `update`, `run`, each also with `panic ` before it; `exit`;
    /// `stop GATE` stops only through a gate, `panic at GATE` panics whenever the gate lets it.
    #[args(default = "")]
    fault: String,
}

/// Exports of `test.node`.
#[derive(Exports, Clone, Debug)]
struct NodeExports {
    /// The `value` argument.
    value: String,
    /// A receiver of its own.
    receiver: MetricsReceiver,
}

static DEFINITION: Definition = Definition {
    name: "test.node",
    kind: DefinitionKind::Component,
    stability: Stability::GenerallyAvailable,
    community: false,
    args: Some((<NodeArgs as Args>::schema, ArcArgs::decode::<NodeArgs>)),
    exports: Some(<NodeExports as Exports>::schema),
    doc: "",
};

/// A component type that can be checked but not run.
static CHECKED_ONLY: Definition = Definition { name: "test.checked", ..DEFINITION };

static NODE: ComponentDef = ComponentDef { definition: &DEFINITION, build: Some(build) };
static CHECKED_LATER: Definition = Definition { name: "test.later", ..DEFINITION };
static CHECKED: ComponentDef = ComponentDef { definition: &CHECKED_ONLY, build: None };

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let receivers = super::receivers::COMPONENTS.iter().map(|component| component.definition);
    let blocks = alloy_config_blocks::BLOCKS.iter().copied();
    let own = [&DEFINITION, &CHECKED_ONLY, &CHECKED_LATER, &LOGGING, SERVER.definition];
    Registry::new(own.into_iter().chain(receivers).chain(blocks))
});

/// Boards by the `user_agent` of their runtime, which every build context carries.
static BOARDS: LazyLock<Mutex<HashMap<Arc<str>, Arc<Board>>>> = LazyLock::new(Mutex::default);

/// What components did, and what the test lets them do.
#[derive(Default)]
pub(super) struct Board {
    log: Mutex<Vec<String>>,
    gates: Mutex<BTreeMap<String, Arc<Semaphore>>>,
    sinks: Mutex<HashMap<Arc<str>, (ExportSink, MetricsReceiver)>>,
    receivers: Mutex<HashMap<Arc<str>, Weak<Receiver>>>,
    logging: Mutex<Vec<(LogLevel, LogFormat)>>,
}

impl Board {
    fn note(&self, line: String) {
        self.log.lock().push(line);
    }

    fn gate(&self, name: &str) -> Arc<Semaphore> {
        let mut gates = self.gates.lock();
        let gate = gates.entry(name.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(0)));
        Arc::clone(gate)
    }

    async fn pass(&self, gate: &str) {
        if !gate.is_empty() {
            // Tests never close a gate.
            drop(self.gate(gate).acquire_owned_or_pending().await);
        }
    }

    /// Lets everything through that waits or will wait at this gate.
    pub(super) fn open(&self, gate: &str) {
        self.gate(gate).add_permits(1_000);
    }

    /// Lets one through that waits or will wait at this gate.
    pub(super) fn open_once(&self, gate: &str) {
        self.gate(gate).add_permits(1);
    }

    /// What happened since the last call.
    pub(super) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock())
    }

    /// How many lines start with `what`.
    pub(super) fn count(&self, what: &str) -> usize {
        self.log.lock().iter().filter(|line| line.starts_with(what)).count()
    }

    /// Exports a value as the component `id` would.
    pub(super) fn export(&self, id: &str, value: &str) {
        let (sink, receiver) = self.sinks.lock().get(id).cloned().expect("component was built");
        sink.export(&NodeExports { value: value.to_owned(), receiver });
    }

    /// True while anybody holds the receiver of the last component built as `id`.
    pub(super) fn receiver_is_alive(&self, id: &str) -> bool {
        self.sinks.lock().remove(id);
        self.receivers.lock().get(id).is_some_and(|receiver| receiver.strong_count() > 0)
    }

    /// What was applied to the log.
    pub(super) fn logging(&self) -> Vec<(LogLevel, LogFormat)> {
        self.logging.lock().clone()
    }
}

trait AcquireOwned {
    async fn acquire_owned_or_pending(self) -> tokio::sync::OwnedSemaphorePermit;
}

impl AcquireOwned for Arc<Semaphore> {
    async fn acquire_owned_or_pending(self) -> tokio::sync::OwnedSemaphorePermit {
        match self.acquire_owned().await {
            Ok(permit) => permit,
            Err(_) => pending().await,
        }
    }
}

impl LoggingSink for Board {
    fn apply(&self, level: LogLevel, format: LogFormat, _write_to: &[LogsReceiver]) {
        self.logging.lock().push((level, format));
    }
}

struct Receiver(Arc<str>);

impl MetricsConsumer for Receiver {
    fn send(&self, _batch: Arc<SampleBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(async { Ok(()) })
    }

    fn component_id(&self) -> &str {
        &self.0
    }
}

struct TestNode {
    id: Arc<str>,
    board: Arc<Board>,
    exports: ExportSink,
    receiver: MetricsReceiver,
    args: Mutex<NodeArgs>,
}

fn build(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    let board = BOARDS.lock().get(&cx.services.user_agent).cloned().expect("board of the test");
    let args = args.downcast_ref::<NodeArgs>().expect("own arguments").clone();
    Box::pin(async move {
        board.note(format!("build {} {}", short(&cx.id), args.value));
        board.pass(&args.gate).await;
        fail(&args.fault, "build")?;
        let receiver = Arc::new(Receiver(Arc::clone(&cx.id)));
        board.receivers.lock().insert(Arc::clone(&cx.id), Arc::downgrade(&receiver));
        let receiver = MetricsReceiver(receiver);
        cx.exports.export(&NodeExports { value: args.value.clone(), receiver: receiver.clone() });
        board.sinks.lock().insert(Arc::clone(&cx.id), (cx.exports.clone(), receiver.clone()));
        let node =
            TestNode { id: cx.id, board, exports: cx.exports, receiver, args: Mutex::new(args) };
        Ok(Arc::new(node) as Arc<dyn Component>)
    })
}

fn short(id: &str) -> &str {
    id.rsplit('.').next().unwrap_or(id)
}

fn fail(fault: &str, step: &str) -> Result<(), ComponentError> {
    match fault.strip_prefix("panic ") {
        Some(faulty) if faulty == step => panic!("{step} of the test"),
        None if fault == step => Err(ComponentError::new(format!("{step} failed"))),
        _ => Ok(()),
    }
}

impl Component for TestNode {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        let args = args.downcast_ref::<NodeArgs>().expect("own arguments").clone();
        Box::pin(async move {
            self.board.note(format!("update {} {}", short(&self.id), args.value));
            if args.inputs.windows(2).any(|pair| pair[0] != pair[1]) {
                self.board.note(format!("torn {} {:?}", short(&self.id), args.inputs));
            }
            self.board.pass(&args.gate).await;
            fail(&args.fault, "update")?;
            *self.args.lock() = args.clone();
            self.exports
                .export(&NodeExports { value: args.value, receiver: self.receiver.clone() });
            Ok(())
        })
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        Box::pin(async move {
            self.board.note(format!("start {}", short(&self.id)));
            // Only what is needed: old arguments would keep receivers of others alive.
            let fault = self.args.lock().fault.clone();
            fail(&fault, "run")?;
            if let Some(gate) = fault.strip_prefix("panic at ") {
                let gate = self.board.gate(gate);
                tokio::select! {
                    permit = gate.acquire() => {
                        permit.expect("tests never close a gate").forget();
                        panic!("run of the test");
                    }
                    () = cx.cancel.cancelled() => {}
                }
            }
            if fault != "exit" {
                cx.cancel.cancelled().await;
                if let Some(gate) = fault.strip_prefix("stop ") {
                    self.board.pass(gate).await;
                }
            }
            self.board.note(format!("stop {}", short(&self.id)));
            Ok(())
        })
    }
}

/// A runtime with its board.
pub(super) struct Fixture {
    pub(super) runtime: Runtime,
    pub(super) board: Arc<Board>,
    pub(super) hub: MetricsHub,
    key: Arc<str>,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        BOARDS.lock().remove(&self.key);
    }
}

impl Fixture {
    /// A runtime whose first load waits as long as the test does.
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut RuntimeOptions)) -> Self {
        Self::started(change, Runtime::start)
    }

    /// A runtime whose root is the module `id`.
    pub(super) fn guest(id: &str, change: impl FnOnce(&mut RuntimeOptions)) -> Self {
        Self::started(change, |options| Runtime::start_guest(options, id))
    }

    fn started(
        change: impl FnOnce(&mut RuntimeOptions),
        start: impl FnOnce(RuntimeOptions) -> std::io::Result<Runtime>,
    ) -> Self {
        static KEYS: AtomicU64 = AtomicU64::new(0);
        let key: Arc<str> = format!("test {}", KEYS.fetch_add(1, Ordering::Relaxed)).into();
        let board = Arc::<Board>::default();
        BOARDS.lock().insert(Arc::clone(&key), Arc::clone(&board));
        let hub = MetricsHub::new();
        let mut options = options(&board, &hub, &key);
        change(&mut options);
        let runtime = start(options).expect("a thread can be created");
        Self { runtime, board, hub, key }
    }

    /// Names this runtime to the components of the tests.
    pub(super) fn key(&self) -> &Arc<str> {
        &self.key
    }

    pub(super) async fn load(&self, text: &str) -> Result<(), LoadError> {
        self.load_as(text, ReloadMode::Atomic).await
    }

    pub(super) async fn load_as(&self, text: &str, mode: ReloadMode) -> Result<(), LoadError> {
        busy(self.runtime.load(request(text, mode))).await
    }

    /// What a load would do.
    pub(super) async fn plan(&self, text: &str) -> Result<Planned, LoadError> {
        self.runtime.plan(request(text, ReloadMode::Atomic)).await
    }

    /// The newest load.
    pub(super) fn last_load(&self) -> Arc<Reload> {
        Arc::clone(&self.snapshot().reloads.entries[0])
    }

    /// Loads in the background.
    pub(super) fn spawn_load(&self, text: &str) -> tokio::task::JoinHandle<Result<(), LoadError>> {
        let (runtime, request) = (self.runtime.clone(), request(text, ReloadMode::Atomic));
        tokio::spawn(async move { runtime.load(request).await })
    }

    pub(super) fn snapshot(&self) -> Arc<GraphSnapshot> {
        self.runtime.snapshot()
    }

    /// The node `test.node.LABEL`.
    pub(super) fn cell(&self, label: &str) -> Arc<NodeCell> {
        let snapshot = self.snapshot();
        Arc::clone(snapshot.get(&format!("test.node.{label}")).expect("node is in the graph"))
    }

    /// Health as `STATE: MESSAGE`.
    pub(super) fn health(&self, label: &str) -> String {
        match self.cell(label).health() {
            Some(health) => format!("{}: {}", health.state.as_str(), health.message),
            None => "none".to_owned(),
        }
    }

    /// The `value` argument that a component works with.
    pub(super) fn value(&self, label: &str) -> Option<String> {
        let args = self.cell(label).state().args.clone()?;
        args.downcast_ref::<NodeArgs>().map(|args| args.value.clone())
    }

    /// Waits for a condition without letting virtual time pass.
    pub(super) async fn until(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let limit = Instant::now() + Duration::from_secs(120);
        while !condition() {
            assert!(Instant::now() < limit, "timed out: {what}; log: {:?}", self.board.take_log());
            tokio::task::yield_now().await;
            // The controller's thread may wait for this one's core.
            std::thread::yield_now();
        }
    }

    /// Value of a metric of the root controller.
    pub(super) fn metric(&self, name: &str, label: &str) -> Option<f64> {
        let families = self.hub.gather();
        let family = families.iter().find(|family| family.name() == name)?;
        let metric = family
            .get_metric()
            .iter()
            .find(|m| label.is_empty() || m.get_label().iter().any(|pair| pair.value() == label))?;
        let counter = metric.get_counter().get_value();
        Some(counter.max(metric.get_gauge().get_value()))
    }
}

/// Waits without letting virtual time pass: a paused clock moves on by itself once the runtime is
/// idle, also while the controller's thread works.
pub(super) async fn busy<T>(what: impl Future<Output = T>) -> T {
    let idle = async {
        loop {
            tokio::task::yield_now().await;
            std::thread::yield_now();
        }
    };
    tokio::select! {
        done = what => done,
        () = idle => unreachable!("it never ends"),
    }
}

/// What a runtime is started with that reports to the board called `key`.
pub(super) fn options(board: &Arc<Board>, hub: &MetricsHub, key: &Arc<str>) -> RuntimeOptions {
    let (dialer, _accept) = MemoryDialer::new("alloy.internal:12345");
    let services = Services {
        series: SeriesTable::new(),
        metrics: hub.clone(),
        handover: Handover::new(),
        live_debugging: LiveDebugging::new(),
        dialer,
        user_agent: Arc::clone(key),
        agent_id: "".into(),
    };
    RuntimeOptions {
        registry: &REGISTRY,
        components: [&[&NODE, &CHECKED, &SERVER], super::receivers::COMPONENTS, IMPORTS].concat(),
        host: HostFacts::default(),
        stability: Stability::GenerallyAvailable,
        community: false,
        storage_path: "data".into(),
        services: Arc::new(services),
        config_blocks: vec![Box::new(LoggingBlock::new(Arc::clone(board) as _))],
        importer: Some(Arc::new(Local)),
        shutdown_deadline: Duration::ZERO,
        first_load_patience: Duration::from_secs(600),
        tokio: tokio::runtime::Handle::current(),
    }
}

/// Reads imports that name no server.
#[derive(Debug)]
struct Local;

impl Importer for Local {
    fn import(&self, args: &ArcArgs) -> Imported {
        let inline = args.downcast_ref::<alloy_config_blocks::ImportStringArgs>().is_some();
        match alloy_import::read(args, alloy_import::Reach::Local, Path::new(""), "") {
            Ok(None) => Imported::NotFollowed,
            Ok(Some(content)) => Imported::Modules {
                files: content
                    .files
                    .into_iter()
                    .map(|(name, text)| Source { name, text })
                    .collect(),
                module_path: content.module_path.map(|path| path.to_string()),
                inline,
            },
            Err(reason) => Imported::Failed(reason),
        }
    }
}

pub(super) fn request(text: &str, mode: ReloadMode) -> LoadRequest {
    LoadRequest {
        sources: vec![Source { name: "main.alloy".into(), text: text.into() }],
        mode,
        ..LoadRequest::default()
    }
}

/// A node that exports `value`.
pub(super) fn node(label: &str, value: &str) -> String {
    format!("test.node \"{label}\" {{ value = \"{value}\" }}\n")
}

/// A node whose value is the value of another.
pub(super) fn reader(label: &str, of: &str) -> String {
    format!("test.node \"{label}\" {{ value = test.node.{of}.value }}\n")
}
