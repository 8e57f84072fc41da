//! JUnit XML: one suite per file, one failed case per finding, one passed case for a clean file.

use std::fmt::Write as _;

use alloy_queries::rules::severity_name;

use super::located::{Located, all};
use crate::checker::Checked;

pub(super) fn document(checked: &[Checked]) -> String {
    let all = all(checked);
    let mut suites: Vec<(&str, Vec<&Located<'_>>)> = Vec::new();
    for source in checked.iter().flat_map(|checked| &checked.sources) {
        if !suites.iter().any(|(name, _)| *name == &*source.name) {
            suites.push((&source.name, Vec::new()));
        }
    }
    for found in &all {
        match suites.iter_mut().find(|(name, _)| *name == found.file) {
            Some((_, findings)) => findings.push(found),
            None => suites.push((found.file, vec![found])),
        }
    }
    let total: usize = suites.iter().map(|(_, findings)| findings.len().max(1)).sum();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail, here and below.
    let _ok = writeln!(
        text,
        "<testsuites name=\"alloy check\" tests=\"{total}\" failures=\"{}\">",
        all.len()
    );
    for (name, findings) in &suites {
        let shown = if name.is_empty() { "configuration" } else { name };
        let _ok = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">",
            escaped(shown),
            findings.len().max(1),
            findings.len()
        );
        if findings.is_empty() {
            let _ok = writeln!(text, "    <testcase name=\"{}\"/>", escaped(shown));
        }
        for found in findings {
            case(&mut text, shown, found);
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn case(text: &mut String, file: &str, found: &Located<'_>) {
    let place = match &found.range {
        Some(range) => format!("{file}:{}:{}", range.start.line, range.start.column),
        None => file.to_owned(),
    };
    let line = match &found.range {
        Some(range) => format!(" line=\"{}\"", range.start.line),
        None => String::new(),
    };
    let name = format!("{} {}", found.code(), found.name());
    let message = found.diagnostic.wording();
    let severity = severity_name(found.diagnostic.severity);
    let _ok = writeln!(
        text,
        "    <testcase name=\"{}\" classname=\"{}\"{line}>\n      \
         <failure type=\"{severity}\" message=\"{}\">{}</failure>\n    </testcase>",
        escaped(name.trim_end()),
        escaped(file),
        escaped(message),
        escaped(&format!("{place}: {message}")),
    );
}

/// Text for elements and attributes. Characters that XML cannot have become a replacement.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
