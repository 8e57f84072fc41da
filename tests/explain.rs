//! `alloy explain`, and how `alloy check` shows its findings.

use std::process::{Command, Output};

use expect_test::expect;
use serde_json::Value;

fn alloy(args: &[&str]) -> (String, String, Option<i32>) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_alloy"))
        .args(args)
        .output()
        .expect("start the binary under test");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

/// Runs a command on a file with this text; the name of its directory is cut from the output.
fn on_file(command: &[&str], text: &str) -> (String, String, Option<i32>) {
    let dir = tempfile::tempdir().expect("create a temporary directory");
    let file = dir.path().join("config.alloy");
    std::fs::write(&file, text).expect("write a config");
    let path = file.display().to_string();
    let (out, err, code) = alloy(&[command, &[path.as_str()]].concat());
    let short = |text: String| text.replace(&path, "config.alloy");
    (short(out), short(err), code)
}

#[test]
fn a_rule_is_explained_by_code_and_by_name() {
    let (by_code, err, code) = alloy(&["explain", "AL203"]);
    assert_eq!((err.as_str(), code), ("", Some(0)));
    expect![[r#"
        AL203: missing-attribute

        Finds blocks and objects that lack an attribute they cannot do without.

        There is no default that would make sense for it.

        Severity: error. Fix: none. Since version 0.1.0.

        Wrong:

            prometheus.remote_write "main" {
            	endpoint { }
            }

        Right:

            prometheus.remote_write "main" {
            	endpoint {
            		url = "https://metrics.example.com/api/v1/write"
            	}
            }

        See docs/rules.md#al203-missing-attribute
    "#]]
    .assert_eq(&by_code);
    assert_eq!(alloy(&["explain", "missing-attribute"]).0, by_code);
    assert_eq!(alloy(&["check", "--explain", "AL203"]).0, by_code);
}

#[test]
fn unknown_rules_and_bad_usage_have_codes_of_their_own() {
    let (out, err, code) = alloy(&["explain", "missing-atribute"]);
    assert_eq!((out.as_str(), code), ("", Some(1)));
    expect![[r#"
        Error: there is no rule "missing-atribute"; did you mean "missing-attribute"?
    "#]]
    .assert_eq(&err);
    for args in [
        &["explain"][..],
        &["explain", "--list", "AL203"],
        &["explain", "AL203", "AL204"],
        &["explain", "--output-format=xml", "AL203"],
    ] {
        let (out, err, code) = alloy(args);
        assert_eq!((out.as_str(), code), ("", Some(2)), "{args:?}");
        assert!(err.starts_with("Error: "), "{err}");
    }
}

#[test]
fn all_rules_are_listed() {
    let (text, _, code) = alloy(&["explain", "--list"]);
    assert_eq!(code, Some(0));
    let (json, _, code) = alloy(&["explain", "--list", "--output-format=json"]);
    assert_eq!(code, Some(0));
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["version"], 1);
    let rules = json["rules"].as_array().expect("a list");
    assert_eq!(text.lines().count(), rules.len());
    for (line, rule) in text.lines().zip(rules) {
        assert!(line.starts_with(rule["code"].as_str().expect("a code")), "{line}");
        assert!(line.contains(rule["summary"].as_str().expect("a summary")), "{line}");
    }
    assert_eq!(alloy(&["check", "--list-rules"]).0, text);
    let (one, _, _) = alloy(&["explain", "AL101", "--output-format=json"]);
    let one: Value = serde_json::from_str(&one).expect("JSON");
    assert_eq!(one["rule"]["name"], "unknown-component");
    assert_eq!(one["version"], 1);
}

const WRONG: &str = "logging {\n\tlevle = \"debug\"\n}\n";

#[test]
fn findings_are_shown_with_rule_and_fix() {
    let (out, err, code) = on_file(&["check"], WRONG);
    assert_eq!(code, Some(1));
    assert_eq!(err, "found 1 error; 1 with a fix (--fix, --unsafe-fixes)\n");
    expect![[r#"
        error[AL201 unknown-attribute]: "logging" has no attribute "levle"
         --> config.alloy:2:2
          |
        2 |     levle = "debug"
          |     ^^^^^^^^^^^^^^^
          |
        help: change it to "level" (unsafe fix)
          |
        2 -     levle = "debug"
        2 +     level = "debug"
          |

    "#]]
    .assert_eq(&out);
    let (out, _, _) = on_file(&["check", "--output-format=concise"], WRONG);
    expect![[r#"
        error[AL201]: config.alloy:2:2: "logging" has no attribute "levle"
    "#]]
    .assert_eq(&out);
    let (out, _, _) = on_file(&["check", "--color=always"], WRONG);
    assert!(out.contains("\u{1b}["), "{out:?}");
}

/// `--output-format classic` is what `validate` prints, on standard output.
#[test]
fn the_classic_form_is_that_of_validate() {
    for text in [WRONG, "a = 1\nb = 2\n", "logging {\n\tlevel = \n}\n", "x \"y\" { }\n"] {
        let (classic, _, code) = on_file(&["check", "--output-format=classic"], text);
        assert_eq!(code, Some(1));
        let (_, validate, _) = on_file(&["validate"], text);
        assert_eq!(format!("{classic}Error: validation failed\n"), validate);
    }
}
