//! Reports and one-line forms of diagnostics.

use std::path::Path;

use alloy_corpus::{Report, cases, equal, text};
use alloy_syntax::{Color, Diagnostic, Position, Span, all_messages, render};
use serde_json::Value;

pub(crate) fn rendering(corpus: &Path, report: &mut Report) {
    for case in cases(&corpus.join("syntax/diag_render.json")) {
        let name = text(&case, "name").to_owned();
        report.case(&name, || check(&case));
    }
}

fn check(case: &Value) -> Result<(), String> {
    let diagnostics: Vec<Diagnostic> =
        case.get("diags").and_then(Value::as_array).unwrap().iter().map(diagnostic).collect();
    if let Some(expected) = case.get("error_string").and_then(Value::as_str) {
        return equal("text", diagnostics[0].to_string().as_str(), expected);
    }
    if let Some(expected) = case.get("all_messages").and_then(Value::as_str) {
        return equal("text", all_messages(&diagnostics).as_str(), expected);
    }
    let color = match case.get("color").and_then(Value::as_bool) {
        Some(true) => Color::Always,
        _ => Color::Never,
    };
    let source = |file: &str| case.get("files")?.get(file)?.as_str();
    equal("report", render(&diagnostics, source, color).as_str(), text(case, "expect"))
}

fn diagnostic(value: &Value) -> Diagnostic {
    let start = position(value, "start").filter(|position| position.line > 0);
    let span = match start {
        Some(start) => Span::Lines { start, end: position(value, "end") },
        None => Span::None,
    };
    let diagnostic = match text(value, "severity") {
        "warning" => Diagnostic::warning(span, text(value, "message")),
        _ => Diagnostic::error(span, text(value, "message")),
    };
    diagnostic.with_file(text(value, "file"))
}

fn position(value: &Value, member: &str) -> Option<Position> {
    let [line, column] = value.get(member)?.as_array()?.as_slice() else { return None };
    let number = |value: &Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    Some(Position { line: number(line), column: number(column) })
}
