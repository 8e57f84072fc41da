//! Findings with their places as machines count.

use std::ops::Range;

use alloy_queries::rules::{Rule, rule};
use alloy_syntax::{Diagnostic, LineIndex, Location, Related, Span};

use crate::checker::Checked;

/// A text with its lines.
struct File<'c> {
    name: &'c str,
    text: &'c str,
    lines: LineIndex,
}

/// A finding with its place.
pub(super) struct Located<'c> {
    pub(super) diagnostic: &'c Diagnostic,
    pub(super) rule: Option<&'static Rule>,
    /// Empty if it is about no file.
    pub(super) file: &'c str,
    pub(super) range: Option<Range<Location>>,
    /// Further places, with file and range.
    pub(super) related: Vec<(&'c Related, &'c str, Option<Range<Location>>)>,
    /// Edits of the best fix, with their ranges.
    pub(super) edits: Vec<(Range<Location>, &'c str)>,
}

impl Located<'_> {
    pub(super) fn code(&self) -> &'static str {
        self.diagnostic.code.unwrap_or("AL000")
    }

    pub(super) fn name(&self) -> &'static str {
        self.rule.map_or("", |rule| rule.name)
    }
}

/// All findings of all configurations.
pub(super) fn all(checked: &[Checked]) -> Vec<Located<'_>> {
    let mut all = Vec::new();
    for checked in checked {
        let files: Vec<File<'_>> = checked
            .sources
            .iter()
            .chain(&checked.imported)
            .map(|s| File { name: &s.name, text: &s.text, lines: LineIndex::new(&s.text) })
            .collect();
        all.extend(checked.diagnostics.iter().map(|diagnostic| locate(diagnostic, &files)));
    }
    all
}

fn locate<'c>(diagnostic: &'c Diagnostic, files: &[File<'c>]) -> Located<'c> {
    let place = |name: &str, span: Span| {
        let file = files.iter().find(|file| file.name == name)?;
        span.locate(file.text, &file.lines)
    };
    let file = diagnostic.file.as_deref().unwrap_or_default();
    let related = diagnostic.related.iter().map(|related| {
        let name = related.file.as_deref().unwrap_or(file);
        (related, name, place(name, related.span))
    });
    let edits = diagnostic.fixes.first().map(|fix| fix.edits.as_slice()).unwrap_or_default();
    let edits = edits.iter().filter_map(|edit| {
        let span = Span::Bytes { start: edit.span.start, end: Some(edit.span.end) };
        Some((place(file, span)?, edit.text.as_str()))
    });
    Located {
        diagnostic,
        rule: diagnostic.code.and_then(rule),
        file,
        range: place(file, diagnostic.span),
        related: related.collect(),
        edits: edits.collect(),
    }
}

/// A path as links in reports want it: without `./` in front.
pub(super) fn relative(file: &str) -> &str {
    let mut file = file;
    while let Some(rest) = file.strip_prefix("./") {
        file = rest.trim_start_matches('/');
    }
    file
}
