//! Runs the shared corpus of expected behaviour as tests: finds it, runs sets of cases, counts.
//!
//! # Invariants
//! - A missing corpus is an ignored test with the reason, and a failure where `CI=true`.
//! - A case is skipped by a rule that is named and counted, never by its own name.
//! - A known difference is named with its reason, and must really differ.
//!
//! Start reading at [`run`]. A crate uses it in a test target with `harness = false`:
//!
//! ```no_run
//! # use alloy_corpus::{Report, Set};
//! fn main() -> std::process::ExitCode {
//!     alloy_corpus::run(vec![Set::new("corpus_tokens", tokens)])
//! }
//!
//! fn tokens(corpus: &std::path::Path, report: &mut Report) {
//!     for case in alloy_corpus::cases(&corpus.join("syntax/tokens.json")) {
//!         let name = alloy_corpus::text(&case, "name");
//!         if case.get("openmetrics").is_some() {
//!             report.skip("needs OpenMetrics");
//!             continue;
//!         }
//!         report.case(name, || alloy_corpus::equal("output", "what came out", "what was expected"));
//!     }
//! }
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

/// How many failing cases of a set are shown in full.
const SHOWN_FAILURES: usize = 20;

/// The folder of the corpus: `ALLOY_CORPUS`, else `shared/corpus` beside the checkout.
pub fn root() -> Option<PathBuf> {
    let path = match std::env::var_os("ALLOY_CORPUS") {
        Some(path) => PathBuf::from(path),
        None => workspace().join("../shared/corpus"),
    };
    path.is_dir().then_some(path)
}

/// The folder of the workspace whose tests run: asked for when they do, because a target directory may
/// serve several checkouts, and then holds tests that were built for another one.
pub fn workspace() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let start = package.or_else(|| std::env::current_dir().ok()).unwrap_or_default();
    let holds_lock = |folder: &&Path| folder.join("Cargo.lock").is_file();
    start.ancestors().find(holds_lock).map_or(start.clone(), Path::to_path_buf)
}

/// The seeds of a fuzz target: what replays under `cargo test`.
///
/// # Panics
/// If there are none.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = workspace().join("fuzz/seeds").join(target);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) => panic!("cannot read {}: {error}", folder.display()),
    };
    let read =
        |entry: std::io::Result<std::fs::DirEntry>| entry.and_then(|e| std::fs::read(e.path()));
    let seeds: Vec<Vec<u8>> = match entries.map(read).collect() {
        Ok(seeds) => seeds,
        Err(error) => panic!("cannot read a seed of {target}: {error}"),
    };
    assert!(!seeds.is_empty(), "no seeds in {}", folder.display());
    seeds
}

/// A named set of cases.
pub struct Set {
    name: &'static str,
    check: fn(&Path, &mut Report),
}

impl Set {
    /// A set called `name` (by convention `corpus_…`), checked by `check`, which gets the folder of
    /// the corpus.
    pub fn new(name: &'static str, check: fn(&Path, &mut Report)) -> Set {
        Set { name, check }
    }
}

/// What came out of a set.
#[derive(Debug, Default)]
pub struct Report {
    passed: usize,
    failures: Vec<String>,
    skipped: BTreeMap<String, usize>,
    differences: Vec<(String, String)>,
    notes: Vec<String>,
}

impl Report {
    /// Runs one case. A panic counts as failure.
    pub fn case(&mut self, name: &str, check: impl FnOnce() -> Result<(), String>) {
        match outcome(check) {
            Ok(()) => self.passed += 1,
            Err(message) => self.failures.push(format!("{name}: {message}")),
        }
    }

    /// Runs one case in which we differ on purpose. It passes if the check fails; `reason` is
    /// printed.
    pub fn known_difference(
        &mut self,
        name: &str,
        reason: &str,
        check: impl FnOnce() -> Result<(), String>,
    ) {
        match outcome(check) {
            Ok(()) => self.failures.push(format!("{name}: listed as a difference, but agrees")),
            Err(_) => self.differences.push((name.to_owned(), reason.to_owned())),
        }
    }

    /// Counts a case that is not run, under the rule that excludes it.
    pub fn skip(&mut self, rule: &str) {
        *self.skipped.entry(rule.to_owned()).or_default() += 1;
    }

    /// Adds a line to what is printed.
    pub fn note(&mut self, line: &str) {
        self.notes.push(line.to_owned());
    }

    /// `passed/total`, then skips by rule and differences by name.
    fn summary(&self, set: &str) -> String {
        let total = self.passed + self.failures.len() + self.differences.len();
        let mut out = format!("{set}: {}/{total} passed", self.passed);
        if !self.differences.is_empty() {
            let _ = write!(out, ", {} differ on purpose", self.differences.len());
        }
        for (rule, count) in &self.skipped {
            let _ = write!(out, ", {count} skipped ({rule})");
        }
        let width = self.differences.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, reason) in &self.differences {
            let _ = write!(out, "\n  {name:width$}  {reason}");
        }
        for note in &self.notes {
            let _ = write!(out, "\n  {note}");
        }
        out
    }
}

fn outcome(check: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("panicked: {}", text.unwrap_or("no message")))
    })
}

/// Runs the sets as tests of the process; the result is the process's exit code.
pub fn run(sets: Vec<Set>) -> ExitCode {
    let arguments = Arguments::from_args();
    let root = root();
    let must_exist = std::env::var_os("CI").is_some_and(|value| value == "true");
    let ignored = root.is_none() && !must_exist;
    if ignored {
        print("corpus tests are ignored: set ALLOY_CORPUS to the folder of the corpus");
    }
    let trials = sets.into_iter().map(|set| {
        let root = root.clone();
        let kind = if ignored { "no corpus" } else { "" };
        Trial::test(set.name, move || run_set(&set, root.as_deref()))
            .with_kind(kind)
            .with_ignored_flag(ignored)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn run_set(set: &Set, root: Option<&Path>) -> Result<(), Failed> {
    let root = root.ok_or("the corpus is missing: set ALLOY_CORPUS to its folder")?;
    let mut report = Report::default();
    (set.check)(root, &mut report);
    print(&report.summary(set.name));
    if report.failures.is_empty() {
        if report.passed == 0 {
            return Err("no case ran".into());
        }
        return Ok(());
    }
    let mut message = report.summary(set.name);
    for failure in report.failures.iter().take(SHOWN_FAILURES) {
        let _ = write!(message, "\n- {failure}");
    }
    if let Some(more) = report.failures.len().checked_sub(SHOWN_FAILURES + 1) {
        let _ = write!(message, "\n… and {} more", more + 1);
    }
    Err(message.into())
}

#[expect(clippy::print_stdout, reason = "counts of a test run belong on its standard output")]
fn print(text: &str) {
    println!("{text}");
}

/// The cases of a JSON file that holds a list, or the values of an object with its keys as `name`.
///
/// # Panics
/// If the file can't be read or is neither: a broken corpus is a failed set.
pub fn cases(file: &Path) -> Vec<Value> {
    match json(file) {
        Value::Array(cases) => cases,
        Value::Object(members) => {
            let named = members.into_iter().map(|(name, mut value)| {
                if let Value::Object(members) = &mut value {
                    members.insert("name".to_owned(), Value::String(name));
                }
                value
            });
            named.collect()
        }
        _ => panic!("{} is neither a list nor an object", file.display()),
    }
}

/// A JSON file.
///
/// # Panics
/// If it can't be read.
pub fn json(file: &Path) -> Value {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => panic!("cannot read {}: {error}", file.display()),
    };
    match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(error) => panic!("{} is not JSON: {error}", file.display()),
    }
}

/// A text member of a case; empty if it is absent.
pub fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// Compares what came out with what was expected.
pub fn equal<T: PartialEq + std::fmt::Debug>(what: &str, got: T, want: T) -> Result<(), String> {
    if got == want {
        return Ok(());
    }
    Err(format!("{what} differs\n    got: {got:?}\n   want: {want:?}"))
}
