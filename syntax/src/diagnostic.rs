//! Findings about a text, with their position and their one-line forms.

use std::fmt;
use std::sync::Arc;

use crate::{LineIndex, Position};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
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
    /// What is wrong.
    pub message: String,
    /// Further explanation, one sentence each.
    pub notes: Vec<String>,
    /// Other places that matter.
    pub related: Vec<Related>,
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
            notes: Vec::new(),
            related: Vec::new(),
        }
    }

    /// A warning.
    pub fn warning(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(span, message) }
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
        self
    }

    /// Turns byte spans into lines of the file `file`. Places that already have lines, and related
    /// places of other files, stay.
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
