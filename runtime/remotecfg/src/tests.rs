//! Texts into a controller with a test component, and blocks into settings.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use alloy_component::{
    BuildContext, Component, ComponentDef, ComponentError, Handover, MemoryDialer, MetricsHub,
    RunContext, Services,
};
use alloy_config_blocks::RemotecfgArgs;
use alloy_flow_remotecfg::Target;
use alloy_queries::testing::decode;
use alloy_runtime::{HostFacts, LOGGING, Runtime, RuntimeOptions};
use alloy_telemetry::SeriesTable;
use alloy_value::{ArcArgs, Args, Definition, Registry, Stability};
use expect_test::expect;
use futures_util::future::{BoxFuture, pending};

use crate::block::settings;
use crate::root::{LOAD_PATIENCE, Root};
use crate::{CONTROLLER_ID, Remote, RemoteOptions};

/// Arguments of `test.node`.
#[derive(Args, Clone, Debug, PartialEq)]
struct NodeArgs {
    /// Shown by the tests.
    #[args(default = "")]
    value: String,
    /// The build `fails` or `hangs`; the component `stays` when it is told to stop.
    #[args(default = "")]
    fault: String,
}

static NODE: Definition =
    Definition::component::<NodeArgs>("test.node", Stability::GenerallyAvailable, "");
static COMPONENT: ComponentDef = ComponentDef { definition: &NODE, build: Some(build) };
static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    Registry::new([&NODE, &LOGGING].into_iter().chain(alloy_config_blocks::BLOCKS.iter().copied()))
});

struct Node(String);

fn build(
    _cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    let fault = args.downcast_ref::<NodeArgs>().expect("own arguments").fault.clone();
    Box::pin(async move {
        match fault.as_str() {
            "fails" => return Err(ComponentError::new("broken")),
            "hangs" => pending().await,
            _ => {}
        }
        Ok(Arc::new(Node(fault)) as Arc<dyn Component>)
    })
}

impl Component for Node {
    fn update(&self, _args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        Box::pin(async { Ok(()) })
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        Box::pin(async move {
            cx.cancel.cancelled().await;
            if self.0 == "stays" {
                pending::<()>().await;
            }
            Ok(())
        })
    }
}

fn services() -> Arc<Services> {
    Arc::new(Services {
        series: SeriesTable::new(),
        metrics: MetricsHub::new(),
        live_debugging: alloy_component::LiveDebugging::new(),
        dialer: MemoryDialer::new("alloy.internal:12345").0,
        user_agent: "Alloy/v0 (linux; binary)".into(),
        agent_id: "the-seed".into(),
        handover: Handover::new(),
    })
}

fn start(services: &Arc<Services>, shutdown_deadline: Duration) -> Runtime {
    let options = RuntimeOptions {
        registry: &REGISTRY,
        components: vec![&COMPONENT],
        host: HostFacts::default(),
        stability: Stability::GenerallyAvailable,
        community: false,
        storage_path: "data".into(),
        services: Arc::clone(services),
        config_blocks: Vec::new(),
        importer: None,
        shutdown_deadline,
        first_load_patience: Duration::from_secs(600),
        tokio: tokio::runtime::Handle::current(),
    };
    Runtime::start_guest(options, CONTROLLER_ID).expect("a thread can be created")
}

fn fixture() -> (Root, Runtime) {
    let runtime = start(&services(), Duration::ZERO);
    (Root::new(runtime.clone(), "/etc/alloy".to_owned()), runtime)
}

/// Components with their values.
fn running(runtime: &Runtime) -> String {
    let value = |cell: &alloy_runtime::NodeCell| {
        let args = cell.state().args.clone();
        let args = args.as_ref().and_then(ArcArgs::downcast_ref::<NodeArgs>);
        args.map(|args| args.value.clone()).unwrap_or_default()
    };
    let snapshot = runtime.snapshot();
    let mut nodes: Vec<String> = snapshot
        .components()
        .map(|(cell, _)| format!("{}={}", cell.info.id, value(cell)).trim_matches('=').to_owned())
        .collect();
    nodes.sort();
    nodes.join(" ")
}

/// What the server is told about `text`.
async fn load(root: &Root, text: &str) -> String {
    match root.load(text.into()).await {
        Ok(()) => "ok".to_owned(),
        Err(errors) => errors.join("; "),
    }
}

fn node(label: &str, value: &str, fault: &str) -> String {
    format!("test.node \"{label}\" {{\n  value = \"{value}\"\n  fault = \"{fault}\"\n}}\n")
}

#[tokio::test]
async fn ids_start_with_that_of_the_controller() {
    let (root, runtime) = fixture();
    let text = format!(
        "declare \"m\" {{\n{}}}\nm \"one\" {{ }}\n{}",
        node("in", "1", ""),
        node("a", "2", "")
    );
    assert_eq!(load(&root, &text).await, "ok");
    expect!["remotecfg/m.one remotecfg/m.one/test.node.in=1 remotecfg/test.node.a=2"]
        .assert_eq(&running(&runtime));
}

#[tokio::test]
async fn a_text_that_fails_in_any_way_changes_nothing() {
    let (root, runtime) = fixture();
    let good = node("a", "1", "");
    assert_eq!(load(&root, &good).await, "ok");
    // Syntax, names, evaluation: refused before anything happens.
    for (text, expected) in [
        ("test.node \"a\" {", "remotecfg:1:16: expected }, got EOF"),
        (
            "test.none \"a\" { }",
            "remotecfg:1:1: cannot find the definition of component name \"test.none\"",
        ),
        ("test.node \"a\" { value = 1 + }", "remotecfg:1:29: expected expression, got }"),
    ] {
        assert_eq!(load(&root, text).await, expected);
    }
    // A build that fails: what was accepted is taken back.
    let text = node("a", "2", "") + &node("b", "", "fails");
    let told = load(&root, &text).await;
    assert_eq!(told, "remotecfg:5:1: Failed to build component: building component: broken");
    assert_eq!(running(&runtime), "remotecfg/test.node.a=1");
    assert_eq!(load(&root, &node("a", "3", "")).await, "ok");
    assert_eq!(running(&runtime), "remotecfg/test.node.a=3");
}

#[tokio::test]
async fn a_first_text_that_fails_leaves_nothing() {
    let (root, runtime) = fixture();
    let told = load(&root, &(node("a", "1", "") + &node("b", "", "fails"))).await;
    assert_eq!(told, "remotecfg:5:1: Failed to build component: building component: broken");
    assert_eq!(running(&runtime), "");
    assert_eq!(load(&root, &node("a", "1", "")).await, "ok");
    assert_eq!(running(&runtime), "remotecfg/test.node.a=1");
}

#[tokio::test]
async fn blocks_of_the_process_are_refused() {
    let (root, runtime) = fixture();
    for (text, expected) in [
        ("logging { }", "remotecfg:1:1: logging block not allowed inside a module"),
        ("tracing { }", "remotecfg:1:1: tracing block not allowed inside a module"),
        ("http { }", "remotecfg:1:1: service blocks not allowed inside a module: \"http\""),
        (
            "remotecfg { }",
            "remotecfg:1:1: service blocks not allowed inside a module: \"remotecfg\"",
        ),
        (
            "argument \"x\" { }",
            "remotecfg:1:1: Failed to evaluate node for config block: missing required argument \"x\" to module",
        ),
    ] {
        assert_eq!(load(&root, text).await, expected, "{text}");
        assert_eq!(running(&runtime), "");
    }
    let text = "argument \"x\" {\n  optional = true\n  default = \"d\"\n}\ntest.node \"a\" { value = argument.x.value }\n";
    assert_eq!(load(&root, text).await, "ok");
    assert_eq!(running(&runtime), "remotecfg/test.node.a=d");
}

#[tokio::test]
async fn clearing_stops_everything() {
    let (root, runtime) = fixture();
    assert_eq!(load(&root, &node("a", "1", "")).await, "ok");
    root.clear().await;
    assert_eq!(running(&runtime), "");
    assert_eq!(load(&root, &node("b", "2", "")).await, "ok");
    assert_eq!(running(&runtime), "remotecfg/test.node.b=2");
}

#[tokio::test]
async fn a_build_that_hangs_holds_the_answer_for_a_limited_time() {
    let (root, runtime) = fixture();
    assert_eq!(load(&root, &node("a", "1", "")).await, "ok");
    tokio::time::pause();
    let begin = tokio::time::Instant::now();
    let text = node("a", "1", "") + &node("b", "2", "hangs");
    assert_eq!(load(&root, &text).await, "ok");
    assert_eq!(begin.elapsed().as_secs(), LOAD_PATIENCE.as_secs());
    let limit = Instant::now() + Duration::from_secs(20);
    while running(&runtime) != "remotecfg/test.node.a=1 remotecfg/test.node.b" {
        assert!(Instant::now() < limit, "{}", running(&runtime));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_deadline_of_the_process_holds_in_the_remote_configuration_too() {
    let runtime = start(&services(), Duration::from_secs(150));
    let root = Root::new(runtime.clone(), String::new());
    assert_eq!(load(&root, &node("a", "1", "stays")).await, "ok");
    let limit = Instant::now() + Duration::from_secs(20);
    while runtime.snapshot().nodes[0].health().is_none_or(|h| h.message != "started component") {
        assert!(Instant::now() < limit, "the component doesn't start");
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    let begin = tokio::time::Instant::now();
    runtime.shutdown().await;
    assert_eq!(begin.elapsed().as_secs(), 150);
}

#[tokio::test]
async fn series_exist_before_anything_is_loaded() {
    let services = services();
    let dir = tempfile::tempdir().unwrap();
    let options = RemoteOptions {
        runtime: start(&services, Duration::ZERO),
        storage_path: dir.path(),
        version: "v0",
        os: "linux",
        module_path: String::new(),
    };
    let remote = Remote::new(options, &services).unwrap();
    let limit = Instant::now() + Duration::from_secs(20);
    let names = || -> Vec<String> {
        let of_controller = |family: &prometheus::proto::MetricFamily| {
            let labels = family.get_metric().iter().flat_map(|metric| metric.get_label());
            let mut ids = labels.filter(|label| label.name() == "controller_id");
            ids.any(|label| label.value() == "remotecfg") || family.name().starts_with("remotecfg_")
        };
        let families = services.metrics.gather();
        families.iter().filter(|f| of_controller(f)).map(|f| f.name().to_owned()).collect()
    };
    // The controller registers its series on its own thread.
    while names().len() < 12 {
        assert!(Instant::now() < limit, "{:?}", names());
        tokio::task::yield_now().await;
    }
    expect![[r#"
        alloy_component_controller_evaluating
        alloy_component_controller_plan_actions_total
        alloy_component_controller_query_executions_total
        alloy_component_controller_revision
        alloy_component_dependencies_wait_seconds
        alloy_component_evaluation_cutoffs_total
        alloy_component_evaluation_queue_size
        alloy_component_evaluation_seconds
        alloy_component_evaluation_trace_dropped_total
        remotecfg_hash
        remotecfg_last_load_not_modified
        remotecfg_last_load_success_timestamp_seconds
        remotecfg_last_load_successful
        remotecfg_load_attempts_total
        remotecfg_load_failures_total
        remotecfg_request_duration_seconds"#]]
    .assert_eq(&names().join("\n"));
    assert!(!remote.status().enabled);
}

#[test]
fn settings_come_from_the_block() {
    let of = |body: &str| settings(&decode::<RemotecfgArgs>(body).unwrap(), "agent", "the-seed");
    assert_eq!(of("attributes = { \"a\" = \"b\" }"), None, "nothing is asked without a url");
    let url = "url = \"http://127.0.0.1:1/\"\n";
    let plain = of(url).unwrap();
    assert_eq!((plain.id.as_str(), plain.poll_frequency), ("the-seed", Duration::from_secs(60)));
    assert_eq!(plain.client.user_agent, "agent");
    let same = [
        "poll_frequency = \"10s\"\n",
        "id = \"the-seed\"\n",
        "basic_auth {\n  username = \"u\"\n  password = \"p\"\n}\n",
    ];
    for more in same {
        assert_eq!(of(&format!("{url}{more}")).unwrap().cache_key, plain.cache_key, "{more}");
    }
    for more in ["id = \"x\"\n", "attributes = { \"a\" = \"b\" }\n", "name = \"n\"\n"] {
        assert_ne!(of(&format!("{url}{more}")).unwrap().cache_key, plain.cache_key, "{more}");
    }
}
