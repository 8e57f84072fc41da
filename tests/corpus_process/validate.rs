//! What `validate` reports: the code path of the command without a process for each case
//! (`corpus/validate`, `corpus/configs`).

use std::path::{Path, PathBuf};

use alloy::registry;
use alloy_corpus::{Report, equal, text};
use alloy_queries::{Diagnostic, Engine, Options, Source};
use alloy_syntax::{Color, Severity, render};
use alloy_value::Stability;
use serde_json::Value;

use crate::catalog;

/// The archives with their exact reports.
pub(crate) fn archives(corpus: &Path, report: &mut Report) {
    for (folder, stability) in
        [("default", Stability::Experimental), ("ga", Stability::GenerallyAvailable)]
    {
        for path in files(&corpus.join("validate").join(folder), "txtar") {
            let name = format!("{folder}/{}", path.file_stem().unwrap_or_default().display());
            report.case(&name, || {
                let sources = unpack(&read(&path)?);
                let options = Options { stability, community: false };
                let wanted = read(&path.with_extension("diags"))?.replace("\r\n", "\n");
                equal("report", &rendered(&validate(options, &sources), &sources), &wanted)
            });
        }
    }
}

/// One component or config block at a time, with every argument of a wrong or strange type.
pub(crate) fn components(corpus: &Path, report: &mut Report) {
    let covered = catalog::names(corpus, &["tier1.txt", "tier2.txt"]);
    let options = Options { stability: Stability::Experimental, community: true };
    for case in alloy_corpus::cases(&corpus.join("validate/components.json")) {
        let name = text(&case, "name");
        let component = name.rsplit_once('/').map_or(name, |(component, _)| component);
        // Config blocks are in no tier.
        if component.contains('.')
            && !component.starts_with("import.")
            && !covered.contains(component)
        {
            report.skip("a component outside tiers 1 and 2");
            continue;
        }
        report.case(name, || {
            let sources = [source("config.alloy", text(&case, "text"))];
            let got: Vec<String> = validate(options, &sources).iter().map(line).collect();
            let wanted = case["errors"].as_array().ok_or("no list of errors")?;
            let wanted: Vec<&str> = wanted.iter().filter_map(Value::as_str).collect();
            equal("errors", &got.join("\n"), &wanted.join("\n"))
        });
    }
}

/// A finding as `LINE:COL: message`, with `warning ` in front of a warning.
fn line(finding: &Diagnostic) -> String {
    let text = finding.to_string();
    let text = text.strip_prefix("config.alloy:").unwrap_or(&text);
    match finding.severity {
        Severity::Error => text.to_owned(),
        _ => format!("warning {text}"),
    }
}

pub(crate) fn validate(options: Options, sources: &[Source]) -> Vec<Diagnostic> {
    Engine::validate(registry::registry(), alloy::host::facts(), options, sources.to_vec())
}

pub(crate) fn rendered(findings: &[Diagnostic], sources: &[Source]) -> String {
    let text = |name: &str| sources.iter().find(|s| &*s.name == name).map(|s| &*s.text);
    render(findings, text, Color::Never)
}

pub(crate) fn source(name: &str, text: &str) -> Source {
    Source { name: name.into(), text: text.into() }
}

/// The files of an archive, in name order: each follows a line `-- NAME --`.
fn unpack(archive: &str) -> Vec<Source> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in archive.split_inclusive('\n') {
        let name = line.trim_end().strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
        match (name, files.last_mut()) {
            (Some(name), _) => files.push((name.to_owned(), String::new())),
            (None, Some((_, text))) => text.push_str(line),
            // The description.
            (None, None) => {}
        }
    }
    files.sort();
    files.iter().map(|(name, text)| source(name, text)).collect()
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", dir.display()));
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    files
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
