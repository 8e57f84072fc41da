//! Comments that suppress findings (`// alloy-ignore: AL501 -- reason`).

use std::sync::Arc;

use alloy_queries::Source;
use alloy_queries::rules::{codes, similar_rules};
use alloy_syntax::{
    Applicability, Diagnostic, Edit, Fix, LineIndex, Span, SyntaxKind, SyntaxNode, parse_file,
};
use alloy_value::quote;

use crate::checker::{bytes_of, is_syntax};
use crate::selection::{Selector, Settings, is_fixed, severity};

const LINE: &str = "alloy-ignore:";
const FILE: &str = "alloy-ignore-file:";

/// What a comment covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cover {
    /// The whole file.
    File,
    /// From a byte to a byte.
    Bytes(u32, u32),
    /// Nothing: there is nothing behind it, or it is in the wrong place.
    Nothing,
}

/// One suppression comment.
#[derive(Debug)]
struct Ignore {
    cover: Cover,
    /// Bytes of the comment.
    start: u32,
    end: u32,
    /// Byte behind `alloy-ignore:`, up to the reason.
    list: (u32, u32),
    /// Rules as written and as understood, and whether they suppressed something.
    rules: Vec<(String, Result<Selector, String>, bool)>,
}

/// Removes suppressed findings, says how many, and reports comments that suppress nothing.
pub(crate) fn apply(
    sources: &[Source],
    imported: &[Source],
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) -> usize {
    let before = diagnostics.len();
    let mut more = Vec::new();
    // Comments of imported files count, but are not reported on.
    let all = sources.iter().map(|s| (s, true)).chain(imported.iter().map(|s| (s, false)));
    for (source, is_own) in all {
        if !source.text.contains("alloy-ignore") {
            continue;
        }
        let lines = LineIndex::new(&source.text);
        let mut ignores = ignores(&source.text, &lines);
        diagnostics.retain(|diagnostic| {
            if diagnostic.file.as_deref() != Some(&*source.name) {
                return true;
            }
            !is_suppressed(diagnostic, &source.text, &lines, &mut ignores)
        });
        let broken = diagnostics.iter().any(is_syntax);
        if is_own && !broken {
            more.extend(reports(&ignores, source, &lines, settings));
        }
    }
    let suppressed = before - diagnostics.len();
    settings.apply(&mut more);
    diagnostics.extend(more);
    suppressed
}

fn is_suppressed(
    diagnostic: &Diagnostic,
    text: &str,
    lines: &LineIndex,
    ignores: &mut [Ignore],
) -> bool {
    let Some(code) = diagnostic.code.filter(|code| !is_fixed(code)) else { return false };
    let start = bytes_of(diagnostic, text, lines).map(|(start, _)| start);
    let mut suppressed = false;
    for ignore in ignores {
        let covers = match (ignore.cover, start) {
            (Cover::File, _) => true,
            (Cover::Bytes(from, to), Some(start)) => (from..to).contains(&start),
            _ => false,
        };
        for (_, selector, used) in &mut ignore.rules {
            if covers && selector.as_ref().is_ok_and(|selector| selector.matches(code)) {
                *used = true;
                suppressed = true;
            }
        }
    }
    suppressed
}

/// The suppression comments of a text.
fn ignores(text: &str, lines: &LineIndex) -> Vec<Ignore> {
    let root = parse_file(text).syntax();
    let (tokens, _) = alloy_syntax::lex(text);
    let solid = |kind| {
        !matches!(
            kind,
            SyntaxKind::Whitespace | SyntaxKind::Comment | SyntaxKind::Bom | SyntaxKind::Terminator
        )
    };
    let first = tokens.iter().find(|t| solid(t.kind)).map_or(u32::MAX, |t| t.start);
    let mut ignores = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.kind != SyntaxKind::Comment {
            continue;
        }
        let whole = slice(text, token.start, token.end);
        let Some(comment) = whole.strip_prefix("//") else { continue };
        let inner = comment.trim_start();
        let Some((word, is_file)) =
            [(FILE, true), (LINE, false)].into_iter().find(|(word, _)| inner.starts_with(word))
        else {
            continue;
        };
        let from = token.start + (2 + comment.len() - inner.len() + word.len()) as u32;
        let to = match slice(text, from, token.end).find(" --") {
            Some(reason) => from + reason as u32,
            None => token.end,
        };
        let rules = slice(text, from, to)
            .split(',')
            .map(str::trim)
            .filter(|rule| !rule.is_empty())
            .map(|rule| (rule.to_owned(), Selector::parse(rule), false))
            .collect();
        let line_start = start_of_line(text, token.start);
        let alone = slice(text, line_start, token.start).trim().is_empty();
        let cover = if is_file {
            if token.start < first { Cover::File } else { Cover::Nothing }
        } else if alone {
            let next = tokens.get(index + 1..).unwrap_or_default();
            next.iter()
                .find(|token| solid(token.kind))
                .and_then(|token| statement_at(&root, token.start))
                .map_or(Cover::Nothing, |(from, to)| Cover::Bytes(from, to))
        } else {
            let line = lines.position(token.start).line;
            let next = lines.offset(alloy_syntax::Position { line: line + 1, column: 1 });
            Cover::Bytes(line_start, next.unwrap_or(token.end))
        };
        let (start, end) = (token.start, token.end);
        ignores.push(Ignore { cover, start, end, list: (from, to), rules });
    }
    ignores
}

/// The largest statement that starts at a byte.
fn statement_at(root: &SyntaxNode, start: u32) -> Option<(u32, u32)> {
    root.descendants()
        .filter(|node| matches!(node.kind(), SyntaxKind::Attribute | SyntaxKind::Block))
        .map(|node| (u32::from(node.text_range().start()), u32::from(node.text_range().end())))
        .find(|(from, _)| *from == start)
}

fn slice(text: &str, from: u32, to: u32) -> &str {
    text.get(from as usize..to as usize).unwrap_or_default()
}

fn start_of_line(text: &str, at: u32) -> u32 {
    slice(text, 0, at).rfind('\n').map_or(0, |line_feed| line_feed as u32 + 1)
}

/// What is wrong with the comments themselves.
fn reports(
    ignores: &[Ignore],
    source: &Source,
    lines: &LineIndex,
    settings: &Settings,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for ignore in ignores {
        let report = |code: &'static str, message: String| {
            let span = Span::Bytes { start: ignore.start, end: Some(ignore.end) };
            let mut diagnostic = Diagnostic::warning(span, message).with_code(code);
            diagnostic.severity = severity(code);
            diagnostic
        };
        let name: &Arc<str> = &source.name;
        for (text, selector, _) in &ignore.rules {
            if selector.is_err() {
                let message = format!("the comment ignores {}, which is no rule", quote(text));
                let mut diagnostic = report(codes::UNKNOWN_IGNORED_RULE, message);
                if let Some(near) = similar_rules(text).first() {
                    diagnostic.notes.push(format!("did you mean {near}?"));
                }
                found.push(diagnostic.resolve(Some(name), lines));
            }
        }
        // What is switched off has no findings that could be suppressed.
        let could_be_used = |selector: &Selector| {
            alloy_queries::rules::rules()
                .any(|rule| selector.matches(rule.code) && settings.is_on(rule.code, name))
        };
        let is_unused = |rule: &&(String, Result<Selector, String>, bool)| {
            let (_, selector, used) = rule;
            !used && selector.as_ref().is_ok_and(could_be_used)
        };
        let unused: Vec<&str> =
            ignore.rules.iter().filter(is_unused).map(|rule| rule.0.as_str()).collect();
        if unused.is_empty() && !ignore.rules.is_empty() {
            continue;
        }
        let message = match unused.as_slice() {
            [] => "the comment names no rule to ignore".to_owned(),
            unused => format!("nothing here is ignored by {}", unused.join(", ")),
        };
        let kept: Vec<&str> = ignore
            .rules
            .iter()
            .map(|rule| rule.0.as_str())
            .filter(|rule| !unused.contains(rule))
            .collect();
        let edit = match kept.is_empty() {
            true => removal(&source.text, ignore),
            false => {
                Edit { span: ignore.list.0..ignore.list.1, text: format!(" {}", kept.join(", ")) }
            }
        };
        let fix = Fix {
            title: "remove what is not needed".to_owned(),
            applicability: Applicability::Safe,
            edits: vec![edit],
        };
        found.push(report(codes::UNUSED_IGNORE, message).with_fix(fix).resolve(Some(name), lines));
    }
    found
}

/// Removes a comment, with its line if there is nothing else on it.
fn removal(text: &str, ignore: &Ignore) -> Edit {
    let line_start = start_of_line(text, ignore.start);
    let before = slice(text, line_start, ignore.start);
    if before.trim().is_empty() {
        let rest = text.get(ignore.end as usize..).unwrap_or_default();
        let line_feed = rest.find('\n').map_or(0, |at| at as u32 + 1);
        return Edit { span: line_start..ignore.end + line_feed, text: String::new() };
    }
    let blanks = (before.len() - before.trim_end().len()) as u32;
    Edit { span: ignore.start - blanks..ignore.end, text: String::new() }
}

/// The text with comments that suppress all of its findings: `diagnostics` may be of several files.
/// Findings that comments cannot suppress stay.
pub fn add_ignores(source: &Source, diagnostics: &[Diagnostic]) -> String {
    let text = &*source.text;
    let lines = LineIndex::new(text);
    let root = parse_file(text).syntax();
    let mut wanted: Vec<(u32, &'static str)> = Vec::new();
    let mut whole_file: Vec<&'static str> = Vec::new();
    for diagnostic in diagnostics {
        if diagnostic.file.as_deref() != Some(&*source.name) {
            continue;
        }
        let Some(code) = diagnostic.code.filter(|code| !is_fixed(code) && !code.starts_with("AL9"))
        else {
            continue;
        };
        let start = bytes_of(diagnostic, text, &lines).map(|(start, _)| start);
        match start.and_then(|start| line_for(text, &root, start)) {
            // A layout is one of the whole file.
            Some(line) if code != codes::UNFORMATTED => wanted.push((line, code)),
            _ => whole_file.push(code),
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    whole_file.sort_unstable();
    whole_file.dedup();
    let mut out = String::with_capacity(text.len());
    if !whole_file.is_empty() {
        out.push_str(&format!("// {FILE} {}\n", whole_file.join(", ")));
    }
    let mut done = 0;
    for group in wanted.chunk_by(|a, b| a.0 == b.0) {
        let Some((line, _)) = group.first() else { continue };
        out.push_str(slice(text, done, *line));
        let rest = text.get(*line as usize..).unwrap_or_default();
        let indent = &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()];
        let rules: Vec<&str> = group.iter().map(|(_, code)| *code).collect();
        out.push_str(&format!("{indent}// {LINE} {}\n", rules.join(", ")));
        done = *line;
    }
    out.push_str(slice(text, done, text.len() as u32));
    out
}

/// Start of the line of the smallest statement around a byte that has nothing before it.
fn line_for(text: &str, root: &SyntaxNode, at: u32) -> Option<u32> {
    root.descendants()
        .filter(|node| matches!(node.kind(), SyntaxKind::Attribute | SyntaxKind::Block))
        .map(|node| (u32::from(node.text_range().start()), u32::from(node.text_range().end())))
        .filter(|(from, to)| *from <= at && at < *to)
        .filter_map(|(from, _)| {
            let line = start_of_line(text, from);
            slice(text, line, from).trim().is_empty().then_some(line)
        })
        .last()
}
