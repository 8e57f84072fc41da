//! Starts, exits, panics and stops.

use std::time::Duration;

use super::fixture::{Fixture, node, reader};
use crate::controller::Backoff;

#[tokio::test]
async fn panic_in_run_is_the_components_exit_until_it_starts_again() {
    let t = Fixture::new();
    let text = "test.node \"bad\" { fault = \"panic run\" }\n".to_owned() + &reader("b", "bad");
    t.load(&text).await.unwrap();
    t.until("exited", || t.health("bad").starts_with("exited")).await;
    let health = t.health("bad");
    let wait = health
        .strip_prefix("exited: component panicked: run of the test; restarting in ")
        .unwrap_or_else(|| panic!("{health}"));
    assert!(wait == "1s" || wait.ends_with("ms"), "{wait}");
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

#[tokio::test(start_paused = true)]
async fn the_deadline_holds_in_modules() {
    let t = Fixture::with(|options| {
        options.shutdown_deadline = Duration::from_secs(150);
        options.stability = alloy_value::Stability::Experimental;
    });
    let stays = |label: &str| format!("test.node \"{label}\" {{ fault = \"stop never\" }}\n");
    let text = format!(
        "declare \"inner\" {{\n{}}}\ndeclare \"outer\" {{\n  inner \"x\" {{ }}\n}}\nouter \"y\" {{ }}\n\
         foreach \"f\" {{\n  collection = [1]\n  var = \"v\"\n  template {{\n{}  }}\n}}\n",
        stays("deep"),
        stays("child")
    );
    t.load(&text).await.unwrap();
    t.until("start", || t.board.count("start") == 2).await;
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

/// A component that panics whenever `gate` lets it.
const BAD: &str = "test.node \"bad\" { fault = \"panic at gate\" }\n";

/// Lets `bad` panic, for the given time.
async fn panic(t: &Fixture, panics: u32) {
    t.board.open_once("gate");
    let count = || t.metric("alloy_component_panics_total", "test.node.bad");
    t.until("panic", || count() == Some(f64::from(panics))).await;
    t.until("shown", || t.health("bad").contains("; restarting in ")).await;
}

/// Waits until the controller has seen everything that happened so far.
async fn settle(t: &Fixture) {
    let seen = t.cell("barrier").evaluations();
    t.board.export("test.node.signal", &seen.to_string());
    t.until("barrier", || t.cell("barrier").evaluations() > seen).await;
}

#[tokio::test(start_paused = true)]
async fn panicking_component_starts_again_later_and_later_until_it_is_healthy() {
    let t = Fixture::new();
    let text = node("signal", "") + &reader("barrier", "signal") + BAD + &reader("b", "bad");
    t.load(&text).await.unwrap();
    let second = Duration::from_secs(1);
    for (at, longest) in [second, second * 2, second * 4, second, second * 2].iter().enumerate() {
        t.until("start", || t.board.count("start bad") == at + 1).await;
        if at == 3 {
            tokio::time::advance(Backoff::HEALTHY).await;
        }
        panic(&t, at as u32 + 1).await;
        tokio::time::advance(*longest / 2 - Duration::from_millis(2)).await;
        settle(&t).await;
        assert_eq!(t.board.count("start bad"), at + 1, "not before half of {longest:?}");
        tokio::time::advance(*longest / 2 + Duration::from_millis(4)).await;
    }
    t.until("restart", || t.board.count("start bad") == 6).await;
    t.until("healthy", || t.health("bad") == "healthy: started component").await;
    assert_eq!(t.board.count("build bad"), 1);
    assert_eq!((t.cell("b").evaluations(), t.board.count("start b ")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn reload_does_not_wait_for_a_restart_and_removal_cancels_it() {
    let t = Fixture::new();
    let text = node("signal", "") + &reader("barrier", "signal");
    t.load(&(text.clone() + BAD)).await.unwrap();
    t.until("start", || t.board.count("start bad") == 1).await;
    panic(&t, 1).await;
    t.load(&(text.clone() + BAD + &node("new", ""))).await.unwrap();
    t.until("start", || t.board.count("start bad") == 2).await;
    tokio::time::advance(Duration::from_secs(10)).await;
    settle(&t).await;
    assert_eq!(t.board.count("start bad"), 2, "the reload has replaced the restart");
    panic(&t, 2).await;
    t.load(&text).await.unwrap();
    tokio::time::advance(Duration::from_secs(10)).await;
    settle(&t).await;
    assert_eq!(t.board.count("start bad"), 2, "what is removed does not come back");
    t.runtime.shutdown().await;
}

/// A module whose component does not stop before the test wants it to.
const SLOW_MODULE: &str =
    "declare \"pipe\" {\n  test.node \"slow\" { fault = \"stop gate\" }\n}\npipe \"x\" { }\n";

#[tokio::test(start_paused = true)]
async fn deadline_of_a_stop_holds_in_modules_too() {
    let t = Fixture::with(|options| options.shutdown_deadline = Duration::from_secs(150));
    t.load(SLOW_MODULE).await.unwrap();
    t.until("start", || t.board.count("start slow") == 1).await;
    let begin = tokio::time::Instant::now();
    t.runtime.shutdown().await;
    assert_eq!(begin.elapsed().as_secs(), 150);
}

#[tokio::test(start_paused = true)]
async fn new_components_start_after_those_that_drain() {
    let t = Fixture::new();
    t.load(SLOW_MODULE).await.unwrap();
    t.until("start", || t.board.count("start slow") == 1).await;
    t.load(&(node("signal", "") + &reader("barrier", "signal"))).await.unwrap();
    tokio::time::advance(Duration::from_secs(3_600)).await;
    settle(&t).await;
    assert_eq!((t.board.count("build signal"), t.board.count("start signal")), (1, 0));
    t.board.open("gate");
    t.until("start", || t.board.count("start barrier") == 1).await;
    let log = t.board.take_log();
    let order: Vec<_> = log.iter().filter(|line| line.starts_with("st")).collect();
    assert_eq!(order, ["start slow", "stop slow", "start signal", "start barrier"]);
}

#[tokio::test(start_paused = true)]
async fn new_components_start_once_those_that_drain_run_into_their_deadline() {
    let t = Fixture::with(|options| options.shutdown_deadline = Duration::from_secs(150));
    t.load(SLOW_MODULE).await.unwrap();
    t.until("start", || t.board.count("start slow") == 1).await;
    let begin = tokio::time::Instant::now();
    t.load(&(node("signal", "") + &reader("barrier", "signal"))).await.unwrap();
    tokio::time::advance(Duration::from_secs(149)).await;
    settle(&t).await;
    assert_eq!(t.board.count("start signal"), 0);
    tokio::time::advance(Duration::from_secs(1)).await;
    t.until("start", || t.board.count("start barrier") == 1).await;
    assert_eq!(begin.elapsed().as_secs(), 150);
    assert_eq!(t.board.count("stop slow"), 0);
}

#[tokio::test(start_paused = true)]
async fn what_stops_in_a_module_holds_up_only_this_module() {
    let t = Fixture::with(|options| options.stability = alloy_value::Stability::Experimental);
    let children = |items: &str| {
        format!(
            "foreach \"f\" {{\n  collection = [{items}]\n  var = \"v\"\n  template {{\n    \
             test.node \"child\" {{\n      value = v\n      fault = \"stop gate\"\n    }}\n  }}\n}}\n"
        )
    };
    t.load(&children("\"a\"")).await.unwrap();
    t.until("start", || t.board.count("start child") == 1).await;
    t.load(&(children("\"b\"") + &node("signal", "") + &reader("barrier", "signal")))
        .await
        .unwrap();
    t.until("start", || t.board.count("start barrier") == 1).await;
    settle(&t).await;
    assert_eq!((t.board.count("build child b"), t.board.count("start child")), (1, 1));
    t.board.open("gate");
    t.until("start", || t.board.count("start child") == 2).await;
    assert_eq!(t.board.count("stop child"), 1);
}

#[tokio::test(start_paused = true)]
async fn restart_after_a_panic_does_not_wait_for_what_drains() {
    let t = Fixture::new();
    let text = node("signal", "") + &reader("barrier", "signal") + BAD;
    t.load(&(text.clone() + SLOW_MODULE)).await.unwrap();
    t.until("start", || t.board.count("start") == 4).await;
    t.load(&text).await.unwrap();
    panic(&t, 1).await;
    tokio::time::advance(Duration::from_secs(2)).await;
    t.until("restart", || t.board.count("start bad") == 2).await;
    assert_eq!(t.board.count("stop slow"), 0);
}

/// Two components of a module that don't stop, one after the other, and one behind them that does.
const STUCK_MODULE: &str = "declare \"pipe\" {
  test.node \"a\" { }
  test.node \"b\" {
    value = test.node.a.value
    fault = \"stop never\"
  }
  deep \"d\" { x = test.node.b.value }
  declare \"deep\" {
    argument \"x\" { }
    test.node \"c\" {
      value = argument.x.value
      fault = \"stop never\"
    }
  }
}
pipe \"x\" { }
";

#[tokio::test(start_paused = true)]
async fn content_of_a_module_shares_the_deadline_of_its_owner() {
    let t = Fixture::with(|options| options.shutdown_deadline = Duration::from_secs(150));
    t.load(STUCK_MODULE).await.unwrap();
    t.until("start", || t.board.count("start") == 3).await;
    let begin = tokio::time::Instant::now();
    t.runtime.shutdown().await;
    assert_eq!(begin.elapsed().as_secs(), 150);
    // What stands behind those that hang could end in order all the same.
    assert_eq!(t.board.count("stop a"), 1);
    assert_eq!((t.board.count("stop b"), t.board.count("stop c")), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_leaves_a_module_at_once_shares_a_deadline() {
    let t = Fixture::with(|options| {
        options.shutdown_deadline = Duration::from_secs(150);
        options.stability = alloy_value::Stability::Experimental;
    });
    let children = |items: &str| {
        format!(
            "foreach \"f\" {{\n  collection = [{items}]\n  var = \"v\"\n  template {{\n    \
             test.node \"child\" {{ fault = \"stop never\" }}\n  }}\n}}\n"
        )
    };
    let barrier = node("signal", "") + &reader("barrier", "signal");
    t.load(&(children("1, 2, 3") + &barrier)).await.unwrap();
    t.until("start", || t.board.count("start child") == 3).await;
    t.load(&(children("4") + &barrier)).await.unwrap();
    t.until("build", || t.board.count("build child") == 4).await;
    settle(&t).await;
    for (seconds, starts) in [(149, 3), (1, 4)] {
        tokio::time::advance(Duration::from_secs(seconds)).await;
        settle(&t).await;
        t.until("start", || t.board.count("start child") == starts).await;
    }
}

#[tokio::test(start_paused = true)]
async fn everything_in_a_guest_shares_one_deadline() {
    let t = Fixture::guest("remotecfg", |options| {
        options.shutdown_deadline = Duration::from_secs(150);
    });
    let stuck = |label: &str, of: &str| {
        format!("test.node \"{label}\" {{\n  value = {of}\n  fault = \"stop never\"\n}}\n")
    };
    let chain =
        stuck("a", "\"1\"") + &stuck("b", "test.node.a.value") + &stuck("c", "test.node.b.value");
    t.load(&(chain + &stuck("apart", "\"2\""))).await.unwrap();
    t.until("start", || t.board.count("start") == 4).await;
    let begin = tokio::time::Instant::now();
    t.runtime.shutdown().await;
    assert_eq!(begin.elapsed().as_secs(), 150);
}
