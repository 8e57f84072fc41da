//! Files that the formatter would change.

use alloy_queries::rules::codes;
use alloy_syntax::{Applicability, Diagnostic, Edit, Fix, Span, format};

use crate::model::Model;
use crate::selection::severity;

pub(crate) fn lint(model: &Model<'_>, found: &mut Vec<Diagnostic>) {
    for file in &model.files {
        // The formatter writes a line feed where there is nothing at all.
        if file.text.is_empty() {
            continue;
        }
        let Ok(formatted) = format(file.text) else { continue };
        if formatted == file.text {
            continue;
        }
        let start = common_lines(file.text, &formatted);
        let old = file.text.get(start..).unwrap_or_default();
        let new = formatted.get(start..).unwrap_or_default();
        let line = old.find('\n').unwrap_or(old.len());
        let span = Span::Bytes { start: start as u32, end: Some((start + line.max(1)) as u32) };
        let message = "the layout is not that of `alloy fmt`, from here on";
        let mut finding = Diagnostic::info(span, message).with_code(codes::UNFORMATTED);
        finding.severity = severity(codes::UNFORMATTED);
        let fix = Fix {
            title: "format the file".to_owned(),
            applicability: Applicability::Safe,
            edits: vec![Edit { span: start as u32..file.text.len() as u32, text: new.to_owned() }],
        };
        found.push(finding.with_fix(fix).resolve(Some(file.name), &file.lines));
    }
}

/// Length of the whole lines that both texts start with.
fn common_lines(a: &str, b: &str) -> usize {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let same = a.get(..same).map_or(0, str::len);
    a.as_bytes()
        .get(..same)
        .and_then(|s| s.iter().rposition(|b| *b == b'\n'))
        .map_or(0, |at| at + 1)
}
