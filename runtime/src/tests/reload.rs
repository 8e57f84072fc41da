//! A load is a transaction.

use std::fmt::Write as _;
use std::time::Duration;

use expect_test::{Expect, expect};

use super::fixture::{Fixture, node, reader};
use crate::error::LoadFailure;
use crate::{LogFormat, LogLevel, ReloadMode};

fn fifty(changed: Option<usize>) -> String {
    let mut text = String::new();
    for i in 0..50 {
        let value = if changed == Some(i) { "new" } else { "old" };
        text.push_str(&node(&format!("n{i}"), value));
    }
    text
}

#[tokio::test]
async fn one_changed_line_updates_one_component() {
    let t = Fixture::new();
    t.load(&fifty(None)).await.unwrap();
    t.until("all start", || t.board.count("start") == 50).await;
    t.board.take_log();
    t.load(&fifty(Some(17))).await.unwrap();
    assert_eq!(t.board.take_log(), ["update n17 new"]);
    let updated: Vec<_> = t
        .snapshot()
        .components()
        .filter(|(cell, _)| cell.updates() > 0)
        .map(|(cell, _)| (cell.info.id.to_string(), cell.updates(), cell.evaluations()))
        .collect();
    assert_eq!(updated, [("test.node.n17".to_owned(), 1, 2)]);
    assert_eq!(t.metric("alloy_component_updates_total", "test.node.n17"), Some(1.0));
    assert_eq!(t.metric("alloy_component_updates_total", "test.node.n18"), Some(0.0));
}

#[tokio::test]
async fn moved_and_commented_text_touches_nothing() {
    let t = Fixture::new();
    t.load(&(node("a", "1") + &reader("b", "a"))).await.unwrap();
    t.until("start", || t.board.count("start") == 2).await;
    t.board.take_log();
    t.load(&format!("// comment\n\n{}{}", reader("b", "a"), node("a", "1"))).await.unwrap();
    assert_eq!(t.board.take_log(), Vec::<String>::new());
    assert_eq!(t.snapshot().revision, 2);
}

async fn check_rejected(text: &str, expected: Expect) {
    let t = Fixture::new();
    let good = node("a", "1") + &reader("b", "a") + "logging { level = \"debug\" }\n";
    t.load(&good).await.unwrap();
    t.until("start", || t.board.count("start") == 2).await;
    t.board.take_log();
    let before = t.snapshot();
    let error = t.load(text).await.unwrap_err();
    expected.assert_eq(&error.to_string());
    assert_ne!(error.failure, LoadFailure::Applied);
    assert_eq!(t.board.take_log(), Vec::<String>::new());
    let after = t.snapshot();
    assert_eq!(after.revision, before.revision);
    assert!(after.load.ready && !after.load.last_successful);
    assert_eq!(t.board.logging(), [(LogLevel::Debug, LogFormat::Logfmt)]);
    // The next export change works on the old text.
    t.board.export("test.node.a", "2");
    t.until("export arrives", || t.value("b").as_deref() == Some("2")).await;
    assert_eq!(t.health("b"), "healthy: component evaluated");
    assert_eq!(t.cell("a").evaluations(), 1);
}

#[tokio::test]
async fn syntax_error_changes_nothing() {
    let text = node("a", "9") + "test.node \"c\" {\n";
    check_rejected(
        &text,
        expect![[r#"reading config path "": main.alloy:3:1: expected }, got EOF"#]],
    )
    .await;
}

#[tokio::test]
async fn unknown_name_changes_nothing() {
    let text = node("a", "9") + &reader("b", "nope");
    check_rejected(
        &text,
        expect![[r#"error during the initial load: main.alloy:2:25: component "test.node.nope.value" does not exist or is out of scope"#]],
    )
    .await;
}

#[tokio::test]
async fn cycle_changes_nothing() {
    let text = node("z", "9") + &reader("a", "b") + &reader("b", "a");
    check_rejected(
        &text,
        expect!["error during the initial load: -: cycle: test.node.a, test.node.b"],
    )
    .await;
}

#[tokio::test]
async fn changed_block_that_does_not_evaluate_changes_nothing() {
    let text = "logging { level = \"error\" }\n".to_owned()
        + &node("a", "9")
        + "test.node \"b\" { value = test.node.a.nope }\n"
        + &node("c", "9");
    check_rejected(
        &text,
        expect![[r#"error during the initial load: main.alloy:3:37: field "nope" does not exist"#]],
    )
    .await;
}

#[tokio::test]
async fn component_that_cannot_run_is_refused() {
    check_rejected(
        "test.checked \"x\" { }\n",
        expect![[r#"error during the initial load: main.alloy:1:1: this version cannot run test.checked (main.alloy:1:1); `alloy check` accepts the configuration: remove these blocks, or run it with a version that has them"#]],
    )
    .await;
}

#[tokio::test]
async fn partial_reload_marks_what_does_not_evaluate_and_applies_the_rest() {
    let t = Fixture::new();
    t.load(&(node("a", "1") + &node("b", "1"))).await.unwrap();
    let text = node("a", "2") + "test.node \"b\" { value = 1 / 0 }\n";
    let error = t.load_as(&text, ReloadMode::Partial).await.unwrap_err();
    assert_eq!(error.failure, LoadFailure::Applied);
    assert_eq!((t.value("a").as_deref(), t.value("b").as_deref()), (Some("2"), Some("1")));
    assert!(
        t.health("b").starts_with("unhealthy: component evaluation failed: "),
        "{}",
        t.health("b")
    );
}

#[tokio::test]
async fn failed_build_marks_only_that_component() {
    let t = Fixture::new();
    t.load(&node("a", "1")).await.unwrap();
    let text = node("a", "2")
        + "test.node \"bad\" { fault = \"build\" }\n"
        + "test.node \"reader\" { inputs = [test.node.bad.value] }\n"
        + &node("c", "3");
    let error = t.load(&text).await.unwrap_err();
    assert!(error.is_applied());
    let lines: Vec<_> = error.diagnostics.iter().map(ToString::to_string).collect();
    expect![[r#"
        [
            "main.alloy:2:1: Failed to build component: building component: build failed",
            "main.alloy:3:46: field \"value\" does not exist",
        ]
    "#]]
    .assert_debug_eq(&lines);
    assert_eq!(
        t.health("bad"),
        "unhealthy: component evaluation failed: building component: build failed"
    );
    assert_eq!(t.value("a").as_deref(), Some("2"));
    t.until("others run", || t.board.count("start c") == 1).await;
    assert!(!t.snapshot().load.last_successful);
    // Fixed: it is built, started, and so is its reader.
    let fixed = text.replace("fault = \"build\"", "value = \"ok\"");
    t.load(&fixed).await.unwrap();
    t.until("fixed", || t.board.count("start bad") + t.board.count("start reader") == 2).await;
    assert_eq!(t.health("bad"), "healthy: started component");
}

#[tokio::test]
async fn failed_build_is_tried_again_at_the_next_reload() {
    let t = Fixture::new();
    t.load(&node("a", "1")).await.unwrap();
    let text = node("a", "1") + "test.node \"bad\" { fault = \"build\" }\n";
    t.load(&text).await.unwrap_err();
    t.board.take_log();
    t.load(&text).await.unwrap_err();
    assert_eq!(t.board.take_log(), ["build bad "]);
}

#[tokio::test]
async fn failed_build_is_tried_again_when_an_input_changes() {
    let t = Fixture::new();
    t.load(&node("a", "1")).await.unwrap();
    let text = node("a", "1") + "test.node \"b\" { fault = test.node.a.value }\n";
    t.board.export("test.node.a", "build");
    t.until("export", || t.cell("a").state().exports.is_some()).await;
    t.load(&text).await.unwrap_err();
    t.board.export("test.node.a", "fine");
    t.until("built and started", || t.board.count("start b") == 1).await;
    assert_eq!(t.health("b"), "healthy: started component");
}

#[tokio::test]
async fn refused_update_keeps_the_last_good_arguments_and_is_tried_again() {
    let t = Fixture::new();
    t.load(&node("a", "1")).await.unwrap();
    t.until("start", || t.board.count("start") == 1).await;
    let bad =
        "test.node \"a\" { value = \"2\" fault = \"update\" }\n".replace("\" fault", "\"\nfault");
    let error = t.load(&bad).await.unwrap_err();
    assert!(error.is_applied());
    expect!["error during the initial load: main.alloy:1:1: Failed to build component: updating component: update failed"]
        .assert_eq(&error.to_string());
    assert_eq!(t.value("a").as_deref(), Some("1"));
    t.board.take_log();
    t.load(&bad).await.unwrap_err();
    assert_eq!(t.board.take_log(), ["update a 2"], "the same arguments are tried again");
    t.load(&node("a", "1")).await.unwrap();
    assert_eq!(t.board.take_log(), Vec::<String>::new(), "it has these arguments");
    assert_eq!(t.health("a"), "healthy: component evaluated");
}

#[tokio::test]
async fn first_load_with_any_error_runs_nothing() {
    let t = Fixture::new();
    let text = node("a", "1") + "test.node \"bad\" { fault = \"build\" }\n";
    let error = t.load(&text).await.unwrap_err();
    assert_eq!(error.failure, LoadFailure::Rejected);
    assert!(!t.runtime.is_ready());
    assert!(t.snapshot().nodes.is_empty());
    t.runtime.shutdown().await;
    assert_eq!(t.board.count("start"), 0);
}

#[tokio::test]
async fn first_load_can_be_repeated_after_a_failure() {
    let t = Fixture::new();
    t.load("test.node \"a\" { fault = \"panic build\" }\n").await.unwrap_err();
    t.load(&node("a", "1")).await.unwrap();
    t.until("start", || t.board.count("start a") == 1).await;
    assert!(t.runtime.is_ready());
}

#[tokio::test]
async fn slow_build_of_a_first_load_does_not_hold_the_rest_forever() {
    let t = Fixture::with(|options| options.first_load_patience = Duration::from_millis(20));
    let text = node("a", "1") + "test.node \"slow\" { gate = \"g\" }\n" + &reader("b", "slow");
    t.load(&text).await.unwrap();
    assert!(t.runtime.is_ready());
    t.until("others run", || t.board.count("start a") == 1).await;
    assert_eq!(t.board.count("start"), 1);
    t.board.open("g");
    t.until("the rest runs", || t.board.count("start") == 3).await;
    t.until("load ends", || t.snapshot().load.last_successful).await;
}

#[tokio::test]
async fn slow_build_delays_only_its_dependants() {
    let t = Fixture::new();
    t.load(&node("a", "1")).await.unwrap();
    t.until("start", || t.board.count("start") == 1).await;
    let slow = "test.node \"slow\" { gate = \"g\" }\n".to_owned() + &reader("behind", "slow");
    let loading = t.spawn_load(&(node("a", "1") + &slow));
    t.until("build begins", || t.board.count("build slow") == 1).await;
    assert!(t.runtime.is_ready());
    // Another reload, another component, an export.
    let second = t.spawn_load(&(node("a", "2") + &slow + &node("c", "3")));
    t.until("update", || t.value("a").as_deref() == Some("2")).await;
    t.until("start", || t.board.count("start c") == 1).await;
    assert_eq!(t.board.count("build behind"), 0);
    // The second load has nothing to do with the build of the first.
    second.await.unwrap().unwrap();
    assert!(!loading.is_finished());
    assert_eq!(t.health("slow"), "unknown: component created");
    t.board.open("g");
    loading.await.unwrap().unwrap();
    t.until("all run", || t.board.count("start") == 4).await;
    assert_eq!(t.board.count("build slow"), 1);
}

#[tokio::test]
async fn refused_load_does_not_hide_the_end_of_another() {
    let t = Fixture::new();
    t.load(&node("a", "1")).await.unwrap();
    let text = node("a", "1") + "test.node \"slow\" { gate = \"g\" }\n";
    let loading = t.spawn_load(&text);
    t.until("build begins", || t.board.count("build slow") == 1).await;
    let refused: Vec<_> = (0..20).map(|_| t.spawn_load("{")).collect();
    t.board.open("g");
    for load in refused {
        load.await.unwrap().unwrap_err();
    }
    loading.await.unwrap().unwrap();
}

#[tokio::test]
async fn build_of_a_removed_component_is_cancelled() {
    let t = Fixture::new();
    t.load(&node("a", "1")).await.unwrap();
    let slow = node("a", "1") + "test.node \"slow\" { gate = \"never\" }\n";
    let loading = t.spawn_load(&slow);
    t.until("build begins", || t.board.count("build slow") == 1).await;
    t.load(&node("a", "1")).await.unwrap();
    loading.await.unwrap().unwrap();
    t.runtime.shutdown().await;
}

#[tokio::test]
async fn values_of_new_components_are_unknown_and_no_reason_to_refuse() {
    let t = Fixture::new();
    t.load(&node("a", "1")).await.unwrap();
    let text =
        node("a", "1") + &node("new", "0") + "test.node \"b\" { value = test.node.new.nope }\n";
    let error = t.load(&text).await.unwrap_err();
    assert!(error.is_applied());
    assert_eq!(
        t.health("new"),
        "healthy: component evaluated".replace("component evaluated", "started component")
    );
}

#[tokio::test]
async fn logging_is_applied_and_restored() {
    let t = Fixture::new();
    t.load("").await.unwrap();
    t.load("logging { level = \"error\"\nformat = \"json\" }").await.unwrap();
    t.load("logging { level = \"error\"\nformat = \"json\" }").await.unwrap();
    t.load("logging { level = \"verbose\" }").await.unwrap_err();
    t.load("").await.unwrap();
    assert_eq!(
        t.board.logging(),
        [
            (LogLevel::Info, LogFormat::Logfmt),
            (LogLevel::Error, LogFormat::Json),
            (LogLevel::Info, LogFormat::Logfmt),
        ]
    );
}

#[tokio::test]
async fn failed_first_load_applies_logging_only_if_the_text_is_in_order() {
    let json = "logging { format = \"json\" }\n".to_owned();
    let cases = [
        (json.clone() + "test.node \"a\" {\n", None),
        (json.clone() + &reader("a", "nope"), None),
        (json.clone() + "logging { }\n", None),
        ("logging { format = 1 }\n".to_owned(), None),
        (json.clone() + "test.node \"a\" { value = 1 / 0 }\n", Some(LogFormat::Json)),
        (json.clone() + "test.node \"a\" { fault = \"build\" }\n", Some(LogFormat::Json)),
        ("test.node \"a\" { value = 1 / 0 }\n".to_owned(), Some(LogFormat::Logfmt)),
    ];
    for (text, expected) in cases {
        let t = Fixture::new();
        t.load(&text).await.unwrap_err();
        let applied: Vec<_> = t.board.logging().into_iter().map(|(_, format)| format).collect();
        assert_eq!(applied, Vec::from_iter(expected), "{text}");
    }
}

#[tokio::test]
async fn panic_of_a_config_block_costs_nothing_else() {
    struct Panics;
    impl crate::ConfigBlock for Panics {
        fn name(&self) -> &'static str {
            "logging"
        }
        fn apply(&mut self, args: Option<&alloy_value::ArcArgs>) -> Result<(), String> {
            if args.is_some() { panic!("applied by the test") } else { Ok(()) }
        }
    }
    let t = Fixture::with(|options| options.config_blocks = vec![Box::new(Panics)]);
    t.load(&node("a", "1")).await.unwrap();
    let error = t.load(&(node("a", "2") + "logging { }\n")).await.unwrap_err();
    expect!["error during the initial load: main.alloy:2:1: Failed to evaluate node for config block: could not update logger: panicked: applied by the test"]
        .assert_eq(&error.to_string());
    assert_eq!(t.value("a").as_deref(), Some("2"));
}

#[tokio::test]
async fn logging_refuses_what_it_cannot_do() {
    let t = Fixture::new();
    let mut seen = String::new();
    for body in [
        "level = \"verbose\"",
        "format = \"xml\"",
        "destination = \"file\"",
        "destination = \"windows_event_log\"",
        "write_to = [\"x\"]",
    ] {
        let error = t.load(&format!("logging {{\n{body}\n}}\n")).await.unwrap_err();
        writeln!(seen, "{error}").unwrap();
    }
    expect![[r#"
        error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: decoding configuration: main.alloy:2:9: "verbose" unrecognized log level "verbose"
        error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: decoding configuration: main.alloy:2:10: "xml" unrecognized log format "xml"
        error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: decoding configuration: main.alloy:2:15: "file" unrecognized log destination "file"
        error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: decoding configuration: logging: destination "windows_event_log" needs Windows
        error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: decoding configuration: main.alloy:2:13: "x" should be capsule, got string
    "#]]
    .assert_eq(&seen);
}

#[tokio::test]
async fn defaults_come_back_once_the_block_is_gone_whatever_its_label() {
    for label in ["", "\"x\" "] {
        let t = Fixture::new();
        let text = |level: &str| format!("logging {label}{{ level = \"{level}\" }}\n");
        t.load(&text("debug")).await.unwrap();
        t.load(&text("warn")).await.unwrap();
        t.load(&node("a", "1")).await.unwrap();
        t.load(&node("a", "2")).await.unwrap();
        t.load(&text("error")).await.unwrap();
        let levels: Vec<_> = t.board.logging().into_iter().map(|(level, _)| level).collect();
        let expected = [LogLevel::Debug, LogLevel::Warn, LogLevel::Info, LogLevel::Error];
        assert_eq!(levels, expected, "logging {label}");
    }
}
