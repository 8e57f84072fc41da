//! What a load does is said before and remembered after it.

use std::fmt::Write as _;
use std::sync::Arc;

use alloy_component::MetricsHub;
use alloy_value::Stability;
use expect_test::{Expect, expect};

use super::fixture::{self, Board, Fixture, node, reader};
use crate::{
    ConfigLoader, ConfigMetrics, LoadRequest, Outcome, Plan, ReloadMode, Source, Trigger,
    plan_offline,
};

fn text_of(plan: &Plan) -> String {
    let mut text = String::new();
    for change in &plan.changes {
        let _ok = write!(text, "{} {}", change.action.as_str(), change.id);
        if let Some(reason) = &change.reason {
            let _ok = write!(text, ": {reason}");
        }
        text.push('\n');
        for line in change.diff.iter().flat_map(|diff| diff.lines()) {
            let _ok = writeln!(text, "{}", format!("    {line}").trim_end());
        }
    }
    let _ok = writeln!(text, "untouched {}", plan.counts.untouched);
    text
}

/// Loads one text, then checks what loading another would do, and what it does.
async fn check(old: &str, new: &str, expected: Expect) {
    let t = Fixture::with(|options| options.stability = Stability::Experimental);
    t.load(old).await.unwrap();
    t.board.take_log();
    let planned = match t.plan(new).await {
        Ok(planned) => planned.plan,
        Err(error) => {
            expected.assert_eq(&format!("refused: {error}\n"));
            assert_eq!(t.load(new).await.unwrap_err().to_string(), error.to_string());
            return;
        }
    };
    let mut log = t.board.take_log();
    // What the first load built may start late.
    log.retain(|line| !line.starts_with("start "));
    assert_eq!(log, Vec::<String>::new(), "a plan does nothing");
    expected.assert_eq(&text_of(&planned));
    t.load(new).await.unwrap();
    assert_eq!(t.last_load().plan.as_ref(), Some(&planned));
}

#[tokio::test]
async fn components_come_change_and_go() {
    check(
        &(node("a", "1") + &node("b", "1") + &node("c", "1") + &reader("r", "a")),
        &(node("a", "2") + &node("b", "1") + &node("d", "1") + &reader("r", "a")),
        expect![[r#"
            updated test.node.a
                @@ -1 +1 @@
                -value = "1"
                +value = "2"
            created test.node.d
            removed test.node.c
            untouched 2
        "#]],
    )
    .await;
}

#[tokio::test]
async fn comments_and_moves_touch_nothing() {
    check(
        &(node("a", "1") + &reader("b", "a")),
        &format!("// new\n{}\n\n{}", reader("b", "a"), node("a", "1")),
        expect!["untouched 2\n"],
    )
    .await;
}

#[tokio::test]
async fn secrets_are_masked() {
    let with = |token: &str| format!("test.node \"a\" {{\n\ttoken = \"{token}\"\n}}\n");
    check(
        &with("first"),
        &with("second"),
        expect![[r#"
            updated test.node.a
                @@ -1 +1 @@
                -token = (secret)
                +token = (secret) (changed)
            untouched 0
        "#]],
    )
    .await;
    // Its arguments are not known before the new node runs.
    let reads = |token: &str, of: &str| {
        format!("test.node \"a\" {{\n\ttoken = \"{token}\"\n\tvalue = {of}\n}}\n")
    };
    check(
        &reads("first", "\"x\""),
        &(node("n", "1") + &reads("second", "test.node.n.value")),
        expect![[r#"
            created test.node.n
            updated test.node.a: reads test.node.n; known once it runs
                @@ -1,2 +1,2 @@
                -token = (secret)
                -value = "x"
                +token = (secret) (changed)
                +value = test.node.n.value
            untouched 0
        "#]],
    )
    .await;
}

#[tokio::test]
async fn what_modules_hand_on_is_followed() {
    let text = |default: &str, passed: &str| {
        format!(
            r#"
declare "m" {{
	argument "x" {{ optional = true
		default = "{default}" }}
	test.node "inner" {{ value = argument.x.value }}
	export "out" {{ value = argument.x.value }}
}}
m "i" {{ {passed} }}
test.node "reads" {{ value = m.i.out }}
"#
        )
    };
    check(
        &text("a", ""),
        &text("b", ""),
        expect![[r#"
            updated m.i/test.node.inner
                @@ -1 +1 @@
                -value = "a"
                +value = "b"
            updated test.node.reads
                @@ -1 +1 @@
                -value = "a"
                +value = "b"
            untouched 1
        "#]],
    )
    .await;
    check(
        &text("a", ""),
        &text("a", "x = \"c\""),
        expect![[r#"
            updated m.i
                @@ -0,0 +1 @@
                +x = "c"
            updated m.i/test.node.inner
                @@ -1 +1 @@
                -value = "a"
                +value = "c"
            updated test.node.reads
                @@ -1 +1 @@
                -value = "a"
                +value = "c"
            untouched 0
        "#]],
    )
    .await;
}

#[tokio::test]
async fn elements_of_a_foreach_come_and_go() {
    let text = |list: &str, more: &str| {
        format!(
            "foreach \"f\" {{\n\tcollection = {list}\n\tvar = \"v\"\n{more}\n\ttemplate {{\n\
             \t\ttest.node \"t\" {{ value = v }}\n\t}}\n}}\n"
        )
    };
    check(
        &text("[\"a\", \"b\"]", ""),
        &text("[\"b\", \"c\"]", ""),
        expect![[r#"
            updated foreach.f
                @@ -1,4 +1,4 @@
                 template { }
     
                -collection = ["a", "b"]
                +collection = ["b", "c"]
                 var        = "v"
            created foreach.f/foreach_c_1/test.node.t
            removed foreach.f/foreach_a_1/test.node.t
            untouched 1
        "#]],
    )
    .await;
    check(
        &text("[\"a\"]", ""),
        &text("[\"a\"]", "enable_metrics = true"),
        expect![[r#"
            updated foreach.f
                @@ -1,4 +1,5 @@
                 template { }
     
                -collection = ["a"]
                -var        = "v"
                +collection     = ["a"]
                +var            = "v"
                +enable_metrics = true
            recreated foreach.f/foreach_a_1/test.node.t: enable_metrics of the foreach has changed
            untouched 0
        "#]],
    )
    .await;
}

#[tokio::test]
async fn recreation_says_why() {
    let declared = "declare \"test\" {\n\tdeclare \"x\" { }\n}\n";
    check(
        &format!("declare \"m\" {{\n{}}}\nm \"i\" {{ }}\n", node("n", "1")),
        &format!("declare \"other\" {{ }}\n{declared}declare \"m\" {{\n{}}}\nm \"i\" {{ }}\n", node("n", "1")),
        expect![[r#"
            refused: error during the initial load: main.alloy:6:1: cannot find the definition of component name "test.node"
        "#]],
    )
    .await;
    let inside = |name: &str| {
        format!(
            "declare \"m\" {{\n{}}}\ndeclare \"o\" {{\n\tdeclare \"m\" {{\n{}\t}}\n\t{name} \"i\" {{ }}\n}}\no \"j\" {{ }}\n",
            node("n", "1"),
            node("n", "1")
        )
    };
    // The inner `m` goes, so that the outer one takes its place.
    let without = format!(
        "declare \"m\" {{\n{}}}\ndeclare \"o\" {{\n\tm \"i\" {{ }}\n}}\no \"j\" {{ }}\n",
        node("n", "1")
    );
    check(
        &inside("m"),
        &without,
        expect![[r#"
            recreated o.j/m.i/test.node.n: o.j/m.i runs another module
            untouched 2
        "#]],
    )
    .await;
}

#[tokio::test]
async fn blocks_that_move_between_files_are_recreated() {
    let t = Fixture::new();
    let request = |a: &str, b: &str| LoadRequest {
        sources: [("/etc/a.alloy", a), ("/etc/b.alloy", b)]
            .map(|(name, text)| Source { name: name.into(), text: text.into() })
            .to_vec(),
        ..LoadRequest::default()
    };
    t.runtime.load(request(&node("x", "1"), "")).await.unwrap();
    let mut moved = request("", &node("x", "1"));
    // The same files in another place.
    for source in &mut moved.sources {
        source.name = source.name.replace("/etc/", "new/").into();
    }
    let planned = t.runtime.plan(moved).await.unwrap();
    expect![[r#"
        recreated test.node.x: its block has moved from /etc/a.alloy to /etc/b.alloy
        untouched 0
    "#]]
    .assert_eq(&text_of(&planned.plan));
}

#[tokio::test]
async fn plans_do_not_tell_the_environment_or_secrets() {
    let t = Fixture::new();
    let request = |value: &str| LoadRequest {
        env: [("HIDDEN".to_owned(), "hidden value".to_owned())].into(),
        ..fixture::request(&format!("test.node \"a\" {{ value = {value} }}\n"), ReloadMode::Atomic)
    };
    t.runtime.load(request("\"x\"")).await.unwrap();
    for revealing in [
        "sys.env(\"HIDDEN\")",
        "env(\"HIDDEN\")",
        "sys[\"env\"](\"HIDDEN\")",
        "convert.nonsensitive(\"x\")",
        "{\"a\" = 1}[sys.env(\"HIDDEN\")]",
        "sys.env(\"HIDDEN\") + 1",
    ] {
        let planned = t.runtime.plan(request(revealing)).await.unwrap();
        let shown = format!("{planned:?}");
        assert!(!shown.contains("hidden value"), "{shown}");
        assert_eq!(planned.plan.counts.updated, 1, "{revealing}");
    }
    // What is loaded is evaluated, of course.
    t.runtime.load(request("sys.env(\"HIDDEN\")")).await.unwrap();
    assert_eq!(t.value("a").as_deref(), Some("hidden value"));
}

#[tokio::test]
async fn refused_and_failed_loads_are_remembered() {
    let t = Fixture::new();
    t.load(&node("a", "1")).await.unwrap();
    t.load(&reader("a", "nope")).await.unwrap_err();
    let refused = t.last_load();
    assert_eq!((refused.outcome, refused.revision, refused.number), (Outcome::Refused, 1, 2));
    assert!(refused.plan.is_none());
    let problem = &refused.diagnostics[0];
    assert_eq!((problem.severity, problem.line, problem.column), ("error", Some(1), Some(25)));
    assert_eq!(refused.error.as_deref().map(|error| error.contains(&problem.message)), Some(true));
    t.load("test.node \"a\" {").await.unwrap_err();
    assert_eq!(t.last_load().outcome, Outcome::Refused);
    t.load("test.node \"a\" { fault = \"update\" }").await.unwrap_err();
    let failed = t.last_load();
    assert_eq!((failed.outcome, failed.revision), (Outcome::AppliedWithErrors, 2));
    assert_eq!(failed.plan.as_ref().unwrap().counts.updated, 1);
    assert_eq!(t.snapshot().reloads.entries.len(), 4);
    assert_eq!(t.metric("alloy_component_controller_plan_actions_total", "updated"), Some(1.0));
    assert_eq!(t.metric("alloy_component_controller_plan_actions_total", "created"), Some(1.0));
}

#[tokio::test]
async fn triggers_are_named_and_unreadable_files_remembered() {
    let t = Fixture::new();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.alloy");
    let path = file.to_str().unwrap().to_owned();
    let metrics = ConfigMetrics::new(&t.hub, "");
    let loader = ConfigLoader::new(t.runtime.clone(), path.as_str(), ReloadMode::Atomic, metrics);
    std::fs::write(&file, node("a", "1")).unwrap();
    loader.load().await.unwrap();
    loader.reload(Trigger::Watch(vec![path.clone()])).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    loader.reload(Trigger::Signal).await.unwrap_err();
    let json = serde_json::to_value(&*t.snapshot().reloads.entries[0]).unwrap();
    assert_eq!(json["trigger"]["kind"], "signal");
    assert_eq!(json["outcome"], "refused");
    assert!(json["error"].as_str().unwrap().contains("no such file"), "{json}");
    let json = serde_json::to_value(&*t.snapshot().reloads.entries[1]).unwrap();
    assert_eq!(json["trigger"], serde_json::json!({"kind": "watch", "files": [path]}));
    assert_eq!(json["plan"]["counts"]["untouched"], 1);
    let phases = json["durations"].as_object().unwrap();
    assert!(phases.values().all(|phase| phase.as_f64().unwrap() >= 0.0), "{json}");
    let planned =
        loader.plan(vec![Source { name: "b.alloy".into(), text: node("a", "2").into() }]).await;
    assert_eq!(planned.unwrap().plan.counts.updated, 1, "the only file stands for the only file");
}

#[tokio::test]
async fn without_a_process_text_is_compared_with_text() {
    let board = Arc::<Board>::default();
    let plan = |old: &str, new: &str| {
        let options = fixture::options(&board, &MetricsHub::new(), &"offline".into());
        let request = |name: &str, text: &str| LoadRequest {
            sources: vec![Source { name: name.into(), text: text.into() }],
            ..LoadRequest::default()
        };
        plan_offline(options, request("old.alloy", old), request("new.alloy", new)).unwrap()
    };
    let old = node("a", "1")
        + &reader("b", "a")
        + &node("c", "1")
        + "declare \"m\" {\n"
        + &node("n", "1")
        + "}\nm \"i\" { }\n";
    let new = old
        .replace("value = \"1\" }\ntest.node \"b\"", "value = \"2\" }\ntest.node \"b\"")
        .replace("value = test.node.a.value }", "value = test.node.a.value\n\tfault = \"x\" }")
        .replace("\"n\" { value = \"1\"", "\"n\" { value = \"3\"");
    expect![[r#"
        updated test.node.a
            @@ -1 +1 @@
            -value = "1"
            +value = "2"
        updated m.i/test.node.n
            @@ -1 +1 @@
            -value = "1"
            +value = "3"
        updated test.node.b: reads test.node.a; known once it runs
            @@ -1 +1,2 @@
             value = test.node.a.value
            +fault = "x"
        untouched 2
    "#]]
    .assert_eq(&text_of(&plan(&old, &new).unwrap().unwrap().plan));
    let refused = plan(&old, &reader("x", "nope")).unwrap().unwrap_err();
    assert!(refused.to_string().contains("does not exist"), "{refused}");
    assert!(plan("nope.nope \"a\" { }", &old).is_err(), "an old one that no process could run");
}
