use std::time::Duration;

use alloy_component::RunContext;
use alloy_component::testing::context;
use alloy_value::{ArcArgs, Args, BodyEntry, EvaluatedBody, Value};
use tokio_util::sync::CancellationToken;

use super::groups::parse;
use super::{FileArgs, run};
use crate::testing::targets;

fn parsed(path: &str, content: &str) -> Result<Vec<String>, String> {
    Ok(parse(path, content)?.iter().map(|target| target.0.to_string()).collect())
}

#[test]
fn json_and_yaml_say_the_same() {
    let expected = [
        r#"{__address__="a:1", __meta_filepath="F", env="prod", n="1"}"#,
        r#"{__address__="b:2", __meta_filepath="F", env="prod", n="1"}"#,
        r#"{__address__="c:3", __meta_filepath="F"}"#,
    ];
    let json = r#"[{"targets": ["a:1", "b:2"], "labels": {"env": "prod", "n": "1"}}, {"targets": ["c:3"]}]"#;
    let yaml = "- targets: ['a:1', b:2]\n  labels:\n    env: prod\n    n: 1\n- targets:\n  - c:3\n";
    for (path, content) in [("f.json", json), ("f.yml", yaml), ("f.yaml", json)] {
        let expected: Vec<_> = expected.iter().map(|text| text.replace('F', path)).collect();
        assert_eq!(parsed(path, content).expect("parses"), expected, "{path}");
    }
    assert_eq!(parsed("f.yml", "").expect("an empty file has no groups"), Vec::<String>::new());
}

#[test]
fn broken_files_say_what_is_wrong() {
    for (path, content, said) in [
        ("f.json", "[", "EOF"),
        ("f.json", "{}", "expected a list"),
        ("f.yml", "- targets: x", "targets must be a list"),
        ("f.yml", "- target: [x]", "unknown field"),
        ("f.yml", "- targets: [[x]]", "must be a string"),
        ("f.yml", "- {a: [", "while parsing"),
        ("f.yml", &"[".repeat(100), "nested too deeply"),
    ] {
        let error = parsed(path, content).expect_err(content);
        assert!(error.contains(said), "{content}: {error}");
    }
}

#[test]
fn patterns_are_checked_when_decoding() {
    let decode = |file: &str| {
        FileArgs::decode(&EvaluatedBody {
            entries: vec![BodyEntry::Attribute {
                name: "files".into(),
                value: Value::from(vec![Value::from(file)]),
            }],
        })
    };
    for good in ["a.json", "/x/*.yml", "dir/a-*.yaml", "x.JSON"] {
        assert!(decode(good).is_ok(), "{good}");
    }
    for bad in ["a.txt", "*/a.json", "a", "[.json"] {
        let error = decode(bad).expect_err(bad).to_string();
        assert!(error.contains("is not valid for file discovery"), "{error}");
    }
}

#[tokio::test]
async fn files_that_change_appear_break_and_vanish_are_followed() {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        std::fs::write(dir.path().join(name), text).expect("write");
    };
    write("a.json", r#"[{"targets": ["a:1"]}]"#);
    let (cx, mut exports) = context("discovery.file.x");
    let args = FileArgs {
        files: vec![dir.path().join("*.json").display().to_string()],
        refresh_interval: Duration::from_secs(600),
    };
    let component = run::build(cx, ArcArgs::new(args)).await.expect("built");
    let cancel = CancellationToken::new();
    let task = tokio::spawn(component.run(RunContext { cancel: cancel.clone() }));
    let mut wait = async |addresses: &[&str]| {
        let found = exports.wait_for(|value| {
            let found = targets(value, "targets");
            found.len() == addresses.len()
                && found.iter().zip(addresses).all(|(t, a)| t.contains(&format!("\"{a}\"")))
        });
        let in_time = tokio::time::timeout(Duration::from_secs(20), found).await.is_ok();
        assert!(in_time, "never saw {addresses:?}");
    };
    wait(&["a:1"]).await;
    write("b.json", r#"[{"targets": ["b:1"]}]"#);
    wait(&["a:1", "b:1"]).await;
    write("a.json", "broken");
    write("b.json", r#"[{"targets": ["b:2"]}]"#);
    wait(&["a:1", "b:2"]).await;
    std::fs::remove_file(dir.path().join("a.json")).expect("remove");
    wait(&["b:2"]).await;
    cancel.cancel();
    task.await.expect("no panic").expect("a clean end");
}
