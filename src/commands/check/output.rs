//! Where findings go.

use alloy::host;
use alloy_checks::Checker;
use alloy_checks::report::{About, Format, Summary, report as document, statistics};
use alloy_value::Stability;
use anyhow::Result;

use super::Findings;
use super::inputs::Root;
use super::options::CheckOptions;
use super::rewrite::write;
use crate::cli::output::{err, out};

/// Writes the findings, and what is asked for beside them.
pub(super) fn report(
    options: &CheckOptions,
    stability: Stability,
    checked: &Findings,
) -> Result<()> {
    let about = About { version: host::VERSION.to_owned(), stability, color: options.color };
    let text = document(checked, options.format, &about)?;
    match &options.output_file {
        Some(path) => write(path, &text)?,
        None => out(&text),
    }
    if options.statistics {
        err(&statistics(checked));
    }
    if options.format == Format::Full && !options.quiet {
        err(&summary(&Summary::of(checked)));
    }
    Ok(())
}

/// The least stable level that is allowed for one of the configurations.
pub(super) fn stability(options: &CheckOptions, roots: &[(Checker, Root)]) -> Stability {
    let levels = roots.iter().map(|(checker, _)| checker.options.stability);
    levels.min().unwrap_or(options.stability)
}

/// True if a finding is bad enough for exit code 1.
pub(super) fn counts(options: &CheckOptions, checked: &Findings) -> bool {
    let Some(lowest) = options.lowest else { return false };
    let mut all = checked.iter().flat_map(|checked| &checked.diagnostics);
    all.any(|diagnostic| diagnostic.severity >= lowest)
}

/// One line; nothing if nothing was found.
fn summary(summary: &Summary) -> String {
    let count = |number: usize, what: &str| match number {
        0 => None,
        1 => Some(format!("1 {what}")),
        n => Some(format!("{n} {what}s")),
    };
    let numbers: Vec<String> = [
        count(summary.errors, "error"),
        count(summary.warnings, "warning"),
        count(summary.infos, "hint"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if numbers.is_empty() {
        return String::new();
    }
    let mut text = format!("found {}", numbers.join(", "));
    if summary.suppressed > 0 {
        text.push_str(&format!("; {} suppressed", summary.suppressed));
    }
    if summary.fixable > 0 {
        text.push_str(&format!("; {} with a fix (--fix, --unsafe-fixes)", summary.fixable));
    }
    text.push('\n');
    text
}
