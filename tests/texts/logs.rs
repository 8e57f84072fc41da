//! Lines of the log that users look for: 4.2 evaluation, 5.3 ends of components, 3.5 warnings, 15 the
//! form.

use crate::support::alloy::Alloy;
use crate::support::{SOON, wait_for};

/// Shows the lines that hold `what`, with what differs from run to run left out.
fn lines(log: &str, what: &str) -> String {
    let mut shown = String::new();
    for line in log.lines().filter(|line| line.contains(what)) {
        let kept = line.split(' ').filter(|part| !part.starts_with("ts="));
        let kept = kept.map(|part| match part.split_once('=') {
            Some(("duration", _)) => "duration=D",
            Some(("trace_id", _)) => "trace_id=T",
            _ => part,
        });
        shown.push_str(&kept.collect::<Vec<_>>().join(" "));
        shown.push('\n');
    }
    shown
}

#[test]
fn loads_and_ends_are_logged() {
    let alloy = Alloy::start("local.file \"a\" { filename = \"config.alloy\" }\n");
    let log = alloy.log();
    expect_test::expect![[r#"
        level=info msg="starting complete graph evaluation" controller_path=/ controller_id=""
        level=info msg="finished complete graph evaluation" controller_path=/ controller_id="" duration=D
    "#]].assert_eq(&lines(&log, "complete graph evaluation"));
    expect_test::expect![[r#"
        level=info msg="finished node evaluation" controller_path=/ controller_id="" node_id=local.file.a duration=D
    "#]].assert_eq(&lines(&log, "node_id=local.file.a"));

    alloy.write("config.alloy", "local.file \"b\" { filename = \"missing\" }\n");
    assert_eq!(alloy.reload().0, 400);
    expect_test::expect![[r#"
        level=error msg="failed to evaluate config" controller_path=/ controller_id="" node=local.file.b err="building component: failed to read file: open missing: no such file or directory"
    "#]].assert_eq(&lines(&alloy.log(), "failed to evaluate config"));
    // The stop goes on after the answer.
    wait_for("the end of the removed component", SOON, || {
        let log = alloy.log();
        if log.contains("node exited") { Ok(()) } else { Err(log) }
    });
    expect_test::expect![[r#"
        level=info msg="node exited without error" component_path=/ component_id=local.file.a controller_id="" node=local.file.a
    "#]].assert_eq(&lines(&alloy.log(), "node exited"));
}

#[test]
fn what_only_warns_is_logged() {
    let alloy = Alloy::start(
        "declare \"encoding\" {\n  export \"v\" { value = \"config.alloy\" }\n}\nencoding \"x\" { }\n\
         local.file \"a\" { filename = encoding.x.v }\n",
    );
    expect_test::expect![[r#"
        level=warn msg="config.alloy:5:29: a component is shadowing an existing stdlib name" controller_path=/ controller_id=""
    "#]].assert_eq(&lines(&alloy.log(), "level=warn"));
}

#[test]
fn lines_can_be_json() {
    let alloy = Alloy::start("logging { format = \"json\" }\n");
    let log = alloy.log();
    let line = log.lines().find(|line| line.contains("node_id")).expect("an evaluation");
    let line: serde_json::Value = serde_json::from_str(line).expect("one object a line");
    for (key, value) in [
        ("level", "info"),
        ("msg", "finished node evaluation"),
        ("controller_path", "/"),
        ("controller_id", ""),
    ] {
        assert_eq!(line[key], value, "{line}");
    }
    let ts = line["ts"].as_str().expect("a time");
    assert!(ts.ends_with('Z') && ts.contains('T'), "{ts}");
}
