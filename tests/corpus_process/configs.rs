//! Configurations of public projects (`corpus/configs`): `validate` says what the reference says,
//! and `check` finds no error in what the reference accepts.

use std::path::Path;

use alloy::{host, registry};
use alloy_corpus::{Report, equal};
use alloy_queries::{Diagnostic, Engine, Options, Source};
use alloy_syntax::{Color, Severity, render};
use serde_json::Value;

/// The report of `validate` on every file, byte for byte.
pub(crate) fn validated(corpus: &Path, report: &mut Report) {
    each(corpus, report, |facts, sources, options| {
        let found =
            Engine::validate(registry::registry(), host::facts(), options, sources.to_vec());
        let text = |name: &str| sources.iter().find(|s| &*s.name == name).map(|s| &*s.text);
        let rendered = render(&found, text, Color::Never);
        let wanted = facts["validate"]["report"].as_str().unwrap_or_default();
        equal("report", rendered.trim_end(), wanted.trim_end())
    });
}

/// No errors beyond those of the reference.
pub(crate) fn checked(corpus: &Path, report: &mut Report) {
    each(corpus, report, |facts, sources, options| {
        let found = Engine::check(registry::registry(), host::facts(), options, sources.to_vec());
        let wrong = facts["validate"]["report"].as_str().unwrap_or_default();
        let errors: Vec<String> = found
            .iter()
            .filter(|found| found.severity == Severity::Error)
            .filter(|found| !wrong.contains(&found.message))
            .map(Diagnostic::to_string)
            .collect();
        equal("errors", errors.join("\n").as_str(), "")
    });
}

fn each(
    corpus: &Path,
    report: &mut Report,
    run: impl Fn(&Value, &[Source], Options) -> Result<(), String>,
) {
    let folder = corpus.join("configs");
    let index = std::fs::read_to_string(folder.join("INDEX.json")).unwrap_or_default();
    let index: Value = serde_json::from_str(&index).unwrap_or_default();
    for (name, facts) in index.as_object().into_iter().flatten() {
        let stability = facts["min_stability"].as_str().and_then(|level| level.parse().ok());
        let options = Options {
            stability: stability.unwrap_or(Options::default().stability),
            community: facts["community_components"] == true,
        };
        let text = match std::fs::read_to_string(folder.join(name)) {
            Ok(text) => text,
            Err(error) => {
                report.case(name, || Err(format!("cannot read it: {error}")));
                continue;
            }
        };
        let sources = [Source { name: "config.alloy".into(), text: text.into() }];
        report.case(name, || run(facts, &sources, options));
    }
}
