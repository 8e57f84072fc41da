//! Starts, exits, panics and stops.

use std::time::Duration;

use super::fixture::{Fixture, node, reader};

#[tokio::test]
async fn panic_in_run_is_the_components_exit() {
    let t = Fixture::new();
    let text = "test.node \"bad\" { fault = \"panic run\" }\n".to_owned() + &reader("b", "bad");
    t.load(&text).await.unwrap();
    t.until("exited", || t.health("bad").starts_with("exited")).await;
    assert_eq!(
        t.health("bad"),
        "exited: component shut down with error: panicked: run of the test"
    );
    t.until("others run", || t.health("b") == "healthy: started component").await;
    assert_eq!(t.metric("alloy_component_controller_running_components", "exited"), Some(1.0));
    assert_eq!(t.metric("alloy_component_controller_running_components", "healthy"), Some(1.0));
    assert_eq!(t.metric("alloy_component_controller_running_components", "unknown"), None);
}

#[tokio::test]
async fn panic_in_update_and_build_is_an_error() {
    let t = Fixture::new();
    t.load(&node("a", "1")).await.unwrap();
    let text = "test.node \"a\" { fault = \"panic update\" }\n".to_owned()
        + "test.node \"b\" { fault = \"panic build\" }\n";
    t.load(&text).await.unwrap_err();
    assert_eq!(
        t.health("a"),
        "unhealthy: component evaluation failed: updating component: panicked: update of the test"
    );
    assert_eq!(
        t.health("b"),
        "unhealthy: component evaluation failed: building component: panicked: build of the test"
    );
    t.load(&node("a", "2")).await.unwrap();
    assert_eq!(t.value("a").as_deref(), Some("2"));
}

#[tokio::test]
async fn exited_component_starts_again_at_the_next_load() {
    let t = Fixture::new();
    let text = "test.node \"a\" { fault = \"exit\" }\n";
    t.load(text).await.unwrap();
    t.until("exit", || t.health("a") == "exited: component shut down cleanly").await;
    t.board.take_log();
    t.load(text).await.unwrap();
    t.until("runs again", || t.board.count("stop a") == 1).await;
    assert_eq!(t.board.take_log(), ["start a", "stop a"]);
}

#[tokio::test]
async fn removed_components_stop_dependants_first_and_new_ones_start_after_them() {
    let t = Fixture::new();
    let chain = node("a", "1") + &reader("b", "a") + &reader("c", "b");
    t.load(&(node("stays", "") + &chain)).await.unwrap();
    t.until("start", || t.board.count("start") == 4).await;
    t.board.take_log();
    t.load(&(node("stays", "") + &node("new", ""))).await.unwrap();
    t.until("new runs", || t.board.count("start new") == 1).await;
    let log = t.board.take_log();
    let order: Vec<_> = log.iter().filter(|line| !line.starts_with("build")).collect();
    assert_eq!(order, ["stop c", "stop b", "stop a", "start new"]);
}

#[tokio::test]
async fn components_start_dependencies_first() {
    let t = Fixture::new();
    t.load(&(reader("c", "b") + &reader("b", "a") + &node("a", "1"))).await.unwrap();
    t.until("start", || t.board.count("start") == 3).await;
    let starts: Vec<_> =
        t.board.take_log().into_iter().filter(|line| line.starts_with("start")).collect();
    assert_eq!(starts, ["start a", "start b", "start c"]);
}

#[tokio::test]
async fn component_of_a_stopping_id_waits_for_it() {
    let t = Fixture::new();
    t.load("test.node \"a\" { fault = \"stop gate\" }\n").await.unwrap();
    t.until("start", || t.board.count("start") == 1).await;
    t.load("").await.unwrap();
    let loading = t.spawn_load(&node("a", "2"));
    t.until("graph", || t.snapshot().get("test.node.a").is_some()).await;
    assert_eq!(t.board.count("build a 2"), 0);
    t.board.open("gate");
    loading.await.unwrap().unwrap();
    t.until("start", || t.board.count("start") == 2).await;
    let log = t.board.take_log();
    assert_eq!(log, ["build a ", "start a", "stop a", "build a 2", "start a"]);
}

#[tokio::test]
async fn shutdown_stops_everything_in_order() {
    let t = Fixture::new();
    t.load(&(node("a", "1") + &reader("b", "a") + &reader("c", "b"))).await.unwrap();
    t.until("start", || t.board.count("start") == 3).await;
    t.board.take_log();
    tokio::join!(t.runtime.shutdown(), t.runtime.shutdown());
    assert_eq!(t.board.take_log(), ["stop c", "stop b", "stop a"]);
    let error = t.load("").await.unwrap_err();
    assert_eq!(error.to_string(), "error during the initial load: stopping");
    t.runtime.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn shutdown_gives_up_after_the_deadline() {
    let t = Fixture::with(|options| options.shutdown_deadline = Duration::from_secs(150));
    t.load("test.node \"a\" { fault = \"stop never\" }\n").await.unwrap();
    t.until("start", || t.board.count("start") == 1).await;
    let begin = tokio::time::Instant::now();
    t.runtime.shutdown().await;
    assert_eq!(begin.elapsed().as_secs(), 150);
    assert_eq!(t.board.count("stop"), 0);
}

#[tokio::test]
async fn shutdown_does_not_wait_for_a_build() {
    let t = Fixture::new();
    t.load(&node("a", "1")).await.unwrap();
    let loading = t.spawn_load("test.node \"slow\" { gate = \"never\" }\n");
    t.until("build", || t.board.count("build slow") == 1).await;
    t.runtime.shutdown().await;
    assert_eq!(
        loading.await.unwrap().unwrap_err().to_string(),
        "error during the initial load: stopping"
    );
}
