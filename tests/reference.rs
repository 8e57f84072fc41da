//! `alloy schema`, `alloy components`, `alloy docs`, and the pages made from them.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use alloy_queries::{Engine, Options, Source};
use alloy_syntax::Severity;
use alloy_value::Stability;
use expect_test::{Expect, expect};
use serde_json::Value;

fn alloy(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_alloy")).args(args).output().expect("start alloy")
}

fn json(args: &[&str]) -> Value {
    let output = alloy(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}");
    serde_json::from_slice(&output.stdout).expect("JSON on standard output")
}

/// Ends with `code`, nothing on standard output and `expected` on standard error.
fn refused(args: &[&str], code: i32, expected: Expect) {
    let output = alloy(args);
    expected.assert_eq(&String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{args:?}");
    assert_eq!(output.status.code(), Some(code), "{args:?}");
}

#[test]
fn the_schema_of_named_components() {
    let schema = json(&["schema", "local.file", "logging"]);
    assert_eq!(schema["version"], 1);
    let entries = schema["components"].as_array().expect("a list");
    let names: Vec<_> = entries.iter().map(|entry| &entry["name"]).collect();
    assert_eq!(names, ["local.file", "logging"]);
    let frequency = &entries[0]["attributes"][2];
    expect![[r#"{"default":"1m","deprecated":false,"description":"How often the file is read with `poll`; with `fsnotify`, how often as a fallback.","name":"poll_frequency","required":false,"secret":false,"type":"duration"}"#]]
        .assert_eq(&frequency.to_string());
    refused(
        &["schema", "prometheus.scrap", "nothing.like.it"],
        1,
        expect![[r#"
            Error: no component or config block is called "prometheus.scrap"; did you mean "prometheus.scrape"?
            Error: no component or config block is called "nothing.like.it"
        "#]],
    );
    refused(
        &["schema", "--json", "--json-schema"],
        2,
        expect![[r#"
            Error: --json and --json-schema are different outputs; give one of them
        "#]],
    );
}

#[test]
fn components_by_what_they_do() {
    let names = |args: &[&str]| -> Vec<String> {
        let listed = json(&[&["components", "--output-format=json"], args].concat());
        assert_eq!(listed["version"], 1);
        let rows = listed["components"].as_array().expect("a list").iter();
        rows.map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&["local.fil*e"]), ["local.file"]);
    assert_eq!(
        names(&["prometheus.re", "--runnable", "--accepts=MetricsReceiver"]),
        ["prometheus.receive_http", "prometheus.relabel"]
    );
    assert_eq!(
        names(&["--exports=relabel.rules", "--stability=generally-available", "prom*"]),
        ["prometheus.relabel"]
    );
    let listed = String::from_utf8(alloy(&["components", "local.file"]).stdout).expect("text");
    expect![[r#"
        NAME              STABILITY            COMMUNITY  RUNS  SUMMARY
        local.file        generally-available  no         yes   Exposes the content of a file on disk and follows its changes.
        local.file_match  generally-available  no         no    Finds the files of this machine that match patterns.
    "#]]
    .assert_eq(&listed);
    refused(
        &["components", "nope"],
        1,
        expect![[r#"
            Error: no component matches
        "#]],
    );
    refused(
        &["components", "--output-format=yaml"],
        2,
        expect![[r#"
            Error: unknown output format "yaml"; there are text and json
        "#]],
    );
}

#[test]
fn docs_of_components_and_functions() {
    let page = String::from_utf8(alloy(&["docs", "discovery.relabel"]).stdout).expect("text");
    assert!(page.starts_with("# discovery.relabel\n"), "{page}");
    assert!(page.contains("\n| `regex` | `string` | `\"(.*)\"` |"), "{page}");
    let function = json(&["docs", "to_upper", "--output-format=json"]);
    assert_eq!(function["version"], 1);
    assert_eq!(function["function"]["name"], "string.to_upper");
    assert_eq!(
        json(&["docs", "logging", "--output-format=json"])["component"]["label"],
        "forbidden"
    );
    refused(
        &["docs", "string.jion"],
        1,
        expect![[r#"
            Error: no component, config block or function is called "string.jion"; did you mean "string.join"?
        "#]],
    );
    refused(
        &["docs"],
        2,
        expect![[r#"
            Error: say which component, config block or function; `alloy components` lists the first
        "#]],
    );
}

#[test]
fn pages_of_the_reference_are_up_to_date() {
    let folder = alloy_corpus::workspace().join("docs/reference");
    let update = alloy_reference::UPDATE;
    let wanted = alloy_reference::pages(&alloy::registry::catalog());
    for (name, text) in &wanted {
        let is = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(is == *text, "docs/reference/{name} is out of date; write it with `{update}`");
    }
    let names: BTreeSet<_> = wanted.into_iter().map(|(name, _)| name).collect();
    for entry in std::fs::read_dir(folder).expect("list the pages") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(names.contains(&name), "docs/reference/{name} is of nothing; run `{update}`");
    }
}

/// Examples refer to components that they don't show; everything else about them is right.
#[test]
fn examples_of_the_reference_are_valid() {
    let options = Options { stability: Stability::Experimental, community: true };
    let mut wrong = String::new();
    for (name, text) in alloy_reference::pages(&alloy::registry::catalog()) {
        let Some((_, rest)) = text.split_once("## Example\n\n```alloy\n") else { continue };
        let example = rest.split("```").next().unwrap_or_default();
        let only_in_modules = ["argument.md", "export.md"].contains(&name.as_str());
        let example = match only_in_modules {
            true => format!("declare \"module\" {{\n{example}}}\n"),
            false => example.to_owned(),
        };
        let source = Source { name: name.as_str().into(), text: example.as_str().into() };
        let host = alloy::host::facts();
        for finding in Engine::check(alloy::registry::registry(), host, options, vec![source]) {
            let dangling = finding.message.ends_with("does not exist or is out of scope");
            if finding.severity == Severity::Error && !dangling {
                wrong.push_str(&format!("{finding}\n{example}\n"));
            }
        }
    }
    assert_eq!(wrong, "");
}

/// What the API shows of arguments fits the JSON Schema of a configuration.
#[test]
fn encoded_arguments_fit_the_json_schema() {
    let schema = json(&["schema", "--json-schema"]);
    let schema = jsonschema::validator_for(&schema).expect("a valid JSON Schema");
    let registry = alloy::registry::registry();
    let mut fitted = 0;
    for entry in alloy::registry::catalog().components.iter().filter(|entry| entry.checked) {
        let text = alloy_reference::configuration(entry, &[]);
        let options = Options { stability: Stability::Experimental, community: true };
        let mut engine = Engine::new(registry, alloy::host::facts(), options);
        let source = Source { name: "config.alloy".into(), text: text.into() };
        let load = alloy_queries::Load { sources: vec![source], ..Default::default() };
        // Examples that refer to others, and blocks of modules, have no arguments on their own.
        if engine.load(load).is_err() {
            continue;
        }
        let (id, labelled) = match entry.label {
            "required" => (format!("{}.example", entry.name), true),
            _ => (entry.name.to_owned(), false),
        };
        let Some(args) = engine.find(&id).and_then(|id| engine.evaluate(id).ok()) else { continue };
        let body = args.encode();
        let body = serde_json::to_value(alloy_value::json::Statements(&body)).expect("JSON");
        let mut block = serde_json::json!({ "name": entry.name, "type": "block", "body": body });
        if labelled {
            block["label"] = Value::from("example");
        }
        let mut wrong = block.clone();
        let document = Value::from(vec![block]);
        if let Err(error) = schema.validate(&document) {
            panic!("{}: {error}\n{document:#}", entry.name);
        }
        wrong["body"] = serde_json::json!([{ "name": "no such", "type": "attr", "value": 1 }]);
        let open = entry.freeform.is_some();
        assert_eq!(schema.is_valid(&Value::from(vec![wrong])), open, "{}", entry.name);
        fitted += 1;
    }
    assert!(fitted > 40, "{fitted}");
}
