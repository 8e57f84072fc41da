//! From a path to a loaded configuration, with its metrics.

use std::fs;

use expect_test::expect;

use super::fixture::{Fixture, node};
use crate::{ConfigLoader, ConfigMetrics, ReloadMode};

const SUCCESSFUL: &str = "alloy_config_last_load_successful";
const FAILURES: &str = "alloy_config_load_failures_total";

#[tokio::test]
async fn path_is_loaded_again_and_again() {
    let t = Fixture::new();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap().to_owned();
    let file = dir.path().join("a.alloy");
    let metrics = ConfigMetrics::new(&t.hub, "cluster");
    let loader = ConfigLoader::new(t.runtime.clone(), path.as_str(), ReloadMode::Atomic, metrics);
    let text_of = |error: crate::LoadError| error.to_string().replace(&path, "DIR");

    fs::write(&file, node("a", "1")).unwrap();
    loader.load().await.unwrap();
    assert_eq!((t.metric(SUCCESSFUL, ""), t.metric(FAILURES, "")), (Some(1.0), Some(0.0)));

    fs::write(&file, "test.node \"a\" {\n").unwrap();
    let error = loader.load().await.unwrap_err();
    assert_eq!(error.sources.len(), 1);
    expect![[r#"reading config path "DIR": DIR/a.alloy:2:1: expected }, got EOF"#]]
        .assert_eq(&text_of(error));
    assert_eq!((t.metric(SUCCESSFUL, ""), t.metric(FAILURES, "")), (Some(0.0), Some(1.0)));

    fs::write(&file, "nope.nope \"a\" { }\n").unwrap();
    expect![[r#"error during the initial load: DIR/a.alloy:1:1: cannot find the definition of component name "nope.nope""#]]
        .assert_eq(&text_of(loader.load().await.unwrap_err()));
    assert_eq!((t.metric(SUCCESSFUL, ""), t.metric(FAILURES, "")), (Some(0.0), Some(1.0)));

    fs::write(&file, b"\xff\xfe").unwrap();
    expect![[r#"reading config path "DIR": configuration is encoded with UTF16LittleEndian but must be utf8"#]]
        .assert_eq(&text_of(loader.load().await.unwrap_err()));
    assert_eq!(t.metric(FAILURES, ""), Some(2.0));
    assert_eq!(t.metric("alloy_config_hash", &"0".repeat(64)), Some(1.0));

    fs::write(&file, "test.node \"a\" { value = module_path }\n").unwrap();
    loader.load().await.unwrap();
    assert_eq!(t.value("a").as_deref(), Some(path.as_str()));
    assert_eq!(t.metric("alloy_config_hash", "cluster"), Some(1.0));
    assert_eq!(t.metric(SUCCESSFUL, ""), Some(1.0));
}

#[tokio::test]
async fn directory_is_one_configuration() {
    let t = Fixture::new();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap().to_owned();
    fs::write(dir.path().join("a.alloy"), node("a", "1")).unwrap();
    fs::write(dir.path().join("b.alloy"), super::fixture::reader("b", "a")).unwrap();
    let metrics = ConfigMetrics::new(&t.hub, "");
    let loader = ConfigLoader::new(t.runtime.clone(), path.as_str(), ReloadMode::Atomic, metrics);
    loader.load().await.unwrap();
    assert_eq!(t.value("b").as_deref(), Some("1"));
    fs::remove_file(dir.path().join("b.alloy")).unwrap();
    loader.load().await.unwrap();
    assert_eq!(t.snapshot().nodes.len(), 1);
}

#[tokio::test]
async fn metrics_of_the_controller_have_the_names_that_dashboards_know() {
    let t = Fixture::new();
    t.load(&(node("a", "1") + &super::fixture::reader("b", "a"))).await.unwrap();
    t.board.export("test.node.a", "2");
    t.until("export", || t.value("b").as_deref() == Some("2")).await;
    let mut seen = String::new();
    for family in t.hub.gather() {
        let labels: Vec<_> =
            family.get_metric()[0].get_label().iter().map(|pair| pair.name().to_owned()).collect();
        seen.push_str(&format!("{} {:?} {labels:?}\n", family.name(), family.get_field_type()));
    }
    expect![[r#"
        alloy_component_controller_evaluating GAUGE ["controller_id", "controller_path"]
        alloy_component_controller_plan_actions_total COUNTER ["action", "controller_id", "controller_path"]
        alloy_component_controller_query_executions_total COUNTER ["controller_id", "controller_path"]
        alloy_component_controller_revision GAUGE ["controller_id", "controller_path"]
        alloy_component_controller_running_components GAUGE ["controller_id", "controller_path", "health_type"]
        alloy_component_dependencies_wait_seconds HISTOGRAM ["controller_id", "controller_path"]
        alloy_component_evaluation_cutoffs_total COUNTER ["controller_id", "controller_path"]
        alloy_component_evaluation_queue_size GAUGE ["controller_id", "controller_path"]
        alloy_component_evaluation_seconds HISTOGRAM ["controller_id", "controller_path"]
        alloy_component_evaluation_trace_dropped_total COUNTER ["controller_id", "controller_path"]
        alloy_component_graph_connection GAUGE ["controller_id", "controller_path", "from", "to"]
        alloy_component_updates_total COUNTER ["component_id", "component_path"]
    "#]]
    .assert_eq(&seen);
}
