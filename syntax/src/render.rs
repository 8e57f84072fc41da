//! Diagnostics with an excerpt of the source, for terminals (spec/language.md §13.2).

use std::fmt::Write as _;

use crate::diagnostic::write_place;
use crate::{Diagnostic, Position, Severity};

/// Lines of context above and below what is marked.
const CONTEXT_LINES: usize = 1;

/// Whether the report carries terminal colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Plain text.
    Never,
    /// ANSI escape sequences for severity and message.
    Always,
}

/// Renders diagnostics whose lines are known. `source` gives the text of a file by name; without
/// a text there is no excerpt. No diagnostics, no text.
pub fn render<'s>(
    diagnostics: &[Diagnostic],
    source: impl Fn(&str) -> Option<&'s str>,
    color: Color,
) -> String {
    let mut out = String::new();
    for (index, diagnostic) in diagnostics.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        header(&mut out, diagnostic, color);
        let text = diagnostic.file.as_deref().and_then(&source);
        if let (Some(text), Some(start)) = (text, diagnostic.start()) {
            out.push('\n');
            excerpt(&mut out, text, start, diagnostic.end().unwrap_or(start));
        }
    }
    out
}

fn header(out: &mut String, diagnostic: &Diagnostic, color: Color) {
    let (word, code) = match diagnostic.severity {
        Severity::Error => ("Error: ", "31;1"),
        Severity::Warning => ("Warning: ", "33;1"),
        // The reference has no such severity.
        Severity::Info => ("Info: ", "36;1"),
    };
    let place = |out: &mut String| {
        let _ = write_place(out, diagnostic.file.as_deref(), diagnostic.start());
        let _ = writeln!(out, ": {}", diagnostic.message);
    };
    match color {
        Color::Never => {
            out.push_str(word);
            place(out);
        }
        Color::Always => {
            let _ = write!(out, "\x1b[{code}m{word}\x1b[0m\x1b[1m");
            place(out);
            out.push_str("\x1b[0m");
        }
    }
}

fn excerpt(out: &mut String, text: &str, start: Position, end: Position) {
    let lines: Vec<&str> = text.split('\n').collect();
    let (first_marked, last_marked) = (start.line as usize, end.line as usize);
    let first = first_marked.saturating_sub(CONTEXT_LINES).max(1);
    let last = (last_marked + CONTEXT_LINES).min(lines.len());
    let width = last.to_string().len();
    let multiline = first_marked != last_marked;

    for number in first..=last {
        let line = lines.get(number - 1).copied().unwrap_or_default();
        let _ = write!(out, "{number:>width$} | ");
        if multiline {
            let inside = number > first_marked && number <= last_marked;
            out.push_str(if inside { "| " } else { "  " });
        }
        for c in line.chars() {
            match c {
                '\r' => {}
                '\t' | '\x0b' => out.push_str("    "),
                c => out.push(c),
            }
        }
        out.push('\n');

        let mark: Mark = match (multiline, number) {
            (false, n) if n == first_marked => {
                Mark { lead: "", from: start.column, to: end.column, blank: " ", tab: "    " }
            }
            (true, n) if n == first_marked => {
                Mark { lead: " _", from: start.column, to: u32::MAX, blank: "_", tab: "____" }
            }
            (true, n) if n == last_marked => {
                Mark { lead: "|_", from: 0, to: end.column, blank: "_", tab: "____" }
            }
            _ => continue,
        };
        let _ = write!(out, "{:>width$} | {}", "", mark.lead);
        mark.draw(out, line);
        out.push('\n');
    }
}

/// One line of marks under a source line: `^` from one column to another, both inclusive.
struct Mark {
    lead: &'static str,
    from: u32,
    to: u32,
    blank: &'static str,
    tab: &'static str,
}

impl Mark {
    fn draw(&self, out: &mut String, line: &str) {
        for (index, c) in line.char_indices() {
            let column = u32::try_from(index + 1).unwrap_or(u32::MAX);
            if column > self.to {
                return;
            }
            match c {
                '\r' => {}
                '\t' | '\x0b' => out.push_str(self.tab),
                _ if column >= self.from => out.push('^'),
                _ => out.push_str(self.blank),
            }
        }
    }
}
