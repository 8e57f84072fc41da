//! Configurations of public projects (`corpus/configs`): what `validate` and `check` say.

use std::path::Path;

use alloy::{host, registry};
use alloy_corpus::{Report, equal, text};
use alloy_queries::rules::codes;
use alloy_queries::{Diagnostic, Engine, Options, Source};
use alloy_syntax::Severity;
use alloy_value::Stability;
use serde_json::Value;

use crate::validate::{rendered, source, validate};

/// One configuration with what the reference says about it.
pub(crate) struct Config {
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) options: Options,
    /// Code and report of `validate`.
    exit: i64,
    report: String,
}

/// All of them, also those with components that are known by name only.
pub(crate) fn configs(corpus: &Path) -> Vec<Config> {
    let folder = corpus.join("configs");
    let mut configs = Vec::new();
    for case in alloy_corpus::cases(&folder.join("INDEX.json")) {
        let name = text(&case, "name");
        let path = folder.join(name);
        let content = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        let validate = &case["validate"];
        // Where the reference crashes, this is what it says about the same text with other names.
        let exit = validate.get("exit_without_crash").unwrap_or(&validate["exit"]);
        configs.push(Config {
            name: name.to_owned(),
            source: source("config.alloy", &content),
            options: Options {
                stability: text(&case, "min_stability").parse().unwrap_or(Stability::Experimental),
                community: case["community_components"] == Value::Bool(true),
            },
            exit: exit.as_i64().expect("an exit code"),
            report: text(validate, "report").to_owned(),
        });
    }
    configs
}

/// What `check` reports about one configuration. The level that is known of it is that of its
/// blocks and functions: where one of its arguments needs a lower one, it was run with that.
pub(crate) fn check(config: &Config, text: &str) -> Vec<Diagnostic> {
    let check = |options: Options| {
        let sources = vec![source("config.alloy", text)];
        Engine::check(registry::registry(), host::facts(), options, sources)
    };
    let found = check(config.options);
    if !found.iter().any(|found| needs_lower_level(config, found)) {
        return found;
    }
    check(Options { stability: Stability::Experimental, ..config.options })
}

fn needs_lower_level(config: &Config, found: &Diagnostic) -> bool {
    found.code == Some(codes::STABILITY) && !config.report.contains(&found.message)
}

/// `validate` has the verdict and the report of the reference.
pub(crate) fn verdicts(corpus: &Path, report: &mut Report) {
    for config in configs(corpus) {
        report.case(&config.name, || {
            let sources = [config.source.clone()];
            let findings = validate(config.options, &sources);
            equal("report", rendered(&findings, &sources), config.report.clone())?;
            equal("exit code", i64::from(!findings.is_empty()), config.exit)
        });
    }
}

/// `check` finds no error beyond those of the reference.
pub(crate) fn no_false_errors(corpus: &Path, report: &mut Report) {
    for config in configs(corpus) {
        report.case(&config.name, || {
            let errors: Vec<String> = check(&config, &config.source.text)
                .iter()
                .filter(|found| found.severity == Severity::Error)
                .filter(|found| !config.report.contains(&found.message))
                .map(ToString::to_string)
                .collect();
            equal("errors", errors, Vec::new())
        });
    }
}
