//! `alloy schema --json` against the catalog of components that lies beside the corpus.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use alloy_corpus::{Report, json};
use serde_json::Value;

/// Deviations that are meant, one a line: `component | field | path | reason`.
const EXCEPTIONS: &str = include_str!("../catalog-exceptions.txt");

/// How many of a hundred attributes may be exceptions.
const ALLOWED_PERCENT: usize = 1;

/// Every component of tiers 1 and 2 and every config block: the comparison finds no difference but
/// the listed ones.
pub(crate) fn catalog(corpus: &Path, report: &mut Report) {
    if Command::new("python3").arg("--version").output().is_err() && !must_run() {
        report.skip("no python3 to run the comparison with");
        return;
    }
    let dir = tempfile::tempdir().expect("create a temporary directory");
    let ours = dir.path().join("ours.json");
    let output = run(Command::new(env!("CARGO_BIN_EXE_alloy")).args(["schema", "--json"]));
    std::fs::write(&ours, &output.stdout).expect("write the schema");
    let blocks = dir.path().join("config-blocks.txt");
    std::fs::write(&blocks, config_blocks(corpus).join("\n")).expect("write the names");

    let exceptions: Vec<Exception> = EXCEPTIONS.lines().filter_map(Exception::parse).collect();
    let mut unused: BTreeSet<&Exception> = exceptions.iter().collect();
    let mut attributes = 0;
    let catalog = folder(corpus);
    for names in [catalog.join("tier1.txt"), catalog.join("tier2.txt"), blocks] {
        let compared = compare(corpus, &ours, &names);
        let total = &compared["by_field"]["attribute"][1];
        attributes += usize::try_from(total.as_u64().expect("a count")).expect("a small count");
        for (name, result) in compared["components"].as_object().expect("results by component") {
            let missing = result["missing"].as_array().expect("a list of differences");
            let open: Vec<String> = missing
                .iter()
                .map(|pair| Difference::new(name, pair))
                .filter(|difference| match exceptions.iter().find(|e| e.covers(difference)) {
                    Some(exception) => {
                        unused.remove(exception);
                        false
                    }
                    None => true,
                })
                .map(|difference| format!("{}: {}", difference.field, difference.text))
                .collect();
            report.case(name, || match open.is_empty() {
                true => Ok(()),
                false => Err(open.join("\n    ")),
            });
        }
    }
    report.case("the exceptions", || {
        if let Some(exception) = unused.first() {
            return Err(format!("there is no such difference: {exception:?}"));
        }
        match exceptions.len() * 100 <= attributes * ALLOWED_PERCENT {
            true => Ok(()),
            false => Err(format!("{} of {attributes} attributes are too many", exceptions.len())),
        }
    });
}

fn must_run() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Exception {
    component: &'static str,
    field: &'static str,
    path: &'static str,
}

impl Exception {
    fn parse(line: &'static str) -> Option<Self> {
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [component, field, path, reason] = parts[..] else {
            panic!("not `component | field | path | reason`: {line}")
        };
        assert!(!reason.is_empty(), "an exception needs a reason: {line}");
        Some(Self { component, field, path })
    }

    fn covers(&self, difference: &Difference<'_>) -> bool {
        self.component == difference.component
            && self.field == difference.field
            && self.path == difference.path
    }
}

struct Difference<'a> {
    component: &'a str,
    field: &'a str,
    /// The attribute, block or export.
    path: &'a str,
    text: &'a str,
}

impl<'a> Difference<'a> {
    /// `pair` is the field with a text that begins with the path.
    fn new(component: &'a str, pair: &'a Value) -> Self {
        let field = pair[0].as_str().expect("a field");
        let text = pair[1].as_str().expect("a text");
        let ends = [": want", " required=", " repeatable=", " secret="];
        let end = ends.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
        Self { component, field, path: &text[..end], text }
    }
}

fn compare(corpus: &Path, ours: &Path, names: &Path) -> Value {
    let shared = folder(corpus).join("..");
    let output = run(Command::new("python3")
        .arg(shared.join("tools/compare_catalog.py"))
        .arg(folder(corpus).join("components.json"))
        .arg(ours)
        .arg("--names")
        .arg(names)
        .arg("--json"));
    serde_json::from_slice(&output.stdout).expect("the comparison prints JSON")
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    output
}

fn config_blocks(corpus: &Path) -> Vec<String> {
    let catalog = json(&folder(corpus).join("components.json"));
    let entries = catalog["components"].as_array().expect("a list of components");
    let blocks = entries.iter().filter(|entry| entry["kind"] == "config_block");
    blocks.filter_map(|entry| entry["name"].as_str().map(str::to_owned)).collect()
}

/// The catalog: beside the corpus, else beside the checkout.
pub(crate) fn folder(corpus: &Path) -> PathBuf {
    let beside = corpus.join("../catalog");
    match beside.is_dir() {
        true => beside,
        false => alloy_corpus::workspace().join("../shared/catalog"),
    }
}

/// Names in files of the catalog.
pub(crate) fn names(corpus: &Path, files: &[&str]) -> BTreeSet<String> {
    let lines = |file: &&str| {
        let path = folder(corpus).join(file);
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        let names = text.lines().filter(|line| !line.starts_with('#'));
        names.map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    files.iter().flat_map(lines).collect()
}
