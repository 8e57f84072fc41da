//! The project's own JSON form.

use std::ops::Range;

use alloy_queries::rules::severity_name;
use alloy_syntax::{Applicability, Location};
use serde::Serialize;

use super::located::{Located, all};
use super::{About, Summary};
use crate::checker::Checked;

const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool<'a>,
    summary: Counts,
    diagnostics: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
    stability_level: &'static str,
}

#[derive(Serialize)]
struct Counts {
    files: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    fixable: usize,
    suppressed: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    message: &'a str,
    file: Option<&'a str>,
    range: Option<Span>,
    notes: &'a [String],
    related: Vec<Place<'a>>,
    component: Option<&'a str>,
    fix: Option<Change<'a>>,
    url: Option<String>,
}

#[derive(Serialize)]
struct Place<'a> {
    message: &'a str,
    file: Option<&'a str>,
    range: Option<Span>,
}

#[derive(Serialize)]
struct Change<'a> {
    applicability: &'static str,
    title: &'a str,
    edits: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    range: Span,
    text: &'a str,
}

#[derive(Serialize)]
struct Span {
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
    byte: u32,
}

fn span(range: &Range<Location>) -> Span {
    let point = |at: Location| Point { line: at.line, column: at.column, byte: at.byte };
    Span { start: point(range.start), end: point(range.end) }
}

fn named(file: &str) -> Option<&str> {
    (!file.is_empty()).then_some(file)
}

fn finding<'a>(found: &'a Located<'a>) -> Finding<'a> {
    let diagnostic = found.diagnostic;
    Finding {
        code: found.code(),
        name: found.name(),
        severity: severity_name(diagnostic.severity),
        message: diagnostic.wording(),
        file: named(found.file),
        range: found.range.as_ref().map(span),
        notes: &diagnostic.notes,
        related: found
            .related
            .iter()
            .map(|(related, file, range)| Place {
                message: &related.message,
                file: named(file),
                range: range.as_ref().map(span),
            })
            .collect(),
        component: diagnostic.component.as_deref(),
        fix: diagnostic.fixes.first().filter(|_| !found.edits.is_empty()).map(|fix| Change {
            applicability: match fix.applicability {
                Applicability::Safe => "safe",
                Applicability::Unsafe => "unsafe",
            },
            title: &fix.title,
            edits: found
                .edits
                .iter()
                .map(|(range, text)| Replacement { range: span(range), text })
                .collect(),
        }),
        url: found.rule.map(|rule| rule.url()),
    }
}

pub(super) fn document(checked: &[Checked], about: &About) -> Result<String, serde_json::Error> {
    let all = all(checked);
    let Summary { files, errors, warnings, infos, fixable, suppressed } = Summary::of(checked);
    let mut text = serde_json::to_string_pretty(&Document {
        version: VERSION,
        tool: Tool {
            name: "alloy",
            version: &about.version,
            stability_level: about.stability.as_str(),
        },
        summary: Counts { files, errors, warnings, infos, fixable, suppressed },
        diagnostics: all.iter().map(finding).collect(),
    })?;
    text.push('\n');
    Ok(text)
}

pub(super) fn lines(checked: &[Checked]) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for found in &all(checked) {
        text.push_str(&serde_json::to_string(&finding(found))?);
        text.push('\n');
    }
    Ok(text)
}
