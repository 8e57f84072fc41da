//! Findings as programs and people read them. Every form is a complete document, also without
//! findings.

mod github;
mod gitlab;
mod json;
mod junit;
mod located;
mod sarif;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use alloy_queries::render_full;
use alloy_queries::rules::severity_name;
use alloy_syntax::{Color, Diagnostic, Edit, Severity, TextRange, render};
use alloy_value::Stability;

use crate::checker::Checked;

/// Form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: with rule, excerpt, notes and fixes.
    Full,
    /// As `validate` prints findings.
    Classic,
    /// One line each.
    Concise,
    /// One JSON object.
    Json,
    /// One JSON object per line and finding.
    JsonLines,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab Code Quality.
    Gitlab,
    /// JUnit XML.
    Junit,
}

impl Format {
    /// All forms, by the names that flags use.
    pub const ALL: &[(&str, Format)] = &[
        ("full", Format::Full),
        ("classic", Format::Classic),
        ("concise", Format::Concise),
        ("json", Format::Json),
        ("jsonl", Format::JsonLines),
        ("sarif", Format::Sarif),
        ("github", Format::Github),
        ("gitlab", Format::Gitlab),
        ("junit", Format::Junit),
    ];

    /// The form with this name.
    pub fn parse(name: &str) -> Option<Format> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }
}

/// What reports say beside the findings.
#[derive(Clone, Debug)]
pub struct About {
    /// Version of the program.
    pub version: String,
    /// Least stable level that was allowed.
    pub stability: Stability,
    /// Colours of the forms for people.
    pub color: Color,
}

/// Numbers of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that were checked.
    pub files: usize,
    /// Findings of the severity `error`.
    pub errors: usize,
    /// Findings of the severity `warning`.
    pub warnings: usize,
    /// Findings of the severity `info`.
    pub infos: usize,
    /// Findings with a fix.
    pub fixable: usize,
    /// Findings that comments suppress.
    pub suppressed: usize,
}

impl Summary {
    /// Counts.
    pub fn of(checked: &[Checked]) -> Self {
        let mut summary = Self::default();
        for checked in checked {
            summary.files += checked.sources.len();
            summary.suppressed += checked.suppressed;
            for diagnostic in &checked.diagnostics {
                match diagnostic.severity {
                    Severity::Error => summary.errors += 1,
                    Severity::Warning => summary.warnings += 1,
                    Severity::Info => summary.infos += 1,
                }
                summary.fixable += usize::from(!diagnostic.fixes.is_empty());
            }
        }
        summary
    }
}

/// Writes all findings in one form.
///
/// # Errors
/// Never in practice: what is serialized are texts and numbers.
pub fn report(
    checked: &[Checked],
    format: Format,
    about: &About,
) -> Result<String, serde_json::Error> {
    let open: Vec<Checked>;
    let writes = |one: &Checked| one.diagnostics.iter().any(|d| writes_secrets(one, d));
    let checked = match checked.iter().any(writes) {
        true => {
            open = checked.iter().map(without_secrets).collect();
            open.as_slice()
        }
        false => checked,
    };
    Ok(match format {
        Format::Full => each(checked, |c, source| render_full(&c.diagnostics, source, about.color)),
        Format::Classic => each(checked, |c, source| render(&c.diagnostics, source, about.color)),
        Format::Concise => concise(checked),
        Format::Json => json::document(checked, about)?,
        Format::JsonLines => json::lines(checked)?,
        Format::Sarif => sarif::document(checked, about)?,
        Format::Github => github::annotations(checked),
        Format::Gitlab => gitlab::document(checked)?,
        Format::Junit => junit::document(checked),
    })
}

/// True if a fix of the finding writes a secret again.
fn writes_secrets(checked: &Checked, diagnostic: &Diagnostic) -> bool {
    let file = diagnostic.file.as_deref().unwrap_or_default();
    let secrets = checked.secrets.iter().find(|(name, _)| &**name == file);
    let secrets = secrets.map(|(_, ranges)| ranges.as_slice()).unwrap_or_default();
    let touches = |edit: &Edit| {
        let overlaps = |range: &TextRange| {
            edit.span.start < u32::from(range.end()) && u32::from(range.start()) < edit.span.end
        };
        secrets.iter().any(overlaps)
    };
    diagnostic.fixes.iter().flat_map(|fix| &fix.edits).any(touches)
}

/// The same with fixes in words only where they would show a secret: those are for `--fix` alone.
fn without_secrets(checked: &Checked) -> Checked {
    let mut open = checked.clone();
    for diagnostic in &mut open.diagnostics {
        if writes_secrets(checked, diagnostic) {
            diagnostic.fixes.iter_mut().for_each(|fix| fix.edits.clear());
        }
    }
    open
}

fn each(
    checked: &[Checked],
    form: impl for<'s> Fn(&'s Checked, &dyn Fn(&str) -> Option<&'s str>) -> String,
) -> String {
    checked
        .iter()
        .map(|one| {
            let text = |name: &str| one.shown.iter().find(|s| &*s.name == name).map(|s| &*s.text);
            form(one, &text)
        })
        .collect()
}

fn concise(checked: &[Checked]) -> String {
    let mut text = String::new();
    for found in located::all(checked) {
        let diagnostic = found.diagnostic;
        let severity = severity_name(diagnostic.severity);
        let code = found.code();
        // Writing to a string cannot fail, here and below.
        let _ok = write!(text, "{severity}[{code}]: ");
        match &found.range {
            Some(range) => {
                let at = range.start;
                let _ok = write!(text, "{}:{}:{}: ", found.file, at.line, at.column);
            }
            None if found.file.is_empty() => {}
            None => {
                let _ok = write!(text, "{}: ", found.file);
            }
        }
        let message = diagnostic.wording().replace('\n', " ");
        let _ok = writeln!(text, "{message}");
    }
    text
}

/// How often each rule was broken: most often first, then by code.
pub fn statistics(checked: &[Checked]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for diagnostic in checked.iter().flat_map(|checked| &checked.diagnostics) {
        let code = diagnostic.code.unwrap_or("-");
        match counts.iter_mut().find(|(known, _)| *known == code) {
            Some((_, count)) => *count += 1,
            None => counts.push((code, 1)),
        }
    }
    counts.sort_by_key(|(code, count)| (std::cmp::Reverse(*count), *code));
    let mut text = String::new();
    for (code, count) in counts {
        let name = alloy_queries::rules::rule(code).map_or("", |rule| rule.name);
        let _ok = writeln!(text, "{code} {count:>6}  {name}");
    }
    text
}
