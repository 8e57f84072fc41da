//! Findings for people at a terminal: rule, excerpts, related places, notes and fixes.
//!
//! # Invariants
//! - Shows the words of users ([`Diagnostic::wording`]), never those of the reference.
//! - Reads no more of a text than the lines around what it shows.
//! - Any spans are fine; what lies outside of its text is moved to the end.

use std::ops::Range;

use alloy_syntax::{Applicability, Color, Diagnostic, LineIndex, Severity, Span};
use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet,
};

use crate::rules::{Rule, rule};

/// Lines shown above and below what is marked.
const CONTEXT_LINES: u32 = 1;

/// Renders findings; each ends with an empty line. `source` gives the text of a file by name;
/// without a text there is no excerpt.
pub fn render_full<'s>(
    diagnostics: &[Diagnostic],
    source: impl Fn(&str) -> Option<&'s str>,
    color: Color,
) -> String {
    let renderer = match color {
        Color::Never => Renderer::plain(),
        Color::Always => Renderer::styled(),
    };
    let mut files = Files { source, known: Vec::new() };
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&renderer.render(&report(diagnostic, &mut files)));
        out.push_str("\n\n");
    }
    out
}

/// Texts with their lines, indexed once.
struct Files<'s, F> {
    source: F,
    known: Vec<(String, Option<(&'s str, LineIndex)>)>,
}

impl<'s, F: Fn(&str) -> Option<&'s str>> Files<'s, F> {
    fn get(&mut self, name: &str) -> Option<(&'s str, &LineIndex)> {
        let at = self.known.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            let text = (self.source)(name).map(|text| (text, LineIndex::new(text)));
            self.known.push((name.to_owned(), text));
            self.known.len() - 1
        });
        self.known.get(at)?.1.as_ref().map(|(text, lines)| (*text, lines))
    }
}

/// A stretch of a text in whole lines.
struct Window<'s> {
    text: &'s str,
    start: usize,
    /// Number of its first line, from 1.
    line: usize,
}

impl<'s> Window<'s> {
    /// The lines of all `spans` and some around them.
    fn new(text: &'s str, lines: &LineIndex, spans: &[Range<usize>]) -> Self {
        let place = |offset: usize| lines.position(u32::try_from(offset).unwrap_or(u32::MAX)).line;
        let first = spans.iter().map(|span| span.start).min().unwrap_or(0);
        let last = spans.iter().map(|span| span.end).max().unwrap_or(0);
        let line = place(first).saturating_sub(CONTEXT_LINES).max(1);
        let start_of = |line| lines.offset(alloy_syntax::Position { line, column: 1 });
        let start = start_of(line).map_or(0, |at| at as usize);
        let end = start_of(place(last) + CONTEXT_LINES + 1).map_or(text.len(), |at| at as usize);
        Self { text: text.get(start..end).unwrap_or_default(), start, line: line as usize }
    }

    fn snippet<T: Clone>(&self, file: &str) -> Snippet<'s, T> {
        Snippet::source(self.text).line_start(self.line).path(file.to_owned())
    }

    fn inside(&self, span: &Range<usize>) -> Range<usize> {
        let at = |offset: usize| {
            let mut at = offset.saturating_sub(self.start).min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        at(span.start)..at(span.end)
    }
}

/// A marked stretch of a text.
struct Mark<'d> {
    file: &'d str,
    span: Span,
    label: Option<&'d str>,
}

fn report<'s, F: Fn(&str) -> Option<&'s str>>(
    diagnostic: &Diagnostic,
    files: &mut Files<'s, F>,
) -> Vec<Group<'s>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let mut title = level.primary_title(diagnostic.wording().to_owned());
    if let Some(code) = diagnostic.code {
        let name = rule(code).map(|rule: &Rule| format!(" {}", rule.name)).unwrap_or_default();
        title = title.id(format!("{code}{name}"));
    }
    let mut group = Group::with_title(title);
    let file = diagnostic.file.as_deref().unwrap_or_default();

    let mut marks = vec![Mark { file, span: diagnostic.span, label: None }];
    marks.extend(diagnostic.related.iter().map(|related| Mark {
        file: related.file.as_deref().unwrap_or(file),
        span: related.span,
        label: Some(&related.message),
    }));
    let mut order: Vec<&str> = Vec::new();
    for mark in &marks {
        if !order.contains(&mark.file) {
            order.push(mark.file);
        }
    }
    for file in order {
        let of_file = || marks.iter().filter(|mark| mark.file == file);
        let Some((text, lines)) = files.get(file) else {
            for mark in of_file() {
                group = group.elements(origin(mark));
            }
            continue;
        };
        let found: Vec<(Range<usize>, &Mark<'_>)> =
            of_file().filter_map(|mark| Some((bytes(mark.span, text, lines)?, mark))).collect();
        if found.is_empty() {
            if !file.is_empty() {
                group = group.element(Origin::path(file.to_owned()));
            }
            continue;
        }
        let spans: Vec<Range<usize>> = found.iter().map(|(span, _)| span.clone()).collect();
        let window = Window::new(text, lines, &spans);
        let mut snippet = window.snippet::<Annotation<'s>>(file);
        for (span, mark) in found {
            let kind = match mark.label {
                None => AnnotationKind::Primary,
                Some(_) => AnnotationKind::Context,
            };
            let label = mark.label.map(str::to_owned);
            snippet = snippet.annotation(kind.span(window.inside(&span)).label(label));
        }
        group = group.element(snippet);
    }
    let suggests = !diagnostic.fixes.is_empty();
    for note in &diagnostic.notes {
        match note.starts_with("did you mean") {
            // The fix below says it.
            true if suggests => {}
            true => group = group.element(Level::HELP.message(note.clone())),
            false => group = group.element(Level::NOTE.message(note.clone())),
        }
    }
    let mut groups = vec![group];
    for fix in &diagnostic.fixes {
        let how = match fix.applicability {
            Applicability::Safe => "safe fix",
            Applicability::Unsafe => "unsafe fix",
        };
        let title = Level::HELP.secondary_title(format!("{} ({how})", fix.title));
        let group = Group::with_title(title);
        // A removal needs no picture, and what it removes may hold a secret.
        let removes_only = fix.edits.iter().all(|edit| edit.text.is_empty());
        groups.push(match files.get(file) {
            _ if removes_only => group,
            None => group,
            Some((text, lines)) => {
                let spans: Vec<Range<usize>> = fix
                    .edits
                    .iter()
                    .map(|edit| edit.span.start as usize..edit.span.end as usize)
                    .collect();
                let window = Window::new(text, lines, &spans);
                let patches = spans.iter().zip(&fix.edits);
                let patch = |(span, edit): (&Range<usize>, &alloy_syntax::Edit)| {
                    Patch::new(window.inside(span), edit.text.clone())
                };
                let snippet = window.snippet::<Patch<'s>>(file);
                group.element(snippet.patches(patches.map(patch)))
            }
        });
    }
    groups
}

/// A place whose text is not known.
fn origin(mark: &Mark<'_>) -> Option<Origin<'static>> {
    let origin = Origin::path(mark.file.to_owned());
    match mark.span {
        Span::Lines { start, .. } => {
            Some(origin.line(start.line as usize).char_column(start.column as usize))
        }
        _ if mark.file.is_empty() => None,
        _ => Some(origin),
    }
}

fn bytes(span: Span, text: &str, lines: &LineIndex) -> Option<Range<usize>> {
    let found = span.locate(text, lines)?;
    Some(found.start.byte as usize..found.end.byte as usize)
}
