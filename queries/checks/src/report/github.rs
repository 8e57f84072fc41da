//! Annotations of GitHub Actions.

use alloy_syntax::Severity;

use super::located::{all, relative};
use crate::checker::Checked;

pub(super) fn annotations(checked: &[Checked]) -> String {
    let mut text = String::new();
    for found in all(checked) {
        let kind = match found.diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        text.push_str(&format!("::{kind} title=alloy ({})", found.code()));
        if !found.file.is_empty() {
            text.push_str(&format!(",file={}", property(relative(found.file))));
        }
        if let Some(range) = &found.range {
            let (start, end) = (range.start, range.end);
            match start.line == end.line {
                true => text.push_str(&format!(
                    ",line={},col={},endLine={},endColumn={}",
                    start.line, start.column, end.line, end.column
                )),
                // Columns of different lines are refused.
                false => text.push_str(&format!(",line={},endLine={}", start.line, end.line)),
            }
        }
        text.push_str(&format!("::{}\n", data(found.diagnostic.wording())));
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
