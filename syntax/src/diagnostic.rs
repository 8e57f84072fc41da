//! Findings about a text, with their position and their one-line forms.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::{LineIndex, Position};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works, but is probably not what was meant.
    Warning,
    /// Doesn't work.
    Error,
}

/// Where a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// Nowhere in particular.
    None,
    /// Byte offsets in a text whose lines are not known yet: a file or an item of it.
    /// [`Diagnostic::resolve`] turns them into lines.
    Bytes {
        /// Offset of the first byte.
        start: u32,
        /// Offset behind the last byte; without it one character.
        end: Option<u32>,
    },
    /// Lines and columns.
    Lines {
        /// First byte.
        start: Position,
        /// Last byte (inclusive); without it one character.
        end: Option<Position>,
    },
}

impl Span {
    /// Span of a range of a tree.
    pub fn range(range: rowan::TextRange) -> Span {
        Span::Bytes { start: range.start().into(), end: Some(range.end().into()) }
    }

    /// Span of one character.
    pub fn at(offset: u32) -> Span {
        Span::Bytes { start: offset, end: None }
    }

    /// Where the span starts and ends (exclusive) in the text that `lines` indexes, as machines
    /// count. Without an end it covers one character.
    pub fn locate(self, text: &str, lines: &LineIndex) -> Option<Range<Location>> {
        let (start, end) = match self {
            Span::None => return None,
            Span::Bytes { start, end } => (start, end),
            Span::Lines { start, end } => {
                let last = end.and_then(|end| lines.offset(end));
                (lines.offset(start)?, last.map(|last| last.saturating_add(1)))
            }
        };
        let end = end.unwrap_or_else(|| {
            let next = text.get(start as usize..).and_then(|rest| rest.chars().next());
            start + next.map_or(0, char::len_utf8) as u32
        });
        Some(Location::new(start, text, lines)..Location::new(end.max(start), text, lines))
    }

    fn shift(self, by: u32) -> Span {
        match self {
            Span::Bytes { start, end } => Span::Bytes {
                start: start.saturating_add(by),
                end: end.map(|end| end.saturating_add(by)),
            },
            other => other,
        }
    }

    fn resolve(self, lines: &LineIndex) -> Span {
        let Span::Bytes { start, end } = self else { return self };
        let end = end.map(|end| lines.position(end.saturating_sub(1).max(start)));
        Span::Lines { start: lines.position(start), end }
    }
}

/// A place in a text as machine-readable reports give it. [`Position`] counts bytes in its line,
/// as the reference does; this counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Line, from 1.
    pub line: u32,
    /// Unicode scalar value in the line, from 1.
    pub column: u32,
    /// Byte in the text, from 0.
    pub byte: u32,
}

impl Location {
    fn new(byte: u32, text: &str, lines: &LineIndex) -> Location {
        let position = lines.position(byte);
        let line_start = byte.saturating_sub(position.column - 1);
        let before = text.as_bytes().get(line_start as usize..byte as usize).unwrap_or_default();
        // Each character has one byte that is not a continuation byte.
        let characters = before.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count();
        Location { line: position.line, column: characters as u32 + 1, byte }
    }
}

/// A replacement of a stretch of text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// Byte offsets in the file of the finding; empty for an insertion.
    pub span: Range<u32>,
    /// What to put there.
    pub text: String,
}

/// Whether a fix can be applied without looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Applicability {
    /// The configuration means the same afterwards.
    Safe,
    /// Probably what was meant.
    Unsafe,
}

/// A change that makes a finding go away.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fix {
    /// What it does: `rename to "targets"`.
    pub title: String,
    /// Whether it can be applied without looking.
    pub applicability: Applicability,
    /// The changes, in order and apart from each other. All are in the file of the finding.
    pub edits: Vec<Edit>,
}

/// A second place that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Related {
    /// File of the place, as in [`Diagnostic::file`].
    pub file: Option<Arc<str>>,
    /// The place.
    pub span: Span,
    /// What is there.
    pub message: String,
}

/// A finding about a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable name of the kind of finding.
    pub code: Option<&'static str>,
    /// Name of the file; `None` while the finding is about a text without a name.
    pub file: Option<Arc<str>>,
    /// Where it is.
    pub span: Span,
    /// What is wrong, in the words of the reference.
    pub message: String,
    /// The same in words that users know, where those differ: see [`Diagnostic::wording`].
    pub plain: Option<String>,
    /// Further explanation, one sentence each.
    pub notes: Vec<String>,
    /// Other places that matter.
    pub related: Vec<Related>,
    /// Ways to get rid of it, best first.
    pub fixes: Vec<Fix>,
    /// Id of the block that it is about.
    pub component: Option<Arc<str>>,
    /// True if it only follows from another finding. The reference reports such findings, reports
    /// for people leave them out.
    pub follows: bool,
}

impl Diagnostic {
    /// An error.
    pub fn error(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code: None,
            file: None,
            span,
            message: message.into(),
            plain: None,
            notes: Vec::new(),
            related: Vec::new(),
            fixes: Vec::new(),
            component: None,
            follows: false,
        }
    }

    /// A warning.
    pub fn warning(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(span, message) }
    }

    /// Something worth knowing.
    pub fn info(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Info, ..Diagnostic::error(span, message) }
    }

    /// What is wrong, in words that users know. Reports that must be those of the reference show
    /// `message` instead.
    pub fn wording(&self) -> &str {
        self.plain.as_deref().unwrap_or(&self.message)
    }

    /// The same in other words for users.
    #[must_use]
    pub fn with_plain(self, plain: impl Into<String>) -> Diagnostic {
        Diagnostic { plain: Some(plain.into()), ..self }
    }

    /// The same with a code.
    #[must_use]
    pub fn with_code(self, code: &'static str) -> Diagnostic {
        Diagnostic { code: Some(code), ..self }
    }

    /// The same with one more note.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    /// The same with one more related place.
    #[must_use]
    pub fn with_related(mut self, related: Related) -> Diagnostic {
        self.related.push(related);
        self
    }

    /// The same with one more fix.
    #[must_use]
    pub fn with_fix(mut self, fix: Fix) -> Diagnostic {
        self.fixes.push(fix);
        self
    }

    /// The same about a block.
    #[must_use]
    pub fn with_component(self, id: impl Into<Arc<str>>) -> Diagnostic {
        Diagnostic { component: Some(id.into()), ..self }
    }

    /// The same in a file.
    #[must_use]
    pub fn with_file(self, file: impl Into<Arc<str>>) -> Diagnostic {
        Diagnostic { file: Some(file.into()), ..self }
    }

    /// Moves byte spans: from offsets in an item to offsets in its file. Related places of other
    /// files stay.
    #[must_use]
    pub fn shift(mut self, by: u32) -> Diagnostic {
        self.span = self.span.shift(by);
        for related in &mut self.related {
            if related.file == self.file {
                related.span = related.span.shift(by);
            }
        }
        for edit in self.fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
            edit.span = edit.span.start.saturating_add(by)..edit.span.end.saturating_add(by);
        }
        self
    }

    /// Turns byte spans into lines of the file `file`. Places that already have lines, and related
    /// places of other files, stay; so do edits, which need bytes. [`Span::locate`] leads back.
    #[must_use]
    pub fn resolve(mut self, file: Option<&Arc<str>>, lines: &LineIndex) -> Diagnostic {
        for related in &mut self.related {
            if related.file.is_none() || related.file.as_ref() == file {
                related.span = related.span.resolve(lines);
                related.file = file.map(Arc::clone);
            }
        }
        if let Span::Bytes { .. } = self.span {
            self.span = self.span.resolve(lines);
            self.file = file.map(Arc::clone);
        }
        self
    }

    /// First place, if its line is known.
    pub fn start(&self) -> Option<Position> {
        match self.span {
            Span::Lines { start, .. } => Some(start),
            _ => None,
        }
    }

    /// Last place (inclusive), if given and its line is known.
    pub fn end(&self) -> Option<Position> {
        match self.span {
            Span::Lines { end, .. } => end,
            _ => None,
        }
    }
}

/// `FILE:LINE:COL: message`, with less where less is known, `-: message` where nothing is.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_place(f, self.file.as_deref(), self.start())?;
        write!(f, ": {}", self.message)
    }
}

pub(crate) fn write_place(
    f: &mut impl fmt::Write,
    file: Option<&str>,
    start: Option<Position>,
) -> fmt::Result {
    let file = file.filter(|file| !file.is_empty());
    match (file, start) {
        (Some(file), Some(start)) => write!(f, "{file}:{start}"),
        (Some(file), None) => write!(f, "{file}"),
        (None, Some(start)) => write!(f, "{start}"),
        (None, None) => write!(f, "-"),
    }
}

/// The first diagnostic and how many more there are.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    match diagnostics {
        [] => "no errors".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more diagnostics)", rest.len()),
    }
}

/// All diagnostics, joined by `; `.
pub fn all_messages(diagnostics: &[Diagnostic]) -> String {
    if diagnostics.is_empty() {
        return "no errors".to_owned();
    }
    diagnostics.iter().map(Diagnostic::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(span: Span, text: &str) -> String {
        let show = |at: Location| format!("{}:{}@{}", at.line, at.column, at.byte);
        let range = span.locate(text, &LineIndex::new(text)).unwrap();
        format!("{}-{}", show(range.start), show(range.end))
    }

    #[test]
    fn spans_are_located_before_and_after_they_are_resolved() {
        let text = "a = 1\nb = \"äö\" + c\n";
        let spans = [
            (Span::Bytes { start: 10, end: Some(16) }, "2:5@10-2:9@16"),
            (Span::Bytes { start: 19, end: Some(20) }, "2:12@19-2:13@20"),
            (Span::at(11), "2:6@11-2:7@13"),
            (Span::at(21), "3:1@21-3:1@21"),
            (Span::Bytes { start: 4, end: Some(16) }, "1:5@4-2:9@16"),
        ];
        let lines = LineIndex::new(text);
        for (span, expected) in spans {
            assert_eq!(located(span, text), expected, "{span:?}");
            assert_eq!(located(span.resolve(&lines), text), expected, "resolved {span:?}");
        }
        assert_eq!(Span::None.locate(text, &lines), None);
    }

    #[test]
    fn edits_move_with_their_item_and_stay_bytes() {
        let edit = Edit { span: 3..5, text: "x".into() };
        let fix = Fix { title: "t".into(), applicability: Applicability::Safe, edits: vec![edit] };
        let text = "abc\ndefghijklm";
        let file = Arc::from("f");
        let moved = Diagnostic::error(Span::at(3), "m")
            .with_fix(fix)
            .shift(4)
            .resolve(Some(&file), &LineIndex::new(text));
        assert_eq!(moved.fixes[0].edits[0].span, 7..9);
        assert_eq!(moved.to_string(), "f:2:4: m");
    }
}
