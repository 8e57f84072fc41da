//! The formatter.

use std::path::Path;

use alloy_corpus::{Report, equal, text};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::parse::{config_files, read};

/// Cases in which we differ on purpose: name and reason (spec/language.md §12.9, "Ours").
const DIFFERENCES: &str = include_str!("format_differences.tsv");

/// Reason for what the reference itself changes when it formats its own output.
const FIXED_POINT: &str = "4: the fixed point is written, not the first pass";

pub(crate) fn cases(corpus: &Path, report: &mut Report) {
    for set in ["derived_fmt", "ref_fmt"] {
        for case in alloy_corpus::cases(&corpus.join("syntax").join(format!("{set}.json"))) {
            let name = format!("{set}/{}", text(&case, "name"));
            let check = || check_text(text(&case, "input"), text(&case, "expect"));
            let reason =
                DIFFERENCES.lines().find_map(|line| line.strip_prefix(&*name)?.strip_prefix('\t'));
            match reason {
                Some(reason) => {
                    report.known_difference(&name, reason, check);
                    if reason == FIXED_POINT {
                        report.case(&format!("{name} second pass"), || {
                            let second = formatted(text(&case, "expect"))?;
                            check_text(text(&case, "input"), &second)
                        });
                    }
                }
                None => report.case(&name, check),
            }
            report.case(&format!("{name} invariants"), || {
                alloy_syntax::fuzzing::format(text(&case, "input").as_bytes());
                Ok(())
            });
        }
    }
}

fn check_text(input: &str, expected: &str) -> Result<(), String> {
    let formatted = formatted(input)?;
    equal(&format!("formatted {input:?}"), formatted.as_str(), expected)
}

fn formatted(input: &str) -> Result<String, String> {
    alloy_syntax::format(input).map_err(|diagnostics| alloy_syntax::summary(&diagnostics))
}

/// Pairs of files; with an `.error` file, formatting must fail with its text.
pub(crate) fn printer(corpus: &Path, report: &mut Report) {
    let folder = corpus.join("syntax/printer");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "in") {
            continue;
        }
        report.case(&path.display().to_string(), || {
            let result = formatted(&read(&path));
            let error = path.with_extension("error");
            if error.exists() {
                let message = result.err().unwrap_or_default();
                return equal("error", message.contains(read(&error).trim()), true);
            }
            let expected = read(&path.with_extension("expect"));
            equal("formatted", result?.trim_end(), expected.trim_end())
        });
    }
}

pub(crate) fn configs(corpus: &Path, report: &mut Report) {
    let index = alloy_corpus::json(&corpus.join("configs/INDEX.json"));
    for (name, path) in config_files(corpus) {
        let entry = index.get(&name).unwrap();
        let formatted = formatted(&read(&path));
        report.case(&format!("{name} second pass"), || {
            let first = formatted.clone()?;
            equal("second pass", self::formatted(&first)?, first)
        });
        let check = || {
            let hash = Sha256::digest(formatted.clone()?.as_bytes());
            let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            equal("hash of the formatted text", hash.as_str(), text(entry, "fmt_sha256"))
        };
        if entry.get("fmt_idempotent") == Some(&Value::Bool(false)) {
            report.known_difference(&name, FIXED_POINT, check);
        } else {
            report.case(&name, check);
        }
    }
}
